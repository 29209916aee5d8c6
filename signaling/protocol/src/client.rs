//! What a client says.

use base::id::SeatId;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One frame from a client: a message and the number its answer will carry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ClientFrame {
    /// Chosen by the client, echoed in [`crate::ServerMessage::Done`] or `Refused`.
    pub id: u32,
    /// The message itself, its fields beside `id`.
    #[serde(flatten)]
    pub message: ClientMessage,
}

impl ClientFrame {
    /// Reads a frame. Unknown fields are ignored; an unknown message type is refused by name.
    ///
    /// # Errors
    /// [`Unreadable`], with the frame's id as far as it could be read.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        serde_json::from_str(text).map_err(|cause| {
            let head = serde_json::from_str::<Head>(text).unwrap_or_default();
            Unreadable { id: head.id.unwrap_or(0), detail: cause.to_string().chars().take(200).collect() }
        })
    }
}

/// A frame that is not one of this protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The frame's id, 0 when it has none.
    pub id: u32,
    /// What is wrong with it, for a technician.
    pub detail: String,
}

/// Enough of a bad frame to answer it.
#[derive(Default, Deserialize)]
struct Head {
    id: Option<u32>,
}

/// A client's message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ClientMessage {
    /// First message of a visit: take a seat, or return to one.
    Enter {
        /// A guest's one-time name; ignored for signed-in people, whose name is the directory's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Present when returning: yields the missed events instead of a snapshot where possible.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resume: Option<Resume>,
        /// What the client is about to send.
        media: MediaWish,
    },
    /// The client's only offer for this PeerConnection (a new PeerConnection sends a new one).
    Offer {
        /// SDP, at most [`crate::MAX_FRAME`] bytes.
        sdp: String,
    },
    /// What stands on this client's screen: replaces the previous view whole.
    View {
        /// One entry per video slot in use, the most important first: on a thin line they are served in
        /// this order. Slots not named are empty.
        slots: Vec<View>,
    },
    /// The participant's own switches changed.
    Media {
        /// The new wish.
        media: MediaWish,
    },
    /// A line of chat.
    Chat {
        /// Who reads it.
        to: ChatTo,
        /// At most 2,000 characters.
        text: String,
    },
    /// Raises or lowers the own hand (*đăng ký phát biểu*).
    Hand {
        /// `true` raises.
        raised: bool,
    },
    /// Chair, moderator, operator: switches off one seat's microphone.
    Mute {
        /// Whose.
        seat: SeatId,
    },
    /// Chair, moderator, operator: switches off every microphone but the chair's.
    MuteAll,
    /// Chair, moderator, secretary, operator: lets a waiting guest in.
    Admit {
        /// Who.
        seat: SeatId,
    },
    /// Chair, moderator, secretary, operator: turns a waiting guest away.
    Deny {
        /// Who.
        seat: SeatId,
    },
    /// Chair, moderator: removes a participant.
    Remove {
        /// Who.
        seat: SeatId,
    },
    /// Chair, moderator: nobody new may enter, or may again.
    Lock {
        /// `true` locks.
        locked: bool,
    },
    /// Chair, moderator: gives the floor to a seat (*mời phát biểu*), or takes it back (*dừng phát biểu*).
    Call {
        /// Whom; `null` takes the floor back.
        seat: Option<SeatId>,
    },
    /// Leaves the meeting; the seat becomes free.
    Leave,
    /// Chair: ends the meeting for all.
    End,
    /// Keeps the visit alive and measures the line; answered by [`crate::ServerMessage::Pong`].
    Ping {
        /// The client's own clock in ms, echoed.
        sent_at: f64,
    },
}

/// The proof of an earlier visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Resume {
    /// From [`crate::ServerMessage::Welcome`].
    pub token: String,
    /// The number of the last event seen.
    #[ts(type = "number")]
    pub last_event: u64,
}

/// What a participant wants to send.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MediaWish {
    /// Microphone switched on.
    pub microphone: bool,
    /// Camera switched on.
    pub camera: bool,
    /// Screen being presented.
    pub screen: bool,
}

/// One video slot's wish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// Index among the video slots, in the order of the `recvonly` video m-lines of the offer.
    pub slot: u8,
    /// What it shows.
    pub source: Source,
    /// The height in device pixels it is drawn at; decides the layer.
    pub height: u16,
}

/// A source of video: whose, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// Whose.
    pub seat: SeatId,
    /// Which of that seat's tracks.
    pub kind: MediaKind,
}

/// The four things a participant can send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum MediaKind {
    /// Voice.
    Microphone,
    /// Face.
    Camera,
    /// Presented screen.
    Screen,
    /// Sound of the presented screen.
    ScreenAudio,
}

/// Readers of a line of chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ChatTo {
    /// Everybody in the meeting.
    All,
    /// Chair, moderator and secretary.
    Chair,
}
