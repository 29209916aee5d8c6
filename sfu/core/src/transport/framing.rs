//! Datagrams over TCP (RFC 4571, for ICE: RFC 6544 §3): each is preceded by its length in two bytes.
//!
//! A sender that promises a longer frame than media ever has, or that speaks another protocol altogether,
//! is told from a slow one at once: its stream is over.

use std::fmt;

/// What the length is written in.
const PREFIX: usize = 2;
/// The longest datagram taken: browsers stay below the 1,500 bytes of an Ethernet frame.
pub const MAX_FRAME: usize = 2_048;
/// Bytes of a stream that wait until their frame is complete; more are not asked for.
pub const MAX_WAITING: usize = PREFIX + MAX_FRAME;

/// The stream promises a frame longer than [`MAX_FRAME`] and cannot be followed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong(
    /// The promised length.
    pub usize,
);

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a frame of {} bytes, more than {MAX_FRAME}", self.0)
    }
}

impl std::error::Error for TooLong {}

/// Cuts a stream into frames, whatever pieces it comes in.
#[derive(Debug, Default)]
pub struct Deframer {
    /// The beginning of a frame that is not complete; at most [`MAX_WAITING`] bytes between calls.
    waiting: Vec<u8>,
}

impl Deframer {
    /// Takes the next bytes of the stream and gives every frame that they complete. Empty frames carry
    /// nothing and are passed over (RFC 4571 §2 allows them). After an error the stream is of no use.
    pub fn push(&mut self, bytes: &[u8], mut frame: impl FnMut(&mut [u8])) -> Result<(), TooLong> {
        self.waiting.extend_from_slice(bytes);
        let mut start = 0;
        let result = loop {
            let rest = self.waiting.get_mut(start..).unwrap_or_default();
            let Some((prefix, rest)) = rest.split_first_chunk_mut::<PREFIX>() else { break Ok(()) };
            let length = usize::from(u16::from_be_bytes(*prefix));
            if length > MAX_FRAME {
                break Err(TooLong(length));
            }
            let Some(content) = rest.get_mut(..length) else { break Ok(()) };
            if !content.is_empty() {
                frame(content);
            }
            start += PREFIX + length;
        };
        self.waiting.drain(..start);
        result
    }
}

/// Appends a datagram to what a stream shall send; false when it is longer than a length can say.
pub fn write_frame(out: &mut Vec<u8>, datagram: &[u8]) -> bool {
    let Ok(length) = u16::try_from(datagram.len()) else { return false };
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(datagram);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(deframer: &mut Deframer, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        deframer.push(bytes, |frame| found.push(frame.to_vec())).unwrap();
        found
    }

    #[test]
    fn frames_come_out_whatever_pieces_the_stream_comes_in() {
        let mut stream = Vec::new();
        for datagram in [&b"check"[..], b"", &[7; MAX_FRAME]] {
            assert!(write_frame(&mut stream, datagram));
        }
        for size in [1, 2, 3, 1_000, stream.len()] {
            let mut deframer = Deframer::default();
            let found: Vec<_> = stream.chunks(size).flat_map(|part| frames(&mut deframer, part)).collect();
            assert_eq!(found, [b"check".to_vec(), vec![7; MAX_FRAME]]);
        }
    }

    #[test]
    fn another_protocol_ends_the_stream_at_its_first_bytes() {
        let mut deframer = Deframer::default();
        let ended = deframer.push(b"GET / HTTP/1.1\r\n", |_| panic!("no frame"));
        assert_eq!(ended, Err(TooLong(usize::from(u16::from_be_bytes(*b"GE")))));
    }

    #[test]
    fn what_is_longer_than_a_length_can_say_is_not_written() {
        let mut out = Vec::new();
        assert!(!write_frame(&mut out, &[0; 65_536]));
        assert!(out.is_empty());
    }

    #[test]
    fn fuzz_any_stream_in_any_pieces_gives_the_same_frames_in_bounded_memory() {
        bolero::check!().with_type::<(Vec<u8>, u8)>().with_iterations(20_000).for_each(|(stream, size)| {
            let (mut whole, mut found) = (Deframer::default(), Vec::new());
            let end = whole.push(stream, |frame| found.push(frame.to_vec()));
            let (mut pieces, mut same) = (Deframer::default(), Vec::new());
            let mut ended = Ok(());
            for part in stream.chunks(usize::from(*size).max(1)) {
                ended = ended.and_then(|()| pieces.push(part, |frame| same.push(frame.to_vec())));
                assert!(ended.is_err() || pieces.waiting.len() <= MAX_WAITING);
            }
            assert_eq!((found, end), (same, ended));
        });
    }
}
