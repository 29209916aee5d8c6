//! What the directory asks of the rest of the hub; the hub implements it over the mail service.

use std::{future::Future, pin::Pin};

use base::id::MailboxId;

/// How much of the store a mailbox takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// Letters.
    pub letters: u64,
    /// Octets.
    pub bytes: u64,
}

/// Says how much mailboxes hold.
pub trait MailboxUse: Send + Sync {
    /// The use of `mailbox`; `None` when it cannot be told now.
    fn of(&self, mailbox: MailboxId) -> Pin<Box<dyn Future<Output = Option<Use>> + Send + '_>>;
}
