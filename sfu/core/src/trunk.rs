//! What workers of one hub tell each other, so that a meeting can span them.
//!
//! A trunk carries each layer once, decrypted, however many receivers want it on the far side, and
//! only while somebody there does. The far side has a [`Mirror`] of every peer of the meeting: its
//! tracks and layers with rings of their own, so that switching, voices and repair there are decided
//! as for a peer of its own. How it works as a whole: `docs/algorithms/trunk.md`.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Instant,
};

use base::id::{MeetingId, SeatId};

use crate::{
    TrackState,
    allocation::layer::LayerView,
    incoming::{Incoming, Layer, LayerAddress, PeerKey},
    room::speaker::Heard,
    rtp::Ssrc,
    sdp::IncomingMedia,
};

/// Workers of one hub; each has a bit in a [`Mask`].
pub const MAX_WORKERS: usize = 64;

/// A set of workers.
pub(crate) type Mask = u64;

/// One message from worker to worker.
#[derive(Debug, Clone)]
pub struct TrunkMessage(pub(crate) Kind);

impl TrunkMessage {
    /// Whether it carries packets: may be lost, for they are repaired by the next key frame. All others
    /// must arrive, in order.
    pub fn is_media(&self) -> bool {
        matches!(self.0, Kind::Packets(_))
    }
}

/// Its content. Peers and layers are named as the worker knows them on which they live.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// Forget all that was said; it follows anew.
    Reset,
    /// The sender has members of this meeting, or none any more.
    Here { meeting: MeetingId, here: bool },
    /// A peer of the sender, and what was agreed that it may send.
    Peer { peer: PeerKey, meeting: MeetingId, seat: SeatId, media: Vec<IncomingMedia> },
    /// That peer is gone.
    Gone { peer: PeerKey },
    /// Where a track stands and what its layers are like.
    Track { peer: PeerKey, track: u8, state: TrackState, views: Vec<LayerView> },
    /// How loud the sender's peers were since the last tick.
    Voices { meeting: MeetingId, voices: Vec<(PeerKey, u8, Heard)> },
    /// Somebody with the sender shows this layer of the receiver's, or nobody any more.
    Want { layer: LayerAddress, wanted: bool },
    /// Somebody with the sender needs a key frame of it.
    Key { layer: LayerAddress },
    /// Packets of a layer of the sender's.
    Packets(Arc<Batch>),
}

/// Packets of one layer, one after the other. Counted by reference: one batch serves all workers.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Whose.
    pub layer: LayerAddress,
    /// Of which stream.
    pub ssrc: Ssrc,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Batch {
    /// The packets, decrypted.
    pub fn packets(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends
            .iter()
            .map(move |&end| self.bytes.get(std::mem::replace(&mut start, end)..end).unwrap_or(&[]))
    }
}

/// Batches whose readers are done are filled again: nothing is allocated while media flows.
#[derive(Debug, Default)]
pub(crate) struct Batches(VecDeque<Arc<Batch>>);

impl Batches {
    /// The layer's held packets.
    pub fn fill(&mut self, address: LayerAddress, layer: &Layer) -> Arc<Batch> {
        let mut batch = self.spare();
        if let Some(batch) = Arc::get_mut(&mut batch) {
            (batch.layer, batch.ssrc) = (address, layer.ssrc);
            batch.bytes.clear();
            batch.ends.clear();
            for bytes in layer.held.iter().filter_map(|number| layer.ring.get(*number)) {
                batch.bytes.extend_from_slice(bytes);
                batch.ends.push(batch.bytes.len());
            }
        }
        if self.0.len() < SPARE {
            self.0.push_back(Arc::clone(&batch));
        }
        batch
    }

    /// The oldest that nobody reads any more, or a new one.
    fn spare(&mut self) -> Arc<Batch> {
        // The oldest is the first to be done; if it is not, the worker that reads it is behind.
        if let Some(mut oldest) = self.0.pop_front() {
            if Arc::get_mut(&mut oldest).is_some() {
                return oldest;
            }
            self.0.push_back(oldest);
        }
        let nobody = PeerKey { index: u32::MAX, serial: 0 };
        let layer = LayerAddress { peer: nobody, track: 0, layer: 0 };
        Arc::new(Batch { layer, ssrc: Ssrc(0), bytes: Vec::new(), ends: Vec::new() })
    }
}

/// Batches kept for later: those of a tenth of a second of a large meeting.
const SPARE: usize = 256;

/// What stands here for a peer of another worker.
pub(crate) struct Mirror {
    /// Whose.
    pub seat: SeatId,
    /// Where.
    pub meeting: MeetingId,
    /// The worker on which it lives, and its name there.
    pub origin: (u8, PeerKey),
    /// What it sends.
    pub incoming: Incoming,
    serial: u32,
}

/// All that a worker knows of the others.
pub(crate) struct Trunks {
    own: u8,
    /// Every worker but this one.
    pub others: Mask,
    /// Which workers have members of a meeting.
    elsewhere: HashMap<MeetingId, Mask>,
    mirrors: Vec<Option<Box<Mirror>>>,
    serial: u32,
    by_seat: HashMap<SeatId, PeerKey>,
    by_origin: HashMap<(u8, PeerKey), PeerKey>,
    outbox: VecDeque<(u8, TrunkMessage)>,
    /// For packets.
    pub batches: Batches,
}

