//! A packet's way through the worker: decrypted once, held to the end of its frame, written into
//! every slot that shows it.

use std::time::Instant;

use super::Worker;
use crate::{
    Event, Path, Source,
    incoming::{Layer, LayerAddress, PeerKey, SlotAddress},
    outgoing::Forwarded,
    room::speaker::Heard,
    rtp,
};

impl Worker {
    pub(super) fn handle_srtp(&mut self, now: Instant, path: Path, datagram: &mut [u8]) {
        let key = self.by_path.get(&path).copied();
        match key.filter(|key| self.peer(*key).is_some_and(|peer| peer.ice.accepts(path))) {
            Some(key) => drop(self.open(now, key, datagram)),
            None => self.handle_stray(now, path, datagram),
        }
    }

    /// Takes a packet as one of this peer; whether it was.
    pub(super) fn open(&mut self, now: Instant, key: PeerKey, datagram: &mut [u8]) -> bool {
        let Some(Some(peer)) = self.peers.get_mut(key.index as usize) else { return false };
        let is_rtcp = rtp::is_rtcp(datagram);
        let opened = peer.inbound().map(|inbound| match is_rtcp {
            true => inbound.open_rtcp(datagram),
            false => inbound.open_rtp(datagram),
        });
        let Some(Ok(len)) = opened else {
            self.metrics.dropped += 1;
            return false;
        };
        peer.tally.arrived(datagram.len());
        let Some(packet) = datagram.get_mut(..len) else { return true };
        if is_rtcp {
            self.mark(key, rtp::rtcp_sender(packet));
            self.handle_rtcp(now, key, packet);
        } else {
            self.handle_rtp(now, key, packet);
        }
        true
    }

    fn handle_rtp(&mut self, now: Instant, key: PeerKey, packet: &mut [u8]) {
        let Some(Some(peer)) = self.peers.get_mut(key.index as usize) else { return };
        self.metrics.packets_in += 1;
        let received = peer.incoming.handle_packet(now, packet);
        if let Some(ssrc) = peer.incoming.learnt.take() {
            self.mark(key, Some(ssrc));
        }
        let Some(received) = received else { return };
        let Some(Some(peer)) = self.peers.get_mut(key.index as usize) else { return };
        let address = LayerAddress { peer: key, track: received.track, layer: received.layer };
        let track = peer.incoming.tracks.get(usize::from(received.track));
        if let (Some(level), Some(room)) = (received.level, self.rooms.get_mut(&peer.meeting)) {
            let leads = track.is_some_and(|track| track.leads);
            room.heard(now, LayerAddress { layer: 0, ..address }, Heard { level, leads });
        }
        let news = track.is_some_and(|track| track.state != track.current_state(now));
        if !self.dirty.contains(&address) {
            self.dirty.push(address);
        }
        if received.restarted {
            self.restart(now, address);
        }
        if news {
            self.update_tracks(now, key);
        }
    }

    /// The stream of a layer began anew: its slots wait for a key frame of it.
    pub(super) fn restart(&mut self, now: Instant, address: LayerAddress) {
        let subscribers = self.layer_mut(address).map(|l| l.subscribers.clone()).unwrap_or_default();
        for SlotAddress { peer, slot } in subscribers {
            let slot = self.peer_mut(peer).and_then(|p| p.outgoing.slots.get_mut(usize::from(slot)));
            if let Some(slot) = slot.filter(|slot| slot.current == Some(address)) {
                slot.current = None;
                slot.wanted = slot.wanted.or(Some(address));
            }
        }
        self.ask_key(now, address);
    }

