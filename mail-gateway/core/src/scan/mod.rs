//! What scanners beside the hub are asked, and how their answers are read: clamd about viruses, rspamd about
//! spam. Their answers are bytes from outside like any other.

pub mod clamd;
mod http;
pub mod rspamd;

use std::fmt;

/// An answer that says nothing about the letter, in the scanner's own words or ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclear(pub String);

impl Unclear {
    /// With the beginning of `words`, made printable.
    fn of(words: &str) -> Self {
        Self(printable(words))
    }
}

impl fmt::Display for Unclear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it answers “{}”", self.0)
    }
}

impl std::error::Error for Unclear {}

/// `text` without controls and not longer than a log line or a row likes.
fn printable(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect()
}

/// Characters of a scanner's words that are kept.
const MAX_WORDS: usize = 200;

#[cfg(test)]
mod tests;
