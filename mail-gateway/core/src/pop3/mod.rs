//! POP3 (RFC 1939) as decisions: a server session over octets, with CAPA (RFC 2449), STLS (RFC 2595),
//! SASL (RFC 5034), response codes (RFC 2449 §8, RFC 3206) and UTF8 (RFC 6856).
//!
//! A session works on the letters that were in the inbox when it signed in. Deletions are carried out
//! together at QUIT (RFC 1939 §6); a connection that breaks deletes nothing.

mod command;
mod session;

pub use session::{Entry, Letter, Maildrop, Session, Settings, Step};

#[cfg(test)]
mod tests;
