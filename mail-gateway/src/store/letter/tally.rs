//! How many letters came and went in a span of time, over all mailboxes.

use base::Timestamp;
use database::sqlx::{self, Row};

use crate::store::{Store, StoreError, unsigned};

/// Letters that stand in the mailboxes; those deleted for good are counted no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// In any folder but the ones of sent letters and drafts. A letter to ten people here counts ten times.
    pub received: u64,
    /// In folders of sent letters.
    pub sent: u64,
}

impl Store {
    /// What came in and was sent from `from` until before `to`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tally(&self, from: Timestamp, to: Timestamp) -> Result<Tally, StoreError> {
        let rows = sqlx::query(
            "SELECT COALESCE(folders.role, ''), COUNT(DISTINCT letters.id) FROM letters \
             JOIN letter_folder ON letter_folder.letter = letters.id \
             JOIN folders ON folders.account = letter_folder.account AND folders.id = letter_folder.folder \
             WHERE letters.received >= $1 AND letters.received < $2 GROUP BY COALESCE(folders.role, '')",
        )
        .bind(from.as_micros())
        .bind(to.as_micros())
        .fetch_all(self.database().readers())
        .await?;
        let mut tally = Tally::default();
        for row in rows {
            let letters = unsigned(row.try_get(1)?);
            match row.try_get::<String, _>(0)?.as_str() {
                "sent" => tally.sent += letters,
                "drafts" => {}
                _ => tally.received += letters,
            }
        }
        Ok(tally)
    }
}
