//! The meeting protocol `lienthong.v1`: JSON text frames over one WebSocket per visit.
//!
//! A client connects to `/api/meetings/{id}/socket`, sends [`ClientMessage::Enter`], then receives a
//! [`Snapshot`] and numbered [`Event`]s. A *seat* is the participant's place in the meeting; a *visit* is
//! one socket. Media is negotiated once ([`ClientMessage::Offer`] → [`ServerMessage::Answer`]); afterwards
//! any source reaches any slot by [`ClientMessage::View`] and [`ServerMessage::Slot`], without SDP.
//!
//! Unknown fields are ignored on both sides; unknown message types are refused by name.
//! TypeScript types for the web client are generated from this crate.

mod client;
mod server;
mod state;

pub use client::{
    ChatTo, ClientFrame, ClientMessage, MediaKind, MediaWish, Resume, Source, Unreadable, View,
};
pub use server::{LineGrade, RefusalCode, Relay, SeatLevel, SeatLine, ServerMessage, SlotKind, TrackLine};
pub use state::{
    ChatLine, EndReason, Event, Floor, LeaveReason, MediaState, MeetingStatus, MeetingView, NumberedEvent,
    Role, Seat, SeatMedia, Snapshot,
};

/// The WebSocket subprotocol both sides name in the handshake.
pub const SUBPROTOCOL: &str = "lienthong.v1";

/// The largest frame either side accepts, in bytes; an SDP offer with fifteen slots is about 31 kB.
pub const MAX_FRAME: usize = 128 * 1024;

#[cfg(test)]
mod tests;
