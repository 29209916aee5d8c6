//! Notices that an account changed, for the web pages and mail clients that show it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use base::MailboxId;
use tokio::sync::{broadcast, watch};

/// Carries "this account changed" from commits to whoever shows the account.
#[derive(Clone, Debug)]
pub struct Changes {
    notices: broadcast::Sender<MailboxId>,
    /// Accounts that somebody watches alone; an entry goes with the first notice nobody waits for.
    watched: Arc<Mutex<HashMap<MailboxId, watch::Sender<u64>>>>,
}

impl Changes {
    /// A new channel without listeners.
    pub(crate) fn new() -> Self {
        Self { notices: broadcast::Sender::new(QUEUE), watched: Arc::default() }
    }

    /// Tells every listener that `account` changed.
    pub fn announce(&self, account: MailboxId) {
        // Nobody listening is normal.
        let _ = self.notices.send(account);
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watchers) = watched.get(&account) {
            if watchers.receiver_count() == 0 {
                watched.remove(&account);
            } else {
                watchers.send_modify(|count| *count = count.wrapping_add(1));
            }
        }
    }

    /// Notices from now on. A listener that receives `Lagged` looks at all its accounts again.
    pub fn subscribe(&self) -> broadcast::Receiver<MailboxId> {
        self.notices.subscribe()
    }

    /// Notices of `account` alone: ten thousand idle mail programs are not woken by each other's mail.
    pub fn watch(&self, account: MailboxId) -> watch::Receiver<u64> {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.entry(account).or_insert_with(|| watch::Sender::new(0)).subscribe()
    }
}

/// Notices a listener may be behind; when full the oldest are lost and the listener is told so.
const QUEUE: usize = 1024;
