//! What lists ask of every letter, in IMAP's own words, made once when the body is stored.

use super::{Part, envelope::envelope, structure::structure};

/// The answers to ENVELOPE, BODY and BODYSTRUCTURE.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// ENVELOPE.
    pub envelope: String,
    /// BODY.
    pub body: String,
    /// BODYSTRUCTURE.
    pub structure: String,
}

impl Facts {
    /// Reads `raw`.
    pub fn of(raw: &[u8]) -> Self {
        let part = Part::of(raw);
        Self {
            envelope: envelope(part.header_bytes(raw)),
            body: structure(raw, &part, false),
            structure: structure(raw, &part, true),
        }
    }
}
