//! A letter as bytes and what can be said of it (RFC 5322, MIME): the one place where SMTP, the
//! queue, reports and JMAP meet.

pub mod address;
pub mod blob;
pub mod compose;
pub mod delivery;
pub mod header;
pub mod mime;
pub mod outline;
pub mod parse;
pub mod seven_bit;
pub mod strip;
pub mod summary;
pub mod text;

pub use address::Address;
pub use blob::BlobId;
pub use delivery::{Handling, Notify, Priority, Returned, Wishes};
pub use summary::Summary;

#[cfg(test)]
mod tests;
