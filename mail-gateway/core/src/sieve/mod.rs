//! Sieve (RFC 5228), the language of filter rules: an interpreter of our own, bounded in time, memory and
//! in what a script may cause.
//!
//! Text → [`lexer`] → [`parser`] (any command the grammar allows) → [`check`] (only commands that exist,
//! with arguments of the right kind) → [`Script`] → [`Script::run`] over a [`Letter`], which answers what
//! is to be done with it. A script that fails keeps the letter (§2.10.6); nothing is ever lost by a rule.

mod check;
mod date;
mod error;
mod letter;
mod lexer;
mod matching;
mod outcome;
mod parser;
mod program;
mod reply;
mod run;
mod text;
mod vacation;

pub use error::ScriptError;
pub use letter::Letter;
pub use outcome::{Action, Outcome, VacationReply};
pub use program::Script;
pub use run::{MAX_REDIRECTS, Surroundings};
pub use vacation::Away;

/// The extensions a script may require, as ManageSieve announces them (RFC 5804 §1.7).
pub const EXTENSIONS: &[&str] = &[
    "fileinto",
    "reject",
    "ereject",
    "envelope",
    "encoded-character",
    "copy",
    "vacation",
    "vacation-seconds",
    "imap4flags",
    "mailbox",
    "special-use",
    "date",
    "index",
    "relational",
    "variables",
    "body",
    "subaddress",
    "duplicate",
    "comparator-i;octet",
    "comparator-i;ascii-casemap",
    "comparator-i;ascii-numeric",
    "comparator-i;unicode-casemap",
];

/// The largest script, in octets.
pub const MAX_SCRIPT: usize = 128 * 1024;

#[cfg(test)]
mod tests;
