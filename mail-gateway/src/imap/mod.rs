//! The IMAP listeners: 2143 (STARTTLS) and 2993 (TLS).
//!
//! `mail-gateway/core/src/imap` knows the grammar and the numbering; here are the connection, one file
//! per family of commands, and the queries they need.

mod append;
mod connection;
mod fetch;
mod folders;
mod idle;
mod list;
mod names;
mod reply;
mod rights;
mod search;
mod select;
mod session;
mod sign_in;
mod store;
mod sync;

use crate::door::Door;

/// Mail programs read here, STARTTLS (RFC 9051).
pub(crate) const IMAP: Door =
    Door { name: "imap", implicit_tls: false, serve: |visit| Box::pin(connection::serve(visit)) };
/// The same under implicit TLS (RFC 8314).
pub(crate) const IMAPS: Door =
    Door { name: "imaps", implicit_tls: true, serve: |visit| Box::pin(connection::serve(visit)) };

#[cfg(test)]
mod tests;
