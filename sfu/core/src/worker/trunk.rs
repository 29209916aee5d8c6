//! A worker's end of the trunks: what it tells the others, and what it does when they tell it.

use std::time::Instant;

use base::id::{MeetingId, SeatId};

use super::Worker;
use crate::{
    TrackState,
    incoming::{Incoming, Layer, LayerAddress, PeerKey, Track},
    room::speaker::Heard,
    rtp::Packet,
    trunk::{Batch, Kind, Mask, TrunkMessage, Trunks, bit, is_mirror},
};

impl Worker {
    /// Makes it worker `own` of `count` (at most [`crate::MAX_WORKERS`]) that share meetings.
    #[must_use]
    pub fn with_trunks(mut self, own: u8, count: u8) -> Self {
        self.trunks = Trunks::new(own, count);
        self
    }

    /// The next message for another worker, by its number. Call until nothing comes, after every round.
    pub fn poll_trunk(&mut self) -> Option<(u8, TrunkMessage)> {
        self.trunks.poll()
    }

    /// Takes what worker `from` says.
    pub fn handle_trunk(&mut self, now: Instant, from: u8, message: TrunkMessage) {
        match message.0 {
            Kind::Reset => self.forget_worker(from),
            Kind::Here { meeting, here } => self.note_presence(from, meeting, here),
            Kind::Peer { peer, meeting, seat, media } => {
                self.remove_mirror(from, peer);
                // Who asked may have left meanwhile.
                if self.rooms.contains_key(&meeting) {
                    self.trunks.insert(now, (from, peer), (meeting, seat), media);
                }
            }
            Kind::Gone { peer } => self.remove_mirror(from, peer),
            Kind::Track { peer, track, state, views } => {
                let Some(key) = self.trunks.of_origin(from, peer) else { return };
                let incoming = self.incoming_mut(key);
                let Some(track_there) = incoming.and_then(|i| i.tracks.get_mut(usize::from(track))) else {
                    return;
                };
                let alive = |track: &Track| track.views().iter().map(|view| view.alive).collect::<Vec<_>>();
                let before = (track_there.state, alive(track_there));
                track_there.state = state;
                track_there.told = Some(views);
                let kind = track_there.kind();
                let is_news = before != (state, alive(track_there));
                if matches!(state, TrackState::Gated | TrackState::Off) {
                    self.silence(key, track);
                }
                if is_news && !kind.is_audio() && state != TrackState::Lost {
                    self.reselect_viewers(now, key, kind);
                }
            }
            Kind::Voices { meeting, voices } => self.hear(now, from, meeting, &voices),
            Kind::Want { layer, wanted } => {
                if let Some(layer) = self.layer_mut(layer) {
                    layer.trunks = if wanted { layer.trunks | bit(from) } else { layer.trunks & !bit(from) };
                    layer.key_wanted &= layer.is_shown();
                }
            }
            Kind::Key { layer } => self.ask_key(now, layer),
            Kind::Packets(batch) => self.take_batch(now, from, &batch),
        }
    }

    /// Packets for worker `to` found no room: they are lost there, and a key frame repairs it.
    pub fn handle_trunk_loss(&mut self, now: Instant, message: &TrunkMessage) {
        if let Kind::Packets(batch) = &message.0 {
            self.metrics.trunk_lost += batch.packets().count() as u64;
            let is_audio = |layer: &Layer| layer.is_audio;
            if self.layer(batch.layer).is_some_and(|layer| !is_audio(layer)) {
                self.ask_key(now, batch.layer);
            }
        }
    }

    /// Worker `to` missed messages that must not be missed: it is told everything anew.
    pub fn resync_trunk(&mut self, to: u8) {
        let to_mask = bit(to);
        self.trunks.say(to_mask, || Kind::Reset);
        for meeting in self.rooms.keys().copied().collect::<Vec<_>>() {
            self.trunks.say(to_mask, || Kind::Here { meeting, here: true });
            if self.trunks.of(meeting) & to_mask != 0 {
                self.announce_members(meeting, to_mask);
            }
        }
        for key in self.trunks.mirrors_where(|mirror| mirror.origin.0 == to) {
            let Some(mirror) = self.trunks.mirror(key) else { continue };
            let wanted: Vec<LayerAddress> =
                layers_of(mirror.origin.1, &mirror.incoming, |layer| layer.asked).collect();
            for layer in wanted {
                self.trunks.say(to_mask, || Kind::Want { layer, wanted: true });
                self.trunks.say(to_mask, || Kind::Key { layer });
            }
        }
    }

