//! What the hub says.

use base::{Timestamp, id::SeatId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{LeaveReason, MediaKind, NumberedEvent, Snapshot, Source};

/// The hub's message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ServerMessage {
    /// Entered: the own seat and the meeting.
    Welcome {
        /// The own seat.
        seat: SeatId,
        /// For [`crate::Resume`]; valid 60 s after the socket died, and across reloads of the page.
        resume_token: String,
        /// The hub's clock.
        server_time: Timestamp,
        /// The hub's build; a client of another build reloads when idle.
        build: String,
        /// A way for media through networks that let only HTTPS out; absent where the hub has none.
        relay: Option<Relay>,
        /// Absent when the visit was resumed and only missed events follow.
        snapshot: Option<Snapshot>,
    },
    /// In the waiting room, not admitted yet; `Welcome` follows or `Goodbye`.
    Waiting {
        /// Own place in the queue, from 1.
        position: u32,
        /// The meeting's title.
        title: String,
    },
    /// The SDP answer to [`crate::ClientMessage::Offer`].
    Answer {
        /// Echo of the offer's frame id.
        id: u32,
        /// SDP.
        sdp: String,
    },
    /// Something happened.
    Event(NumberedEvent),
    /// A fresh start: this client fell behind, its state is replaced whole.
    Snapshot(Snapshot),
    /// From `rtp_timestamp` on, the slot carries `source`.
    Slot {
        /// Audio or video slot.
        kind: SlotKind,
        /// Index in the order of the offer's `recvonly` m-lines of that kind.
        slot: u8,
        /// What it carries; nothing when absent.
        source: Option<Source>,
        /// RTP timestamp, as the receiver sees it, of the first frame of the new source.
        rtp_timestamp: Option<u32>,
        /// The source sends, but this client's line is too thin to show it now.
        saving: bool,
    },
    /// Which layers of the own track anybody needs: the others may be switched off.
    Demand {
        /// Which track.
        kind: MediaKind,
        /// Lowest layer first.
        layers: Vec<bool>,
    },
    /// Voices louder than silence, loudest first; sent at most 10 times a second, and once empty.
    Levels {
        /// Level per speaking seat.
        levels: Vec<SeatLevel>,
    },
    /// How good lines are, to those who look after them: what changed, and everything now and then.
    Lines {
        /// By seat; those not named are as before.
        lines: Vec<SeatLine>,
    },
    /// The message with this id took effect.
    Done {
        /// Echo.
        id: u32,
    },
    /// The message with this id did not take effect.
    Refused {
        /// Echo; 0 when the frame could not be read.
        id: u32,
        /// Why, for the client's own words.
        code: RefusalCode,
        /// Why, for a technician; English, no secrets.
        detail: String,
    },
    /// Answer to [`crate::ClientMessage::Ping`].
    Pong {
        /// Echo.
        sent_at: f64,
        /// The hub's clock.
        server_time: Timestamp,
    },
    /// The visit is over; do not reconnect by yourself.
    Goodbye {
        /// Why; absent when another tab of the same person took the seat over.
        reason: Option<LeaveReason>,
    },
}

/// A voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SeatLevel {
    /// Whose.
    pub seat: SeatId,
    /// RFC 6464 level: 0 loudest … 127 silence, in −dBov.
    pub level: u8,
}

/// How good a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum LineGrade {
    /// Nothing to notice.
    Good,
    /// Pictures become smaller or are off.
    Weak,
    /// Hard to follow.
    Poor,
    /// Nothing has been heard of it for a while.
    Lost,
}

/// A participant's line in the last second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SeatLine {
    /// Whose.
    pub seat: SeatId,
    /// In a word, settled: one bad second changes nothing.
    pub grade: LineGrade,
    /// Per cent lost on the way to the hub.
    pub lost_up: u8,
    /// Per cent lost on the way from the hub.
    pub lost_down: u8,
    /// Milliseconds there and back; absent while not measured.
    pub delay: Option<u32>,
    /// kbit/s to the hub.
    pub up: u32,
    /// kbit/s from the hub.
    pub down: u32,
    /// kbit/s that the way from the hub would carry; absent when nothing is known to limit it.
    pub estimate: Option<u32>,
    /// Pictures that are off for the line's sake.
    pub saving: u8,
    /// What the participant sends.
    pub tracks: Vec<TrackLine>,
}

/// A track that arrives at the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TrackLine {
    /// Which.
    pub kind: MediaKind,
    /// kbit/s of all its layers.
    pub kbit: u32,
    /// Layers that send.
    pub layers: u8,
}

/// Kind of a receive slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum SlotKind {
    /// One of the audio slots.
    Audio,
    /// One of the video slots.
    Video,
}

/// Why a message was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum RefusalCode {
    /// Not readable as a frame of this protocol.
    Malformed,
    /// The SDP cannot be used.
    BadOffer,
    /// This role may not do that.
    Forbidden,
    /// The seat named is not in the meeting.
    UnknownSeat,
    /// The meeting is locked.
    Locked,
    /// The meeting has ended or was cancelled.
    Ended,
    /// No such meeting, or the link is not valid (any more).
    UnknownMeeting,
    /// A guest must give a name of 1–80 characters.
    NameNeeded,
    /// Somebody else is presenting.
    AlreadyPresenting,
    /// Too many messages; wait a moment.
    TooFast,
    /// The meeting is full or the hub is stopping.
    Unavailable,
    /// `Enter` must come first, and once.
    OutOfOrder,
}

/// A TURN server and a pass for it (RFC 8656), as an `RTCIceServer` wants them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Relay {
    /// Where it is: `turns:HOST:PORT?transport=tcp`.
    pub url: String,
    /// Names the pass.
    pub username: String,
    /// Its password.
    pub credential: String,
}
