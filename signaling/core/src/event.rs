//! What happened: the meeting's record. Its JSON form is on disk; variants and fields are only ever added.

use base::{
    Timestamp,
    id::{PersonId, SeatId, TokenId},
};
use serde::{Deserialize, Serialize};

use crate::{Invitee, MediaKind, MediaWish, Plan, Reply, Role, TrackState, VisitKey};

/// An event with its place in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// From 1, rising by one.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// The meeting was planned; always first.
    Created {
        /// The plan.
        plan: Plan,
        /// Whether invitations go out.
        announced: bool,
    },
    /// The plan changed.
    Changed {
        /// The plan now.
        plan: Plan,
        /// iCalendar SEQUENCE (RFC 5545 §3.8.7.4).
        sequence: u32,
        /// Whether the change is one the invitees are told of.
        letters: bool,
        /// Whether title, time, place or chair changed: then those who stay invited are told too.
        #[serde(default = "told")]
        facts: bool,
        /// Addresses invited for the first time.
        added: Vec<String>,
        /// Who is no longer invited.
        dropped: Vec<Invitee>,
        /// Who changed it.
        by: Option<PersonId>,
    },
    /// Somebody invited answered.
    Answered {
        /// Where the invitation went.
        address: String,
        /// What was said.
        reply: Reply,
    },
    /// The meeting was called off.
    Cancelled {
        /// iCalendar SEQUENCE.
        sequence: u32,
        /// By whom.
        by: Option<PersonId>,
    },
    /// Somebody took a seat, perhaps in the waiting room.
    Entered {
        /// The new seat.
        seat: SeatId,
        /// The directory's person.
        person: Option<PersonId>,
        /// The token that opened the seat.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<TokenId>,
        /// *Họ và tên*.
        name: String,
        /// Unit's name.
        unit: String,
        /// *Chức vụ*.
        position: String,
        /// Protocol order.
        order: u32,
        /// Role.
        role: Role,
        /// Called the meeting.
        organiser: bool,
        /// In the waiting room.
        waiting: bool,
        /// Hash of the visit's secret.
        key: VisitKey,
        /// What will be sent.
        wish: MediaWish,
    },
    /// A visit took an existing seat: back after an absence, or from another tab.
    Returned {
        /// Which seat.
        seat: SeatId,
        /// Hash of the new secret, unless the old one stays good.
        key: Option<VisitKey>,
        /// What will be sent.
        wish: MediaWish,
    },
    /// The seat's visit is gone; the seat waits.
    Absent {
        /// Whose.
        seat: SeatId,
    },
    /// A seat is free again.
    Left {
        /// Which.
        seat: SeatId,
        /// Why.
        reason: LeaveReason,
        /// It was in the waiting room.
        waiting: bool,
        /// Who removed or turned away.
        by: Option<SeatId>,
    },
    /// Let in from the waiting room.
    Admitted {
        /// Who.
        seat: SeatId,
        /// By whom.
        by: SeatId,
    },
    /// The participant's switches changed.
    Wished {
        /// Whose.
        seat: SeatId,
        /// The switches now.
        wish: MediaWish,
    },
    /// A microphone was switched off by another.
    Muted {
        /// Whose.
        seat: SeatId,
        /// By whom.
        by: SeatId,
    },
    /// A hand went up or down.
    Hand {
        /// Whose.
        seat: SeatId,
        /// Up.
        raised: bool,
    },
    /// A line of chat.
    Said {
        /// Who wrote it.
        seat: SeatId,
        /// Only for chair, moderator, secretary and the writer.
        to_chair: bool,
        /// The text.
        text: String,
    },
    /// Locked or unlocked.
    Locked {
        /// Locked.
        locked: bool,
        /// By whom.
        by: SeatId,
    },
    /// The floor was given or taken back.
    Called {
        /// Who has it.
        seat: Option<SeatId>,
        /// By whom.
        by: SeatId,
    },
    /// What arrives on a track changed.
    Track {
        /// Whose.
        seat: SeatId,
        /// Which.
        kind: MediaKind,
        /// Its state now.
        state: TrackState,
    },
    /// Ended for all.
    Ended {
        /// By whom.
        by: SeatId,
        /// The name of who ended it.
        name: String,
    },
}

/// Records of earlier builds told everybody of every change.
fn told() -> bool {
    true
}

/// Why a seat became free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LeaveReason {
    /// By own act.
    Left,
    /// Absent too long.
    Lost,
    /// Removed.
    Removed,
    /// Turned away from the waiting room.
    Denied,
}
