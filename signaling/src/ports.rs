//! What meetings need from the rest of the hub; the hub implements these traits.
//!
//! Signaling knows no SFU, no directory and no mail (services never import each other): it says
//! what it wants in its own words, and the hub translates.

use base::{
    Timestamp,
    id::{MeetingId, PersonId, RoomId, SeatId, UnitId},
};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
pub use signaling_core::LineFigures;
use signaling_core::Role;
use signaling_protocol::{MediaKind, MediaState, Relay, SeatLevel, SlotKind, Source, View};

/// Everything at once, as [`crate::Meetings::open`] wants it.
pub trait Ports: Media + People + Invitations {}

impl<T: Media + People + Invitations> Ports for T {}

/// The media plane.
pub trait Media: Send + Sync {
    /// Hands one instruction over; must not block. Repeating an instruction is harmless.
    fn command(&self, command: MediaCommand);

    /// Negotiates a seat's PeerConnection; a new offer for a seat replaces the old connection.
    fn offer(
        &self,
        seat: SeatId,
        meeting: MeetingId,
        sdp: String,
    ) -> BoxFuture<'_, Result<String, OfferError>>;

    /// Negotiates the connection of a standard client; a new one with the same id replaces the old one.
    fn connect(&self, what: Connect) -> BoxFuture<'_, Result<Connected, OfferError>>;

    /// New ICE credentials for a connection that stays, whose client has new ones too (`remote`); nothing when it
    /// is gone.
    fn restart_ice(
        &self,
        connection: SeatId,
        remote: IceCredentials,
    ) -> BoxFuture<'_, Option<IceCredentials>>;

    /// A pass for the relay; nothing where there is none.
    fn relay(&self, seat: SeatId) -> Option<Relay>;
}

/// A standard client's offer (WHIP, WHEP): one exchange, no messages afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect {
    /// Names the connection: the seat itself for who publishes, an id of its own for who views.
    pub connection: SeatId,
    /// Where.
    pub meeting: MeetingId,
    /// For whom it views; absent for who publishes.
    pub views_for: Option<SeatId>,
    /// The offer.
    pub sdp: String,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connected {
    /// The answer.
    pub sdp: String,
    /// It sends a voice.
    pub voice: bool,
    /// It sends a picture.
    pub picture: bool,
    /// Pictures it can show at once.
    pub video_slots: usize,
}

/// ICE credentials (RFC 8445 §5.3).
#[derive(Clone, PartialEq, Eq)]
pub struct IceCredentials {
    /// The user fragment.
    pub ufrag: String,
    /// The password.
    pub password: String,
}

/// An instruction to the media plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaCommand {
    /// The seat's connection is over.
    Close {
        /// Whose.
        seat: SeatId,
    },
    /// Whether what arrives on a track is forwarded at all.
    Gate {
        /// Whose.
        seat: SeatId,
        /// Which track.
        kind: MediaKind,
        /// `true` forwards.
        open: bool,
    },
    /// Whether a seat's voice comes before others where not all can be heard.
    Lead {
        /// Whose.
        seat: SeatId,
        /// `true`: it chairs or has the floor.
        leads: bool,
    },
    /// What a seat has on its screen; replaces the previous view whole.
    View {
        /// Whose.
        seat: SeatId,
        /// Its video slots in use.
        slots: Vec<View>,
    },
    /// Every connection of the meeting is over.
    EndMeeting {
        /// Which.
        meeting: MeetingId,
    },
}

/// What the media plane reports; the hub calls [`crate::Meetings::media_event`] with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaEvent {
    /// The seat's connection carries media now.
    Connected {
        /// Whose.
        seat: SeatId,
    },
    /// A slot of this seat changed its source.
    Slot {
        /// The receiver.
        seat: SeatId,
        /// Audio or video.
        kind: SlotKind,
        /// Index in the order of the offer.
        slot: u8,
        /// What it carries from now on.
        source: Option<Source>,
        /// From which RTP timestamp on.
        rtp_timestamp: Option<u32>,
        /// The source sends, but the receiver's line is too thin to show it now.
        saving: bool,
    },
    /// Which simulcast layers of a seat's track anybody needs.
    Demand {
        /// Whose.
        seat: SeatId,
        /// Which.
        kind: MediaKind,
        /// Lowest layer first.
        layers: Vec<bool>,
    },
    /// Who is heard, loudest first.
    Levels {
        /// Where.
        meeting: MeetingId,
        /// The voices.
        levels: Vec<SeatLevel>,
    },
    /// How the meeting's connections fare, about once a second, as far as one part of the media plane knows.
    Legs {
        /// Where.
        meeting: MeetingId,
        /// The connections.
        legs: Vec<Leg>,
    },
    /// What really arrives on a seat's track.
    Track {
        /// Whose.
        seat: SeatId,
        /// Which.
        kind: MediaKind,
        /// Its state at ingress.
        state: MediaState,
    },
    /// The seat's connection is gone without our asking.
    Disconnected {
        /// Whose.
        seat: SeatId,
    },
}

