//! What one address or one account may send within an hour. A stolen password or a hacked neighbour
//! then costs hundreds of letters, not millions; whoever reaches the limit is asked to come back.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::config::Limits;

/// Whose letters are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Spender {
    /// Somebody who signed in.
    Account(String),
    /// Another server.
    Address(IpAddr),
}

impl Spender {
    /// The spender behind `peer`: of IPv6 the network, because one machine has all of a /64.
    pub(crate) fn of_address(peer: IpAddr) -> Self {
        Self::Address(match peer {
            IpAddr::V4(_) => peer,
            IpAddr::V6(address) => {
                let network = u128::from(address) >> 64 << 64;
                IpAddr::V6(Ipv6Addr::from(network))
            }
        })
    }
}

/// Letters and recipients of the running hour, per spender.
#[derive(Debug)]
pub(crate) struct Budget {
    account: Allowance,
    address: Allowance,
    /// At most [`SPENDERS`]; when full of fresh ones, a new spender is not counted: the limits on
    /// connections still hold.
    spent: Mutex<HashMap<Spender, Spent>>,
}

#[derive(Debug, Clone, Copy)]
struct Allowance {
    letters: u64,
    recipients: u64,
}

#[derive(Debug, Clone, Copy)]
struct Spent {
    since: Instant,
    letters: u64,
    recipients: u64,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            account: Allowance {
                letters: limits.letters_per_account,
                recipients: limits.recipients_per_account,
            },
            address: Allowance {
                letters: limits.letters_per_address,
                recipients: limits.recipients_per_address,
            },
            spent: Mutex::new(HashMap::new()),
        }
    }

    /// Counts a recipient; false when the hour's allowance is used up.
    pub(crate) fn may_name_another(&self, spender: &Spender, now: Instant) -> bool {
        let allowance = match spender {
            Spender::Account(_) => self.account,
            Spender::Address(_) => self.address,
        };
        let mut spent = self.lock();
        let Some(spent) = entry(&mut spent, spender, now) else { return true };
        if spent.letters >= allowance.letters || spent.recipients >= allowance.recipients {
            return false;
        }
        spent.recipients += 1;
        true
    }

    /// Counts a letter.
    pub(crate) fn note_letter(&self, spender: &Spender, now: Instant) {
        if let Some(spent) = entry(&mut self.lock(), spender, now) {
            spent.letters += 1;
        }
    }

    /// A recipient that nobody has weighs as much as ten: that is how addresses are guessed.
    pub(crate) fn note_unknown(&self, spender: &Spender, now: Instant) {
        if let Some(spent) = entry(&mut self.lock(), spender, now) {
            spent.recipients += UNKNOWN - 1;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Spender, Spent>> {
        // The counts are whole after every statement, so a panic elsewhere does not spoil them.
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn entry<'a>(all: &'a mut HashMap<Spender, Spent>, spender: &Spender, now: Instant) -> Option<&'a mut Spent> {
    if all.len() >= SPENDERS && !all.contains_key(spender) {
        all.retain(|_, spent| now.duration_since(spent.since) < HOUR);
        if all.len() >= SPENDERS {
            return None;
        }
    }
    let fresh = Spent { since: now, letters: 0, recipients: 0 };
    let spent = all.entry(spender.clone()).or_insert(fresh);
    if now.duration_since(spent.since) >= HOUR {
        *spent = fresh;
    }
    Some(spent)
}

const HOUR: Duration = Duration::from_secs(3600);
const SPENDERS: usize = 20_000;
const UNKNOWN: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_has_an_end_for_letters_recipients_and_guesses() {
        let limits = Limits {
            letters_per_account: 2,
            recipients_per_account: 100,
            letters_per_address: 100,
            recipients_per_address: 12,
            ..Limits::default()
        };
        let budget = Budget::new(&limits);
        let (start, an) = (Instant::now(), Spender::Account("an".into()));
        for _ in 0..2 {
            assert!(budget.may_name_another(&an, start));
            budget.note_letter(&an, start);
        }
        assert!(!budget.may_name_another(&an, start), "two letters were sent");
        assert!(budget.may_name_another(&an, start + HOUR), "a new hour");
        let guesser = Spender::of_address("2001:db8::1".parse().unwrap());
        assert!(budget.may_name_another(&guesser, start));
        budget.note_unknown(&guesser, start);
        let neighbour = Spender::of_address("2001:db8::ffff".parse().unwrap());
        assert!(budget.may_name_another(&neighbour, start) && budget.may_name_another(&neighbour, start));
        assert!(
            !budget.may_name_another(&guesser, start),
            "one guess weighs as ten, one network counts as one"
        );
    }
}