    pub(super) fn forward(&mut self, now: Instant, address: LayerAddress) {
        // Taken out, so that the receivers can be borrowed while its packets are read.
        let Some(mut layer) = self.take_layer(address) else { return };
        let abs_send_time = self.abs_send_time(now);
        let mut outcomes = Vec::new();
        for subscriber in &layer.subscribers {
            let place = self.peers.get_mut(subscriber.peer.index as usize);
            let Some(peer) = place.and_then(Option::as_deref_mut) else { continue };
            if peer.serial != subscriber.peer.serial {
                continue;
            }
            let before = self.transmits.len();
            let Some((outgoing, mut egress)) = peer.egress(now, &mut self.transmits, abs_send_time) else {
                continue;
            };
            let done = outgoing.forward(subscriber.slot, address, &layer, &mut egress);
            let waits = outgoing.is_waiting();
            self.metrics.packets_out += (self.transmits.len() - before) as u64;
            self.metrics.bytes_out += done.bytes as u64;
            if done.left.is_some() || done.began.is_some() || done.stalled.is_some() || waits {
                outcomes.push((*subscriber, done));
            }
        }
        self.forward_to_trunks(address, &layer);
        layer.sent_held(now);
        self.put_layer(address, layer);
        for (slot, done) in outcomes {
            self.settle(now, address, slot, &done);
        }
    }

    /// After a switch: leaves the old layer and tells the receiver.
    fn settle(&mut self, now: Instant, address: LayerAddress, slot: SlotAddress, done: &Forwarded) {
        if let Some(left) = done.left.filter(|left| *left != address) {
            self.unsubscribe(left, slot);
        }
        if let (Some(timestamp), Some(source)) = (done.began, self.source_of(address)) {
            self.tell(slot, Some(source), Some(timestamp));
        }
        self.settle_pacer(now, slot.peer, done.stalled);
    }

    /// Tells a receiver what its slot carries, if that is news.
    pub(super) fn tell(&mut self, address: SlotAddress, source: Option<Source>, rtp_timestamp: Option<u32>) {
        self.say(address, source.map(|source| (source, false)), rtp_timestamp);
    }

    /// The same, for a source that may be off for the line's sake.
    pub(super) fn say(
        &mut self,
        address: SlotAddress,
        told: Option<(Source, bool)>,
        rtp_timestamp: Option<u32>,
    ) {
        let Some(peer) = self.peer_mut(address.peer) else { return };
        let seat = peer.seat;
        let (kind, ordinal) = peer.outgoing.ordinal(usize::from(address.slot));
        let Some(slot) = peer.outgoing.slots.get_mut(usize::from(address.slot)) else { return };
        if slot.told != told {
            slot.told = told;
            let source = told.map(|(source, _)| source);
            let saving = told.is_some_and(|(_, saving)| saving);
            self.events.push_back(Event::Slot { seat, kind, slot: ordinal, source, rtp_timestamp, saving });
        }
    }

    /// Tells a receiver what a slot carries, though that has not changed: it may not know any more.
    pub(super) fn tell_again(&mut self, address: SlotAddress) {
        let Some(peer) = self.peer_mut(address.peer) else { return };
        let slot = peer.outgoing.slots.get_mut(usize::from(address.slot));
        let told = slot.and_then(|slot| slot.told.take());
        self.say(address, told, None);
    }

    /// The source a layer belongs to.
    pub(super) fn source_of(&self, address: LayerAddress) -> Option<Source> {
        let (_, seat) = self.place_of(address.peer)?;
        let track = self.incoming(address.peer)?.tracks.get(usize::from(address.track))?;
        Some(Source { seat, kind: track.kind() })
    }

    /// 24 bits of 6.18 fixed point seconds.
    pub(super) fn abs_send_time(&self, now: Instant) -> u32 {
        let since = now.saturating_duration_since(self.config.epoch.0);
        ((since.as_micros() << 18) / 1_000_000) as u32 & 0x00ff_ffff
    }

    pub(super) fn layer(&self, address: LayerAddress) -> Option<&Layer> {
        let track = self.incoming(address.peer)?.tracks.get(usize::from(address.track))?;
        track.layers.get(usize::from(address.layer))?.as_deref()
    }

    pub(super) fn layer_mut(&mut self, address: LayerAddress) -> Option<&mut Layer> {
        self.incoming_mut(address.peer)?.layer_mut(address.track, address.layer)
    }

    pub(super) fn take_layer(&mut self, address: LayerAddress) -> Option<Box<Layer>> {
        self.incoming_mut(address.peer)?.layer_place(address.track, address.layer)?.take()
    }

    pub(super) fn put_layer(&mut self, address: LayerAddress, layer: Box<Layer>) {
        let incoming = self.incoming_mut(address.peer);
        if let Some(place) = incoming.and_then(|i| i.layer_place(address.track, address.layer)) {
            *place = Some(layer);
        }
    }
}
