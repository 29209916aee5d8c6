//! A participant's place in the meeting.

use base::{
    Timestamp,
    id::{PersonId, SeatId, TokenId},
};
use serde::{Deserialize, Serialize};

use crate::{Act, Role};

/// A participant. The seat stays while the socket dies and returns ([`crate::ABSENCE`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Stable over reconnects and reloads.
    pub id: SeatId,
    /// The directory's person; absent for guests.
    pub person: Option<PersonId>,
    /// The token that opened it; absent for people of the directory and for guests.
    pub token: Option<TokenId>,
    /// *Họ và tên*.
    pub name: String,
    /// Unit's name.
    pub unit: String,
    /// *Chức vụ*.
    pub position: String,
    /// What it may do.
    pub role: Role,
    /// Called the meeting.
    pub organiser: bool,
    /// Protocol order.
    pub order: u32,
    /// Hash of the secret that lets a visit return.
    pub key: VisitKey,
    /// Since when no visit holds the seat.
    pub absent_since: Option<Timestamp>,
    /// In the waiting room.
    pub waiting: bool,
    /// When the hand went up.
    pub hand_raised_at: Option<Timestamp>,
    /// The participant's own switches.
    pub wish: MediaWish,
    /// Who switched the microphone off, until the participant switches it on himself.
    pub muted_by: Option<SeatId>,
    /// What the media plane sees.
    pub tracks: Tracks,
    /// When this participant took the seat.
    pub joined_at: Timestamp,
    /// The event that made the seat: the order of the waiting room.
    pub joined_number: u64,
}

impl Seat {
    /// Whether this seat may do `act` now; nobody in the waiting room may do anything.
    pub fn may(&self, act: Act) -> bool {
        !self.waiting && (self.role.may(act) || (self.organiser && Role::organiser_may(act)))
    }

    /// Whether a visit holds the seat.
    pub fn is_connected(&self) -> bool {
        self.absent_since.is_none()
    }

    /// The state of a track as people see it: what arrives, except that silence of a track the
    /// participant switched off himself is not a fault, what is off cannot be held back, and a picture
    /// he took away is gone at once.
    pub fn shown(&self, kind: MediaKind) -> TrackState {
        let (wish, state) = match kind {
            MediaKind::Microphone => (self.wish.microphone, self.tracks.microphone),
            MediaKind::Camera => (self.wish.camera, self.tracks.camera),
            MediaKind::Screen | MediaKind::ScreenAudio => (self.wish.screen, self.tracks.screen),
        };
        match state {
            TrackState::Lost | TrackState::Gated if !wish => TrackState::Off,
            _ if !wish && kind != MediaKind::Microphone => TrackState::Off,
            state => state,
        }
    }
}

/// The hash of a visit's secret, as text; the secret itself never reaches the core or the disk.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VisitKey(pub String);

impl std::fmt::Debug for VisitKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VisitKey(…)")
    }
}

/// What a participant wants to send.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MediaWish {
    /// Microphone switched on.
    pub microphone: bool,
    /// Camera switched on.
    pub camera: bool,
    /// Screen being presented.
    pub screen: bool,
}

/// The things a participant can send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MediaKind {
    /// Voice.
    Microphone,
    /// Face.
    Camera,
    /// Presented screen.
    Screen,
    /// Its sound.
    ScreenAudio,
}

impl MediaKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Microphone, Self::Camera, Self::Screen, Self::ScreenAudio];
}

/// What the media plane sees of a track.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TrackState {
    /// Nothing is sent.
    #[default]
    Off,
    /// Packets arrive and are forwarded.
    Sending,
    /// Packets stopped arriving.
    Lost,
    /// Packets arrive and are dropped.
    Gated,
}

/// The tracks whose state people see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tracks {
    /// Voice.
    pub microphone: TrackState,
    /// Face.
    pub camera: TrackState,
    /// Presented screen.
    pub screen: TrackState,
}

impl Tracks {
    /// The state of a track; the sound of a screen is not shown by itself.
    pub(crate) fn slot(&mut self, kind: MediaKind) -> Option<&mut TrackState> {
        match kind {
            MediaKind::Microphone => Some(&mut self.microphone),
            MediaKind::Camera => Some(&mut self.camera),
            MediaKind::Screen => Some(&mut self.screen),
            MediaKind::ScreenAudio => None,
        }
    }
}
