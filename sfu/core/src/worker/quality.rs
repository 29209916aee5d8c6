//! Reports that came and reports that go, summed up.

use std::time::Instant;

use base::id::MeetingId;

use super::Worker;
use crate::{
    Event, SlotKind,
    codec::Codec,
    incoming::PeerKey,
    rtcp::{self, ReportBlock, Reports, ShortNtp},
};

impl Worker {
    /// A receiver reported on its slots.
    pub(super) fn note_reports(&mut self, now: Instant, key: PeerKey, blocks: Reports<'_>) {
        let wall = self.config.epoch.1.plus(now.saturating_duration_since(self.config.epoch.0));
        let ntp = ShortNtp::of(rtcp::ntp(wall));
        let place = self.peers.get_mut(key.index as usize).and_then(Option::as_deref_mut);
        let Some(peer) = place.filter(|peer| peer.serial == key.serial) else { return };
        for block in blocks {
            let slot = peer.outgoing.slots.iter().find(|slot| slot.rewriter.ssrc() == block.ssrc);
            let (sum, codec) = match slot.map(|slot| slot.kind()) {
                Some(SlotKind::Audio) => (&mut self.metrics.quality.down_audio, Codec::Opus),
                Some(SlotKind::Video) => (&mut self.metrics.quality.down_video, Codec::Vp8),
                None => continue,
            };
            let round_trip = block.round_trip(ntp);
            sum.note(&block, codec.clock_rate(), round_trip);
            peer.tally.note_down(&block, codec.clock_rate(), round_trip);
        }
    }

    /// What a peer sends is reported on.
    pub(super) fn note_reception(&mut self, key: PeerKey, blocks: &[ReportBlock]) {
        for block in blocks {
            let place = self.peers.get_mut(key.index as usize).and_then(Option::as_deref_mut);
            let Some(peer) = place.filter(|peer| peer.serial == key.serial) else { return };
            let layer = peer.incoming.layer_by_ssrc(block.ssrc);
            let (sum, codec) = match layer.map(|layer| layer.is_audio) {
                Some(true) => (&mut self.metrics.quality.up_audio, Codec::Opus),
                Some(false) => (&mut self.metrics.quality.up_video, Codec::Vp8),
                None => continue,
            };
            sum.note(block, codec.clock_rate(), None);
            peer.tally.note_up(block, codec.clock_rate());
        }
    }

    /// Tells the meeting how its connections on this worker fare.
    pub(super) fn tell_legs(&mut self, now: Instant, meeting: MeetingId, members: &[PeerKey]) {
        let mut legs = Vec::with_capacity(members.len());
        for key in members {
            let place = self.peers.get_mut(key.index as usize).and_then(Option::as_deref_mut);
            let peer = place.filter(|peer| peer.serial == key.serial && peer.is_connected());
            legs.extend(peer.map(|peer| peer.leg(now)));
        }
        if !legs.is_empty() {
            self.events.push_back(Event::Legs { meeting, legs });
        }
    }
}
