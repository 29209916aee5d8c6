//! What the media plane counts, for whoever watches the hub.

use crate::udp::Counters;

/// Counters since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Metrics {
    /// Peers, packets, agreed profiles.
    pub media: sfu_core::Metrics,
    /// Peers there are now.
    pub live: u64,
    /// What the sockets sent; `sent / messages` is how long the runs are that the kernel segments.
    pub sockets: Counters,
}

impl Metrics {
    /// One worker's.
    pub(crate) fn new(
        media: sfu_core::Metrics,
        live: usize,
        sockets: impl Iterator<Item = Counters>,
    ) -> Self {
        Self { media, live: live as u64, sockets: sockets.reduce(add).unwrap_or_default() }
    }

    /// Both together.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            media: self.media.plus(other.media),
            live: self.live + other.live,
            sockets: add(self.sockets, other.sockets),
        }
    }
}

fn add(a: Counters, b: Counters) -> Counters {
    Counters {
        sent: a.sent + b.sent,
        messages: a.messages + b.messages,
        failed: a.failed + b.failed,
        dropped: a.dropped + b.dropped,
    }
}
