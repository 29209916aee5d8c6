//! What the directory asks of the rest of the hub; the hub implements it over the mail service.

use std::{future::Future, pin::Pin};

use base::id::MailboxId;
use directory_core::MailboxKind;

/// How much of the store a mailbox takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// Letters.
    pub letters: u64,
    /// Octets.
    pub bytes: u64,
    /// Octets it may hold.
    pub limit: u64,
}

/// Says how much mailboxes hold, and sets how much they may.
pub trait MailboxUse: Send + Sync {
    /// The use of `mailbox`, which is of `kind`; `None` when it cannot be told now.
    fn of(
        &self,
        mailbox: MailboxId,
        kind: MailboxKind,
    ) -> Pin<Box<dyn Future<Output = Option<Use>> + Send + '_>>;

    /// Lets `mailbox` hold `bytes`, or what is usual for its kind; `false` when that failed.
    fn allow(
        &self,
        mailbox: MailboxId,
        bytes: Option<u64>,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + '_>>;
}
