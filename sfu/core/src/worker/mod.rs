//! One worker: its peers, its meetings, and the one loop's worth of decisions. No I/O, no clock.
//!
//! The caller gives datagrams ([`Worker::handle_datagram`]), commands, offers and the time, calls
//! [`Worker::flush`] after every batch, and takes [`Worker::transmits`] and [`Worker::poll_event`].

mod command;
mod control;
mod gather;
mod media;
mod metrics;
mod pacer;
mod quality;
mod roaming;
mod select;
mod strays;
#[cfg(test)]
mod tests;
mod trunk;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
    net::SocketAddr,
    time::Instant,
};

use base::{
    Timestamp,
    id::{MeetingId, SeatId},
    random::Random,
};

use crate::{
    Event, Path, TrackState, Transmits, View,
    incoming::{LayerAddress, PeerKey, SlotAddress},
    peer::{self, Peer},
    room::{ROOM_TICK, Room},
    sdp::{Answer, Local, Offer, OfferError},
    transport::dtls::{Certificate, DtlsError},
    transport::ice::{Check, Credentials, Proof},
    transport::srtp::Profile,
    trunk::{Kind, Trunks},
};

pub use metrics::Metrics;

/// What a worker is given once.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// For DTLS; its hash stands in every answer.
    pub certificate: Certificate,
    /// Where browsers reach this worker, best first.
    pub candidates: Vec<SocketAddr>,
    /// The port of these addresses that takes TCP connections.
    pub tcp_port: Option<u16>,
    /// Offers beyond are refused.
    pub max_peers: usize,
    /// Every receiver's line counts as unlimited.
    pub unlimited: bool,
    /// One moment on both clocks, for the NTP time of sender reports.
    pub epoch: (Instant, Timestamp),
}

/// Wakes something up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Peer(u32, u32),
    Pacer(u32, u32),
    Room(MeetingId),
}

/// What outlives a peer of a seat: a returning peer must not find its gates open.
#[derive(Debug, Clone, Default)]
struct SeatMemory {
    meeting: Option<MeetingId>,
    closed: [bool; 4],
    leads: bool,
    views: Vec<View>,
}

/// The media plane of one thread.
pub struct Worker {
    config: WorkerConfig,
    random: Box<dyn Random + Send>,
    peers: Vec<Option<Box<Peer>>>,
    serial: u32,
    by_ufrag: HashMap<String, PeerKey>,
    by_path: HashMap<Path, PeerKey>,
    by_seat: HashMap<SeatId, PeerKey>,
    roaming: roaming::Roaming,
    rooms: HashMap<MeetingId, Room>,
    /// Forgotten when the meeting ends.
    seats: HashMap<SeatId, SeatMemory>,
    /// One or two per peer and one per room; those of the gone fall out when they fire.
    timers: BinaryHeap<Reverse<(Instant, Timer)>>,
    /// Layers with held packets.
    dirty: Vec<LayerAddress>,
    gather: gather::Gather,
    /// The other workers.
    trunks: Trunks,
    transmits: Transmits,
    events: VecDeque<Event>,
    metrics: Metrics,
    strays: strays::Strays,
}

impl Worker {
    /// A worker without peers.
    pub fn new(config: WorkerConfig, random: Box<dyn Random + Send>) -> Self {
        Self {
            config,
            random,
            peers: Vec::new(),
            serial: 0,
            by_ufrag: HashMap::new(),
            by_path: HashMap::new(),
            by_seat: HashMap::new(),
            roaming: roaming::Roaming::default(),
            rooms: HashMap::new(),
            seats: HashMap::new(),
            timers: BinaryHeap::new(),
            dirty: Vec::new(),
            gather: gather::Gather::default(),
            trunks: Trunks::new(0, 1),
            transmits: Transmits::default(),
            events: VecDeque::new(),
            metrics: Metrics::default(),
            strays: strays::Strays::default(),
        }
    }

    /// Answers an offer with a new peer for the seat; an older one is replaced without a word, unless the
    /// offer is the older one's own: that is an ICE restart (RFC 8445 §9).
    pub fn handle_offer(
        &mut self,
        now: Instant,
        meeting: MeetingId,
        seat: SeatId,
        offer: &Offer,
    ) -> Result<String, OfferError> {
        if let Some(answer) = self.renegotiate(now, meeting, seat, offer) {
            return Ok(answer);
        }
        let answer = Answer::to(offer, &mut *self.random)?;
        self.close_seat(seat);
        if self.by_seat.len() >= self.config.max_peers {
            return Err(OfferError::Unavailable);
        }
        let credentials = Credentials::new(self.trunks.own(), &mut *self.random);
        let local = local(&self.config, &credentials);
        let text = answer.write(offer, &local, &mut *self.random);
        self.add_peer(now, meeting, seat, offer, answer, credentials);
        Ok(text)
    }

