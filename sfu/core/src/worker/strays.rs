//! A word to the operator about datagrams that belong to nobody: who, what was wrong, how many alike.
//!
//! Stragglers of those who have left are among them, so a word now and then is nothing to worry about; a count
//! of thousands is somebody who should be asked or kept out.

use std::time::Instant;

use base::Seldom;

use super::Worker;
use crate::Path;

/// One of each kind.
#[derive(Debug, Default)]
pub(super) struct Strays {
    checks: Seldom,
    handshakes: Seldom,
    media: Seldom,
    others: Seldom,
}

impl Worker {
    /// Notes a datagram that was dropped, by its first byte (RFC 7983 §7).
    pub(super) fn note_stray(&mut self, now: Instant, path: Path, first: Option<u8>) {
        let strays = &mut self.strays;
        let (seldom, what) = match first {
            Some(0..=3) => (&mut strays.checks, "an ICE check of nobody who has a seat, or one too many"),
            Some(20..=63) => {
                (&mut strays.handshakes, "a DTLS record from an address that has proved nothing")
            }
            Some(128..=191) => (&mut strays.media, "media that is nobody's, repeated or forged"),
            _ => (&mut strays.others, "neither ICE, nor DTLS, nor media"),
        };
        if let Some(alike) = seldom.say(now) {
            let id = base::log_id(&mut *self.random);
            let way = if path.local == Path::TCP { "TCP" } else { "UDP" };
            tracing::info!(id, from = %path.remote, way, what, alike, "media: a datagram was dropped");
        }
    }
}
