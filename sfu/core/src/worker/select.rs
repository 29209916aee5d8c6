//! Which slot carries which layer: views, voices, subscriptions.

use std::time::Instant;

use base::id::MeetingId;

use super::{Reverse, Timer, Worker};
use crate::{
    Event, MediaKind, SlotKind, Source, TrackState, View,
    incoming::{LayerAddress, PeerKey, SlotAddress},
    layer,
    room::{LOOK_INTERVAL, ROOM_TICK},
    speaker,
};

impl Worker {
    /// Takes the wishes of a receiver; slots not named become empty.
    pub(super) fn set_views(&mut self, now: Instant, key: PeerKey, views: &[View]) {
        let Some(peer) = self.peer_mut(key) else { return };
        let owner = peer.owner;
        let mut changed = Vec::new();
        let slots = peer.outgoing.slots.iter_mut().enumerate().filter(|(_, s)| s.kind() == SlotKind::Video);
        for (ordinal, (index, slot)) in slots.enumerate() {
            // Nobody is sent his own picture.
            let wish = views.iter().find(|v| usize::from(v.slot) == ordinal && v.source.seat != owner);
            let wish = wish.filter(|v| !v.source.kind.is_audio()).map(|v| (v.source, v.height));
            if slot.view != wish {
                slot.view = wish;
                changed.push(index as u8);
            }
        }
        for slot in changed {
            self.reselect(now, SlotAddress { peer: key, slot });
        }
    }

    /// Looks again at the slots that show this source.
    pub(super) fn reselect_viewers(&mut self, now: Instant, key: PeerKey, kind: MediaKind) {
        let Some((meeting, seat)) = self.place_of(key) else { return };
        for slot in self.video_slots(meeting, Some(Source { seat, kind })) {
            self.reselect(now, slot);
        }
    }

    /// The video slots of a meeting, of one source or of any.
    fn video_slots(&self, meeting: MeetingId, source: Option<Source>) -> Vec<SlotAddress> {
        let members = self.rooms.get(&meeting).map(|room| room.members.as_slice()).unwrap_or_default();
        let mut found = Vec::new();
        for &key in members {
            let slots = self.peer(key).map(|peer| peer.outgoing.slots.as_slice()).unwrap_or_default();
            for (index, slot) in slots.iter().enumerate() {
                let shows = slot.view.is_some_and(|(viewed, _)| source.is_none_or(|s| s == viewed));
                if shows {
                    found.push(SlotAddress { peer: key, slot: index as u8 });
                }
            }
        }
        found
    }

    /// Decides what a video slot should carry.
    fn reselect(&mut self, now: Instant, address: SlotAddress) {
        let Some(peer) = self.peer(address.peer) else { return };
        let Some(slot) = peer.outgoing.slots.get(usize::from(address.slot)) else { return };
        let chosen = slot.view.and_then(|(source, height)| {
            let (key, incoming) = self.sender(source.seat, peer.meeting)?;
            let (index, track) = incoming.track(source.kind)?;
            if matches!(track.current_state(now), TrackState::Gated | TrackState::Off) {
                return None;
            }
            let layer = layer::choose(&track.views(), height, peer.outgoing.budget())?;
            Some(LayerAddress { peer: key, track: index as u8, layer: layer as u8 })
        });
        self.set_wanted(now, address, chosen);
    }

    /// Turns a slot to a layer, at its next key frame, or empties it at once.
    fn set_wanted(&mut self, now: Instant, address: SlotAddress, wanted: Option<LayerAddress>) {
        let wanted = wanted.filter(|layer| self.can_show(address, *layer));
        let Some(wanted) = wanted else { return self.empty(address) };
        let Some(peer) = self.peer_mut(address.peer) else { return };
        let Some(slot) = peer.outgoing.slots.get_mut(usize::from(address.slot)) else { return };
        let target = slot.wanted.or(slot.current);
        if target == Some(wanted) {
            return;
        }
        let given_up = slot.wanted.take().filter(|old| slot.current != Some(*old));
        let is_new = slot.current != Some(wanted);
        if is_new {
            slot.wanted = Some(wanted);
        }
        let is_video = slot.kind() == SlotKind::Video;
        if let Some(old) = given_up {
            self.unsubscribe(old, address);
        }
        if is_new {
            if let Some(layer) = self.layer_mut(wanted)
                && !layer.subscribers.contains(&address)
            {
                layer.subscribers.push(address);
            }
            self.note_demand(wanted);
            if is_video {
                self.ask_key(now, wanted);
            }
        }
    }

    /// Whether the receiver of a slot can decode a layer. What never sent a packet here will tell with its
    /// first one.
    fn can_show(&self, address: SlotAddress, layer: LayerAddress) -> bool {
        let codec = self.layer(layer).and_then(|layer| layer.codec);
        let slot = self.peer(address.peer).and_then(|p| p.outgoing.slots.get(usize::from(address.slot)));
        codec.is_none_or(|codec| slot.is_some_and(|slot| slot.can_take(codec)))
    }

    /// Empties a slot and tells its receiver.
    fn empty(&mut self, address: SlotAddress) {
        self.leave_layers(address);
        self.tell(address, None, None);
    }

