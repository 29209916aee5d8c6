//! What the operator wants done with letters from outside that the checks point at.

use super::scanning::Scanning;

/// The choices, safe ones by default.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// A letter with a program (`checks.programs`).
    pub programs: Harmful,
    /// A letter whose domain asks for caution with it (`checks.suspects`, RFC 9989 §7 `quarantine`).
    pub suspects: Suspects,
    /// What scanners beside the hub are asked.
    pub scanning: Scanning,
}

/// What becomes of a letter with something harmful: a program, a virus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Harmful {
    /// It waits in the quarantine for IT staff.
    #[default]
    Hold,
    /// Its sender reads that such letters are not taken.
    Refuse,
}

impl Harmful {
    /// Parses `hold` or `refuse`.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "hold" => Ok(Self::Hold),
            "refuse" => Ok(Self::Refuse),
            other => Err(format!("“{other}” is none of hold, refuse")),
        }
    }
}

/// What becomes of a letter that its own domain calls suspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Suspects {
    /// It goes to the spam folder.
    #[default]
    Spam,
    /// It waits in the quarantine for IT staff.
    Hold,
}

impl Suspects {
    /// Parses `spam` or `hold`.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "spam" => Ok(Self::Spam),
            "hold" => Ok(Self::Hold),
            other => Err(format!("“{other}” is none of spam, hold")),
        }
    }
}