    fn forget_worker(&mut self, from: u8) {
        for key in self.trunks.mirrors_where(|mirror| mirror.origin.0 == from) {
            self.drop_mirror(key);
        }
        for peer in self.peers.iter_mut().flatten() {
            for layer in peer.incoming.tracks.iter_mut().flat_map(|t| &mut t.layers).flatten() {
                layer.trunks &= !bit(from);
            }
        }
        self.trunks.forget(from);
    }

    fn note_presence(&mut self, from: u8, meeting: MeetingId, here: bool) {
        self.trunks.note_presence(from, meeting, here);
        if here {
            self.announce_members(meeting, bit(from));
        }
    }

    fn announce_members(&mut self, meeting: MeetingId, to: Mask) {
        let members = self.rooms.get(&meeting).map(|room| room.members.clone()).unwrap_or_default();
        members.into_iter().for_each(|key| self.announce_peer(key, to));
    }

    /// Tells workers of a peer and its tracks.
    pub(super) fn announce_peer(&mut self, key: PeerKey, to: Mask) {
        let place = self.peers.get(key.index as usize).and_then(Option::as_deref);
        let Some(peer) = place.filter(|peer| peer.serial == key.serial && to != 0) else { return };
        let media = || peer.incoming.tracks.iter().map(|track| track.media.clone()).collect();
        let (meeting, seat) = (peer.meeting, peer.seat);
        self.trunks.say(to, || Kind::Peer { peer: key, meeting, seat, media: media() });
        for index in 0..peer.incoming.tracks.len() {
            self.announce_track(key, index as u8, to);
        }
    }

    /// Tells workers where a track stands.
    pub(super) fn announce_track(&mut self, key: PeerKey, index: u8, to: Mask) {
        let place = self.peers.get(key.index as usize).and_then(Option::as_deref);
        let track = place.and_then(|peer| peer.incoming.tracks.get(usize::from(index)));
        if let Some(track) = track.filter(|_| to != 0) {
            let state = track.state;
            self.trunks.say(to, || Kind::Track { peer: key, track: index, state, views: track.views() });
        }
    }

    /// Tells the other workers of a meeting what the layers of its members are like, and how loud the
    /// members were.
    pub(super) fn tell_trunks(&mut self, meeting: MeetingId, look: bool) {
        let to = self.trunks.of(meeting);
        let Some(room) = self.rooms.get_mut(&meeting) else { return };
        let voices = room.take_fresh();
        if to == 0 {
            return;
        }
        if !voices.is_empty() {
            self.trunks.say(to, || Kind::Voices { meeting, voices: voices.clone() });
        }
        if look {
            for key in self.rooms.get(&meeting).map(|room| room.members.clone()).unwrap_or_default() {
                let tracks = self.peer(key).map(|peer| peer.incoming.tracks.as_slice()).unwrap_or_default();
                let flows = |track: &Track| matches!(track.state, TrackState::Sending | TrackState::Lost);
                let flowing: Vec<u8> =
                    (0..).zip(tracks).filter(|(_, track)| flows(track)).map(|(index, _)| index).collect();
                flowing.into_iter().for_each(|index| self.announce_track(key, index, to));
            }
        }
    }

    /// Gives the held packets of a layer to the workers that want them, once for all of them.
    pub(super) fn forward_to_trunks(&mut self, address: LayerAddress, layer: &Layer) {
        if layer.trunks != 0 && !layer.held.is_empty() {
            let batch = self.trunks.batches.fill(address, layer);
            self.trunks.say(layer.trunks, || Kind::Packets(std::sync::Arc::clone(&batch)));
        }
    }

    fn take_batch(&mut self, now: Instant, from: u8, batch: &Batch) {
        let Some(key) = self.trunks.of_origin(from, batch.layer.peer) else { return };
        let address = LayerAddress { peer: key, ..batch.layer };
        let Some(incoming) = self.incoming_mut(key) else { return };
        let Some(restarted) = incoming.begin_batch(now, address, batch.ssrc) else { return };
        let Some(layer) = incoming.layer_mut(address.track, address.layer) else { return };
        for packet in batch.packets().filter_map(Packet::parse) {
            layer.take(now, &packet, false);
        }
        // The other worker has held them long enough.
        layer.complete = true;
        if !self.dirty.contains(&address) {
            self.dirty.push(address);
        }
        if restarted {
            self.restart(now, address);
        }
    }

