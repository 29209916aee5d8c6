//! Which slot carries which layer: views, voices, subscriptions.

use std::time::{Duration, Instant};

use base::id::MeetingId;

use super::{Reverse, Timer, Worker};
use crate::{
    Event, MediaKind, SlotKind, Source, TrackState, View,
    allocation::{self, Choice, Class, Wish, demand::MAX_LAYERS},
    incoming::{LayerAddress, PeerKey, SlotAddress, Track},
    outgoing::ReceiveSlot,
    room::speaker::{self, Selected},
    room::{LEGS_INTERVAL, LOOK_INTERVAL, ROOM_TICK},
};

impl Worker {
    /// Takes the wishes of a receiver; slots not named become empty.
    pub(super) fn set_views(&mut self, now: Instant, key: PeerKey, views: &[View]) {
        let Some(peer) = self.peer_mut(key) else { return };
        let owner = peer.owner;
        let mut order: Vec<(Class, usize, usize)> = Vec::new();
        let slots = peer.outgoing.slots.iter_mut().enumerate().filter(|(_, s)| s.kind() == SlotKind::Video);
        for (ordinal, (index, slot)) in slots.enumerate() {
            // Nobody is sent his own picture.
            let may = |view: &View| view.source.seat != owner && !view.source.kind.is_audio();
            let wish = views.iter().enumerate().find(|(_, v)| usize::from(v.slot) == ordinal && may(v));
            slot.view = wish.map(|(_, v)| (v.source, v.height));
            if let Some((place, view)) = wish {
                order.push((Class::of(view.source.kind.is_screen(), view.height), place, index));
            }
        }
        order.sort_unstable();
        for (rank, (_, _, index)) in (0_u8..).zip(order) {
            if let Some(slot) = peer.outgoing.slots.get_mut(index) {
                slot.rank = rank;
            }
        }
        self.allocate(now, key);
    }

    /// Looks again at the receivers that show this source.
    pub(super) fn reselect_viewers(&mut self, now: Instant, key: PeerKey, kind: MediaKind) {
        let Some((meeting, seat)) = self.place_of(key) else { return };
        let source = Source { seat, kind };
        let members = self.rooms.get(&meeting).map(|room| room.members.clone()).unwrap_or_default();
        for member in members {
            let slots = self.peer(member).map(|peer| peer.outgoing.slots.as_slice()).unwrap_or_default();
            if slots.iter().any(|slot| slot.view.is_some_and(|(viewed, _)| viewed == source)) {
                self.allocate(now, member);
            }
        }
    }

    /// The line got thinner: what it cannot carry any more goes now.
    pub(super) fn relieve(&mut self, now: Instant, key: PeerKey) {
        if self.peer(key).is_some_and(|peer| peer.sender.estimate() < peer.outgoing.given) {
            self.allocate(now, key);
        }
    }

    /// Decides what the video slots of a receiver carry.
    fn allocate(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peer(key) else { return };
        let (estimate, fell) = (peer.sender.estimate(), peer.outgoing.fell);
        let voices = peer.outgoing.sound(estimate);
        let mut places: Vec<Place> = (0_u8..)
            .zip(&peer.outgoing.slots)
            .filter(|(_, slot)| slot.kind() == SlotKind::Video)
            .map(|(index, slot)| self.place(now, key, index, slot))
            .collect();
        places.sort_by_key(|place| place.rank);
        let (sending, wishes): (Vec<_>, Vec<_>) =
            places.iter().filter_map(|place| place.wish.clone()).unzip();
        let rising = fell.is_none_or(|at| now.saturating_duration_since(at) >= REST);
        let budget = if estimate == u32::MAX { estimate } else { estimate.saturating_sub(voices) };
        let chosen = allocation::allocate(budget, rising, &wishes);
        let falls = |(choice, wish): (&Option<Choice>, &Wish)| wish.falls_to(*choice);
        let has_fallen = chosen.iter().zip(&wishes).any(falls);
        if let Some(peer) = self.peer_mut(key) {
            peer.sender.set_wanted(allocation::wanted(&wishes).saturating_add(voices));
            peer.outgoing.given = allocation::cost(&chosen, &wishes).saturating_add(voices);
            peer.outgoing.fell = if has_fallen { Some(now) } else { fell };
        }
        let mut chosen = sending.into_iter().zip(chosen);
        for Place { slot, wish, .. } in places {
            let address = SlotAddress { peer: key, slot };
            match wish.and_then(|_| chosen.next()) {
                None => self.set_wanted(now, address, None),
                Some(((_, sender, track), Some(Choice { layer, temporal }))) => {
                    let wanted = LayerAddress { peer: sender, track, layer: layer as u8 };
                    self.set_most(now, address, temporal);
                    self.set_wanted(now, address, Some(wanted));
                }
                Some(((source, ..), None)) => {
                    self.leave_layers(address);
                    self.say(address, Some((source, true)), None);
                }
            }
        }
    }

