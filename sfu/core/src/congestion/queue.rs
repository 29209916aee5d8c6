//! Packets of one leg that wait for the pacer: bytes in one ring, first in, first out. Nothing is
//! allocated once it has grown to what its line needs, and a wide line never fills it.

use std::collections::VecDeque;

/// Waiting packets, each with what its owner needs to know to send it.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    bytes: VecDeque<u8>,
    items: VecDeque<(T, usize)>,
    scratch: Vec<u8>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { bytes: VecDeque::new(), items: VecDeque::new(), scratch: Vec::new() }
    }
}

impl<T> Queue<T> {
    /// Nothing waits.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Bytes of the packets for which `counts` holds.
    pub fn bytes(&self, counts: impl Fn(&T) -> bool) -> usize {
        self.items.iter().filter(|(item, _)| counts(item)).map(|(_, len)| len).sum()
    }

    /// What waits, first to leave first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter().map(|(item, _)| item)
    }

    /// Appends a copy of `packet`. The owner bounds the queue with [`Self::retain`].
    pub fn push(&mut self, item: T, packet: &[u8]) {
        self.bytes.extend(packet);
        self.items.push_back((item, packet.len()));
    }

    /// Takes the first packet out.
    pub fn pop(&mut self) -> Option<(T, &[u8])> {
        let (item, len) = self.items.pop_front()?;
        self.scratch.clear();
        self.scratch.extend(self.bytes.drain(..len.min(self.bytes.len())));
        Some((item, &self.scratch))
    }

    /// Drops the packets for which `keep` does not hold.
    pub fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        for _ in 0..self.items.len() {
            let Some((item, len)) = self.items.pop_front() else { return };
            let packet = self.bytes.drain(..len.min(self.bytes.len()));
            if keep(&item) {
                self.scratch.clear();
                self.scratch.extend(packet);
                self.bytes.extend(&self.scratch);
                self.items.push_back((item, len));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_leave_in_order_and_those_dropped_leave_no_hole() {
        let mut queue = Queue::default();
        for (slot, packet) in [(1, "one"), (2, "two"), (1, "three"), (3, "four")] {
            queue.push(slot, packet.as_bytes());
        }
        assert_eq!(queue.bytes(|slot| *slot == 1), 8);
        queue.retain(|slot| *slot != 2);
        let mut left = Vec::new();
        while let Some((slot, packet)) = queue.pop() {
            left.push((slot, packet.to_vec()));
        }
        assert_eq!(left, [(1, b"one".to_vec()), (1, b"three".to_vec()), (3, b"four".to_vec())]);
        assert!(queue.is_empty());
    }
}