    fn add_peer(
        &mut self,
        now: Instant,
        meeting: MeetingId,
        seat: SeatId,
        offer: &Offer,
        answer: Answer,
        credentials: Credentials,
    ) {
        self.serial = self.serial.wrapping_add(1);
        let free = self.peers.iter().position(Option::is_none).unwrap_or(self.peers.len());
        // `max_peers` is far below 2^32.
        let key = PeerKey { index: free as u32, serial: self.serial };
        self.by_ufrag.insert(credentials.ufrag.clone(), key);
        let certificate = self.config.certificate.clone();
        let ids = (meeting, seat, self.serial);
        let mut peer =
            Box::new(Peer::new(now, ids, (offer, answer), credentials, &certificate, &mut *self.random));
        if self.config.unlimited {
            peer.sender.lift_limit();
        }
        let memory = self.seats.entry(seat).or_default();
        memory.meeting = Some(meeting);
        for track in &mut peer.incoming.tracks {
            track.open = !memory.closed.get(track.kind().index()).copied().unwrap_or(false);
            track.leads = memory.leads;
        }
        let views = memory.views.clone();
        self.timers.push(Reverse((peer.poll_timeout(now), Timer::Peer(key.index, key.serial))));
        if free == self.peers.len() {
            self.peers.push(None);
        }
        if let Some(place) = self.peers.get_mut(free) {
            *place = Some(peer);
        }
        self.by_seat.insert(seat, key);
        let timers = &mut self.timers;
        let trunks = &mut self.trunks;
        let room = self.rooms.entry(meeting).or_insert_with(|| {
            trunks.say(trunks.others, || Kind::Here { meeting, here: true });
            timers.push(Reverse((now + ROOM_TICK, Timer::Room(meeting))));
            Room::new(now)
        });
        room.members.push(key);
        self.metrics.peers += 1;
        let elsewhere = self.trunks.of(meeting);
        self.announce_peer(key, elsewhere);
        self.set_views(now, key, &views);
    }

    /// Gives a seat's peer new ICE credentials; keys, tracks and slots stay (RFC 8445 §9). Nothing when the
    /// seat has no peer.
    pub fn restart_ice(&mut self, now: Instant, seat: SeatId, remote: Credentials) -> Option<Credentials> {
        let key = self.by_seat.get(&seat).copied()?;
        let credentials = Credentials::new(self.trunks.own(), &mut *self.random);
        let peer = self.peers.get_mut(key.index as usize)?.as_mut()?;
        self.by_ufrag.remove(&peer.ice.credentials().ufrag);
        peer.ice.restart(now, credentials.clone(), remote);
        self.by_ufrag.insert(credentials.ufrag.clone(), key);
        Some(credentials)
    }

    /// Answers the offer of a connection that is there already: keys, tracks and slots stay.
    fn renegotiate(
        &mut self,
        now: Instant,
        meeting: MeetingId,
        seat: SeatId,
        offer: &Offer,
    ) -> Option<String> {
        let key = self.by_seat.get(&seat).copied()?;
        self.peer(key).filter(|peer| peer.meeting == meeting && peer.made(offer))?;
        let credentials = self.restart_ice(now, seat, offer.ice.clone())?;
        let slots = self.peer(key).map_or(0, |peer| peer.outgoing.slots.len());
        (0..slots).for_each(|slot| self.tell_again(SlotAddress { peer: key, slot: slot as u8 }));
        let Self { peers, config, random, .. } = self;
        let peer = peers.get(key.index as usize)?.as_ref()?;
        let local = local(config, &credentials);
        Some(peer.agreed.write(offer, &local, &mut **random))
    }

