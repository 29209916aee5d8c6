//! clamd's `INSTREAM` command: a letter in pieces, one line back (clamd(8), section COMMANDS).

use super::{Unclear, printable};

/// What clamd says about a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// No signature fits.
    Clean,
    /// The signature of this name fits.
    Infected(String),
}

/// Opens the command; answers come back ended by a NUL, as the command is.
pub const COMMAND: &[u8] = b"zINSTREAM\0";
/// After the last piece.
pub const END: [u8; 4] = [0; 4];
/// Octets of a piece; clamd takes any size.
pub const PIECE: usize = 64 * 1024;
/// Octets of an answer that are read.
pub const MAX_ANSWER: usize = 4096;

/// What precedes `piece`: its length.
pub fn length(piece: &[u8]) -> [u8; 4] {
    // A piece has at most `PIECE` octets.
    u32::try_from(piece.len()).unwrap_or(u32::MAX).to_be_bytes()
}

/// Reads `stream: OK`, `stream: NAME FOUND`, or words of trouble.
///
/// # Errors
/// For everything that is no verdict, such as a letter larger than clamd takes.
pub fn read(answer: &[u8]) -> Result<Answer, Unclear> {
    let text = String::from_utf8_lossy(answer.split(|b| *b == 0).next().unwrap_or_default());
    let words = text.trim();
    let Some(verdict) = words.strip_prefix("stream: ") else { return Err(Unclear::of(words)) };
    if verdict == "OK" {
        return Ok(Answer::Clean);
    }
    match verdict.strip_suffix(" FOUND") {
        Some(name) => Ok(Answer::Infected(printable(name.trim_end_matches(".UNOFFICIAL")))),
        None => Err(Unclear::of(words)),
    }
}