/// A connection's second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// Whose.
    pub seat: SeatId,
    /// In figures.
    pub figures: LineFigures,
    /// What the seat sends.
    pub tracks: Vec<TrackFlow>,
}

/// A track that a seat sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrackFlow {
    /// Which.
    pub kind: MediaKind,
    /// Bit/s of all its layers.
    pub bitrate: u32,
    /// Layers that send.
    pub layers: u8,
}

/// Why an offer was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfferError {
    /// The SDP cannot be read; the text is for a technician.
    Bad(String),
    /// The SDP can be read but not be answered: no common codec, too many m-lines.
    Unusable(String),
    /// The media plane is full or stopping.
    Unavailable,
}

/// The directory, as far as meetings need it.
pub trait People: Send + Sync {
    /// The persons and units to invite, each once, in protocol order, with the address the letter goes to.
    /// Unknown ids are left out. A unit yields its agency mailbox (with `person: None`), its people, or
    /// both, as the directory sees fit.
    fn expand(&self, persons: Vec<PersonId>, units: Vec<UnitId>) -> BoxFuture<'_, Vec<Invitee>>;

    /// A meeting room's name; `None` when there is no such room.
    fn room_name(&self, room: RoomId) -> BoxFuture<'_, Option<String>>;
}

/// Somebody to invite, as the directory knows him.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitee {
    /// Absent for a unit's agency mailbox.
    pub person: Option<PersonId>,
    /// *Họ và tên*, or the mailbox's name.
    pub name: String,
    /// Where the letter goes.
    pub address: String,
    /// Unit's name.
    pub unit_name: String,
    /// *Chức vụ*.
    pub position: String,
    /// Protocol order.
    pub order: u32,
}

impl Invitee {
    /// The same with a role in a meeting.
    pub(crate) fn with_role(self, role: Role) -> signaling_core::Invitee {
        let Self { person, name, address, unit_name, position, order } = self;
        signaling_core::Invitee { person, name, address, unit_name, position, order, role, answer: None }
    }
}

impl From<signaling_core::Invitee> for Invitee {
    fn from(invitee: signaling_core::Invitee) -> Self {
        let signaling_core::Invitee { person, name, address, unit_name, position, order, .. } = invitee;
        Self { person, name, address, unit_name, position, order }
    }
}

/// Letters about meetings.
pub trait Invitations: Send + Sync {
    /// Sends one letter to every recipient. Called again with the same [`Invitation::key`] after a
    /// failure or a crash in between: whoever implements it must make that send nothing twice.
    fn send(&self, what: Invitation) -> BoxFuture<'_, Result<(), InvitationError>>;
}

/// What a letter about a meeting says (RFC 5545, RFC 5546).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The same for every attempt at this letter; fit for a Message-ID's left side.
    pub key: String,
    /// Invitation, change or cancellation.
    pub kind: InvitationKind,
    /// Which meeting; also the iCalendar UID.
    pub meeting: MeetingId,
    /// iCalendar SEQUENCE.
    pub sequence: u32,
    /// *Tên cuộc họp*.
    pub title: String,
    /// Planned start.
    pub starts_at: Timestamp,
    /// Planned end.
    pub ends_at: Timestamp,
    /// The meeting room's name.
    pub room: Option<String>,
    /// Who invites; absent for meetings made on the command line.
    pub organiser: Option<Invitee>,
    /// The chair's name and position, may be empty.
    pub chair: String,
    /// Who gets it.
    pub recipients: Vec<Invitee>,
    /// The answer, in a letter that is one.
    #[serde(default)]
    pub reply: Option<ReplyLetter>,
    /// When it was decided (iCalendar DTSTAMP).
    pub at: Timestamp,
}

/// Who answers, and what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyLetter {
    /// Who was invited and answers.
    pub attendee: Invitee,
    /// What is said.
    pub reply: signaling_core::Reply,
}

/// Kind of letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum InvitationKind {
    /// First invitation (METHOD:REQUEST).
    Request,
    /// Title, time, place or invitees changed (METHOD:REQUEST, higher SEQUENCE).
    Update,
    /// Called off, or the recipient is no longer invited (METHOD:CANCEL).
    Cancel,
    /// An answer to the organiser (METHOD:REPLY).
    Reply,
}

/// The letter could not be handed over; it is tried again later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationError(pub String);
