//! Links for guests; of their secret only the hash is kept, and the hash names the link.

use base::{
    Timestamp,
    id::{MeetingId, PersonId},
};
use sqlx::Row;

use super::Store;
use crate::rest::types::GuestLinkView;

impl Store {
    pub(crate) async fn add_guest_link(
        &self,
        hash: String,
        meeting: MeetingId,
        by: PersonId,
        label: String,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let insert = "INSERT INTO guest_links (hash, meeting, created_by, created_at, label) \
                      VALUES ($1, $2, $3, $4, $5)";
        self.database
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(insert)
                        .bind(hash)
                        .bind(meeting.to_string())
                        .bind(by.to_string())
                        .bind(now.as_micros())
                        .bind(label)
                        .execute(connection)
                        .await
                        .map(drop)
                })
            })
            .await
    }

    /// The links of a meeting that work, oldest first.
    pub(crate) async fn guest_links(&self, meeting: MeetingId) -> Result<Vec<GuestLinkView>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT hash, label, created_at FROM guest_links WHERE meeting = $1 ORDER BY created_at, hash",
        )
        .bind(meeting.to_string())
        .fetch_all(self.database.readers())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(GuestLinkView {
                    id: row.try_get("hash")?,
                    label: row.try_get("label")?,
                    created_at: Timestamp::from_micros(row.try_get("created_at")?),
                })
            })
            .collect()
    }

    /// `false`: no such link.
    pub(crate) async fn revoke_guest_link(
        &self,
        hash: String,
        meeting: MeetingId,
    ) -> Result<bool, sqlx::Error> {
        self.database
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("DELETE FROM guest_links WHERE hash = $1 AND meeting = $2")
                        .bind(hash)
                        .bind(meeting.to_string())
                        .execute(connection)
                        .await
                        .map(|done| done.rows_affected() > 0)
                })
            })
            .await
    }

    pub(crate) async fn guest_link_opens(&self, hash: &str, meeting: MeetingId) -> Result<bool, sqlx::Error> {
        let row = sqlx::query("SELECT 1 FROM guest_links WHERE hash = $1 AND meeting = $2")
            .bind(hash.to_owned())
            .bind(meeting.to_string())
            .fetch_optional(self.database.readers())
            .await?;
        Ok(row.is_some())
    }
}
