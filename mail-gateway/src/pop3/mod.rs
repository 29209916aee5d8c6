//! The POP3 listeners: 2110 (STLS) and 2995 (TLS), both off unless asked for.

mod connection;
mod maildrop;

use futures_util::FutureExt;

use crate::door::Door;

pub(crate) use maildrop::Locks;

/// With STLS (RFC 2595).
pub(crate) const STLS: Door =
    Door { name: "pop3", implicit_tls: false, serve: |visit| connection::serve(visit).boxed() };
/// With implicit TLS (RFC 8314).
pub(crate) const TLS: Door =
    Door { name: "pop3s", implicit_tls: true, serve: |visit| connection::serve(visit).boxed() };