    /// Ends a slot's subscriptions.
    pub(super) fn leave_layers(&mut self, address: SlotAddress) {
        let Some(peer) = self.peer_mut(address.peer) else { return };
        let Some(slot) = peer.outgoing.slots.get_mut(usize::from(address.slot)) else { return };
        let left = [slot.current.take(), slot.wanted.take()];
        slot.rewriter.clear();
        for layer in left.into_iter().flatten() {
            self.unsubscribe(layer, address);
        }
    }

    pub(super) fn unsubscribe(&mut self, from: LayerAddress, slot: SlotAddress) {
        if let Some(layer) = self.layer_mut(from) {
            layer.subscribers.retain(|subscriber| *subscriber != slot);
            layer.key_wanted &= layer.is_shown();
        }
        self.note_demand(from);
    }

    /// Empties every slot that carries or awaits a track: it was gated or is gone.
    pub(super) fn silence(&mut self, key: PeerKey, track: u8) {
        let Some((meeting, _)) = self.place_of(key) else { return };
        let there = self.incoming(key).and_then(|incoming| incoming.tracks.get(usize::from(track)));
        let layers = there.map_or(0, |t| t.layers.len());
        for layer in 0..layers {
            let address = LayerAddress { peer: key, track, layer: layer as u8 };
            let subscribers = self.layer_mut(address).map(|l| std::mem::take(&mut l.subscribers));
            for slot in subscribers.unwrap_or_default() {
                self.empty(slot);
            }
            if let Some(layer) = self.layer_mut(address) {
                layer.held.clear();
                layer.held_since = None;
            }
            self.note_demand(address);
        }
        if let Some(room) = self.rooms.get_mut(&meeting) {
            room.forget_voice(LayerAddress { peer: key, track, layer: 0 });
        }
    }

    pub(super) fn tick_room(&mut self, now: Instant, meeting: MeetingId) {
        // A room that is gone lets its timer run out here.
        let Some(room) = self.rooms.get_mut(&meeting) else { return };
        if now < room.next_tick {
            return;
        }
        room.next_tick = now + ROOM_TICK;
        let voices = room.speakers.select(now).to_vec();
        let members = room.members.clone();
        let look = now >= room.next_look;
        if look {
            room.next_look = now + LOOK_INTERVAL;
        }
        let (peers, trunks) = (&self.peers, &self.trunks);
        let seat_of = |key: PeerKey| match trunks.mirror(key) {
            Some(mirror) => Some(mirror.seat),
            None => peers.get(key.index as usize)?.as_deref().map(|peer| peer.seat),
        };
        let levels = room.poll_levels(now, seat_of);
        if let Some(levels) = levels.filter(|_| self.trunks.speaks_for(meeting)) {
            self.events.push_back(Event::Levels { meeting, levels });
        }
        self.tell_trunks(meeting, look);
        for key in members {
            self.assign_voices(now, key, &voices);
        }
        if look {
            for slot in self.video_slots(meeting, None) {
                self.reselect(now, slot);
            }
        }
        self.timers.push(Reverse((now + ROOM_TICK, Timer::Room(meeting))));
    }

    /// Puts the voices into a receiver's audio slots, its own left out.
    fn assign_voices(&mut self, now: Instant, key: PeerKey, voices: &[LayerAddress]) {
        let Some(peer) = self.peer(key) else { return };
        let slots: Vec<u8> = (0u8..)
            .zip(&peer.outgoing.slots)
            .filter(|(_, slot)| slot.kind() == SlotKind::Audio)
            .map(|(index, _)| index)
            .collect();
        let carries = |index: &u8| {
            let slot = peer.outgoing.slots.get(usize::from(*index))?;
            slot.wanted.or(slot.current)
        };
        let mut places: Vec<_> = slots.iter().map(carries).collect();
        let mut changes = Vec::new();
        let owner = peer.owner;
        let is_own = |voice: &LayerAddress| self.place_of(voice.peer).is_some_and(|(_, seat)| seat == owner);
        let wanted = voices.iter().copied().filter(|voice| !is_own(voice));
        speaker::assign(&mut places, wanted, |place, voice| changes.push((place, voice)));
        for (place, voice) in changes {
            if let Some(slot) = slots.get(place) {
                self.set_wanted(now, SlotAddress { peer: key, slot: *slot }, Some(voice));
            }
        }
    }

    /// Asks the sender of a layer for a key frame, now and until it comes.
    pub(super) fn ask_key(&mut self, now: Instant, address: LayerAddress) {
        // Sound begins anywhere.
        let Some(layer) = self.layer_mut(address).filter(|layer| !layer.is_audio) else { return };
        layer.key_wanted = true;
        if layer.poll_key_request(now) {
            let ssrc = layer.ssrc;
            self.request_key(address, ssrc);
        }
    }

    /// A receiver became reachable: its slots need key frames now.
    pub(super) fn ask_keys_of(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peer(key) else { return };
        let slots = peer.outgoing.slots.iter().filter(|slot| slot.kind() == SlotKind::Video);
        for layer in slots.filter_map(|slot| slot.wanted).collect::<Vec<_>>() {
            self.ask_key(now, layer);
        }
    }
}