    /// Takes one datagram; it is decrypted in place.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &mut [u8]) {
        let (first, dropped) = (datagram.first().copied(), self.metrics.dropped);
        // RFC 7983 §7: the first byte tells the protocols apart.
        match first {
            Some(0..=3) => self.handle_stun(now, path, datagram),
            Some(20..=63) => self.handle_dtls(now, path, datagram),
            Some(128..=191) => self.handle_srtp(now, path, datagram),
            _ => self.metrics.dropped += 1,
        }
        if self.metrics.dropped != dropped {
            self.note_stray(now, path, first);
        }
    }

    fn handle_stun(&mut self, now: Instant, path: Path, datagram: &[u8]) {
        if let Some(proof) = Proof::parse(datagram) {
            return self.handle_proof(now, path, &proof);
        }
        let Some(check) = Check::parse(datagram) else {
            self.metrics.dropped += 1;
            return;
        };
        let key = check.local_ufrag().and_then(|ufrag| self.by_ufrag.get(&ufrag).copied());
        let Some(key) = key else {
            self.metrics.dropped += 1;
            return;
        };
        let Some(Some(peer)) = self.peers.get_mut(key.index as usize) else { return };
        let Some(checked) = peer.handle_check(now, path, &check, &mut self.transmits) else {
            self.metrics.dropped += 1;
            return;
        };
        self.by_path.insert(path, key);
        if let Some(forgotten) = checked.forgotten {
            self.by_path.remove(&forgotten);
        }
        if checked.asks {
            self.ask(now, key, path);
        }
    }

    fn handle_dtls(&mut self, now: Instant, path: Path, datagram: &[u8]) {
        let Some(key) = self.by_path.get(&path).copied() else {
            self.metrics.dropped += 1;
            return;
        };
        let Some(Some(peer)) = self.peers.get_mut(key.index as usize) else { return };
        let outcome = peer.handle_dtls(now, datagram, &mut self.transmits);
        self.handle_handshake(now, key, outcome);
    }

    fn handle_handshake(&mut self, now: Instant, key: PeerKey, outcome: Result<Option<Profile>, DtlsError>) {
        match outcome {
            Ok(None) => {}
            Ok(Some(profile)) => {
                match profile {
                    Profile::AeadAes128Gcm => self.metrics.aes_128_gcm += 1,
                    Profile::AeadAes256Gcm => self.metrics.aes_256_gcm += 1,
                }
                if let Some(seat) = self.seat_of(key) {
                    self.events.push_back(Event::Connected { seat });
                }
                self.ask_keys_of(now, key);
            }
            Err(error) => {
                tracing::debug!(%error, "DTLS association ended");
                self.remove_peer(key, true);
            }
        }
    }

    /// Whether a peer has proved that this path is its own.
    pub fn knows(&self, path: Path) -> bool {
        self.by_path.contains_key(&path)
    }

    /// The ways that media goes now, one for each peer that has one.
    pub fn paths(&self) -> impl Iterator<Item = Path> {
        self.peers.iter().flatten().filter_map(|peer| peer.ice.selected())
    }

    /// A connection was closed: its path leads nowhere.
    pub fn handle_closed(&mut self, path: Path) {
        let Some(key) = self.by_path.remove(&path) else { return };
        if let Some(Some(peer)) = self.peers.get_mut(key.index as usize) {
            peer.ice.forget(path);
        }
    }

    /// Takes the time.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(Reverse((at, timer))) = self.timers.peek().copied() {
            if at > now {
                break;
            }
            self.timers.pop();
            match timer {
                Timer::Peer(index, serial) => self.tick_peer(now, PeerKey { index, serial }),
                Timer::Pacer(index, serial) => self.tick_pacer(now, PeerKey { index, serial }),
                Timer::Room(meeting) => self.tick_room(now, meeting),
            }
        }
        self.flush(now);
    }

    fn tick_peer(&mut self, now: Instant, key: PeerKey) {
        let Some(Some(peer)) = self.peers.get_mut(key.index as usize) else { return };
        if peer.serial != key.serial {
            return;
        }
        if peer.is_gone(now) {
            self.remove_peer(key, true);
            return;
        }
        let outcome = peer.handle_dtls_timeout(now, &mut self.transmits);
        self.handle_handshake(now, key, outcome);
        if let Some(path) = self.peer(key).and_then(|peer| peer.ice.unanswered(now)) {
            self.ask(now, key, path);
        }
        self.update_tracks(now, key);
        self.send_feedback(now, key);
        self.settle_pacer(now, key, None);
        if let Some(peer) = self.peer(key) {
            let mut next = peer.poll_timeout(now);
            if peer.is_connected() {
                next = peer::aligned(self.config.epoch.0, next, key.index);
            }
            self.timers.push(Reverse((next, Timer::Peer(key.index, key.serial))));
        }
    }

    /// Tells the meeting what changed about a peer's tracks, and lets the viewers follow.
    fn update_tracks(&mut self, now: Instant, key: PeerKey) {
        let Some(Some(peer)) = self.peers.get_mut(key.index as usize) else { return };
        let mut changed = Vec::new();
        for (index, track) in peer.incoming.tracks.iter_mut().enumerate() {
            let state = track.current_state(now);
            if track.state != state {
                track.state = state;
                changed.push((index as u8, track.kind(), state));
                self.events.push_back(Event::Track { seat: peer.seat, kind: track.kind(), state });
            }
        }
        let elsewhere = self.place_of(key).map_or(0, |(meeting, _)| self.trunks.of(meeting));
        for (track, kind, state) in changed {
            self.announce_track(key, track, elsewhere);
            if matches!(state, TrackState::Gated | TrackState::Off) {
                self.silence(key, track);
            }
            if !kind.is_audio() && state != TrackState::Lost {
                self.reselect_viewers(now, key, kind);
            }
        }
    }

    /// Everybody leaves, every peer is told. For a stop of the hub.
    pub fn close(&mut self) {
        for key in self.by_seat.values().copied().collect::<Vec<_>>() {
            self.remove_peer(key, false);
        }
    }

    fn remove_peer(&mut self, key: PeerKey, tell: bool) {
        let tracks = self.peer(key).map_or(0, |p| p.incoming.tracks.len());
        (0..tracks).for_each(|track| self.silence(key, track as u8));
        let slots = self.peer(key).map_or(0, |p| p.outgoing.slots.len());
        for slot in 0..slots {
            self.leave_layers(SlotAddress { peer: key, slot: slot as u8 });
        }
        if self.peer(key).is_none() {
            return;
        }
        let Some(mut peer) = self.peers.get_mut(key.index as usize).and_then(Option::take) else { return };
        peer.close(&mut self.transmits);
        self.roaming.forget(key, &peer.marks);
        self.by_ufrag.remove(&peer.ice.credentials().ufrag);
        for path in peer.ice.paths() {
            if self.by_path.get(path) == Some(&key) {
                self.by_path.remove(path);
            }
        }
        if self.by_seat.get(&peer.seat) == Some(&key) {
            self.by_seat.remove(&peer.seat);
        }
        for track in peer.incoming.tracks.iter().filter(|t| !matches!(t.state, TrackState::Off)) {
            let (seat, kind) = (peer.seat, track.kind());
            self.events.push_back(Event::Track { seat, kind, state: TrackState::Off });
        }
        if tell {
            self.events.push_back(Event::Disconnected { seat: peer.seat });
        }
        if let Some(room) = self.rooms.get_mut(&peer.meeting) {
            room.members.retain(|member| *member != key);
            let is_over = room.members.is_empty();
            self.trunks.say(self.trunks.of(peer.meeting), || Kind::Gone { peer: key });
            if is_over {
                self.rooms.remove(&peer.meeting);
                self.leave_meeting(peer.meeting);
            }
        }
    }

    /// When the worker wants the time again.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let timer = self.timers.peek().map(|Reverse((at, _))| *at);
        [timer, self.held_until()].into_iter().flatten().min()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Datagrams waiting to be sent; the caller sends and clears them.
    pub fn transmits(&mut self) -> &mut Transmits {
        &mut self.transmits
    }

    /// Answers from now on name these addresses.
    pub fn set_candidates(&mut self, candidates: Vec<SocketAddr>) {
        self.config.candidates = candidates;
    }

    /// Peers there are.
    pub fn members(&self) -> usize {
        self.by_seat.len()
    }

    /// Counters since the start.
    pub fn metrics(&self) -> Metrics {
        self.metrics
    }

    fn peer(&self, key: PeerKey) -> Option<&Peer> {
        self.peers.get(key.index as usize)?.as_deref().filter(|peer| peer.serial == key.serial)
    }

    fn peer_mut(&mut self, key: PeerKey) -> Option<&mut Peer> {
        self.peers.get_mut(key.index as usize)?.as_deref_mut().filter(|peer| peer.serial == key.serial)
    }

    fn seat_of(&self, key: PeerKey) -> Option<SeatId> {
        self.peer(key).map(|peer| peer.seat)
    }
}

/// What an answer says about the worker.
fn local<'a>(config: &'a WorkerConfig, credentials: &'a Credentials) -> Local<'a> {
    Local {
        ice_ufrag: &credentials.ufrag,
        ice_pwd: &credentials.password,
        fingerprint: config.certificate.fingerprint(),
        candidates: &config.candidates,
        tcp_port: config.tcp_port,
    }
}
