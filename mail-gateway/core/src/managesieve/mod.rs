//! ManageSieve (RFC 5804) as decisions: a mail program uploads, checks and activates filter rules.
//!
//! Scripts are checked here before the store hears of them; a script that is kept can be run.

mod command;
mod session;

pub use session::{Answer, Problem, Question, Session, Settings, SignIn, Step};

#[cfg(test)]
mod tests;
