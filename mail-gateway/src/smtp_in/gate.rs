//! Who may connect now: connections in all and per address, failed sign-ins per address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use crate::config::Limits;

/// Counts shared by all listeners.
#[derive(Debug)]
pub(crate) struct Gate {
    limits: Limits,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    open: usize,
    open_by_address: HashMap<IpAddr, usize>,
    /// Failed sign-ins and when they began to count; at most [`ADDRESSES`] of them.
    failures: HashMap<IpAddr, (u32, Instant)>,
}

/// A connection that is counted until this is dropped.
#[derive(Debug)]
pub(crate) struct Pass {
    gate: Arc<Gate>,
    peer: IpAddr,
}

impl Gate {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, counts: Mutex::new(Counts::default()) }
    }

    /// Counts a connection of `peer`; `None` when there are too many already.
    pub(crate) fn enter(self: &Arc<Self>, peer: IpAddr) -> Option<Pass> {
        let mut counts = self.lock();
        let of_peer = counts.open_by_address.get(&peer).copied().unwrap_or(0);
        if counts.open >= self.limits.connections || of_peer >= self.limits.connections_per_address {
            return None;
        }
        counts.open += 1;
        counts.open_by_address.insert(peer, of_peer + 1);
        Some(Pass { gate: Arc::clone(self), peer })
    }

    /// Whether `peer` has failed to sign in too often lately.
    pub(crate) fn is_barred(&self, peer: IpAddr, now: Instant) -> bool {
        self.lock().failures.get(&peer).is_some_and(|(count, since)| {
            *count >= self.limits.failures_per_address
                && now.duration_since(*since) < self.limits.failure_window
        })
    }

    /// Counts a failed sign-in.
    pub(crate) fn note_failure(&self, peer: IpAddr, now: Instant) {
        let window = self.limits.failure_window;
        let mut counts = self.lock();
        if counts.failures.len() >= ADDRESSES {
            counts.failures.retain(|_, (_, since)| now.duration_since(*since) < window);
        }
        if counts.failures.len() >= ADDRESSES && !counts.failures.contains_key(&peer) {
            // Full of fresh failures: the account lock-out of the directory still holds.
            return;
        }
        let entry = counts.failures.entry(peer).or_insert((0, now));
        if now.duration_since(entry.1) >= window {
            *entry = (0, now);
        }
        entry.0 += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        // The counts are whole after every statement, so a panic elsewhere does not spoil them.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut counts = self.gate.lock();
        counts.open = counts.open.saturating_sub(1);
        if let Some(of_peer) = counts.open_by_address.get_mut(&self.peer) {
            *of_peer = of_peer.saturating_sub(1);
            if *of_peer == 0 {
                counts.open_by_address.remove(&self.peer);
            }
        }
    }
}

/// Addresses whose failures are remembered.
const ADDRESSES: usize = 10_000;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn connections_are_counted_while_they_last() {
        let limits = Limits { connections: 3, connections_per_address: 2, ..Limits::default() };
        let gate = Arc::new(Gate::new(limits));
        let [a, b]: [IpAddr; 2] = ["192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap()];
        let first = gate.enter(a);
        let _second = gate.enter(a);
        assert!(first.is_some() && gate.enter(a).is_none());
        let _third = gate.enter(b);
        assert!(gate.enter(b).is_none(), "the total is full");
        drop(first);
        assert!(gate.enter(b).is_some());
    }

    #[test]
    fn guessing_bars_an_address_for_a_while() {
        let limits = Limits { failures_per_address: 2, ..Limits::default() };
        let window = limits.failure_window;
        let gate = Gate::new(limits);
        let peer = "192.0.2.1".parse().unwrap();
        let start = Instant::now();
        gate.note_failure(peer, start);
        assert!(!gate.is_barred(peer, start));
        gate.note_failure(peer, start);
        assert!(gate.is_barred(peer, start));
        assert!(!gate.is_barred(peer, start + window + Duration::from_secs(1)));
    }
}
