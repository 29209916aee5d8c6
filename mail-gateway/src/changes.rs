//! Notices that an account changed, for the web pages and mail clients that show it.

use base::MailboxId;
use tokio::sync::broadcast;

/// Carries "this account changed" from commits to whoever shows the account.
#[derive(Clone, Debug)]
pub struct Changes {
    notices: broadcast::Sender<MailboxId>,
}

impl Changes {
    /// A new channel without listeners.
    pub(crate) fn new() -> Self {
        Self { notices: broadcast::Sender::new(QUEUE) }
    }

    /// Tells every listener that `account` changed.
    pub fn announce(&self, account: MailboxId) {
        // Nobody listening is normal.
        let _ = self.notices.send(account);
    }

    /// Notices from now on. A listener that receives `Lagged` looks at all its accounts again.
    pub fn subscribe(&self) -> broadcast::Receiver<MailboxId> {
        self.notices.subscribe()
    }
}

/// Notices a listener may be behind; when full the oldest are lost and the listener is told so.
const QUEUE: usize = 1024;
