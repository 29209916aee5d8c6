//! "What changed since": exact answers from mod-sequences and tombstones (RFC 8620 §5.2).

use std::collections::BTreeSet;

use base::MailboxId;
use database::sqlx::{self, AssertSqlSafe, Row};

use crate::store::{Kind, Store, StoreError};

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Since {
    /// The state the client has after it applied this answer.
    pub state: i64,
    /// Whether more happened after `state`.
    pub more: bool,
    /// Objects that did not exist before.
    pub created: Vec<String>,
    /// Objects that changed.
    pub updated: Vec<String>,
    /// Objects that are gone.
    pub destroyed: Vec<String>,
    /// Of folders only: nothing but counts changed.
    pub only_counts: bool,
}

impl Store {
    /// The state of `kind` in `account`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn state(&self, account: MailboxId, kind: Kind) -> Result<i64, StoreError> {
        let row = sqlx::query("SELECT modseq FROM states WHERE account = $1 AND kind = $2")
            .bind(account.to_string())
            .bind(kind.as_str())
            .fetch_optional(self.database().readers())
            .await?;
        Ok(row.map_or(Ok(0), |row| row.try_get(0))?)
    }

    /// The states of every kind in `account`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn states(&self, account: MailboxId) -> Result<Vec<(Kind, i64)>, StoreError> {
        let rows = sqlx::query("SELECT kind, modseq FROM states WHERE account = $1")
            .bind(account.to_string())
            .fetch_all(self.database().readers())
            .await?;
        let mut states = Vec::new();
        for row in rows {
            let name: String = row.try_get(0)?;
            if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.as_str() == name) {
                states.push((kind, row.try_get(1)?));
            }
        }
        Ok(states)
    }

    /// What changed in `kind` after `since`, at most `limit` objects; `None` when `since` is not a
    /// state this account ever had.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn since(
        &self,
        account: MailboxId,
        kind: Kind,
        since: i64,
        limit: usize,
    ) -> Result<Option<Since>, StoreError> {
        // One snapshot: state, living and dead are read in one transaction.
        let mut snapshot = self.database().readers().begin().await?;
        let account = account.to_string();
        let row = sqlx::query("SELECT modseq FROM states WHERE account = $1 AND kind = $2")
            .bind(account.as_str())
            .bind(kind.as_str())
            .fetch_optional(&mut *snapshot)
            .await?;
        let now: i64 = row.map_or(Ok(0), |row| row.try_get(0))?;
        if since < 0 || since > now {
            return Ok(None);
        }
        let Some(table) = table(kind) else { return Ok(None) };
        let settings = if kind == Kind::Mailbox { "settings_modseq" } else { "modseq" };
        // A new object counts at its birth, even if it changed later: an answer cut between the two
        // must already name it as created.
        let sql = format!(
            "SELECT id, created, CASE WHEN created > $2 THEN created ELSE modseq END AS at, \
             {settings} AS settings, 0 AS dead \
             FROM {table} WHERE account = $1 AND modseq > $2 \
             UNION ALL SELECT id, created, modseq AS at, 0 AS settings, 1 AS dead FROM tombstones \
             WHERE account = $1 AND kind = $3 AND modseq > $2 AND created <= $2 ORDER BY at LIMIT $4"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(account)
            .bind(since)
            .bind(kind.as_str())
            .bind(i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX))
            .fetch_all(&mut *snapshot)
            .await?;
        let mut answer =
            Since { state: now, more: rows.len() > limit, only_counts: true, ..Since::default() };
        let mut last = since;
        for row in rows.iter().take(limit) {
            let (id, created): (String, i64) = (row.try_get("id")?, row.try_get("created")?);
            last = row.try_get("at")?;
            if row.try_get::<i64, _>("dead")? == 1 {
                answer.destroyed.push(id);
            } else if created > since {
                answer.created.push(id);
            } else {
                answer.only_counts &= row.try_get::<i64, _>("settings")? <= since;
                answer.updated.push(id);
            }
        }
        if answer.more {
            answer.state = last;
        }
        Ok(Some(answer))
    }
}

/// Letters that a list may show otherwise than before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChangedAround {
    /// The state of letters now.
    pub state: i64,
    /// Letters that changed, came, or belong to a conversation of which one did.
    pub living: BTreeSet<String>,
    /// Letters that are gone.
    pub destroyed: Vec<String>,
}

impl Store {
    /// What a list of letters may show otherwise than at the state `since`; `None` when that was never
    /// a state of this account, or when more than `limit` letters are concerned.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn changed_around(
        &self,
        account: MailboxId,
        since: i64,
        limit: usize,
    ) -> Result<Option<ChangedAround>, StoreError> {
        let Some(letters) = self.since(account, Kind::Email, since, limit).await? else { return Ok(None) };
        if letters.more {
            return Ok(None);
        }
        // A conversation's number moves with every letter that comes to it or leaves it, so it tells of
        // those that lost a letter, whose thread its tombstone does not name.
        let rows = sqlx::query(
            "SELECT id FROM letters WHERE account = $1 AND thread IN (SELECT id FROM threads WHERE account = $1 \
             AND modseq > $2 UNION SELECT thread FROM letters WHERE account = $1 AND modseq > $2) LIMIT $3",
        )
        .bind(account.to_string())
        .bind(since)
        .bind(i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX))
        .fetch_all(self.database().readers())
        .await?;
        if rows.len() > limit {
            return Ok(None);
        }
        let living = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        Ok(Some(ChangedAround { state: letters.state, living, destroyed: letters.destroyed }))
    }
}

/// Where the objects of `kind` lie; those without a `/changes` (RFC 8621 §8, RFC 9661 §2) have none.
const fn table(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Mailbox => Some("folders"),
        Kind::Email => Some("letters"),
        Kind::Thread => Some("threads"),
        Kind::Identity => Some("identities"),
        Kind::EmailSubmission => Some("submissions"),
        Kind::VacationResponse | Kind::SieveScript => None,
    }
}
