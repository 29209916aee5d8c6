//! Connections kept for further letters to the same server: a circular to five hundred people at one
//! ministry greets it four times, not five hundred.

use std::{
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::client::Connected;

/// Where a connection leads.
type Place = (IpAddr, u16);

/// Kept connections, at most [`MOST`]; when full, a connection is closed instead of kept.
pub(super) struct Pool {
    keep: Duration,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    place: Place,
    connected: Connected,
    until: Instant,
}

impl Pool {
    /// Keeps each connection for `keep` after its last letter.
    pub(super) fn new(keep: Duration) -> Self {
        Self { keep, idle: Mutex::new(Vec::new()) }
    }

    /// A kept connection to the server `host` at `place`; with `strict` one whose certificate was checked.
    pub(super) fn take(&self, place: Place, host: &str, strict: bool) -> Option<Connected> {
        let mut idle = self.lock();
        let fits = |kept: &Idle| {
            kept.place == place && kept.connected.host == host && (kept.connected.verified || !strict)
        };
        let at = idle.iter().position(fits)?;
        Some(idle.swap_remove(at).connected)
    }

    /// Keeps `connected`, or gives it back to be closed.
    pub(super) fn put(&self, place: Place, connected: Connected, now: Instant) -> Option<Connected> {
        let mut idle = self.lock();
        if connected.letters >= LETTERS || idle.len() >= MOST {
            return Some(connected);
        }
        idle.push(Idle { place, connected, until: now + self.keep });
        None
    }

    /// Takes out what was kept long enough.
    pub(super) fn over(&self, now: Instant) -> Vec<Connected> {
        self.lock().extract_if(.., |kept| kept.until <= now).map(|kept| kept.connected).collect()
    }

    /// Takes out everything.
    pub(super) fn all(&self) -> Vec<Connected> {
        self.lock().drain(..).map(|kept| kept.connected).collect()
    }

    /// The time until the next one is over.
    pub(super) fn next(&self, now: Instant) -> Option<Duration> {
        self.lock().iter().map(|kept| kept.until.saturating_duration_since(now)).min()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Idle>> {
        // The list is whole after every statement, so a panic elsewhere does not spoil it.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const MOST: usize = 64;
/// Letters through one connection; some servers count.
const LETTERS: u32 = 100;
