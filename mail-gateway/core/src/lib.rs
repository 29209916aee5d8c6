//! Mail decisions: SMTP and JMAP grammar and session state, queue rules, delivery reports.
//!
//! `smtp`, `queue`, `report` and `jmap` never import one another; they meet in `message` and `mailbox`.
//! Nothing here has a clock, a socket, a file or a task: bytes and times come in, decisions go out.

pub mod discovery;
pub mod extract;
pub mod html;
pub mod imap;
pub mod jmap;
pub mod mailbox;
pub mod managesieve;
pub mod message;
pub mod moving;
pub mod pop3;
pub mod queue;
pub mod reading;
pub mod report;
pub mod sasl;
pub mod scan;
pub mod screen;
pub mod search;
pub mod sieve;
pub mod smtp;
