//! Uploaded files and who may read which body: an account reads what it received, wrote or uploaded.

use base::{MailboxId, Timestamp};
use database::sqlx::{self, Row};
use mail_gateway_core::message::BlobId;

use super::{Store, StoreError};

impl Store {
    /// Stores `bytes` as an upload of `account`.
    ///
    /// # Errors
    /// When disk or database fail.
    pub async fn upload(
        &self,
        account: MailboxId,
        media_type: String,
        bytes: bytes::Bytes,
        now: Timestamp,
    ) -> Result<BlobId, StoreError> {
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let blob = self.put_blob(bytes).await?;
        let name = blob.clone();
        self.database()
            .write::<_, StoreError, _>(move |c| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO uploads (account, blob, media_type, size, uploaded) \
                         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account, blob) \
                         DO UPDATE SET media_type = excluded.media_type, uploaded = excluded.uploaded",
                    )
                    .bind(account.to_string())
                    .bind(name.as_str())
                    .bind(media_type)
                    .bind(size)
                    .bind(now.as_micros())
                    .execute(&mut *c)
                    .await?;
                    Ok(())
                })
            })
            .await?;
        Ok(blob)
    }

    /// Whether `account` may read `blob`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn may_read(&self, account: MailboxId, blob: &BlobId) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "SELECT EXISTS (SELECT 1 FROM letters WHERE account = $1 AND blob = $2) \
             OR EXISTS (SELECT 1 FROM uploads WHERE account = $1 AND blob = $2)",
        )
        .bind(account.to_string())
        .bind(blob.as_str())
        .fetch_one(self.database().readers())
        .await?;
        Ok(row.try_get::<i64, _>(0)? != 0)
    }
}
