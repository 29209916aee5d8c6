//! Letting a held letter go, and throwing one away.

use std::time::Duration;

use base::Timestamp;
use bytes::Bytes;
use database::sqlx::{self, AnyConnection, Row};
use directory_core::Poster;
use mail_gateway_core::{message::Handling, smtp::Address};

use super::{Held, KEPT};
use crate::{
    Mail,
    accept::{Addressee, Found, Incoming, Marks},
    store::{StoreError, blob::upload},
};

/// A held letter that was let go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// What it was.
    pub letter: Held,
    /// Who got it.
    pub delivered: Vec<String>,
    /// Who has no such address any more.
    pub gone: Vec<String>,
}

/// What releasing came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It lies in the mailboxes of its addressees.
    Released(Box<Released>),
    /// None of its addressees has an address any more; it is still held.
    NobodyLeft,
    /// The directory cannot answer now; it is still held.
    Unavailable,
}

impl Mail {
    /// Delivers the held letter `id` to its addressees, whose filter rules it then meets.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or when the store fails; then it is still held.
    pub async fn release_held(&self, id: &str) -> Result<Fate, StoreError> {
        let (letter, blob) = self.held_letter(id).await?;
        let (mut addressees, mut delivered, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        for address in &letter.recipients {
            // Whether the sender may write to a list was asked when the letter came.
            let found = match Address::parse(address) {
                Some(parsed) => Addressee::find(&self.inner, parsed, Poster::Hub).await,
                None => Ok(Found::Nobody),
            };
            match found {
                Ok(Found::Way(addressee)) => {
                    addressees.push(addressee);
                    delivered.push(address.clone());
                }
                Ok(Found::Closed | Found::Nobody) => gone.push(address.clone()),
                Err(_) => return Ok(Fate::Unavailable),
            }
        }
        if addressees.is_empty() {
            return Ok(Fate::NobodyLeft);
        }
        let bytes = self.inner.store.open_blob(&blob).await?;
        let incoming = released(&letter, addressees, bytes);
        // A crash between the two lets the letter be released again; the key keeps the copies single.
        self.inner.accept(incoming).await?;
        self.forget_held(letter.id.clone()).await?;
        Ok(Fate::Released(Box::new(Released { letter, delivered, gone })))
    }

    /// Throws the held letter `id` away; answers what it was.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or when the store fails.
    pub async fn delete_held(&self, id: &str) -> Result<Held, StoreError> {
        let (letter, _) = self.held_letter(id).await?;
        self.forget_held(letter.id.clone()).await?;
        Ok(letter)
    }

    async fn forget_held(&self, id: String) -> Result<(), StoreError> {
        let now = Timestamp::now();
        let gone = self.inner.database.write(move |c| {
            Box::pin(async move {
                let row = sqlx::query("DELETE FROM quarantine WHERE id = $1 RETURNING blob")
                    .bind(id)
                    .fetch_optional(&mut *c)
                    .await?;
                match row {
                    Some(row) => let_go(c, &row.try_get::<String, _>(0)?, now).await,
                    None => Ok(()),
                }
            })
        });
        gone.await
    }

    /// Throws away what was held longer than [`KEPT`]; answers how many.
    pub(super) async fn expire_held(&self, now: Timestamp) -> Result<usize, StoreError> {
        let gone = self.inner.database.write(move |c| {
            Box::pin(async move {
                let rows = sqlx::query("DELETE FROM quarantine WHERE held_at < $1 RETURNING blob")
                    .bind(now.minus(KEPT).as_micros())
                    .fetch_all(&mut *c)
                    .await?;
                for row in &rows {
                    let_go(c, &row.try_get::<String, _>(0)?, now).await?;
                }
                Ok(rows.len())
            })
        });
        gone.await
    }
}

fn released(letter: &Held, addressees: Vec<Addressee>, bytes: Bytes) -> Incoming {
    Incoming {
        key: Some(format!("quarantine-{}", letter.id)),
        sender: Address::parse(&letter.sender),
        addressees,
        eight_bit: !bytes.is_ascii(),
        international: false,
        handling: Handling::default(),
        // IT staff vouch for the letter, not for the address it came from: nothing is answered.
        marks: Marks { junk: false, doubtful: true },
        letter: bytes,
        reading: None,
    }
}

/// Leaves `blob` to a sweep soon, which throws it away unless something else names it. What was stored a
/// moment ago no sweep touches.
async fn let_go(c: &mut AnyConnection, blob: &str, now: Timestamp) -> Result<(), StoreError> {
    upload::hold(c, "quarantine", blob, now.plus(SETTLED)).await
}

/// After this time no body counts as just stored.
const SETTLED: Duration = Duration::from_secs(3600);
