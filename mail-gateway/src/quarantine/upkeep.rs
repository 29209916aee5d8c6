//! The quarantine by itself: old letters go away, addressees are told.

use std::time::Duration;

use base::Timestamp;
use database::sqlx::{self, Row};
use tokio_util::sync::CancellationToken;

use super::notice::{self, Line};
use crate::{Envelope, Mail, SubmitError, store::StoreError};

/// Looks every [`EVERY`] until `stop`; not at once, a start has better things to do.
pub(crate) async fn run(mail: Mail, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        let now = Timestamp::now();
        match mail.expire_held(now).await {
            Ok(0) => {}
            Ok(gone) => tracing::info!(gone, "mail: held letters reached their age and were thrown away"),
            Err(cause) => tracing::error!(?cause, "mail: old held letters stay; the next try is in minutes"),
        }
        if let Err(cause) = mail.tell_of_held(now).await {
            tracing::error!(
                ?cause,
                "mail: addressees of held letters were not told; the next try is in minutes"
            );
        }
    }
}

impl Mail {
    /// Tells whoever has letters held that were not told of yet, and was not told within [`PAUSE`];
    /// answers how many were told.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn tell_of_held(&self, now: Timestamp) -> Result<usize, StoreError> {
        let rows = sqlx::query(
            "SELECT DISTINCT r.address FROM quarantine_recipient r \
             LEFT JOIN quarantine_notice n ON n.address = r.address \
             WHERE r.told = 0 AND (n.told_at IS NULL OR n.told_at <= $1) ORDER BY r.address LIMIT $2",
        )
        .bind(now.minus(PAUSE).as_micros())
        .bind(AT_ONCE)
        .fetch_all(self.inner.database.readers())
        .await?;
        let mut told = 0;
        for row in &rows {
            told += usize::from(self.tell(row.try_get(0)?, now).await?);
        }
        Ok(told)
    }

    async fn tell(&self, address: String, now: Timestamp) -> Result<bool, StoreError> {
        let rows = sqlx::query(
            "SELECT q.id, q.sender, q.subject, q.reason, q.detail FROM quarantine_recipient r \
             JOIN quarantine q ON q.id = r.held WHERE r.told = 0 AND r.address = $1 ORDER BY q.held_at, q.id",
        )
        .bind(address.as_str())
        .fetch_all(self.inner.database.readers())
        .await?;
        let Some(last) = rows.last() else { return Ok(false) };
        let last: String = last.try_get(0)?;
        let lines: Result<Vec<Line>, sqlx::Error> = rows.iter().take(LISTED).map(line).collect();
        let letter = notice::letter(&self.inner.domain, &address, &lines?, rows.len());
        let written = match letter {
            Some(letter) => self.write_notice(&address, &last, &letter).await,
            None => Ok(()),
        };
        match written {
            Err(SubmitError::Unavailable | SubmitError::Store(_)) => return Ok(false),
            Err(cause) => {
                tracing::info!(%cause, "mail: an addressee of held letters cannot be told; nobody is waiting");
            }
            Ok(()) => {}
        }
        let ids: Result<Vec<String>, sqlx::Error> = rows.iter().map(|row| row.try_get(0)).collect();
        self.note_told(address, ids?, now).await?;
        Ok(true)
    }

    async fn write_notice(&self, address: &str, last: &str, letter: &[u8]) -> Result<(), SubmitError> {
        let envelope = Envelope { sender: None, recipients: vec![address.to_owned()] };
        // A crash between the letter and its note writes no second one.
        let key = format!("held-{last}-{address}");
        self.submit_once(&key, &envelope, letter).await.map(drop)
    }

    async fn note_told(&self, address: String, ids: Vec<String>, now: Timestamp) -> Result<(), StoreError> {
        let noted = self.inner.database.write(move |c| {
            Box::pin(async move {
                for id in &ids {
                    sqlx::query("UPDATE quarantine_recipient SET told = 1 WHERE held = $1 AND address = $2")
                        .bind(id.as_str())
                        .bind(address.as_str())
                        .execute(&mut *c)
                        .await?;
                }
                sqlx::query("DELETE FROM quarantine_notice WHERE told_at < $1")
                    .bind(now.minus(PAUSE).as_micros())
                    .execute(&mut *c)
                    .await?;
                sqlx::query(
                    "INSERT INTO quarantine_notice (address, told_at) VALUES ($1, $2) \
                     ON CONFLICT (address) DO UPDATE SET told_at = excluded.told_at",
                )
                .bind(address.as_str())
                .bind(now.as_micros())
                .execute(&mut *c)
                .await?;
                Ok(())
            })
        });
        noted.await
    }
}

fn line(row: &sqlx::any::AnyRow) -> Result<Line, sqlx::Error> {
    Ok(Line {
        sender: row.try_get(1)?,
        subject: row.try_get(2)?,
        reason: row.try_get(3)?,
        detail: row.try_get(4)?,
    })
}

/// Time between looks.
const EVERY: Duration = Duration::from_secs(300);
/// Time between two notices to one address.
const PAUSE: Duration = Duration::from_secs(24 * 3600);
/// Letters a notice lists.
const LISTED: usize = 50;
/// Addresses told within one look; the rest are told at the next.
const AT_ONCE: i64 = 200;
