//! What is found out about a letter from another server before it is accepted.

pub(crate) mod sender;
