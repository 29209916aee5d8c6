//! Conversations (RFC 8621 §3): letters that share a Message-ID in their reference headers and the
//! same base subject. A letter's thread never changes once it is assigned.

use database::sqlx::{self, AnyConnection, Row};
use mail_gateway_core::message::Summary;

use crate::store::{Kind, Store, StoreError, modseq};

/// The thread `letter` belongs to; a new one, named after the letter, when it answers nothing known.
pub(crate) async fn assign(
    c: &mut AnyConnection,
    account: &str,
    letter: &str,
    summary: &Summary,
) -> Result<String, StoreError> {
    let subject = summary.base_subject();
    let ids = summary.thread_ids();
    let mut found = None;
    for id in &ids {
        let row = sqlx::query(
            "SELECT thread FROM thread_links WHERE account = $1 AND message_id = $2 AND subject = $3",
        )
        .bind(account)
        .bind(*id)
        .bind(subject.as_str())
        .fetch_optional(&mut *c)
        .await?;
        if let Some(row) = row {
            found = Some(row.try_get::<String, _>(0)?);
            break;
        }
    }
    let thread = found.unwrap_or_else(|| letter.to_owned());
    for id in ids {
        sqlx::query(
            "INSERT INTO thread_links (account, message_id, subject, thread) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (account, message_id, subject) DO NOTHING",
        )
        .bind(account)
        .bind(id)
        .bind(subject.as_str())
        .bind(thread.as_str())
        .execute(&mut *c)
        .await?;
    }
    Ok(thread)
}

/// Notes that the letters of `thread` changed: it appears, changes, or disappears with its last letter.
pub(crate) async fn touch(c: &mut AnyConnection, account: &str, thread: &str) -> Result<(), StoreError> {
    let row = sqlx::query(
        "SELECT (SELECT COUNT(*) FROM letters WHERE account = $1 AND thread = $2) AS letters, \
         (SELECT created FROM threads WHERE account = $1 AND id = $2) AS created",
    )
    .bind(account)
    .bind(thread)
    .fetch_one(&mut *c)
    .await?;
    let (letters, created): (i64, Option<i64>) = (row.try_get(0)?, row.try_get(1)?);
    match (letters, created) {
        (0, None) => Ok(()),
        (0, Some(created)) => {
            for sql in [
                "DELETE FROM threads WHERE account = $1 AND id = $2",
                "DELETE FROM thread_links WHERE account = $1 AND thread = $2",
            ] {
                sqlx::query(sql).bind(account).bind(thread).execute(&mut *c).await?;
            }
            modseq::bury(c, account, Kind::Thread, thread, created).await
        }
        _ => {
            let modseq = modseq::next(c, account, Kind::Thread).await?;
            sqlx::query(
                "INSERT INTO threads (account, id, created, modseq) VALUES ($1, $2, $3, $3) \
                 ON CONFLICT (account, id) DO UPDATE SET modseq = excluded.modseq",
            )
            .bind(account)
            .bind(thread)
            .bind(modseq)
            .execute(&mut *c)
            .await?;
            Ok(())
        }
    }
}

impl Store {
    /// The letters of `thread`, oldest first; empty when there is no such thread.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn thread(&self, account: base::MailboxId, thread: &str) -> Result<Vec<String>, StoreError> {
        let rows =
            sqlx::query("SELECT id FROM letters WHERE account = $1 AND thread = $2 ORDER BY received, id")
                .bind(account.to_string())
                .bind(thread)
                .fetch_all(self.database().readers())
                .await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }
}
