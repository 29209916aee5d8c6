//! How much a mailbox holds and may hold.
//!
//! A letter that was accepted is always delivered; the quota is asked before, where a letter is offered.

use std::collections::BTreeMap;

use base::{MailboxId, Timestamp};
use database::sqlx::{self, AnyConnection, AnyPool, AssertSqlSafe, Row};
use directory_core::MailboxKind;
use futures_util::future::BoxFuture;

use super::{Store, StoreError, Usage, placeholders, unsigned};

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

/// Octets that mailboxes may hold for which nothing else was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// A person's.
    pub person: u64,
    /// An agency's.
    pub agency: u64,
}

impl Quotas {
    /// Octets of a mailbox of this kind.
    pub const fn of(self, kind: MailboxKind) -> u64 {
        match kind {
            MailboxKind::Personal => self.person,
            _ => self.agency,
        }
    }
}

impl Default for Quotas {
    fn default() -> Self {
        Self { person: 2_000_000_000, agency: 10_000_000_000 }
    }
}

/// A mailbox that is nearly full, or was when its owner was warned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Watched {
    pub(crate) mailbox: MailboxId,
    pub(crate) octets: u64,
    /// What was set for this mailbox.
    pub(crate) quota: Option<u64>,
    pub(crate) is_warned: bool,
}

/// What is written of a mailbox.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    usage: Usage,
    /// What was set for this mailbox.
    quota: Option<u64>,
}

/// What each of `mailboxes` holds, of which there are no more than [`super::IN_LIST`].
pub(super) fn held(
    readers: AnyPool,
    mailboxes: Vec<MailboxId>,
) -> BoxFuture<'static, Result<Vec<Option<Held>>, StoreError>> {
    Box::pin(async move {
        let list = placeholders(1, mailboxes.len());
        let sql = format!("SELECT account, letters, octets, quota FROM accounts WHERE account IN ({list})");
        let query = sqlx::query(AssertSqlSafe(sql));
        let query = mailboxes.iter().fold(query, |query, mailbox| query.bind(mailbox.to_string()));
        let mut known = BTreeMap::new();
        for row in query.fetch_all(&readers).await? {
            let usage = Usage { letters: unsigned(row.try_get(1)?), bytes: unsigned(row.try_get(2)?) };
            let quota = row.try_get::<Option<i64>, _>(3)?.map(unsigned);
            known.insert(row.try_get::<String, _>(0)?, Held { usage, quota });
        }
        Ok(mailboxes.iter().map(|mailbox| known.get(&mailbox.to_string()).copied()).collect())
    })
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
        let usual = self.quotas.of(kind);
        let held = self.rooms.ask(mailbox).await?;
        let (usage, quota) = held.map_or_else(Default::default, |held| (held.usage, held.quota));
        Ok(Room { usage, limit: quota.unwrap_or(usual) })
    }

    /// Lets `mailbox` hold `octets`; `None` is what is usual for its kind.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_quota(&self, mailbox: MailboxId, octets: Option<u64>) -> Result<(), StoreError> {
        self.ensure(mailbox, Timestamp::now()).await?;
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

    /// Mailboxes whose owners may have to be warned: whoever was warned, whoever has a quota of their
    /// own, whoever holds `octets`.
    pub(crate) async fn watched(&self, octets: u64) -> Result<Vec<Watched>, StoreError> {
        let rows = sqlx::query(
            "SELECT account, octets, quota, warned FROM accounts \
             WHERE octets >= $1 OR warned = 1 OR quota IS NOT NULL",
        )
        .bind(i64::try_from(octets).unwrap_or(i64::MAX))
        .fetch_all(self.database().readers())
        .await?;
        let watched = |row: &sqlx::any::AnyRow| -> Result<Watched, StoreError> {
            Ok(Watched {
                mailbox: row.try_get::<String, _>(0)?.parse().map_err(|_| StoreError::Corrupt("account"))?,
                octets: unsigned(row.try_get(1)?),
                quota: row.try_get::<Option<i64>, _>(2)?.map(unsigned),
                is_warned: row.try_get::<i64, _>(3)? != 0,
            })
        };
        rows.iter().map(watched).collect()
    }

    /// Notes that the owner of `mailbox` was warned, or may be warned again.
    pub(crate) async fn set_warned(&self, mailbox: MailboxId, is_warned: bool) -> Result<(), StoreError> {
        let done = self.database().write(move |c| {
            Box::pin(async move {
                sqlx::query("UPDATE accounts SET warned = $2 WHERE account = $1")
                    .bind(mailbox.to_string())
                    .bind(i64::from(is_warned))
                    .execute(&mut *c)
                    .await
                    .map(drop)
                    .map_err(StoreError::from)
            })
        });
        done.await
    }
}
