//! What at least three crates share: typed ids, time, redaction, Vietnamese folding, seeded randomness, seldom log lines.
//!
//! Nothing here touches a clock, a socket or a file; the one door to the operating system's
//! randomness is [`random::System`], which shells pass to cores as an argument.

pub mod fold;
pub mod id;
pub mod random;
mod redacted;
mod seldom;
mod time;

pub use id::*;
pub use redacted::Redacted;
pub use seldom::{Seldom, log_id};
pub use time::Timestamp;
