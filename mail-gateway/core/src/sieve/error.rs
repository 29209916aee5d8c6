//! What is wrong with a script, and where, in words for its author.

use std::fmt;

/// A place in a script, counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

/// A script that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptError {
    /// Where.
    pub position: Position,
    /// What, in Vietnamese.
    pub vietnamese: String,
    /// What, in English.
    pub english: String,
}

impl ScriptError {
    pub(super) fn new(position: Position, vietnamese: impl Into<String>, english: impl Into<String>) -> Self {
        Self { position, vietnamese: vietnamese.into(), english: english.into() }
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position;
        write!(
            f,
            "dòng {line}, cột {column}: {} / line {line}, column {column}: {}",
            self.vietnamese, self.english
        )
    }
}

impl std::error::Error for ScriptError {}
