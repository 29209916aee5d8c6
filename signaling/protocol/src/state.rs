//! A meeting as a client sees it: snapshot and numbered events.

use base::{
    Timestamp,
    id::{MeetingId, PersonId, SeatId},
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ChatTo, MediaKind};

/// What a seat may do; the names are those of access tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// *Chủ trì*.
    Chair,
    /// *Người điều hành*.
    Moderator,
    /// *Thư ký*.
    Secretary,
    /// *Đại biểu*.
    Delegate,
    /// *Điểm cầu*: a room with many delegates behind one camera.
    Site,
    /// *Khách mời*, admitted from the waiting room.
    Guest,
    /// Sees and hears, sends nothing.
    Observer,
    /// *Kỹ thuật trung tâm*.
    Operator,
}

/// Where the meeting stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum MeetingStatus {
    /// Planned; people may already stand in the waiting room.
    Scheduled,
    /// Somebody is in.
    Live,
    /// Ended for all.
    Ended,
    /// Called off before it took place.
    Cancelled,
}

/// Who may speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Floor {
    /// Every microphone may be forwarded.
    Open,
    /// Only the microphones of chair, moderator and the called seat are forwarded.
    Called,
}

/// The truth about one of a seat's tracks, as the hub sees it at ingress.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum MediaState {
    /// The participant has it switched off.
    #[default]
    Off,
    /// Packets arrive and are forwarded.
    Sending,
    /// Switched on, but no packet has arrived for two seconds.
    Lost,
    /// Packets arrive and the hub drops them: muted by the chair or without the floor.
    Gated,
}

/// The four tracks of a seat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SeatMedia {
    /// Voice.
    pub microphone: MediaState,
    /// Face.
    pub camera: MediaState,
    /// Presented screen.
    pub screen: MediaState,
}

/// A participant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Seat {
    /// Stable over reconnects and reloads.
    pub id: SeatId,
    /// The directory's person, absent for guests.
    pub person: Option<PersonId>,
    /// *Họ và tên*, whole.
    pub name: String,
    /// Unit's name ("Sở Tài chính"), empty for guests.
    pub unit: String,
    /// Position ("Chuyên viên"), may be empty.
    pub position: String,
    /// What it may do.
    pub role: Role,
    /// Protocol order: tiles stand in this order, never by loudness.
    pub order: u32,
    /// `false` while the visit is interrupted; the seat is kept for 60 s.
    pub connected: bool,
    /// `true` while in the waiting room.
    pub waiting: bool,
    /// When the hand went up, if it is up.
    pub hand_raised_at: Option<Timestamp>,
    /// What is really arriving.
    pub media: SeatMedia,
    /// When this participant first entered.
    pub joined_at: Timestamp,
}

/// A line of chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ChatLine {
    /// The number of the event that carried it.
    #[ts(type = "number")]
    pub number: u64,
    /// Who wrote it.
    pub from: SeatId,
    /// The writer's name, kept when the seat is gone.
    pub name: String,
    /// Who reads it.
    pub to: ChatTo,
    /// The text, plain.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// The meeting's own facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MeetingView {
    /// Which.
    pub id: MeetingId,
    /// *Tên cuộc họp*.
    pub title: String,
    /// The chair's name and position for the header, empty if none is set.
    pub chair: String,
    /// Planned start.
    pub starts_at: Timestamp,
    /// Planned end.
    pub ends_at: Timestamp,
    /// Since when it is live.
    pub live_since: Option<Timestamp>,
    /// Where it stands.
    pub status: MeetingStatus,
    /// Who may speak.
    pub floor: Floor,
    /// The seat that was given the floor (*đang phát biểu*); it may have left since.
    pub called: Option<SeatId>,
    /// Since when.
    pub called_at: Option<Timestamp>,
    /// Nobody new may enter.
    pub locked: bool,
}

/// Everything a client needs to draw the meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The number of the last event it contains.
    #[ts(type = "number")]
    pub number: u64,
    /// The meeting.
    pub meeting: MeetingView,
    /// All seats, in protocol order; waiting ones only for those who may admit.
    pub seats: Vec<Seat>,
    /// The last 200 lines this seat may read.
    pub chat: Vec<ChatLine>,
}

/// An event and its place in the meeting's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NumberedEvent {
    /// Rising by one; a gap means events this seat may not see.
    #[ts(type = "number")]
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: Event,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// A seat is new or changed: replace it whole.
    Seat {
        /// Its state now.
        seat: Seat,
    },
    /// A seat is gone.
    Left {
        /// Which.
        seat: SeatId,
        /// Why.
        reason: LeaveReason,
    },
    /// A line of chat.
    Chat {
        /// The line.
        line: ChatLine,
    },
    /// The meeting's facts changed: replace them whole.
    Meeting {
        /// The facts now.
        meeting: MeetingView,
    },
    /// A seat's track was switched off by another.
    Muted {
        /// Whose.
        seat: SeatId,
        /// Which.
        kind: MediaKind,
        /// By whom.
        by: SeatId,
    },
    /// The meeting ended for all; the socket closes after it.
    Ended {
        /// Why.
        reason: EndReason,
        /// Name of who ended it, if somebody did.
        by: Option<String>,
    },
}

/// Why a seat left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum LeaveReason {
    /// By own act.
    Left,
    /// The line was gone for 60 s.
    Lost,
    /// Removed by the chair or moderator.
    Removed,
    /// Not admitted.
    Denied,
}

/// Why a meeting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum EndReason {
    /// The chair ended it.
    Chair,
    /// It was cancelled in the calendar.
    Cancelled,
    /// The hub stops.
    Shutdown,
}
