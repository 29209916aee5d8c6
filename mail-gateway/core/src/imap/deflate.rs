//! DEFLATE between commands and connection (RFC 4978): both ways, complete at every answer.

use std::fmt;

use miniz_oxide::{
    DataFormat, MZError, MZFlush, MZStatus,
    deflate::{
        core::{CompressorOxide, create_comp_flags_from_zip_params},
        stream::deflate,
    },
    inflate::stream::{InflateState, inflate},
};

/// Both directions of one connection. It takes about 350 kB, so it exists only where a client asked for it.
pub struct Deflate {
    inward: Box<InflateState>,
    outward: Box<CompressorOxide>,
}

impl Deflate {
    /// Both directions, at their beginning.
    pub fn new() -> Self {
        // RFC 4978 §3: raw, without the header of zlib, which a negative window says here.
        let flags = create_comp_flags_from_zip_params(LEVEL, -15, 0);
        Self {
            inward: InflateState::new_boxed(DataFormat::Raw),
            outward: Box::new(CompressorOxide::new(flags)),
        }
    }

    /// What to send for `plain`; the client can read all of it at once.
    pub fn squeeze(&mut self, mut plain: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(plain.len() / 3 + 64);
        let mut chunk = [0; CHUNK];
        loop {
            let done = deflate(&mut self.outward, plain, &mut chunk, MZFlush::Sync);
            plain = plain.get(done.bytes_consumed..).unwrap_or_default();
            out.extend_from_slice(chunk.get(..done.bytes_written).unwrap_or_default());
            if done.bytes_written < CHUNK && plain.is_empty() {
                return out;
            }
        }
    }

    /// Hands to `take`, piece by piece, what the client meant by `squeezed`.
    ///
    /// # Errors
    /// When it is not DEFLATE or the stream has ended.
    pub fn expand(&mut self, mut squeezed: &[u8], mut take: impl FnMut(&[u8])) -> Result<(), NotDeflate> {
        let mut chunk = [0; CHUNK];
        loop {
            let done = inflate(&mut self.inward, squeezed, &mut chunk, MZFlush::None);
            squeezed = squeezed.get(done.bytes_consumed..).unwrap_or_default();
            take(chunk.get(..done.bytes_written).unwrap_or_default());
            match done.status {
                Ok(MZStatus::Ok) if done.bytes_written == CHUNK || !squeezed.is_empty() => {}
                // `Buf` says that nothing is left to do.
                Ok(MZStatus::Ok) | Err(MZError::Buf) => return Ok(()),
                _ => return Err(NotDeflate),
            }
        }
    }
}

impl Default for Deflate {
    fn default() -> Self {
        Self::new()
    }
}

/// What came is not DEFLATE, or its stream has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotDeflate;

impl fmt::Display for NotDeflate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what came is not DEFLATE")
    }
}

impl std::error::Error for NotDeflate {}

const LEVEL: i32 = 4;
const CHUNK: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use super::Deflate;

    #[test]
    fn what_is_squeezed_comes_back_piece_by_piece() {
        let (mut here, mut there) = (Deflate::new(), Deflate::new());
        for text in ["a1 NOOP\r\n".to_owned(), "Giấy mời họp ".repeat(20_000), String::new(), "x".into()]
        {
            let squeezed = here.squeeze(text.as_bytes());
            let mut got = Vec::new();
            for piece in squeezed.chunks(7) {
                there.expand(piece, |bytes| got.extend_from_slice(bytes)).unwrap();
            }
            assert_eq!(got, text.as_bytes());
        }
    }

    #[test]
    fn fuzz_what_is_not_deflate_is_an_error_and_nothing_worse() {
        bolero::check!().for_each(|bytes: &[u8]| {
            let mut octets = 0;
            let _ = Deflate::new().expand(bytes, |more| octets += more.len());
            // DEFLATE cannot expand more than 1,032 times.
            assert!(octets <= bytes.len() * 1_032 + super::CHUNK);
        });
    }
}
