//! How much of the relay one may have, and what there is of it now.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base::id::SeatId;
use sfu_core::turn::Refusal;

/// The relay's connections and sockets, shared with the workers, who count legs by their way.
#[derive(Debug, Default)]
pub(crate) struct Relays(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// Connections without a socket, by address. Entries go when they are zero.
    strangers: BTreeMap<IpAddr, usize>,
    all_strangers: usize,
    seats: BTreeMap<SeatId, usize>,
    addresses: BTreeMap<IpAddr, usize>,
    /// The sockets' own addresses.
    sockets: BTreeSet<SocketAddr>,
}

impl Relays {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this address is that of a relayed client.
    pub fn has(&self, address: SocketAddr) -> bool {
        self.counts().sockets.contains(&address)
    }

    /// Clients that have a socket.
    pub fn live(&self) -> usize {
        self.counts().sockets.len()
    }

    /// A connection begins; nothing when there are too many that have shown no pass.
    pub(super) fn enter(self: &Arc<Self>, remote: IpAddr) -> Option<Stranger> {
        let mut counts = self.counts();
        let of_address = counts.strangers.get(&remote).copied().unwrap_or_default();
        if of_address >= STRANGERS_PER_ADDRESS || counts.all_strangers >= MAX_STRANGERS {
            return None;
        }
        *counts.strangers.entry(remote).or_default() += 1;
        counts.all_strangers += 1;
        Some(Stranger { relays: Arc::clone(self), remote })
    }

    /// Counts a socket that was opened for a seat.
    pub(super) fn admit(
        self: &Arc<Self>,
        seat: SeatId,
        remote: IpAddr,
        socket: SocketAddr,
    ) -> Result<Guest, Refusal> {
        let mut counts = self.counts();
        if counts.sockets.len() >= MAX_GUESTS {
            return Err(Refusal::Capacity);
        }
        let of_seat = counts.seats.get(&seat).copied().unwrap_or_default();
        let of_address = counts.addresses.get(&remote).copied().unwrap_or_default();
        if of_seat >= PER_SEAT || of_address >= PER_ADDRESS {
            return Err(Refusal::Quota);
        }
        *counts.seats.entry(seat).or_default() += 1;
        *counts.addresses.entry(remote).or_default() += 1;
        counts.sockets.insert(socket);
        Ok(Guest { relays: Arc::clone(self), seat, remote, socket })
    }
}

/// A connection that has shown no pass; counted until it is dropped.
#[derive(Debug)]
pub(super) struct Stranger {
    relays: Arc<Relays>,
    remote: IpAddr,
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let mut counts = self.relays.counts();
        counts.all_strangers -= 1;
        less(&mut counts.strangers, self.remote);
    }
}

/// A connection with a socket; counted until it is dropped.
#[derive(Debug)]
pub(super) struct Guest {
    relays: Arc<Relays>,
    seat: SeatId,
    remote: IpAddr,
    socket: SocketAddr,
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut counts = self.relays.counts();
        less(&mut counts.seats, self.seat);
        less(&mut counts.addresses, self.remote);
        counts.sockets.remove(&self.socket);
    }
}

fn less<K: Ord>(counts: &mut BTreeMap<K, usize>, key: K) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}

/// A browser makes one allocation for each of its networks, and anew while the last ones still end.
const PER_SEAT: usize = 8;
/// A whole office stands behind one address.
const PER_ADDRESS: usize = 1_024;
/// A socket each.
const MAX_GUESTS: usize = 4_096;
/// Each has ten seconds.
const STRANGERS_PER_ADDRESS: usize = 64;
const MAX_STRANGERS: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_has_a_few_and_gets_them_back() {
        let relays = Arc::new(Relays::default());
        let seat = SeatId::from_u128(1);
        let remote = IpAddr::from([192, 0, 2, 1]);
        let at = |port: usize| SocketAddr::from(([127, 0, 0, 1], port as u16));
        let mut guests: Vec<_> =
            (0..PER_SEAT).map(|port| relays.admit(seat, remote, at(port)).unwrap()).collect();
        assert_eq!(relays.admit(seat, remote, at(99)).unwrap_err(), Refusal::Quota);
        guests.pop();
        guests.push(relays.admit(seat, remote, at(99)).unwrap());
        assert!(relays.has(at(99)) && relays.live() == PER_SEAT);
        drop(guests);
        let counts = relays.counts();
        assert!(counts.seats.is_empty() && counts.addresses.is_empty() && counts.sockets.is_empty());
    }

    #[test]
    fn strangers_of_one_address_keep_no_place_from_others() {
        let relays = Arc::new(Relays::default());
        let of = |last| IpAddr::from([192, 0, 2, last]);
        let crowd: Vec<_> = std::iter::from_fn(|| relays.enter(of(1))).collect();
        assert_eq!(crowd.len(), STRANGERS_PER_ADDRESS);
        assert!(relays.enter(of(2)).is_some());
        drop(crowd);
        assert!(relays.enter(of(1)).is_some());
    }
}
