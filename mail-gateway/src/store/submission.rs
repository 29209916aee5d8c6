//! What was handed to the queue by a client (RFC 8621 §7).

pub mod identity;

use base::{LetterId, MailboxId, Timestamp, random::System};
use database::sqlx::{self, Row, any::AnyRow};

use super::{Kind, Store, StoreError, modseq};

/// A letter that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Its id.
    pub id: String,
    /// The sender's identity.
    pub identity: String,
    /// The sender's copy.
    pub letter: String,
    /// Its conversation.
    pub thread: String,
    /// The envelope as JMAP JSON.
    pub envelope: String,
    /// When it was handed over.
    pub send_at: Timestamp,
}

impl Store {
    /// Remembers a submission; answers its id. `submission.id` is ignored.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_submission(&self, account: MailboxId, new: Submission) -> Result<String, StoreError> {
        self.write(account, move |c| {
            Box::pin(async move {
                let account = account.to_string();
                let id = LetterId::new(new.send_at, &mut System).to_string();
                let modseq = modseq::next(c, &account, Kind::EmailSubmission).await?;
                sqlx::query(
                    "INSERT INTO submissions (account, id, identity, letter, thread, envelope, send_at, \
                     created, modseq) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
                )
                .bind(account)
                .bind(id.as_str())
                .bind(new.identity)
                .bind(new.letter)
                .bind(new.thread)
                .bind(new.envelope)
                .bind(new.send_at.as_micros())
                .bind(modseq)
                .execute(&mut *c)
                .await?;
                Ok(id)
            })
        })
        .await
    }

    /// The submissions of `account`, newest first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn submissions(&self, account: MailboxId, limit: usize) -> Result<Vec<Submission>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, identity, letter, thread, envelope, send_at FROM submissions WHERE account = $1 \
             ORDER BY send_at DESC, id DESC LIMIT $2",
        )
        .bind(account.to_string())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(self.database().readers())
        .await?;
        rows.iter().map(submission_of).collect()
    }

    /// One submission.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn submission(&self, account: MailboxId, id: &str) -> Result<Option<Submission>, StoreError> {
        let row = sqlx::query(
            "SELECT id, identity, letter, thread, envelope, send_at FROM submissions \
             WHERE account = $1 AND id = $2",
        )
        .bind(account.to_string())
        .bind(id)
        .fetch_optional(self.database().readers())
        .await?;
        row.as_ref().map(submission_of).transpose()
    }
}

fn submission_of(row: &AnyRow) -> Result<Submission, StoreError> {
    Ok(Submission {
        id: row.try_get("id")?,
        identity: row.try_get("identity")?,
        letter: row.try_get("letter")?,
        thread: row.try_get("thread")?,
        envelope: row.try_get("envelope")?,
        send_at: Timestamp::from_micros(row.try_get("send_at")?),
    })
}
