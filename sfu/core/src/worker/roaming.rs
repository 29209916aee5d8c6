//! Peers whose address changed without their knowledge: a NAT forgot them, a lease ended.
//!
//! Their packets come from a path nobody has proved, and would be dropped until their next check, seconds later.
//! Such a packet is taken when it opens with the key of the peer whose SSRC it bears; then the peer is asked on that
//! path, and its media moves there when the answer proves that it is behind it. A packet alone moves nothing:
//! somebody on the way may have caught it and sent it from elsewhere. For the same reason a check that nominates
//! another path moves nothing by itself once there is media.

use std::{collections::HashMap, time::Instant};

use super::Worker;
use crate::{
    Path,
    incoming::PeerKey,
    rtp::{self, Ssrc},
    transport::ice::{Proof, Question},
};

/// Who is found how. Both tables hold a bounded number of entries for each peer.
#[derive(Debug, Default)]
pub(super) struct Roaming {
    /// Whose SSRC this is; of two peers that use one, the first.
    by_ssrc: HashMap<Ssrc, PeerKey>,
    /// Who was asked.
    asked: HashMap<Question, PeerKey>,
}

impl Roaming {
    /// The peer `key` is no more.
    pub(super) fn forget(&mut self, key: PeerKey, marks: &[Ssrc]) {
        for mark in marks {
            if self.by_ssrc.get(mark) == Some(&key) {
                self.by_ssrc.remove(mark);
            }
        }
        self.asked.retain(|_, asked| *asked != key);
    }
}

impl Worker {
    /// Takes note of an SSRC of a peer.
    pub(super) fn mark(&mut self, key: PeerKey, ssrc: Option<Ssrc>) {
        let Some(ssrc) = ssrc else { return };
        let Some(Some(peer)) = self.peers.get_mut(key.index as usize) else { return };
        if peer.marks.contains(&ssrc) {
            return;
        }
        if peer.marks.len() >= MOST_MARKS {
            let oldest = peer.marks.remove(0);
            if self.roaming.by_ssrc.get(&oldest) == Some(&key) {
                self.roaming.by_ssrc.remove(&oldest);
            }
        }
        peer.marks.push(ssrc);
        self.roaming.by_ssrc.entry(ssrc).or_insert(key);
    }

    /// Takes a packet from a path that nobody has proved to be his.
    pub(super) fn handle_stray(&mut self, now: Instant, path: Path, datagram: &mut [u8]) {
        let ssrc = if rtp::is_rtcp(datagram) { rtp::rtcp_sender(datagram) } else { rtp::sender(datagram) };
        let Some(key) = ssrc.and_then(|ssrc| self.roaming.by_ssrc.get(&ssrc).copied()) else {
            self.metrics.dropped += 1;
            return;
        };
        if self.peer(key).is_some() && self.open(now, key, datagram) {
            self.ask(now, key, path);
        }
    }

    /// Asks the peer whether it is behind `path`.
    pub(super) fn ask(&mut self, now: Instant, key: PeerKey, path: Path) {
        let Some(Some(peer)) = self.peers.get_mut(key.index as usize) else { return };
        let Some((question, datagram)) = peer.ice.probe(now, path, &mut *self.random) else { return };
        // One question at a time: an older one is not waited for any more.
        self.roaming.asked.retain(|_, asked| *asked != key);
        self.roaming.asked.insert(question, key);
        self.transmits.push(path, &datagram);
    }

    /// Takes the answer to a question of ours.
    pub(super) fn handle_proof(&mut self, now: Instant, path: Path, proof: &Proof) {
        let key = self.roaming.asked.get(&proof.question()).copied();
        let peer = key.and_then(|key| self.peers.get_mut(key.index as usize)?.as_mut());
        let (Some(key), Some(proven)) = (key, peer.and_then(|peer| peer.handle_proof(now, path, proof)))
        else {
            self.metrics.dropped += 1;
            return;
        };
        self.roaming.asked.remove(&proof.question());
        self.by_path.insert(path, key);
        if let Some(forgotten) = proven.forgotten {
            self.by_path.remove(&forgotten);
        }
        self.metrics.moved += 1;
    }
}

/// SSRCs remembered of a peer: two for each layer of four tracks, and some that ended.
const MOST_MARKS: usize = 32;
