//! Putting a letter into an account, once: local delivery, a sender's own copy, a draft.

mod bodies;
pub(crate) mod moved;
pub(crate) mod rows;
pub(crate) mod together;

use std::collections::{BTreeMap, BTreeSet};

use base::{LetterId, MailboxId, Timestamp, random::System};
use database::sqlx::{self, AnyConnection, Row};
use mail_gateway_core::{
    mailbox::Role,
    message::{BlobId, Summary},
};

use super::{Kind, Store, StoreError, folder, letter::thread, modseq, room};

/// A letter on its way into one mailbox.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The folder it goes to.
    pub role: Role,
    /// Its stored body.
    pub blob: &'a BlobId,
    /// What the body says.
    pub summary: &'a Summary,
    /// Keywords such as `$seen`.
    pub keywords: &'a [&'a str],
    /// When it arrived.
    pub now: Timestamp,
}

/// Delivers once per `(key, mailbox)`: `None` when that delivery was done before. Meant for the
/// inside of one `database.write`; call [`Store::announce`] after the commit.
///
/// # Errors
/// When the database fails.
pub async fn deliver(
    c: &mut AnyConnection,
    key: &str,
    delivery: &Delivery<'_>,
) -> Result<Option<LetterId>, StoreError> {
    let placed = Placed {
        mailbox: delivery.mailbox,
        folders: &BTreeSet::from([delivery.role.as_str().to_owned()]),
        keywords: &delivery.keywords.iter().map(|k| (*k).to_owned()).collect(),
        blob: delivery.blob,
        summary: delivery.summary,
        now: delivery.now,
    };
    deliver_placed(c, key, &placed).await
}

/// A letter on its way into chosen folders of one mailbox.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed<'a> {
    pub(crate) mailbox: MailboxId,
    /// At least one.
    pub(crate) folders: &'a BTreeSet<String>,
    pub(crate) keywords: &'a BTreeSet<String>,
    pub(crate) blob: &'a BlobId,
    pub(crate) summary: &'a Summary,
    pub(crate) now: Timestamp,
}

/// Like [`deliver`], into chosen folders.
pub(crate) async fn deliver_placed(
    c: &mut AnyConnection,
    key: &str,
    placed: &Placed<'_>,
) -> Result<Option<LetterId>, StoreError> {
    let account = placed.mailbox.to_string();
    let letter = LetterId::new(placed.now, &mut System);
    let fresh = sqlx::query(
        "INSERT INTO deliveries (delivery_key, account, letter, delivered) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (delivery_key, account) DO NOTHING",
    )
    .bind(key)
    .bind(account.as_str())
    .bind(letter.to_string())
    .bind(placed.now.as_micros())
    .execute(&mut *c)
    .await?;
    if fresh.rows_affected() == 0 {
        return Ok(None);
    }
    folder::ensure_account(c, &account, placed.now).await?;
    let new = NewLetter {
        id: letter,
        blob: placed.blob,
        summary: placed.summary,
        folders: placed.folders,
        keywords: placed.keywords,
        received: placed.now,
    };
    insert(c, &account, &new).await?;
    Ok(Some(letter))
}

/// A letter to be added to an account that exists.
pub(crate) struct NewLetter<'a> {
    pub(crate) id: LetterId,
    pub(crate) blob: &'a BlobId,
    pub(crate) summary: &'a Summary,
    pub(crate) folders: &'a BTreeSet<String>,
    pub(crate) keywords: &'a BTreeSet<String>,
    pub(crate) received: Timestamp,
}

/// Adds `new`; answers its thread.
pub(crate) async fn insert(
    c: &mut AnyConnection,
    account: &str,
    new: &NewLetter<'_>,
) -> Result<String, StoreError> {
    let doc = bodies::insert(c, &BTreeMap::from([(new.blob, new.summary)])).await?.into_values().next();
    let doc = doc.ok_or(StoreError::Corrupt("doc"))?;
    let id = new.id.to_string();
    let thread = thread::assign(c, account, &id, new.summary).await?;
    let modseq = modseq::next(c, account, Kind::Email).await?;
    sqlx::query(
        "INSERT INTO letters (id, account, blob, thread, received, unread, created, modseq, doc) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
    )
    .bind(id.as_str())
    .bind(account)
    .bind(new.blob.as_str())
    .bind(thread.as_str())
    .bind(new.received.as_micros())
    .bind(i64::from(is_unread(new.keywords)))
    .bind(modseq)
    .bind(doc)
    .execute(&mut *c)
    .await?;
    room::count(c, account, 1, i64::try_from(new.summary.size).unwrap_or(i64::MAX)).await?;
    for keyword in new.keywords {
        sqlx::query("INSERT INTO keywords (letter, keyword) VALUES ($1, $2)")
            .bind(id.as_str())
            .bind(keyword.as_str())
            .execute(&mut *c)
            .await?;
    }
    for folder in new.folders {
        folder::add_letter(c, account, folder, &id, modseq).await?;
    }
    thread::touch(c, account, &thread).await?;
    Ok(thread)
}

/// RFC 8621 §2: a letter counts as unread when it has neither `$seen` nor `$draft`.
pub(crate) fn is_unread(keywords: &BTreeSet<String>) -> bool {
    !keywords.contains("$seen") && !keywords.contains("$draft")
}

impl Store {
    /// Stores `raw` and delivers it in one call.
    ///
    /// # Errors
    /// When disk or database fail.
    pub async fn deliver_letter(
        &self,
        key: String,
        mailbox: MailboxId,
        role: Role,
        raw: bytes::Bytes,
        keywords: Vec<String>,
        now: Timestamp,
    ) -> Result<Option<LetterId>, StoreError> {
        let summary = Summary::of(&raw);
        let blob = self.put_blob(raw).await?;
        self.write(mailbox, move |c| {
            Box::pin(async move {
                let keywords: Vec<&str> = keywords.iter().map(String::as_str).collect();
                let delivery =
                    Delivery { mailbox, role, blob: &blob, summary: &summary, keywords: &keywords, now };
                deliver(c, &key, &delivery).await
            })
        })
        .await
    }
}

/// The blob of a row.
pub(crate) fn blob_of(row: &sqlx::any::AnyRow, column: &str) -> Result<BlobId, StoreError> {
    row.try_get::<String, _>(column)?.parse().map_err(|_| StoreError::Corrupt("blob"))
}
