//! The inbox as POP3 sees it: one session at a time, a list taken at its start, deletions at its end.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use base::{MailboxId, Timestamp};
use bytes::Bytes;
use mail_gateway_core::pop3::Entry;

use crate::store::{Store, StoreError};

/// Maildrops that are open now (RFC 1939 §4: an exclusive lock). As large as the number of sessions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Locks(Arc<Mutex<HashSet<MailboxId>>>);

/// A lock, held until dropped.
#[derive(Debug)]
struct Lock {
    locks: Locks,
    mailbox: MailboxId,
}

impl Locks {
    fn take(&self, mailbox: MailboxId) -> Option<Lock> {
        let fresh = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(mailbox);
        fresh.then(|| Lock { locks: self.clone(), mailbox })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.locks.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.mailbox);
    }
}

/// A locked maildrop.
#[derive(Debug)]
pub(super) struct Maildrop {
    store: Store,
    mailbox: MailboxId,
    _lock: Lock,
}

impl Maildrop {
    /// Locks the maildrop of `mailbox`; `None` when another session has it.
    pub(super) fn open(locks: &Locks, store: &Store, mailbox: MailboxId) -> Option<Self> {
        Some(Self { store: store.clone(), mailbox, _lock: locks.take(mailbox)? })
    }

    /// Its letters, in the order in which they arrived.
    pub(super) async fn list(&self) -> Result<Vec<Entry>, StoreError> {
        let letters = self.store.inbox(self.mailbox).await?;
        Ok(letters.into_iter().map(|(id, size)| Entry { id, size }).collect())
    }

    /// The octets of a letter; `None` when another program has deleted it.
    pub(super) async fn read(&self, letter: &str) -> Result<Option<Bytes>, StoreError> {
        match self.store.letter(self.mailbox, letter).await {
            Ok(found) => self.store.open_blob(&found.blob).await.map(Some),
            Err(StoreError::NotFound) => Ok(None),
            Err(cause) => Err(cause),
        }
    }

    /// Deletes letters, all or none.
    pub(super) async fn delete(&self, letters: Vec<String>) -> Result<(), StoreError> {
        if letters.is_empty() {
            return Ok(());
        }
        self.store.remove_from_inbox(self.mailbox, letters, Timestamp::now()).await
    }
}
