//! IMAP4rev1 and rev2 (RFC 3501, 9051) and their extensions as decisions: grammar, the numbering of a
//! selected mailbox, names, threads, and the words of the answers. The shell brings octets and rows.

pub mod capability;
pub mod command;
pub mod deflate;
pub mod input;
pub mod name;
pub mod order;
pub mod parse;
pub mod set;
pub mod thread;
pub mod view;
pub mod write;

#[cfg(test)]
mod tests;
