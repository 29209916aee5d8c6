//! Which folders a reader wants to see (RFC 9051 §6.3.7): folders never named are subscribed, so that
//! a program that asks for subscribed folders only shows all of them.

use std::collections::BTreeMap;

use base::AccountId;
use database::sqlx::{self, Row};

use super::super::{Store, StoreError};

impl Store {
    /// What `reader` said of folders, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn subscriptions(&self, reader: AccountId) -> Result<BTreeMap<String, bool>, StoreError> {
        let rows = sqlx::query("SELECT name, subscribed FROM subscriptions WHERE reader = $1")
            .bind(reader.to_string())
            .fetch_all(self.database().readers())
            .await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get::<i64, _>(1)? != 0))).collect()
    }

    /// Subscribes `reader` to a name, or not; `false` when it has said so much that no more is kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn subscribe(
        &self,
        reader: AccountId,
        name: String,
        subscribed: bool,
    ) -> Result<bool, StoreError> {
        self.database()
            .write(move |c| {
                Box::pin(async move {
                    let row = sqlx::query("SELECT COUNT(*) FROM subscriptions WHERE reader = $1")
                        .bind(reader.to_string())
                        .fetch_one(&mut *c)
                        .await?;
                    if row.try_get::<i64, _>(0)? >= MAX_NAMES {
                        return Ok(false);
                    }
                    sqlx::query(
                        "INSERT INTO subscriptions (reader, name, subscribed) VALUES ($1, $2, $3) \
                         ON CONFLICT (reader, name) DO UPDATE SET subscribed = excluded.subscribed",
                    )
                    .bind(reader.to_string())
                    .bind(name)
                    .bind(i64::from(subscribed))
                    .execute(&mut *c)
                    .await?;
                    Ok(true)
                })
            })
            .await
    }
}

/// Names one reader may have said something about.
const MAX_NAMES: i64 = 10_000;
