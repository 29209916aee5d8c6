//! Guessing passwords is made slow: five failures lock an account for fifteen minutes, and one
//! network address gets a bounded number of failures over all accounts.

use std::time::Duration;

use base::Timestamp;

/// Failures in a row that lock an account.
pub const LOCK_AFTER: u32 = 5;
/// How long it stays locked; also how long failures are remembered.
pub const LOCK_FOR: Duration = Duration::from_secs(15 * 60);

/// An account's recent failures, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lockout {
    /// Failures in a row.
    pub failures: u32,
    /// The moment of the last one.
    pub last: Timestamp,
}

/// What a failed attempt is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// So many attempts are left.
    Left(u32),
    /// No attempt is looked at before this moment.
    LockedUntil(Timestamp),
}

impl Lockout {
    /// The moment until which the account is locked at `now`.
    pub fn locked_until(&self, now: Timestamp) -> Option<Timestamp> {
        let until = self.last.plus(LOCK_FOR);
        (self.failures >= LOCK_AFTER && now < until).then_some(until)
    }

    /// The state after a wrong password at `now`, and the answer.
    ///
    /// Failures older than [`LOCK_FOR`] are forgotten: a typo in the morning does not count against
    /// one in the afternoon.
    pub fn fail(self, now: Timestamp) -> (Self, Refusal) {
        if let Some(until) = self.locked_until(now) {
            return (self, Refusal::LockedUntil(until));
        }
        let recent = if now < self.last.plus(LOCK_FOR) { self.failures } else { 0 };
        let next = Self { failures: recent.min(LOCK_AFTER - 1) + 1, last: now };
        let refusal = match next.locked_until(now) {
            Some(until) => Refusal::LockedUntil(until),
            None => Refusal::Left(LOCK_AFTER - next.failures),
        };
        (next, refusal)
    }
}

/// One network address's allowance of failures: a bucket that refills evenly.
///
/// A whole district office may share one address, so the allowance is generous; it exists to stop
/// one machine from walking through the list of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    spent: u32,
    since: Timestamp,
}

impl Allowance {
    /// Failures in the bucket.
    pub const FAILURES: u32 = 60;
    /// Time in which one failure is forgiven.
    pub const REFILL: Duration = Duration::from_secs(15);

    /// A full allowance.
    pub const fn full(now: Timestamp) -> Self {
        Self { spent: 0, since: now }
    }

    /// The moment the next attempt is looked at, when the allowance is used up at `now`.
    pub fn exhausted_until(&self, now: Timestamp) -> Option<Timestamp> {
        let current = self.refilled(now);
        (current.spent >= Self::FAILURES).then(|| current.since.plus(Self::REFILL))
    }

    /// The allowance after one more failure at `now`.
    #[must_use]
    pub fn spend(self, now: Timestamp) -> Self {
        let current = self.refilled(now);
        Self { spent: (current.spent + 1).min(Self::FAILURES), since: current.since }
    }

    /// Whether nothing of it is spent at `now`, so that it need not be remembered.
    pub fn is_full(&self, now: Timestamp) -> bool {
        self.refilled(now).spent == 0
    }

    fn refilled(self, now: Timestamp) -> Self {
        let step = Self::REFILL.as_micros().max(1);
        let steps = u32::try_from(now.since(self.since).as_micros() / step).unwrap_or(u32::MAX);
        if steps >= self.spent {
            return Self::full(now);
        }
        Self { spent: self.spent - steps, since: self.since.plus(Self::REFILL * steps) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base::Timestamp;

    use super::{Allowance, LOCK_FOR, Lockout, Refusal};

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    #[test]
    fn the_fifth_failure_locks_for_fifteen_minutes() {
        let mut state = Lockout::default();
        for left in [4, 3, 2, 1] {
            let (next, refusal) = state.fail(NOW);
            assert_eq!(refusal, Refusal::Left(left));
            state = next;
        }
        let until = NOW.plus(LOCK_FOR);
        let (state, refusal) = state.fail(NOW);
        assert_eq!(refusal, Refusal::LockedUntil(until));
        // Trying on does not prolong the lock.
        assert_eq!(state.fail(NOW.plus(Duration::from_secs(600))), (state, Refusal::LockedUntil(until)));
        assert_eq!(state.locked_until(until), None);
        assert_eq!(state.fail(until).1, Refusal::Left(4));
    }

    #[test]
    fn old_failures_are_forgotten() {
        let (state, _) = Lockout::default().fail(NOW);
        assert_eq!(state.fail(NOW.plus(LOCK_FOR)).1, Refusal::Left(4));
    }

    #[test]
    fn one_address_runs_out_and_recovers() {
        let mut allowance = Allowance::full(NOW);
        for _ in 0..Allowance::FAILURES {
            assert_eq!(allowance.exhausted_until(NOW), None);
            allowance = allowance.spend(NOW);
        }
        let again = NOW.plus(Allowance::REFILL);
        assert_eq!(allowance.exhausted_until(NOW), Some(again));
        assert_eq!(allowance.exhausted_until(again), None);
        assert!(allowance.is_full(NOW.plus(Allowance::REFILL * Allowance::FAILURES)));
    }
}
