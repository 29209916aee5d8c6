//! What the peers of one meeting share in a worker: who is there, who is heard.

pub mod speaker;

use std::time::{Duration, Instant};

use base::id::SeatId;

use crate::{
    incoming::{LayerAddress, PeerKey},
    room::speaker::{Heard, Speakers},
};

/// A meeting's part in a worker.
pub(crate) struct Room {
    /// Bounded by the worker's limit of peers.
    pub members: Vec<PeerKey>,
    /// Whose voices are forwarded.
    pub speakers: Speakers<LayerAddress>,
    /// The level of every voice that is not silent.
    loud: Vec<(LayerAddress, SeatId, u8)>,
    told_silence: bool,
    /// The loudest level of each own member since the last tick, for other workers.
    fresh: Vec<(PeerKey, u8, Heard)>,
    /// When the next tick is due. A timer that fires earlier belonged to a room of the same meeting
    /// that emptied and filled again; it is let run out.
    pub next_tick: Instant,
    /// Next look at the layers of all slots.
    pub next_look: Instant,
    /// Next report on the connections.
    pub next_legs: Instant,
}

impl Room {
    /// An empty one.
    pub fn new(now: Instant) -> Self {
        Self {
            members: Vec::new(),
            // Receivers have three places and nobody hears himself.
            speakers: Speakers::new(4),
            loud: Vec::new(),
            told_silence: true,
            fresh: Vec::new(),
            next_tick: now + ROOM_TICK,
            next_look: now,
            next_legs: now + LEGS_INTERVAL,
        }
    }

    /// A packet of a member's microphone said how loud it is.
    pub fn heard(&mut self, now: Instant, voice: LayerAddress, heard: Heard) {
        self.speakers.heard(voice, heard, now);
        let known =
            self.fresh.iter_mut().find(|(peer, track, _)| (*peer, *track) == (voice.peer, voice.track));
        match known {
            Some((_, _, loudest)) => *loudest = loudest.with(heard),
            None => self.fresh.push((voice.peer, voice.track, heard)),
        }
    }

    /// What was heard of own members since the last call.
    pub fn take_fresh(&mut self) -> Vec<(PeerKey, u8, Heard)> {
        std::mem::take(&mut self.fresh)
    }

    /// A voice is gone.
    pub fn forget_voice(&mut self, voice: LayerAddress) {
        self.speakers.remove(voice);
        self.loud.retain(|(known, _, _)| *known != voice);
        self.fresh.retain(|(peer, track, _)| (*peer, *track) != (voice.peer, voice.track));
    }

    /// The voices to be told, loudest first; nothing when nothing changed.
    pub fn poll_levels(
        &mut self,
        now: Instant,
        seat_of: impl Fn(PeerKey) -> Option<SeatId>,
    ) -> Option<Vec<(SeatId, u8)>> {
        let mut changes = Vec::new();
        if !self.speakers.levels(now, &mut changes) {
            return None;
        }
        for (voice, level) in changes {
            self.loud.retain(|(known, _, _)| *known != voice);
            if let (true, Some(seat)) = (level < SILENCE, seat_of(voice.peer)) {
                self.loud.push((voice, seat, level));
            }
        }
        if self.loud.is_empty() && std::mem::replace(&mut self.told_silence, true) {
            return None;
        }
        self.told_silence = self.loud.is_empty();
        self.loud.sort_by_key(|(_, _, level)| *level);
        Some(self.loud.iter().map(|(_, seat, level)| (*seat, *level)).collect())
    }
}

/// Quieter than this nobody speaks (RFC 6464: −dBov).
const SILENCE: u8 = 65;
/// How often it is told how connections fare.
pub(crate) const LEGS_INTERVAL: Duration = Duration::from_secs(1);
/// Who is heard is decided this often.
pub(crate) const ROOM_TICK: Duration = Duration::from_millis(50);
/// Layers are looked at this often.
pub(crate) const LOOK_INTERVAL: Duration = Duration::from_millis(500);
