//! Datagrams that the kernel had no room for.

use std::collections::VecDeque;
use std::net::SocketAddr;

/// Bytes that may wait: about a second of one sender's line at 8 Mbit/s. Full: the oldest go.
const MAX_BYTES: usize = 1 << 20;

/// The queue, oldest first.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    waiting: VecDeque<(SocketAddr, Box<[u8]>)>,
    bytes: usize,
    dropped: u64,
}

impl Backlog {
    pub(super) fn push(&mut self, remote: SocketAddr, datagram: &[u8]) {
        self.bytes += datagram.len();
        self.waiting.push_back((remote, datagram.into()));
        while self.bytes > MAX_BYTES {
            let Some((_, oldest)) = self.waiting.pop_front() else { break };
            self.bytes -= oldest.len();
            self.dropped += 1;
        }
    }

    /// All that waits; the backlog is empty afterwards.
    pub(super) fn take(&mut self) -> VecDeque<(SocketAddr, Box<[u8]>)> {
        self.bytes = 0;
        std::mem::take(&mut self.waiting)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_full_the_oldest_are_dropped_and_counted() {
        let remote = SocketAddr::from(([127, 0, 0, 1], 9));
        let mut backlog = Backlog::default();
        for number in 0..1_100_u32 {
            let mut datagram = [0; 1_024];
            datagram[..4].copy_from_slice(&number.to_be_bytes());
            backlog.push(remote, &datagram);
        }
        assert_eq!(backlog.dropped(), 1_100 - 1_024);
        let waiting = backlog.take();
        assert_eq!(waiting.len(), 1_024);
        assert_eq!(waiting[0].1[..4], 76_u32.to_be_bytes());
        assert!(backlog.is_empty());
    }
}
