//! What goes into a [`crate::Worker`]: nouns shared by commands and events, and the commands themselves.

use std::net::SocketAddr;

use base::id::{MeetingId, SeatId};

/// What a seat may send; one m-line of its offer each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MediaKind {
    /// The voice.
    Microphone,
    /// The face, in up to three simulcast layers.
    Camera,
    /// A shared screen or document camera.
    Screen,
    /// The sound of what is shared.
    ScreenAudio,
}

impl MediaKind {
    /// All kinds, in the order of the offer's m-lines.
    pub const ALL: [Self; 4] = [Self::Microphone, Self::Camera, Self::Screen, Self::ScreenAudio];

    /// Whether it is heard rather than seen.
    pub const fn is_audio(self) -> bool {
        matches!(self, Self::Microphone | Self::ScreenAudio)
    }

    /// Whether it belongs to what is shared rather than to the person.
    pub const fn is_screen(self) -> bool {
        matches!(self, Self::Screen | Self::ScreenAudio)
    }

    /// Position in [`Self::ALL`].
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Microphone => 0,
            Self::Camera => 1,
            Self::Screen => 2,
            Self::ScreenAudio => 3,
        }
    }
}

/// Whose media, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// Whose.
    pub seat: SeatId,
    /// Which.
    pub kind: MediaKind,
}

/// One video slot's wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// Index among the offer's `recvonly` video m-lines.
    pub slot: u8,
    /// What it should show.
    pub source: Source,
    /// The height it is drawn at, in device pixels; decides the layer.
    pub height: u16,
}

/// An order for a worker; none of them fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// The seat's peer goes away.
    Close(SeatId),
    /// The seat's peer lives on another worker: what was remembered for it is of no use here.
    Forget(SeatId),
    /// Whether the seat's media of this kind is forwarded at all. Remembered over a new offer.
    Gate {
        /// Whose.
        seat: SeatId,
        /// Which.
        kind: MediaKind,
        /// Forwarded?
        open: bool,
    },
    /// Whether the seat's voice comes before others where not all can be heard. Remembered likewise.
    Lead {
        /// Whose.
        seat: SeatId,
        /// It chairs or has the floor.
        leads: bool,
    },
    /// What the seat's video slots show from now on; slots not named are empty.
    View {
        /// Whose slots.
        seat: SeatId,
        /// At most one wish per slot, the most important first: on a thin line they are served in
        /// this order, screens before everything and large faces before small ones.
        views: Vec<View>,
    },
    /// Everybody in the meeting is disconnected.
    End(MeetingId),
}

/// One way between the worker and a peer: which of the worker's sockets, and the far end. Over TCP the
/// far end alone names the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Path {
    /// Index of the local socket the datagram came in on; answers leave by the same one.
    pub local: u8,
    /// The far end.
    pub remote: SocketAddr,
}

impl Path {
    /// In place of a socket's index: the far end of a TCP connection (RFC 6544).
    pub const TCP: u8 = u8::MAX;
}
