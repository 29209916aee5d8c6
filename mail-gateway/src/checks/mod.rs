//! What is found out about a letter from another server before it is accepted, and what becomes of it.

pub mod policy;
pub(crate) mod scanners;
pub mod scanning;
pub(crate) mod sender;
pub(crate) mod silence;

pub use policy::{Harmful, Policy, Suspects};
pub use scanning::{Scanning, Scores, Unreached, Where};
