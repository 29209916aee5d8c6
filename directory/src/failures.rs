//! Failed sign-ins that no account row remembers: of unknown logins, and per network address.
//! Both tables are bounded; what is forgotten first only makes guessing at nothing a little easier.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
};

use base::Timestamp;
use directory_core::{Allowance, LOCK_FOR, Lockout, Refusal};

/// The two tables.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    unknown: Mutex<HashMap<String, Lockout>>,
    addresses: Mutex<HashMap<IpAddr, Allowance>>,
}

impl Failures {
    /// A failure of a login that does not exist: answered exactly like one that does.
    pub(crate) fn unknown_login(&self, login: &str, now: Timestamp) -> Refusal {
        let login: String = login.chars().take(128).collect();
        let mut unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, refusal) = unknown.get(&login).copied().unwrap_or_default().fail(now);
        if unknown.len() >= UNKNOWN {
            unknown.retain(|_, state| now < state.last.plus(LOCK_FOR));
        }
        // Still full: the newcomer is not remembered and keeps its attempts, which lead nowhere.
        if unknown.len() < UNKNOWN || unknown.contains_key(&login) {
            unknown.insert(login, next);
        }
        refusal
    }

    /// The moment from which attempts from `ip` are looked at again.
    pub(crate) fn exhausted(&self, ip: IpAddr, now: Timestamp) -> Option<Timestamp> {
        let addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        addresses.get(&network(ip))?.exhausted_until(now)
    }

    /// One more failure from `ip`.
    pub(crate) fn spend(&self, ip: IpAddr, now: Timestamp) {
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if addresses.len() >= ADDRESSES {
            addresses.retain(|_, allowance| !allowance.is_full(now));
        }
        // Still full: an attack from sixteen thousand networks; accounts' own locks hold.
        if addresses.len() < ADDRESSES || addresses.contains_key(&network(ip)) {
            let allowance = addresses.entry(network(ip)).or_insert_with(|| Allowance::full(now));
            *allowance = allowance.spend(now);
        }
    }
}

/// An IPv6 customer owns a /64 (RFC 6177 §2): it counts as one.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

const UNKNOWN: usize = 4_096;
const ADDRESSES: usize = 16_384;
