//! What a leg's congestion control sends in its own time: video that waited, and padding of probes.

use std::time::Instant;

use super::{Reverse, Timer, Worker};
use crate::incoming::{PeerKey, SlotAddress};

impl Worker {
    /// After anything that may have left video waiting or begun a probe: sets the leg's timer; a slot
    /// that had to give up its packets asks for a key frame.
    pub(super) fn settle_pacer(&mut self, now: Instant, key: PeerKey, stalled: Option<u8>) {
        let wanted = stalled.and_then(|slot| {
            let peer = self.peer(key)?;
            peer.outgoing.slots.get(usize::from(slot))?.wanted
        });
        if let Some(layer) = wanted {
            self.ask_key(now, layer);
        }
        let Some(peer) = self.peer_mut(key) else { return };
        let release = peer.outgoing.is_paced().then(|| peer.sender.next_send());
        let Some(next) =
            [release, peer.sender.next_probe(), peer.outgoing.sound_due()].into_iter().flatten().min()
        else {
            return;
        };
        if !std::mem::replace(&mut peer.outgoing.pacing, true) {
            self.timers.push(Reverse((next.max(now + GRAIN), Timer::Pacer(key.index, key.serial))));
        }
    }

    /// The leg's timer fired.
    pub(super) fn tick_pacer(&mut self, now: Instant, key: PeerKey) {
        let abs_send_time = self.abs_send_time(now);
        let place = self.peers.get_mut(key.index as usize).and_then(Option::as_deref_mut);
        let Some(peer) = place.filter(|peer| peer.serial == key.serial) else { return };
        peer.outgoing.pacing = false;
        let padding = peer.sender.poll_probe(now);
        let Some((outgoing, mut egress)) = peer.egress(now, &mut self.transmits, abs_send_time) else {
            return;
        };
        let mut began = Vec::new();
        let before = egress.transmits.len();
        outgoing.release(&mut egress, |slot, layer, timestamp| began.push((slot, layer, timestamp)));
        outgoing.release_sound(now, &mut egress, |slot, layer, time| began.push((slot, layer, time)));
        if let Some(bytes) = padding {
            outgoing.pad(bytes, &mut egress);
        }
        self.metrics.packets_out += (self.transmits.len() - before) as u64;
        for (slot, layer, timestamp) in began {
            if let Some(source) = self.source_of(layer) {
                self.tell(SlotAddress { peer: key, slot }, Some(source), Some(timestamp));
            }
        }
        self.settle_pacer(now, key, None);
    }
}

/// The pacer's clock: finer would wake the worker more often than it helps.
const GRAIN: std::time::Duration = std::time::Duration::from_millis(2);
