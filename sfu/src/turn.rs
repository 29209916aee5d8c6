//! The relay for networks that let only HTTPS out: what `sfu_core::turn` decides, done.
//!
//! The hub hands over connections that begin as TURN does. Each has a task, a session, and once it is let in
//! a UDP socket on loopback that nobody outside this machine reaches; to a media worker the relayed client is
//! one more address. Media waits in a bounded queue whose oldest is dropped ([`queue`]).

mod connection;
mod door;
mod queue;
mod quota;

pub use door::Turn;
pub use sfu_core::turn::{Pass, is_turn};

pub(crate) use quota::Relays;
