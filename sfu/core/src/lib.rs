//! The media plane's decisions: ICE-lite, DTLS, SRTP, slots, forwarding. No I/O.
//!
//! A [`Worker`] takes datagrams, commands and the time, and gives [`Transmits`] and [`Event`]s.
//! One seat has one peer: one connection, negotiated once by [`sdp`], with fixed slots to receive
//! in. Media goes `srtp` → `rtp` → track → slot → `srtp`, decrypted once and never re-encoded.

pub mod dtls;
pub mod ice;
mod input;
mod output;
pub mod rtp;
pub mod sdp;

pub use input::{Command, MediaKind, Path, Source, View};
pub use output::{Event, SlotKind, TrackState, Transmits};
