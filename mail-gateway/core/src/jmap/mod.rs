//! JMAP (RFC 8620, RFC 8621): the grammar of requests and the shapes of answers. Queries against the
//! store stay in the shell.

pub mod date;
pub mod draft;
pub mod email;
pub mod error;
pub mod filter;
pub mod patch;
pub mod reference;
pub mod request;

pub use error::{MethodError, RequestError, SetError};
pub use request::{Invocation, Request};

/// A JSON object.
pub type Object = serde_json::Map<String, serde_json::Value>;

/// Whether `text` may be an id (RFC 8620 §1.2).
pub fn is_id(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests;
