//! Sending identities (RFC 8621 §6): one per account, with the signature its owner wrote.

use base::MailboxId;
use database::sqlx::{self, AnyConnection, Row};

use crate::store::{Kind, Store, StoreError, modseq};

/// The id of an account's identity.
pub const IDENTITY: &str = "main";

/// A name and signature under which an account sends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// The display name; empty: the directory's.
    pub name: String,
    /// Addresses for replies, as JSON, or none.
    pub reply_to: Option<String>,
    /// Addresses that get a hidden copy, as JSON, or none.
    pub bcc: Option<String>,
    /// The signature of plain letters.
    pub text_signature: String,
    /// The signature of HTML letters.
    pub html_signature: String,
}

/// What to change in an identity.
#[derive(Debug, Clone, Default)]
pub struct IdentityChange {
    /// The display name.
    pub name: Option<String>,
    /// Addresses for replies.
    pub reply_to: Option<Option<String>>,
    /// Addresses that get a hidden copy.
    pub bcc: Option<Option<String>>,
    /// The signature of plain letters.
    pub text_signature: Option<String>,
    /// The signature of HTML letters.
    pub html_signature: Option<String>,
}

impl Store {
    /// The identity of `account`; the default one until its owner changes it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn identity(&self, account: MailboxId) -> Result<Identity, StoreError> {
        let mut connection = self.database().readers().acquire().await?;
        Ok(read(&mut connection, &account.to_string()).await?.unwrap_or_default())
    }

    /// Changes the identity of `account`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn update_identity(
        &self,
        account: MailboxId,
        change: IdentityChange,
    ) -> Result<(), StoreError> {
        self.write(account, move |c| {
            Box::pin(async move {
                let account = account.to_string();
                let old = read(c, &account).await?.unwrap_or_default();
                let modseq = modseq::next(c, &account, Kind::Identity).await?;
                // The identity exists for clients from the first moment, hence created = 0.
                sqlx::query(
                    "INSERT INTO identities (account, id, name, reply_to, bcc, text_signature, \
                     html_signature, created, modseq) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8) \
                     ON CONFLICT (account, id) DO UPDATE SET name = excluded.name, \
                     reply_to = excluded.reply_to, bcc = excluded.bcc, \
                     text_signature = excluded.text_signature, \
                     html_signature = excluded.html_signature, modseq = excluded.modseq",
                )
                .bind(account)
                .bind(IDENTITY)
                .bind(change.name.unwrap_or(old.name))
                .bind(change.reply_to.unwrap_or(old.reply_to))
                .bind(change.bcc.unwrap_or(old.bcc))
                .bind(change.text_signature.unwrap_or(old.text_signature))
                .bind(change.html_signature.unwrap_or(old.html_signature))
                .bind(modseq)
                .execute(&mut *c)
                .await?;
                Ok(())
            })
        })
        .await
    }
}

async fn read(c: &mut AnyConnection, account: &str) -> Result<Option<Identity>, StoreError> {
    let row = sqlx::query(
        "SELECT name, reply_to, bcc, text_signature, html_signature FROM identities \
         WHERE account = $1 AND id = $2",
    )
    .bind(account)
    .bind(IDENTITY)
    .fetch_optional(&mut *c)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Identity {
        name: row.try_get(0)?,
        reply_to: row.try_get(1)?,
        bcc: row.try_get(2)?,
        text_signature: row.try_get(3)?,
        html_signature: row.try_get(4)?,
    }))
}