    fn hear(&mut self, now: Instant, from: u8, meeting: MeetingId, voices: &[(PeerKey, u8, Heard)]) {
        let Some(room) = self.rooms.get_mut(&meeting) else { return };
        for (peer, track, heard) in voices {
            if let Some(key) = self.trunks.of_origin(from, *peer) {
                let voice = LayerAddress { peer: key, track: *track, layer: 0 };
                room.speakers.heard(voice, *heard, now);
            }
        }
    }

    fn remove_mirror(&mut self, from: u8, peer: PeerKey) {
        if let Some(key) = self.trunks.of_origin(from, peer) {
            self.drop_mirror(key);
        }
    }

    fn drop_mirror(&mut self, key: PeerKey) {
        let tracks = self.incoming(key).map_or(0, |incoming| incoming.tracks.len());
        (0..tracks).for_each(|track| self.silence(key, track as u8));
        self.trunks.remove(key);
    }

    /// The last member of a meeting left this worker.
    pub(super) fn leave_meeting(&mut self, meeting: MeetingId) {
        let others = self.trunks.others;
        self.trunks.say(others, || Kind::Here { meeting, here: false });
        for key in self.trunks.mirrors_where(|mirror| mirror.meeting == meeting) {
            self.trunks.remove(key);
        }
    }

    /// Asks for a layer of another worker when it is shown here, and not any more when it is not.
    pub(super) fn note_demand(&mut self, address: LayerAddress) {
        let Some(origin) = self.trunks.mirror(address.peer).map(|mirror| mirror.origin) else { return };
        let Some(layer) = self.layer_mut(address) else { return };
        let wanted = !layer.subscribers.is_empty();
        if std::mem::replace(&mut layer.asked, wanted) != wanted {
            let layer = LayerAddress { peer: origin.1, ..address };
            self.trunks.say(bit(origin.0), || Kind::Want { layer, wanted });
        }
    }

    /// Asks whoever sends a layer for a key frame.
    pub(super) fn request_key(&mut self, address: LayerAddress, ssrc: crate::rtp::Ssrc) {
        match self.trunks.mirror(address.peer).map(|mirror| mirror.origin) {
            Some((worker, peer)) => {
                let layer = LayerAddress { peer, ..address };
                self.trunks.say(bit(worker), || Kind::Key { layer });
            }
            None => self.send_pli(address.peer, ssrc),
        }
    }

    /// What a peer sends, whether it lives here or is mirrored.
    pub(super) fn incoming(&self, key: PeerKey) -> Option<&Incoming> {
        if is_mirror(key) {
            return self.trunks.mirror(key).map(|mirror| &mirror.incoming);
        }
        self.peer(key).map(|peer| &peer.incoming)
    }

    /// What a peer sends, whether it lives here or is mirrored.
    pub(super) fn incoming_mut(&mut self, key: PeerKey) -> Option<&mut Incoming> {
        if is_mirror(key) {
            return self.trunks.mirror_mut(key).map(|mirror| &mut mirror.incoming);
        }
        self.peer_mut(key).map(|peer| &mut peer.incoming)
    }

    /// Where a peer is and whose, whether it lives here or is mirrored.
    pub(super) fn place_of(&self, key: PeerKey) -> Option<(MeetingId, SeatId)> {
        if is_mirror(key) {
            return self.trunks.mirror(key).map(|mirror| (mirror.meeting, mirror.seat));
        }
        self.peer(key).map(|peer| (peer.meeting, peer.seat))
    }

    /// The peer of a seat of this meeting, on whatever worker.
    pub(super) fn sender(&self, seat: SeatId, meeting: MeetingId) -> Option<(PeerKey, &Incoming)> {
        let own = self.by_seat.get(&seat).copied();
        let key = own.or_else(|| self.trunks.of_seat(seat))?;
        let (there, _) = self.place_of(key)?;
        if there == meeting { Some((key, self.incoming(key)?)) } else { None }
    }
}

/// The layers of a peer that a test accepts, as its own worker names them.
fn layers_of(
    peer: PeerKey,
    incoming: &Incoming,
    accepts: impl Fn(&Layer) -> bool + Copy,
) -> impl Iterator<Item = LayerAddress> {
    (0..).zip(&incoming.tracks).flat_map(move |(track, t)| {
        let layers = (0..).zip(&t.layers).filter(move |(_, layer)| layer.as_deref().is_some_and(accepts));
        layers.map(move |(layer, _)| LayerAddress { peer, track, layer })
    })
}
