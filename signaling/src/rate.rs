//! How fast one socket may talk, and one network address may knock: token buckets.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use tokio::time::Instant;

/// Where a request came from; the hub puts it on every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddress(pub IpAddr);

/// Requests an address may make at once at the doors of standard clients: a room full of encoders behind
/// one address comes back together.
const KNOCKS: f64 = 60.0;
/// In the long run, a second.
const KNOCKS_PER_SECOND: f64 = 5.0;
/// What a request without a valid token costs: guessing is slower than coming in.
const WRONG: f64 = 6.0;
/// Addresses remembered; beyond, those who have not knocked lately are forgotten, and if all have, the
/// newcomer must wait.
const ADDRESSES: usize = 10_000;

/// Who knocked how often.
#[derive(Debug, Default)]
pub(crate) struct Knocks(Mutex<HashMap<IpAddr, (f64, Instant)>>);

impl Knocks {
    /// Whether one more request of `address` is heard.
    pub(crate) fn allows(&self, address: IpAddr, now: Instant) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rested = |(left, at): &(f64, Instant)| {
            (left + now.duration_since(*at).as_secs_f64() * KNOCKS_PER_SECOND).min(KNOCKS)
        };
        let key = network(address);
        if known.len() >= ADDRESSES && !known.contains_key(&key) {
            known.retain(|_, bucket| rested(bucket) < KNOCKS);
            if known.len() >= ADDRESSES {
                return false;
            }
        }
        let bucket = known.entry(key).or_insert((KNOCKS, now));
        let left = rested(bucket);
        let allowed = left >= 1.0;
        *bucket = (if allowed { left - 1.0 } else { left }, now);
        allowed
    }

    /// The request that was just heard came with a wrong token.
    pub(crate) fn was_wrong(&self, address: IpAddr) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((left, _)) = known.get_mut(&network(address)) {
            *left = (*left - WRONG).max(0.0);
        }
    }
}

/// RFC 6177 §2: a site has a /64 at least; one of its machines has as many addresses as it likes.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
    }
}

/// Messages a socket may send at once after a pause.
const BURST: f64 = 60.0;
/// Messages a second in the long run; a busy client sends about two.
const PER_SECOND: f64 = 20.0;

/// One socket's allowance.
#[derive(Debug)]
pub(crate) struct Rate {
    tokens: f64,
    at: Instant,
}

impl Rate {
    pub(crate) fn new(now: Instant) -> Self {
        Self { tokens: BURST, at: now }
    }

    /// Whether one more message is allowed now.
    pub(crate) fn allows(&mut self, now: Instant) -> bool {
        let passed = now.duration_since(self.at).as_secs_f64();
        self.at = now;
        self.tokens = (self.tokens + passed * PER_SECOND).min(BURST);
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_address_knocks_sixty_times_and_guesses_ten() {
        let (knocks, now) = (Knocks::default(), Instant::now());
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!((0..100).filter(|_| knocks.allows(address("192.0.2.1"), now)).count(), 60);
        assert!(knocks.allows(address("192.0.2.1"), now + Duration::from_secs(1)));
        let guesses = (0..100).filter(|n| {
            // Changing the address within the own network does not help.
            let allowed = knocks.allows(address(&format!("2001:db8::{n:x}")), now);
            knocks.was_wrong(address("2001:db8::1"));
            allowed
        });
        assert!(guesses.count() <= 10);
    }

    #[test]
    fn addresses_without_end_take_no_memory_without_end() {
        let (knocks, now) = (Knocks::default(), Instant::now());
        let address = |n: u32| IpAddr::V4(n.into());
        assert_eq!((0..20_000).filter(|n| knocks.allows(address(*n), now)).count(), ADDRESSES);
        assert!(knocks.allows(address(30_000), now + Duration::from_secs(60)));
    }

    #[test]
    fn a_flood_is_stopped_and_a_pause_forgives() {
        let start = Instant::now();
        let mut rate = Rate::new(start);
        assert_eq!((0..100).filter(|_| rate.allows(start)).count(), 60);
        assert!(rate.allows(start + Duration::from_millis(60)));
        assert!(!rate.allows(start + Duration::from_millis(61)));
    }
}
