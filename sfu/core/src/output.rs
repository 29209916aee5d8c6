//! What comes out of a [`crate::Worker`]: events for the meeting, datagrams for the network.

use base::id::{MeetingId, SeatId};

use crate::{Leg, MediaKind, Path, Source};

/// Kind of a receive slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SlotKind {
    /// Filled by the worker with the loudest voices.
    Audio,
    /// Filled by the receiver's views.
    Video,
}

/// Where a track of a seat stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrackState {
    /// Packets arrive and may be forwarded.
    Sending,
    /// Packets stopped arriving without the seat switching it off; two seconds of silence.
    Lost,
    /// Packets arrive or not, none is forwarded.
    Gated,
    /// Never started, or the peer is gone.
    Off,
}

/// Something the meeting should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// ICE and DTLS are done, media flows both ways.
    Connected {
        /// Whose peer.
        seat: SeatId,
    },
    /// From `rtp_timestamp` on the slot carries `source`.
    Slot {
        /// Whose slot.
        seat: SeatId,
        /// Audio or video.
        kind: SlotKind,
        /// Index among the offer's `recvonly` m-lines of that kind.
        slot: u8,
        /// What it carries.
        source: Option<Source>,
        /// RTP timestamp, as the receiver sees it, of the first packet of the source.
        rtp_timestamp: Option<u32>,
        /// The source sends, but the receiver's line is too thin to show it now.
        saving: bool,
    },
    /// Which simulcast layers of a track anybody needs; a sender that can switches the others off.
    Demand {
        /// Whose.
        seat: SeatId,
        /// Which.
        kind: MediaKind,
        /// Lowest layer first.
        layers: Vec<bool>,
    },
    /// Who is heard, loudest first (RFC 6464: 0 loudest … 127 silence). At most 10 a second per
    /// meeting, once empty when silence falls.
    Levels {
        /// Where.
        meeting: MeetingId,
        /// Who and how loud.
        levels: Vec<(SeatId, u8)>,
    },
    /// How the meeting's connections fare, once a second; those of other workers are told by them.
    Legs {
        /// Where.
        meeting: MeetingId,
        /// Each connection that carries media.
        legs: Vec<Leg>,
    },
    /// A track started, was lost, gated or ended.
    Track {
        /// Whose.
        seat: SeatId,
        /// Which.
        kind: MediaKind,
        /// Where it stands now.
        state: TrackState,
    },
    /// The peer is gone: consent expired, DTLS failed or closed. Not sent after `Close` or `End`.
    Disconnected {
        /// Whose peer.
        seat: SeatId,
    },
}

/// Datagrams to send, in one arena so that the neighbours of equal size to one peer leave as one
/// segmented send without a copy.
#[derive(Debug, Default)]
pub struct Transmits {
    arena: Vec<u8>,
    items: Vec<(Path, usize)>,
}

impl Transmits {
    /// Appends a datagram whose bytes `write` puts at the end of the arena; dropped when it says no.
    pub(crate) fn push_with<E>(
        &mut self,
        path: Path,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<usize, E> {
        let start = self.arena.len();
        match write(&mut self.arena) {
            Ok(()) => {
                self.items.push((path, self.arena.len()));
                Ok(self.arena.len() - start)
            }
            Err(error) => {
                self.arena.truncate(start);
                Err(error)
            }
        }
    }

    /// Appends a copy of `bytes`.
    pub(crate) fn push(&mut self, path: Path, bytes: &[u8]) {
        self.arena.extend_from_slice(bytes);
        self.items.push((path, self.arena.len()));
    }

    /// The datagrams, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (Path, &[u8])> {
        let mut start = 0;
        self.items.iter().map(move |&(path, end)| {
            let bytes = self.arena.get(start..end).unwrap_or_default();
            start = end;
            (path, bytes)
        })
    }

    /// How many datagrams wait.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Forgets all, keeps the memory.
    pub fn clear(&mut self) {
        self.arena.clear();
        self.items.clear();
    }
}
