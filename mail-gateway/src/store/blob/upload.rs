//! Uploaded files and who may read which body: an account reads what it received, wrote or uploaded,
//! and for a while what it just destroyed.

use std::time::Duration;

use base::{MailboxId, Timestamp};
use database::sqlx::{self, AnyConnection, Row};
use mail_gateway_core::message::BlobId;

use crate::store::{Store, StoreError};

/// Lets `account` read `blob` until `until` at least.
pub(crate) async fn hold(
    c: &mut AnyConnection,
    account: &str,
    blob: &str,
    until: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO uploads (account, blob, expires) VALUES ($1, $2, $3) ON CONFLICT (account, blob) \
         DO UPDATE SET expires = CASE WHEN excluded.expires > uploads.expires \
         THEN excluded.expires ELSE uploads.expires END",
    )
    .bind(account)
    .bind(blob)
    .bind(until.as_micros())
    .execute(&mut *c)
    .await?;
    Ok(())
}

impl Store {
    /// Stores `bytes` as an upload of `account`, kept for [`UPLOAD_LIFE`] unless a letter takes it.
    ///
    /// # Errors
    /// When disk or database fail.
    pub async fn upload(
        &self,
        account: MailboxId,
        bytes: bytes::Bytes,
        now: Timestamp,
    ) -> Result<BlobId, StoreError> {
        let blob = self.put_blob(bytes).await?;
        self.hold_blob(account, blob.clone(), now).await?;
        Ok(blob)
    }

    /// Keeps `blob` readable for `account` for another [`UPLOAD_LIFE`]: a draft in work names it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hold_blob(
        &self,
        account: MailboxId,
        blob: BlobId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let until = now.plus(UPLOAD_LIFE);
        self.database()
            .write(move |c| {
                Box::pin(async move { hold(c, &account.to_string(), blob.as_str(), until).await })
            })
            .await
    }

    /// Whether `account` may read `blob`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn may_read(&self, account: MailboxId, blob: &BlobId) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "SELECT CAST(CASE WHEN EXISTS (SELECT 1 FROM letters WHERE account = $1 AND blob = $2) \
             OR EXISTS (SELECT 1 FROM uploads WHERE account = $1 AND blob = $2) THEN 1 ELSE 0 END AS BIGINT)",
        )
        .bind(account.to_string())
        .bind(blob.as_str())
        .fetch_one(self.database().readers())
        .await?;
        Ok(row.try_get::<i64, _>(0)? != 0)
    }
}

/// How long an upload waits for its letter.
pub const UPLOAD_LIFE: Duration = Duration::from_secs(24 * 3600);
/// How long the body of a destroyed letter stays readable: a draft is saved every few seconds, so
/// this is also how long its old versions lie on disk.
pub(crate) const DESTROYED_LIFE: Duration = Duration::from_secs(600);
