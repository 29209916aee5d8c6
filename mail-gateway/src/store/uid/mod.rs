//! Letters by UID within a folder (RFC 9051 §2.3.1.1): what IMAP and POP3 read and change.

mod change;
mod copy;
mod read;
mod subscription;

use database::sqlx::{self, AnyConnection, Row};
use mail_gateway_core::message::{BlobId, mime::facts::Facts};

use super::StoreError;

pub use change::FlagEdit;
pub use copy::{Added, Appended};
pub use read::{Changed, Counts, FolderRow, FolderState, LetterRow, Wanted};

/// Keeps the answers to ENVELOPE and BODYSTRUCTURE of a body whose row exists.
pub(crate) async fn keep_facts(
    c: &mut AnyConnection,
    blob: &BlobId,
    facts: &Facts,
) -> Result<(), StoreError> {
    if facts.envelope.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO body_structures (blob, envelope, body, structure) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (blob) DO NOTHING",
    )
    .bind(blob.as_str())
    .bind(facts.envelope.as_str())
    .bind(facts.body.as_str())
    .bind(facts.structure.as_str())
    .execute(&mut *c)
    .await?;
    Ok(())
}

/// The UID of a row; UIDs are 32 bits by construction.
pub(crate) fn uid_of(row: &sqlx::any::AnyRow, column: &str) -> Result<u32, StoreError> {
    u32::try_from(row.try_get::<i64, _>(column)?).map_err(|_| StoreError::Corrupt("uid"))
}

impl super::Store {
    /// Keeps the answers to ENVELOPE and BODYSTRUCTURE of a body stored before they were kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_facts(&self, blob: BlobId, facts: Facts) -> Result<(), StoreError> {
        self.database().write(move |c| Box::pin(async move { keep_facts(c, &blob, &facts).await })).await
    }
}
