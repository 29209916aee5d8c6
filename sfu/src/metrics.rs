//! What the media plane counts, for whoever watches the hub.

use std::net::SocketAddr;

use sfu_core::Path;

use crate::udp::Counters;

/// Peers by the way their media goes now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ways {
    /// UDP.
    pub udp: u64,
    /// ICE-TCP.
    pub tcp: u64,
    /// TURN over TLS.
    pub turn: u64,
}

impl Ways {
    /// Counts the paths in use.
    pub(crate) fn count(paths: impl Iterator<Item = Path>, is_relayed: impl Fn(SocketAddr) -> bool) -> Self {
        let mut ways = Self::default();
        for path in paths {
            let way = if path.local == Path::TCP {
                &mut ways.tcp
            } else if path.remote.ip().is_loopback() && is_relayed(path.remote) {
                &mut ways.turn
            } else {
                &mut ways.udp
            };
            *way += 1;
        }
        ways
    }

    fn plus(self, other: Self) -> Self {
        Self { udp: self.udp + other.udp, tcp: self.tcp + other.tcp, turn: self.turn + other.turn }
    }
}

/// Counters since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Metrics {
    /// Peers, packets, agreed profiles.
    pub media: sfu_core::Metrics,
    /// How their media goes.
    pub ways: Ways,
    /// Peers there are now.
    pub live: u64,
    /// What the sockets sent; `sent / messages` is how long the runs are that the kernel segments.
    pub sockets: Counters,
}

impl Metrics {
    /// One worker's.
    pub(crate) fn new(
        media: sfu_core::Metrics,
        ways: Ways,
        live: usize,
        sockets: impl Iterator<Item = Counters>,
    ) -> Self {
        Self { media, ways, live: live as u64, sockets: sockets.reduce(add).unwrap_or_default() }
    }

    /// Both together.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            media: self.media.plus(other.media),
            ways: self.ways.plus(other.ways),
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
