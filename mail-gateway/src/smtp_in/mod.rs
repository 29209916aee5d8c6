//! The SMTP listeners: 2525 for other servers, 2587 (STARTTLS) and 2465 (TLS) for mail programs.

pub(crate) mod budget;
mod connection;
mod judge;
mod refusals;

use crate::door::Door;

/// Other servers bring mail here.
pub(crate) const RELAY: Door =
    Door { name: "smtp", implicit_tls: false, serve: |visit| Box::pin(connection::relay(visit)) };
/// Mail programs hand in letters here (RFC 6409).
pub(crate) const SUBMISSION: Door =
    Door { name: "submission", implicit_tls: false, serve: |visit| Box::pin(connection::submission(visit)) };
/// The same under implicit TLS (RFC 8314).
pub(crate) const SUBMISSIONS: Door =
    Door { name: "submissions", implicit_tls: true, serve: |visit| Box::pin(connection::submission(visit)) };