    /// A video slot with what it wishes for, if that sends, on whatever worker.
    fn place(&self, now: Instant, key: PeerKey, index: u8, slot: &ReceiveSlot) -> Place {
        let wish = slot.view.and_then(|(source, height)| {
            let meeting = self.peer(key)?.meeting;
            let (from, incoming) = self.sender(source.seat, meeting)?;
            let (track_index, track) = incoming.track(source.kind)?;
            if matches!(track.current_state(now), TrackState::Gated | TrackState::Off) {
                return None;
            }
            let track_index = track_index as u8;
            let is_same = |layer: &LayerAddress| layer.peer == from && layer.track == track_index;
            let choice = |layer: LayerAddress| Choice {
                layer: usize::from(layer.layer),
                temporal: slot.thinning.most,
            };
            let current = slot.wanted.or(slot.current).filter(is_same).map(choice);
            let class = Class::of(source.kind.is_screen(), height);
            Some(((source, from, track_index), Wish { class, layers: track.views(), height, current }))
        });
        Place { slot: index, rank: slot.rank, wish }
    }

    /// Tells senders which layers nobody needs, here or on another worker.
    fn update_demand(&mut self, now: Instant, key: PeerKey) {
        let Some(Some(peer)) = self.peers.get_mut(key.index as usize) else { return };
        let seat = peer.seat;
        let several = |track: &&mut Track| track.layers.len() > 1 && track.state == TrackState::Sending;
        for track in peer.incoming.tracks.iter_mut().filter(several) {
            let mut needed = [false; MAX_LAYERS];
            for (needed, layer) in needed.iter_mut().zip(&track.layers) {
                // What its sender has not tried yet, for want of a measured uplink perhaps, could not be
                // woken: nobody can wait in the place of a layer that never came.
                *needed = layer.as_ref().is_none_or(|layer| layer.is_shown());
            }
            if let Some(told) = track.demand.update(now, needed) {
                let layers = told.into_iter().take(track.layers.len()).collect();
                self.events.push_back(Event::Demand { seat, kind: track.kind(), layers });
            }
        }
    }

    /// Says how many frames of its source a slot takes.
    fn set_most(&mut self, now: Instant, address: SlotAddress, temporal: u8) {
        let slots = self.peer_mut(address.peer).map(|peer| &mut peer.outgoing.slots);
        let Some(slot) = slots.and_then(|slots| slots.get_mut(usize::from(address.slot))) else { return };
        slot.thinning.most = temporal;
        if let (true, Some(current)) = (slot.thinning.is_stuck(), slot.current) {
            self.ask_key(now, current);
        }
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
        peer.outgoing.forget(address.slot);
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
        let tell = now >= room.next_legs;
        if tell {
            room.next_legs = now + LEGS_INTERVAL;
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
        if tell {
            self.tell_legs(now, meeting, &members);
        }
        for key in members {
            self.assign_voices(now, key, &voices);
            if look {
                self.allocate(now, key);
            }
            self.update_demand(now, key);
        }
        self.timers.push(Reverse((now + ROOM_TICK, Timer::Room(meeting))));
    }

    /// Puts the voices into a receiver's audio slots, its own left out.
    fn assign_voices(&mut self, now: Instant, key: PeerKey, voices: &[Selected<LayerAddress>]) {
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
        let carried = places.iter().flatten().count();
        let count = allocation::voices(peer.sender.estimate(), carried).min(slots.len());
        let surplus: Vec<u8> = slots
            .iter()
            .skip(count)
            .zip(places.split_off(count))
            .filter_map(|(slot, voice)| voice.and(Some(*slot)))
            .collect();
        let mut changes = Vec::new();
        let owner = peer.owner;
        let is_own = |voice: &Selected<LayerAddress>| {
            self.place_of(voice.key.peer).is_some_and(|(_, seat)| seat == owner)
        };
        let mut wanted: Vec<_> = voices
            .iter()
            .filter(|voice| !is_own(voice))
            .map(|voice| (voice.claim(places.contains(&Some(voice.key))), voice.key))
            .collect();
        // Stable: equals stay as they were ranked.
        wanted.sort_by(|((b_leads, b), _), ((a_leads, a), _)| a_leads.cmp(b_leads).then(a.total_cmp(b)));
        let wanted = wanted.into_iter().map(|(_, voice)| voice);
        speaker::assign(&mut places, wanted, |place, voice| changes.push((place, voice)));
        for slot in surplus {
            self.set_wanted(now, SlotAddress { peer: key, slot }, None);
        }
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

/// A video slot on its way through the allocation.
struct Place {
    slot: u8,
    rank: u8,
    /// Source, sender, index of its track.
    wish: Option<((Source, PeerKey, u8), Wish)>,
}

/// After a slot had to take less, none takes more for so long.
const REST: Duration = Duration::from_secs(2);
