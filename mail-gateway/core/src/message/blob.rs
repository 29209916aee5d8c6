//! Bodies are stored under the hash of their bytes: equal bodies are one body, and a stored body
//! can never change under its name.

use std::{fmt, str::FromStr};

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};

/// The SHA-256 of a body, as 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BlobId(String);

impl BlobId {
    /// The id of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let hash = digest::digest(&digest::SHA256, bytes);
        let mut text = String::with_capacity(64);
        for byte in hash.as_ref() {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        Self(text)
    }

    /// The 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text was not a blob id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidBlobId;

impl FromStr for BlobId {
    type Err = InvalidBlobId;
    fn from_str(text: &str) -> Result<Self, InvalidBlobId> {
        // Only these characters: the id becomes a file name.
        let hex = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if hex { Ok(Self(text.to_owned())) } else { Err(InvalidBlobId) }
    }
}

/// A whole body, or one decoded MIME part of it: what JMAP calls a blob.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PartBlob {
    /// The stored body.
    pub blob: BlobId,
    /// The part's index in the parsed letter; `None` for the whole body.
    pub part: Option<u32>,
}

impl fmt::Display for PartBlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            None => write!(f, "{}", self.blob),
            Some(part) => write!(f, "{}_{part}", self.blob),
        }
    }
}

impl FromStr for PartBlob {
    type Err = InvalidBlobId;
    fn from_str(text: &str) -> Result<Self, InvalidBlobId> {
        match text.split_once('_') {
            None => Ok(Self { blob: text.parse()?, part: None }),
            Some((blob, part)) => {
                Ok(Self { blob: blob.parse()?, part: Some(part.parse().map_err(|_| InvalidBlobId)?) })
            }
        }
    }
}
