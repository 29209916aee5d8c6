//! The numbering of a selected mailbox as one client knows it (RFC 9051 §2.3.1.2).
//!
//! Another client may remove a letter at any moment; this one's numbers change only when it is told,
//! and it is told only where the RFC allows (RFC 9051 §7.5.1).

use super::set::{self, Set};

/// The UIDs a client knows, in the order of their sequence numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    uids: Vec<u32>,
}

impl View {
    /// A view of these ascending UIDs.
    pub fn new(mut uids: Vec<u32>) -> Self {
        uids.shrink_to_fit();
        Self { uids }
    }

    /// How many letters the client knows.
    pub fn len(&self) -> usize {
        self.uids.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.uids.is_empty()
    }

    /// All UIDs, ascending.
    pub fn uids(&self) -> &[u32] {
        &self.uids
    }

    /// The sequence number of `uid`.
    pub fn number_of(&self, uid: u32) -> Option<u32> {
        self.uids.binary_search(&uid).ok().and_then(|place| u32::try_from(place + 1).ok())
    }

    /// The UIDs that `set` names, ascending; what it names and the client does not know is left out.
    pub fn chosen(&self, set: &Set, by_uid: bool, saved: &[u32]) -> Vec<u32> {
        if set.is_saved {
            return saved.iter().copied().filter(|uid| self.uids.binary_search(uid).is_ok()).collect();
        }
        let mut chosen = Vec::new();
        if by_uid {
            for (first, last) in set.resolve(self.uids.last().copied().unwrap_or(0)) {
                let from = self.uids.partition_point(|uid| *uid < first);
                let to = self.uids.partition_point(|uid| *uid <= last);
                chosen.extend_from_slice(self.uids.get(from..to).unwrap_or_default());
            }
        } else {
            for (first, last) in set.resolve(u32::try_from(self.uids.len()).unwrap_or(u32::MAX)) {
                let from = usize::try_from(first).unwrap_or(usize::MAX).saturating_sub(1);
                let to = usize::try_from(last).unwrap_or(usize::MAX).min(self.uids.len());
                chosen.extend_from_slice(self.uids.get(from..to).unwrap_or_default());
            }
        }
        chosen
    }

    /// Whether `set` names a number beyond the last letter (a range with `*` never does).
    pub fn is_beyond(&self, set: &Set) -> bool {
        let largest = u32::try_from(self.uids.len()).unwrap_or(u32::MAX);
        set.ranges.iter().any(|(a, b)| a.zip(*b).is_some_and(|(a, b)| a.max(b) > largest))
    }

    /// Forgets `uids`; answers the numbers to announce, each as it stands after the ones before it.
    pub fn remove(&mut self, uids: &[u32]) -> Vec<u32> {
        let mut numbers = Vec::new();
        let mut gone = uids.to_vec();
        gone.sort_unstable();
        // From the end: the numbers before stay as they are.
        for uid in gone.iter().rev() {
            numbers.extend(self.number_of(*uid));
        }
        if !numbers.is_empty() {
            self.uids.retain(|uid| gone.binary_search(uid).is_err());
        }
        numbers
    }

    /// Takes in new letters; answers whether there were any.
    pub fn add(&mut self, uids: impl IntoIterator<Item = u32>) -> bool {
        let before = self.uids.len();
        for uid in uids {
            match self.uids.last() {
                Some(last) if *last >= uid => {
                    if let Err(place) = self.uids.binary_search(&uid) {
                        self.uids.insert(place, uid);
                    }
                }
                _ => self.uids.push(uid),
            }
        }
        self.uids.len() != before
    }

    /// The numbers of these ascending UIDs as a set.
    pub fn numbers_written(&self, uids: &[u32]) -> String {
        set::written(uids.iter().filter_map(|uid| self.number_of(*uid)))
    }
}
