//! Reports that came and reports that go, summed up.

use std::time::Instant;

use super::Worker;
use crate::{
    SlotKind,
    codec::Codec,
    incoming::PeerKey,
    rtcp::{self, ReportBlock, Reports, ShortNtp},
};

impl Worker {
    /// A receiver reported on its slots.
    pub(super) fn note_reports(&mut self, now: Instant, key: PeerKey, blocks: Reports<'_>) {
        let wall = self.config.epoch.1.plus(now.saturating_duration_since(self.config.epoch.0));
        let ntp = ShortNtp::of(rtcp::ntp(wall));
        let place = self.peers.get(key.index as usize).and_then(Option::as_deref);
        let Some(peer) = place.filter(|peer| peer.serial == key.serial) else { return };
        for block in blocks {
            let slot = peer.outgoing.slots.iter().find(|slot| slot.rewriter.ssrc() == block.ssrc);
            let (sum, codec) = match slot.map(|slot| slot.kind()) {
                Some(SlotKind::Audio) => (&mut self.metrics.quality.down_audio, Codec::Opus),
                Some(SlotKind::Video) => (&mut self.metrics.quality.down_video, Codec::Vp8),
                None => continue,
            };
            sum.note(&block, codec.clock_rate(), block.round_trip(ntp));
        }
    }

    /// What a peer sends is reported on.
    pub(super) fn note_reception(&mut self, key: PeerKey, blocks: &[ReportBlock]) {
        for block in blocks {
            let layer = self.peer_mut(key).and_then(|peer| peer.incoming.layer_by_ssrc(block.ssrc));
            let (sum, codec) = match layer.map(|layer| layer.is_audio) {
                Some(true) => (&mut self.metrics.quality.up_audio, Codec::Opus),
                Some(false) => (&mut self.metrics.quality.up_video, Codec::Vp8),
                None => continue,
            };
            sum.note(block, codec.clock_rate(), None);
        }
    }
}
