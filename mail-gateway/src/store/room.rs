//! How much a mailbox holds and may hold.
//!
//! A letter that was accepted is always delivered; the quota is asked before, where a letter is offered.

use base::MailboxId;
use database::sqlx::{self, AnyConnection, Row};
use directory_core::MailboxKind;

use super::{Store, StoreError, Usage, unsigned};

/// What a mailbox holds and may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// What it holds.
    pub usage: Usage,
    /// Octets it may hold.
    pub limit: u64,
}

impl Room {
    /// Whether `octets` more fit.
    pub fn has_room(&self, octets: u64) -> bool {
        self.usage.bytes.saturating_add(octets) <= self.limit
    }

    /// Octets from which its owner is warned: nine tenths.
    pub fn warning(&self) -> u64 {
        self.limit / 10 * 9
    }
}

/// Octets of a mailbox of this kind for which nothing else was set.
pub const fn usual(kind: MailboxKind) -> u64 {
    match kind {
        MailboxKind::Personal => 2 << 30,
        _ => 10 << 30,
    }
}

/// Counts `letters` and `octets` more, or fewer.
pub(crate) async fn count(
    c: &mut AnyConnection,
    account: &str,
    letters: i64,
    octets: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE accounts SET letters = letters + $2, octets = octets + $3 WHERE account = $1")
        .bind(account)
        .bind(letters)
        .bind(octets)
        .execute(&mut *c)
        .await?;
    Ok(())
}

impl Store {
    /// How much `mailbox`, which is of `kind`, holds and may hold.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn room(&self, mailbox: MailboxId, kind: MailboxKind) -> Result<Room, StoreError> {
        let row = sqlx::query("SELECT letters, octets, quota FROM accounts WHERE account = $1")
            .bind(mailbox.to_string())
            .fetch_optional(self.database().readers())
            .await?;
        let Some(row) = row else { return Ok(Room { usage: Usage::default(), limit: usual(kind) }) };
        let usage = Usage { letters: unsigned(row.try_get(0)?), bytes: unsigned(row.try_get(1)?) };
        let limit = row.try_get::<Option<i64>, _>(2)?.map_or(usual(kind), unsigned);
        Ok(Room { usage, limit })
    }

    /// Lets `mailbox` hold `octets`; `None` is what is usual for its kind.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the mailbox was never used.
    pub async fn set_quota(&self, mailbox: MailboxId, octets: Option<u64>) -> Result<(), StoreError> {
        self.write(mailbox, move |c| {
            Box::pin(async move {
                let done = sqlx::query("UPDATE accounts SET quota = $2 WHERE account = $1")
                    .bind(mailbox.to_string())
                    .bind(octets.map(|octets| i64::try_from(octets).unwrap_or(i64::MAX)))
                    .execute(&mut *c)
                    .await?;
                if done.rows_affected() == 0 { Err(StoreError::NotFound) } else { Ok(()) }
            })
        })
        .await
    }
}
