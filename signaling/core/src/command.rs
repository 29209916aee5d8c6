//! What can be asked of a meeting, by whom, and why it may be refused.

use base::id::{PersonId, SeatId, TokenId, UnitId};

use crate::{Change, Invitee, MediaKind, MediaWish, PlanFault, Reply, Role, TrackState, VisitKey};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A participant, by his seat.
    Seat(SeatId),
    /// Somebody at the calendar, outside the meeting.
    Desk {
        /// Who.
        person: PersonId,
        /// Administers the hub.
        is_admin: bool,
    },
    /// The hub itself: sockets, media plane, time.
    Hub,
}

/// Somebody at the door, already identified by the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visitor {
    /// Signed in.
    Person {
        /// Who.
        person: PersonId,
        /// His unit.
        unit: UnitId,
        /// *Họ và tên*.
        name: String,
        /// Unit's name.
        unit_name: String,
        /// *Chức vụ*.
        position: String,
        /// Protocol order.
        order: u32,
    },
    /// With a valid link and a one-time name.
    Guest {
        /// As typed.
        name: String,
    },
    /// With a token the hub's administrators issued for this meeting.
    Bearer {
        /// Which: one token is one seat.
        token: TokenId,
        /// The name it was issued for.
        name: String,
        /// The role it was issued for.
        role: Role,
    },
}

impl Visitor {
    pub(crate) fn person(&self) -> Option<PersonId> {
        match self {
            Self::Person { person, .. } => Some(*person),
            Self::Guest { .. } | Self::Bearer { .. } => None,
        }
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Take a seat, or take over the seat the same person already has. By the hub.
    Enter {
        /// A fresh id, used if the visitor has no seat yet.
        seat: SeatId,
        /// Who.
        visitor: Visitor,
        /// Hash of the visit's new secret.
        key: VisitKey,
        /// What will be sent.
        wish: MediaWish,
    },
    /// Come back to the seat this secret belongs to. By the hub.
    Return {
        /// Hash of the secret of the earlier visit.
        key: VisitKey,
        /// The person at the door; absent for guests.
        person: Option<PersonId>,
        /// What will be sent.
        wish: MediaWish,
    },
    /// Tell a new visit that its microphone was switched off by another: the page was loaded anew
    /// and believes it is on. By the hub.
    Remind {
        /// Whose.
        seat: SeatId,
    },
    /// The visit's socket is gone. By the hub.
    Absent {
        /// Whose.
        seat: SeatId,
    },
    /// The hub was started again: no visit survived. By the hub.
    Restarted,
    /// Time has passed: absences run out. By the hub.
    Tick,
    /// What the media plane sees of a track. By the hub.
    Track {
        /// Whose.
        seat: SeatId,
        /// Which.
        kind: MediaKind,
        /// Its state.
        state: TrackState,
    },
    /// Change the plan. From the desk.
    Change(Change),
    /// An invited person or agency answers. By the hub, which knows whose mailbox it is.
    Answer {
        /// Where the invitation went.
        address: String,
        /// What is said.
        reply: Reply,
        /// Who comes instead, if the directory knows him: he is invited in the same role.
        substitute: Option<Box<Invitee>>,
    },
    /// Call the meeting off. From the desk.
    Cancel,
    /// Leave.
    Leave,
    /// The own switches changed.
    Media(MediaWish),
    /// Say something in writing.
    Chat {
        /// `true`: only chair, moderator, secretary and the writer read it.
        to_chair: bool,
        /// The text.
        text: String,
    },
    /// Raise or lower the own hand.
    Hand {
        /// `true` raises.
        raised: bool,
    },
    /// Switch one microphone off.
    Mute {
        /// Whose.
        seat: SeatId,
    },
    /// Switch every microphone but the chair's off.
    MuteAll,
    /// Let somebody in.
    Admit {
        /// Who.
        seat: SeatId,
    },
    /// Turn somebody away.
    Deny {
        /// Who.
        seat: SeatId,
    },
    /// Remove a participant.
    Remove {
        /// Who.
        seat: SeatId,
    },
    /// Lock or unlock.
    Lock {
        /// `true` locks.
        locked: bool,
    },
    /// Give the floor to a seat, or take it back.
    Call {
        /// Whom.
        seat: Option<SeatId>,
    },
    /// End for all.
    End,
}

/// Why a command had no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// This actor may not do that.
    Forbidden,
    /// The seat is not in the meeting, or not in the state the command is about.
    UnknownSeat,
    /// The meeting is locked.
    Locked,
    /// The meeting has ended or was cancelled.
    Ended,
    /// Nobody was invited at this address.
    NotInvited,
    /// A guest's name is missing or too long.
    NameNeeded,
    /// Somebody else is presenting.
    AlreadyPresenting,
    /// The text is empty or too long.
    BadText,
    /// No seat is left.
    Full,
    /// The new plan cannot stand.
    Plan(PlanFault),
}
