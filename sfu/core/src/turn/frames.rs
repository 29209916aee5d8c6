//! A TURN stream cut into messages (RFC 8656 §3.3, §12.5): STUN messages tell their length themselves,
//! ChannelData does so too and is padded to four bytes.

use std::fmt;

/// The longest frame taken: a Send indication with the largest datagram that media ever has.
pub const MAX_FRAME: usize = 2_304;

/// The stream carries something else than TURN, or a frame longer than [`MAX_FRAME`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what came is not TURN")
    }
}

impl std::error::Error for Broken {}

/// Whether a connection begins as TURN does: an Allocate request is the first message of every client. HTTP
/// begins with a letter. Nothing while too little came to tell.
pub fn is_turn(start: &[u8]) -> Option<bool> {
    const ALLOCATE: [u8; 2] = [0, 3];
    let compared = start.len().min(ALLOCATE.len());
    let begins_so = start.get(..compared) == ALLOCATE.get(..compared);
    (!begins_so || compared == ALLOCATE.len()).then_some(begins_so)
}

/// Collects a stream's bytes until they are frames.
#[derive(Debug, Default)]
pub struct Frames {
    /// At most what one push brought and the beginning of one frame.
    waiting: Vec<u8>,
}

impl Frames {
    /// Takes the next bytes of the stream and gives every frame that they complete, without its padding.
    /// After an error the stream is of no use.
    pub fn push(&mut self, bytes: &[u8], mut frame: impl FnMut(&[u8])) -> Result<(), Broken> {
        self.waiting.extend_from_slice(bytes);
        let mut start = 0;
        let result = loop {
            let rest = self.waiting.get(start..).unwrap_or_default();
            let length = match length(rest) {
                Ok(Some(length)) => length,
                Ok(None) => break Ok(()),
                Err(broken) => break Err(broken),
            };
            let padded = length.next_multiple_of(4);
            if rest.len() < padded {
                break Ok(());
            }
            frame(rest.get(..length).unwrap_or_default());
            start += padded;
        };
        self.waiting.drain(..start);
        result
    }
}

/// The length of the frame that begins here.
fn length(stream: &[u8]) -> Result<Option<usize>, Broken> {
    let Some((&[first, _, high, low], rest)) = stream.split_first_chunk() else { return Ok(None) };
    let counted = usize::from(u16::from_be_bytes([high, low]));
    let length = match first {
        // RFC 8489 §5: the length leaves out the header of 20 bytes and is a multiple of four.
        0x00..=0x3F if counted.is_multiple_of(4) => 20 + counted,
        // RFC 8656 §12: 0x4000 to 0x4FFF are channels.
        0x40..=0x4F => 4 + counted,
        _ => return Err(Broken),
    };
    // RFC 8489 §5: the magic cookie.
    let is_stun = first < 0x40;
    let cookie = rest.get(..4.min(rest.len())).unwrap_or_default();
    if length > MAX_FRAME || is_stun && !COOKIE.starts_with(cookie) {
        return Err(Broken);
    }
    Ok(Some(length))
}

const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