impl Trunks {
    /// Of worker `own` of `count`.
    pub fn new(own: u8, count: u8) -> Self {
        let all = if usize::from(count) >= MAX_WORKERS { Mask::MAX } else { (1 << count) - 1 };
        Self {
            own,
            others: all & !bit(own),
            elsewhere: HashMap::new(),
            mirrors: Vec::new(),
            serial: 0,
            by_seat: HashMap::new(),
            by_origin: HashMap::new(),
            outbox: VecDeque::new(),
            batches: Batches::default(),
        }
    }

    /// This worker's number.
    pub fn own(&self) -> u8 {
        self.own
    }

    /// The workers that have members of a meeting.
    pub fn of(&self, meeting: MeetingId) -> Mask {
        self.elsewhere.get(&meeting).copied().unwrap_or(0)
    }

    /// Whether this worker speaks for the meeting: of those that have members the first.
    pub fn speaks_for(&self, meeting: MeetingId) -> bool {
        self.of(meeting).trailing_zeros() > u32::from(self.own)
    }

    /// A worker has members of a meeting, or none any more.
    pub fn note_presence(&mut self, worker: u8, meeting: MeetingId, here: bool) {
        let mask = self.elsewhere.entry(meeting).or_default();
        *mask = if here { *mask | bit(worker) } else { *mask & !bit(worker) };
        if *mask == 0 {
            self.elsewhere.remove(&meeting);
        }
    }

    /// A worker has members of no meeting, as far as is known.
    pub fn forget(&mut self, worker: u8) {
        self.elsewhere.retain(|_, mask| {
            *mask &= !bit(worker);
            *mask != 0
        });
    }

    /// Says something to every worker of a set.
    pub fn say(&mut self, to: Mask, what: impl Fn() -> Kind) {
        for worker in workers(to) {
            self.outbox.push_back((worker, TrunkMessage(what())));
        }
    }

    /// The next message, and for which worker. The caller takes all after every round.
    pub fn poll(&mut self) -> Option<(u8, TrunkMessage)> {
        self.outbox.pop_front()
    }

    /// Puts up a mirror; an earlier one of the same peer must be gone.
    pub fn insert(
        &mut self,
        now: Instant,
        origin: (u8, PeerKey),
        (meeting, seat): (MeetingId, SeatId),
        media: Vec<IncomingMedia>,
    ) {
        let free = self.mirrors.iter().position(Option::is_none).unwrap_or(self.mirrors.len());
        if free == self.mirrors.len() {
            self.mirrors.push(None);
        }
        self.serial = self.serial.wrapping_add(1);
        // Peers of all workers are far below 2^31.
        let key = PeerKey { index: MIRROR | free as u32, serial: self.serial };
        let incoming = Incoming::mirror(now, media);
        if let Some(place) = self.mirrors.get_mut(free) {
            *place = Some(Box::new(Mirror { seat, meeting, origin, incoming, serial: self.serial }));
        }
        self.by_seat.insert(seat, key);
        self.by_origin.insert(origin, key);
    }

    /// Takes a mirror down.
    pub fn remove(&mut self, key: PeerKey) {
        if self.mirror(key).is_none() {
            return;
        }
        let Some(mirror) = self.mirrors.get_mut(place(key)).and_then(Option::take) else { return };
        self.by_origin.remove(&mirror.origin);
        if self.by_seat.get(&mirror.seat) == Some(&key) {
            self.by_seat.remove(&mirror.seat);
        }
    }

    /// A mirror.
    pub fn mirror(&self, key: PeerKey) -> Option<&Mirror> {
        self.mirrors.get(place(key))?.as_deref().filter(|mirror| mirror.serial == key.serial)
    }

    /// A mirror.
    pub fn mirror_mut(&mut self, key: PeerKey) -> Option<&mut Mirror> {
        self.mirrors.get_mut(place(key))?.as_deref_mut().filter(|mirror| mirror.serial == key.serial)
    }

    /// The mirror of a seat's peer.
    pub fn of_seat(&self, seat: SeatId) -> Option<PeerKey> {
        self.by_seat.get(&seat).copied()
    }

    /// The mirror of a peer that is called so on its own worker.
    pub fn of_origin(&self, worker: u8, peer: PeerKey) -> Option<PeerKey> {
        self.by_origin.get(&(worker, peer)).copied()
    }

    /// The mirrors that a test accepts.
    pub fn mirrors_where(&self, accepts: impl Fn(&Mirror) -> bool) -> Vec<PeerKey> {
        self.by_origin.values().copied().filter(|key| self.mirror(*key).is_some_and(&accepts)).collect()
    }
}

/// Whether a key names a mirror.
pub(crate) fn is_mirror(key: PeerKey) -> bool {
    key.index & MIRROR != 0
}

/// A worker's place in a set.
pub(crate) fn bit(worker: u8) -> Mask {
    1 << (usize::from(worker) % MAX_WORKERS)
}

fn workers(mask: Mask) -> impl Iterator<Item = u8> {
    (0..MAX_WORKERS as u8).filter(move |worker| mask & bit(*worker) != 0)
}

/// Only a mirror's key leads to a place.
fn place(key: PeerKey) -> usize {
    if is_mirror(key) { (key.index & !MIRROR) as usize } else { usize::MAX }
}

/// Set in the index of a mirror's key.
const MIRROR: u32 = 1 << 31;
