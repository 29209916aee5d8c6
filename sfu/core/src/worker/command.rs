//! What the meeting orders: gates, leaders, views, ends.

use std::time::Instant;

use base::id::SeatId;

use super::Worker;
use crate::{Command, MediaKind};

impl Worker {
    /// Obeys a command.
    pub fn handle_command(&mut self, now: Instant, command: Command) {
        match command {
            Command::Close(seat) => self.close_seat(seat),
            Command::Forget(seat) => {
                self.seats.remove(&seat);
            }
            Command::Gate { seat, kind, open } => self.gate(now, seat, kind, open),
            Command::Lead { seat, leads } => self.lead(seat, leads),
            Command::View { seat, views } => {
                if let Some(key) = self.by_seat.get(&seat).copied() {
                    self.set_views(now, key, &views);
                }
                self.seats.entry(seat).or_default().views = views;
            }
            Command::End(meeting) => {
                let members = self.rooms.get(&meeting).map(|r| r.members.clone()).unwrap_or_default();
                for key in members {
                    self.remove_peer(key, false);
                }
                self.seats.retain(|_, memory| memory.meeting != Some(meeting));
            }
        }
    }

    fn gate(&mut self, now: Instant, seat: SeatId, kind: MediaKind, open: bool) {
        if let Some(closed) = self.seats.entry(seat).or_default().closed.get_mut(kind.index()) {
            *closed = !open;
        }
        let Some(key) = self.by_seat.get(&seat).copied() else { return };
        if let Some(peer) = self.peer_mut(key) {
            for track in peer.incoming.tracks.iter_mut().filter(|track| track.kind() == kind) {
                track.open = open;
            }
        }
        self.update_tracks(now, key);
    }

    fn lead(&mut self, seat: SeatId, leads: bool) {
        self.seats.entry(seat).or_default().leads = leads;
        if let Some(peer) = self.by_seat.get(&seat).copied().and_then(|key| self.peer_mut(key)) {
            peer.incoming.tracks.iter_mut().for_each(|track| track.leads = leads);
        }
    }

    pub(super) fn close_seat(&mut self, seat: SeatId) {
        if let Some(key) = self.by_seat.get(&seat).copied() {
            self.remove_peer(key, false);
        }
    }
}
