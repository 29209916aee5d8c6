//! The media plane's decisions: ICE-lite, DTLS, SRTP, slots, forwarding. No I/O.
//!
//! A [`Worker`] takes datagrams, commands and the time, and gives [`Transmits`] and [`Event`]s.
//! One seat has one peer: one connection, negotiated once by [`sdp`], with fixed slots to receive
//! in. Media goes `srtp` → `rtp` → track → slot → `srtp`, decrypted once and never re-encoded.

mod allocation;
pub mod codec;
mod congestion;
pub mod incoming;
mod input;
mod integrity;
mod leg;
pub mod outgoing;
mod output;
mod peer;
mod quality;
pub mod room;
pub mod rtcp;
pub mod rtp;
pub mod sdp;
pub mod transport;
mod trunk;
pub mod turn;
mod worker;

pub use input::{Command, MediaKind, Path, Source, View};
pub use leg::{Flow, Leg, TrackFlow};
pub use output::{Event, SlotKind, TrackState, Transmits};
pub use quality::{Qualities, Quality};
pub use trunk::{MAX_WORKERS, TrunkMessage};
pub use worker::{Metrics, Worker, WorkerConfig};
