//! ICE-TCP, the passive side (RFC 6544): media for networks that let no UDP through.
//!
//! One port serves all workers. Whoever connects is a stranger until his first frame (RFC 4571) is a
//! check; the [`accept`]or sees by its user fragment which worker has the peer and hands the connection
//! over. The worker keeps it only when that check proves to be the peer's, so strangers cost a worker one
//! look and the acceptor a bounded place for seconds.

mod accept;
mod connection;
mod connections;

pub(crate) use accept::{Accepted, Acceptor, Listeners};
pub(crate) use connections::Connections;
