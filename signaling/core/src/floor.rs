//! Whose sound and pictures are forwarded: the rule behind the gates of the media plane.
//!
//! Gates are a reading of the state, not a state of their own, so no sequence of commands can leave
//! one open by accident.

use base::id::SeatId;

use crate::{Act, MediaKind, Meeting, Role};

impl Meeting {
    /// Whether what arrives on this track is forwarded.
    pub fn gate(&self, seat: SeatId, kind: MediaKind) -> bool {
        let Some(seat) = self.seat(seat) else { return false };
        if !seat.may(Act::TakePart) {
            return false;
        }
        match kind {
            MediaKind::Microphone => seat.muted_by.is_none() && self.has_floor(seat.id, seat.role),
            MediaKind::Camera => true,
            MediaKind::Screen | MediaKind::ScreenAudio => self.presenter() == Some(seat.id),
        }
    }

    /// Whether a seat may be heard: everybody on an open floor, else who leads the meeting (whoever gives
    /// the floor must be able to say so) and the called seat.
    pub(crate) fn has_floor(&self, seat: SeatId, role: Role) -> bool {
        !self.plan().called_floor || role.may(Act::Call) || self.called() == Some(seat)
    }

    /// Whether a seat's voice comes before others where not all can be heard: the chair, and whoever was
    /// given the floor.
    pub fn leads(&self, seat: SeatId) -> bool {
        let is_chair = self.seat(seat).is_some_and(|seat| seat.role == Role::Chair);
        is_chair || self.called() == Some(seat)
    }

    /// The one seat that presents.
    pub fn presenter(&self) -> Option<SeatId> {
        self.seats().find(|seat| !seat.waiting && seat.wish.screen).map(|seat| seat.id)
    }
}
