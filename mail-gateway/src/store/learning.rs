//! What people think of letters, noted in the transaction that moves a letter into the spam folder or out of
//! it, and handed to the spam filter by [`crate::learning`]. A restart loses nothing.

use std::{collections::BTreeSet, time::Duration};

use base::Timestamp;
use database::sqlx::{self, AnyConnection, Row};
use mail_gateway_core::message::BlobId;

use super::{Store, StoreError};

/// A letter to learn from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opinion {
    pub(crate) blob: BlobId,
    pub(crate) is_spam: bool,
}

/// An account and folders of it.
pub(super) type Place<'a> = (&'a str, &'a BTreeSet<String>);

/// Notes what moving `letter` from the folders `before` into `after` says: into the spam folder is spam, out
/// of it is none unless it goes to the bin. The last move counts.
pub(super) async fn note(
    c: &mut AnyConnection,
    letter: &str,
    before: Place<'_>,
    after: Place<'_>,
) -> Result<(), StoreError> {
    let (was, is) = (roles(c, before).await?, roles(c, after).await?);
    let is_spam = match (was.contains("junk"), is.contains("junk")) {
        (false, true) => true,
        (true, false) if !is.is_empty() && !is.contains("trash") => false,
        _ => return Ok(()),
    };
    let now = Timestamp::now();
    let row = sqlx::query("SELECT blob FROM letters WHERE id = $1").bind(letter).fetch_one(&mut *c).await?;
    let blob: String = row.try_get(0)?;
    let noted = sqlx::query(
        "INSERT INTO learning (blob, spam, noted_at) \
         SELECT $1, CAST($2 AS BIGINT), CAST($3 AS BIGINT) FROM (SELECT COUNT(*) AS waiting FROM learning) AS l WHERE l.waiting < $4 \
         ON CONFLICT (blob) DO UPDATE SET spam = excluded.spam, noted_at = excluded.noted_at",
    )
    .bind(blob.as_str())
    .bind(i64::from(is_spam))
    .bind(now.as_micros())
    .bind(MOST)
    .execute(&mut *c)
    .await?;
    if noted.rows_affected() == 0 {
        tracing::warn!(letter, "mail: too much waits to be learned; the spam filter is not told of a letter");
    }
    Ok(())
}

/// The roles of `folders`; a folder without one counts as "".
async fn roles(c: &mut AnyConnection, (account, folders): Place<'_>) -> Result<BTreeSet<String>, StoreError> {
    let mut roles = BTreeSet::new();
    for folder in folders {
        let row = sqlx::query("SELECT role FROM folders WHERE account = $1 AND id = $2")
            .bind(account)
            .bind(folder.as_str())
            .fetch_optional(&mut *c)
            .await?;
        if let Some(row) = row {
            roles.insert(row.try_get::<Option<String>, _>(0)?.unwrap_or_default());
        }
    }
    Ok(roles)
}

impl Store {
    /// The opinion that waits longest.
    pub(crate) async fn next_opinion(&self) -> Result<Option<Opinion>, StoreError> {
        let row = sqlx::query("SELECT blob, spam FROM learning ORDER BY noted_at, blob LIMIT 1")
            .fetch_optional(self.database().readers())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let blob = row.try_get::<String, _>(0)?.parse().map_err(|_| StoreError::Corrupt("learning.blob"))?;
        Ok(Some(Opinion { blob, is_spam: row.try_get::<i64, _>(1)? != 0 }))
    }

    /// Forgets `opinion`, unless it has changed meanwhile.
    pub(crate) async fn forget_opinion(&self, opinion: Opinion) -> Result<(), StoreError> {
        self.database()
            .write(move |c| {
                Box::pin(async move {
                    sqlx::query("DELETE FROM learning WHERE blob = $1 AND spam = $2")
                        .bind(opinion.blob.to_string())
                        .bind(i64::from(opinion.is_spam))
                        .execute(&mut *c)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Forgets what waited longer than [`KEPT`]; answers how much.
    pub(crate) async fn expire_opinions(&self, now: Timestamp) -> Result<u64, StoreError> {
        let old = now.minus(KEPT).as_micros();
        self.database()
            .write(move |c| {
                Box::pin(async move {
                    let gone = sqlx::query("DELETE FROM learning WHERE noted_at < $1").bind(old);
                    Ok(gone.execute(&mut *c).await?.rows_affected())
                })
            })
            .await
    }
}

/// Opinions that wait at once; further ones are not noted, and the log says so.
const MOST: i64 = 10_000;
/// How long an opinion waits for a spam filter that is away: not as long as the body of a destroyed letter is kept
/// to be restored.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
