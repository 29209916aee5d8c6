//! Who may connect now: connections in all and per address, failed sign-ins per address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Counts the connections of the listeners of one protocol.
#[derive(Debug)]
pub(crate) struct Gate {
    connections: usize,
    connections_per_address: usize,
    guesses: Arc<Guesses>,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Failed sign-ins per address, at all doors together.
#[derive(Debug)]
pub(crate) struct Guesses {
    allowed: u32,
    window: Duration,
    /// How many and when they began to count; at most [`ADDRESSES`] of them.
    failures: Mutex<HashMap<IpAddr, (u32, Instant)>>,
}

/// A connection that is counted until this is dropped.
#[derive(Debug)]
pub(crate) struct Pass {
    gate: Arc<Gate>,
    peer: IpAddr,
}

impl Gate {
    /// Admits so many connections in all and per address.
    pub(crate) fn new(connections: usize, connections_per_address: usize, guesses: Arc<Guesses>) -> Self {
        Self { connections, connections_per_address, guesses, open: Mutex::default() }
    }

    /// Counts a connection of `peer`; `None` when there are too many already.
    pub(crate) fn enter(self: &Arc<Self>, peer: IpAddr) -> Option<Pass> {
        let mut open = lock(&self.open);
        let of_peer = open.by_address.get(&peer).copied().unwrap_or(0);
        if open.all >= self.connections || of_peer >= self.connections_per_address {
            return None;
        }
        open.all += 1;
        open.by_address.insert(peer, of_peer + 1);
        Some(Pass { gate: Arc::clone(self), peer })
    }

    /// Whether `peer` has failed to sign in too often lately.
    pub(crate) fn is_barred(&self, peer: IpAddr, now: Instant) -> bool {
        self.guesses.bar(peer, now)
    }

    /// Counts a failed sign-in.
    pub(crate) fn note_failure(&self, peer: IpAddr, now: Instant) {
        self.guesses.note(peer, now);
    }
}

impl Guesses {
    /// Bars an address after `allowed` failures within `window`.
    pub(crate) fn new(allowed: u32, window: Duration) -> Self {
        Self { allowed, window, failures: Mutex::default() }
    }

    fn bar(&self, peer: IpAddr, now: Instant) -> bool {
        lock(&self.failures)
            .get(&peer)
            .is_some_and(|(count, since)| *count >= self.allowed && now.duration_since(*since) < self.window)
    }

    fn note(&self, peer: IpAddr, now: Instant) {
        let mut failures = lock(&self.failures);
        if failures.len() >= ADDRESSES {
            failures.retain(|_, (_, since)| now.duration_since(*since) < self.window);
        }
        if failures.len() >= ADDRESSES && !failures.contains_key(&peer) {
            // Full of fresh failures: the account lock-out of the directory still holds.
            return;
        }
        let entry = failures.entry(peer).or_insert((0, now));
        if now.duration_since(entry.1) >= self.window {
            *entry = (0, now);
        }
        entry.0 += 1;
    }
}

/// The counts are whole after every statement, so a panic elsewhere does not spoil them.
fn lock<T>(counts: &Mutex<T>) -> MutexGuard<'_, T> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut open = lock(&self.gate.open);
        open.all = open.all.saturating_sub(1);
        if let Some(of_peer) = open.by_address.get_mut(&self.peer) {
            *of_peer = of_peer.saturating_sub(1);
            if *of_peer == 0 {
                open.by_address.remove(&self.peer);
            }
        }
    }
}

/// Addresses whose failures are remembered.
const ADDRESSES: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_counted_while_they_last() {
        let guesses = Arc::new(Guesses::new(20, Duration::from_secs(600)));
        let gate = Arc::new(Gate::new(3, 2, guesses));
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
    fn guessing_at_one_door_bars_an_address_at_all_for_a_while() {
        let window = Duration::from_secs(600);
        let guesses = Arc::new(Guesses::new(2, window));
        let [gate, other] = [(); 2].map(|()| Gate::new(9, 9, Arc::clone(&guesses)));
        let peer = "192.0.2.1".parse().unwrap();
        let start = Instant::now();
        gate.note_failure(peer, start);
        assert!(!gate.is_barred(peer, start));
        gate.note_failure(peer, start);
        assert!(gate.is_barred(peer, start) && other.is_barred(peer, start));
        assert!(!gate.is_barred(peer, start + window + Duration::from_secs(1)));
    }
}
