//! Bearer tokens in the store: issued, found by their hash, listed, revoked.

use base::{
    Timestamp,
    id::{MeetingId, TokenId},
};
use sqlx::{Row, any::AnyRow};

use super::{Store, decode, parse_id};
use crate::tokens::SeatToken;

impl Store {
    pub(crate) async fn add_token(&self, token: SeatToken, hash: String) -> Result<(), sqlx::Error> {
        self.database
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO seat_tokens (id, hash, meeting, role, name, created_at, expires_at) \
                         VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    )
                    .bind(token.id.to_string())
                    .bind(hash)
                    .bind(token.meeting.to_string())
                    .bind(token.role.to_string())
                    .bind(token.name)
                    .bind(token.created_at.as_micros())
                    .bind(token.expires_at.as_micros())
                    .execute(connection)
                    .await
                    .map(drop)
                })
            })
            .await
    }

    /// The token with this hash, unless it was revoked or has expired.
    pub(crate) async fn token(&self, hash: &str, now: Timestamp) -> Result<Option<SeatToken>, sqlx::Error> {
        let row = sqlx::query(
            "SELECT id, meeting, role, name, created_at, expires_at FROM seat_tokens \
             WHERE hash = $1 AND expires_at > $2 AND revoked_at IS NULL",
        )
        .bind(hash.to_owned())
        .bind(now.as_micros())
        .fetch_optional(self.database.readers())
        .await?;
        row.as_ref().map(token).transpose()
    }

    /// The tokens of a meeting that open something, oldest first.
    pub(crate) async fn tokens(
        &self,
        meeting: MeetingId,
        now: Timestamp,
    ) -> Result<Vec<SeatToken>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT id, meeting, role, name, created_at, expires_at FROM seat_tokens \
             WHERE meeting = $1 AND expires_at > $2 AND revoked_at IS NULL ORDER BY id",
        )
        .bind(meeting.to_string())
        .bind(now.as_micros())
        .fetch_all(self.database.readers())
        .await?;
        rows.iter().map(token).collect()
    }

    /// Revokes a token; nothing when there is none that could be revoked.
    pub(crate) async fn revoke_token(
        &self,
        id: TokenId,
        now: Timestamp,
    ) -> Result<Option<SeatToken>, sqlx::Error> {
        let row = self
            .database
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE seat_tokens SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL \
                         RETURNING id, meeting, role, name, created_at, expires_at",
                    )
                    .bind(now.as_micros())
                    .bind(id.to_string())
                    .fetch_optional(connection)
                    .await
                })
            })
            .await?;
        row.as_ref().map(token).transpose()
    }
}

fn token(row: &AnyRow) -> Result<SeatToken, sqlx::Error> {
    Ok(SeatToken {
        id: row.try_get::<String, _>("id")?.parse().map_err(decode)?,
        meeting: parse_id(row.try_get("meeting")?)?,
        role: row.try_get::<String, _>("role")?.parse().map_err(decode)?,
        name: row.try_get("name")?,
        created_at: Timestamp::from_micros(row.try_get("created_at")?),
        expires_at: Timestamp::from_micros(row.try_get("expires_at")?),
    })
}
