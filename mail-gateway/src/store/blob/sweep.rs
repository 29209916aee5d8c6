//! Throwing away bodies that nothing names any more: old versions of drafts, uploads never sent.

use std::time::Duration;

use base::Timestamp;
use database::sqlx::{self, Row};
use mail_gateway_core::message::BlobId;
use tokio_util::sync::CancellationToken;

use crate::store::{Store, StoreError, index, letter::removed};

/// Sweeps every [`EVERY`] until `stop`.
pub(crate) async fn run(store: Store, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        match store.sweep(Timestamp::now()).await {
            Ok(0) => {}
            Ok(gone) => tracing::debug!(gone, "mail store: swept bodies that nothing named"),
            Err(cause) => tracing::error!(?cause, "mail store: sweeping failed; the next try is in minutes"),
        }
    }
}

impl Store {
    /// Empties the trash of what lay there too long, forgets expired uploads and old delivery keys, then deletes every body that no letter, upload,
    /// queue entry or held letter names; answers how many.
    ///
    /// # Errors
    /// When disk or database fail; nothing that is named is ever deleted.
    pub async fn sweep(&self, now: Timestamp) -> Result<usize, StoreError> {
        let _quiet = self.deleting.lock().await;
        let changed = self
            .database()
            .write::<_, StoreError, _>(move |c| Box::pin(async move { removed::empty_trash(c, now).await }))
            .await?;
        self.announce(changed.iter().filter_map(|account| account.parse().ok()));
        let unnamed = self.database().write(move |c| Box::pin(async move { unnamed(c, now).await })).await?;
        let count = unnamed.len();
        for blob in unnamed {
            self.blobs().remove(blob).await?;
        }
        Ok(count)
    }
}

async fn unnamed(c: &mut sqlx::AnyConnection, now: Timestamp) -> Result<Vec<BlobId>, StoreError> {
    sqlx::query("DELETE FROM deliveries WHERE delivered < $1")
        .bind(now.minus(DELIVERY_LIFE).as_micros())
        .execute(&mut *c)
        .await?;
    crate::store::sieve::forget(c, now).await?;
    let expired = sqlx::query("DELETE FROM uploads WHERE expires < $1 RETURNING blob")
        .bind(now.as_micros())
        .fetch_all(&mut *c)
        .await?;
    let bodies = sqlx::query(
        "DELETE FROM bodies WHERE NOT EXISTS (SELECT 1 FROM letters l WHERE l.blob = bodies.blob) \
         AND NOT EXISTS (SELECT 1 FROM uploads u WHERE u.blob = bodies.blob) \
         AND NOT EXISTS (SELECT 1 FROM removed_letters r WHERE r.blob = bodies.blob) RETURNING blob, doc",
    )
    .fetch_all(&mut *c)
    .await?;
    for row in &bodies {
        index::forget(c, row.try_get("doc")?).await?;
    }
    let mut gone = Vec::new();
    for row in expired.iter().chain(&bodies) {
        let name: String = row.try_get(0)?;
        let row = sqlx::query(
            "SELECT CAST(CASE WHEN EXISTS (SELECT 1 FROM letters WHERE blob = $1) \
             OR EXISTS (SELECT 1 FROM uploads WHERE blob = $1) \
             OR EXISTS (SELECT 1 FROM queue_letter WHERE blob = $1) \
             OR EXISTS (SELECT 1 FROM quarantine WHERE blob = $1) \
             OR EXISTS (SELECT 1 FROM removed_letters WHERE blob = $1) THEN 1 ELSE 0 END AS BIGINT)",
        )
        .bind(name.as_str())
        .fetch_one(&mut *c)
        .await?;
        if row.try_get::<i64, _>(0)? == 0 {
            gone.extend(name.parse::<BlobId>());
        }
    }
    gone.sort();
    gone.dedup();
    Ok(gone)
}

/// Time between sweeps.
const EVERY: Duration = Duration::from_secs(300);
/// How long a delivery is remembered; its queue entry is gone long before.
const DELIVERY_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);
