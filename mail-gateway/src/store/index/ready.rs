//! Entries that were made when their letters came in, until the index takes them: what was just read need
//! not be read again. Nothing depends on them: what is missing here is read from the body.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use mail_gateway_core::{message::BlobId, search::Entry};

/// Entries that wait, bounded by [`ROOM`].
#[derive(Debug, Default)]
pub(crate) struct Ready {
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    entries: HashMap<BlobId, Entry>,
    octets: usize,
}

impl Ready {
    /// Keeps `entry` until it is asked for. Without room all are given up: those that nobody asks for,
    /// because their letters were not recorded after all, go that way too.
    pub(super) fn put(&self, blob: BlobId, entry: Entry) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let octets = entry.octets();
        if waiting.octets + octets > ROOM {
            *waiting = Waiting::default();
        }
        match waiting.entries.insert(blob, entry) {
            // The same letter again: its entry is as long.
            Some(_) => {}
            None => waiting.octets += octets,
        }
    }

    /// The entry of `blob`, if it is here.
    pub(super) fn take(&self, blob: &BlobId) -> Option<Entry> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = waiting.entries.remove(blob)?;
        waiting.octets = waiting.octets.saturating_sub(entry.octets());
        Some(entry)
    }
}

/// Octets of entries that wait at most.
const ROOM: usize = 16 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_handed_on_once_and_never_fill_the_memory() {
        let ready = Ready::default();
        let entry = Entry { body: " a".repeat(1 << 20), ..Entry::default() };
        let blobs: Vec<BlobId> = (0..40u8).map(|n| BlobId::of(&[n])).collect();
        for blob in &blobs {
            ready.put(blob.clone(), entry.clone());
            ready.put(blob.clone(), entry.clone());
        }
        let taken = blobs.iter().filter(|blob| ready.take(blob).is_some()).count();
        assert!((1..=8).contains(&taken), "{taken}");
        assert!(blobs.iter().all(|blob| ready.take(blob).is_none()));
        assert_eq!(ready.waiting.lock().unwrap().octets, 0);
    }
}
