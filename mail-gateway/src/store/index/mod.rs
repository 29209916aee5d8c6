//! The full-text index: one entry per body, however many accounts hold it.
//!
//! Accepting a letter does not wait for it: the letter's transaction notes the body in `to_index`, and
//! [`run`] reads, indexes and un-notes it, newest first. A crash at any point leaves either the note or
//! the entry. A search first waits a moment for what is noted, so who has just seen a letter arrive
//! finds it. How words are kept and matched is the business of one module per database.

mod native;
mod postgres;
pub(crate) mod ready;
mod sqlite;

use std::{collections::BTreeMap, time::Duration};

use database::{
    Dialect,
    sqlx::{self, AnyConnection, Row},
};
use mail_gateway_core::{
    message::BlobId,
    search::{Entry, Words},
};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::{
    Store, StoreError,
    deliver::rows::{Rows, Value},
};

/// The fields of an entry that can be searched alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// All of them.
    Any,
    /// The author.
    From,
    /// The recipients.
    To,
    /// The recipients of a copy.
    Cc,
    /// The hidden recipients.
    Bcc,
    /// The subject.
    Subject,
    /// The text and attached files.
    Body,
}

/// Keeps the index up to date until `stop`.
pub(crate) async fn run(store: Store, stop: CancellationToken) {
    let mut notices = store.changes().subscribe();
    loop {
        if let Err(cause) = store.index_pending().await {
            tracing::error!(?cause, "mail search: indexing failed; the next try is in a minute");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            notice = notices.recv() => {
                if matches!(notice, Err(RecvError::Closed)) {
                    return;
                }
                // What else is announced meanwhile is served by the same pass: the index grows by parts
                // that have to be merged, and twenty parts of one letter cost as much as twenty of many.
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(GATHER) => {}
                }
                notices = notices.resubscribe();
            }
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}

/// A condition on the letter `l` that holds when `words` are in `field`; with `most`, for so many at most of the
/// bodies that came last. `bind` takes the one value and answers its placeholder.
pub(crate) fn condition(
    dialect: Dialect,
    account: &str,
    field: Field,
    words: &Words,
    most: Option<usize>,
    bind: impl FnOnce(String) -> String,
) -> String {
    native::condition(dialect, account, field, words, most, bind)
}

/// Notes that the entry of the body number `doc` must be written, anew if there is one.
pub(crate) async fn note(c: &mut AnyConnection, doc: i64) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO to_index (doc) VALUES ($1) ON CONFLICT (doc) DO NOTHING")
        .bind(doc)
        .execute(&mut *c)
        .await?;
    Ok(())
}

/// The numbers, once the index is made, of bodies of letters that have neither an entry nor a note.
pub(crate) async fn unknown(c: &mut AnyConnection) -> Result<Vec<i64>, StoreError> {
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
        "SELECT DISTINCT doc FROM letters WHERE NOT EXISTS (SELECT 1 FROM to_index t WHERE t.doc = letters.doc) \
         AND doc NOT IN ({})",
        native::entries(Dialect::of(c))
    )))
    .fetch_all(&mut *c)
    .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Removes the entry of a body that is gone.
pub(crate) async fn forget(c: &mut AnyConnection, doc: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM to_index WHERE doc = $1").bind(doc).execute(&mut *c).await?;
    native::prepare(c).await?;
    native::remove(c, doc).await
}

impl Store {
    /// Indexes what is noted, for `patience` at most: a search after it finds every letter that arrived
    /// before it, unless there is a great backlog.
    pub(crate) async fn catch_up(&self, patience: Duration) -> Result<(), StoreError> {
        match tokio::time::timeout(patience, self.index_pending()).await {
            Ok(done) => done.map(drop),
            Err(_) => {
                tracing::debug!("mail search: answered before everything was indexed");
                Ok(())
            }
        }
    }

    /// Keeps the entry of a body that is about to be noted, so that it need not be read again.
    pub(crate) fn hand_to_index(&self, blob: BlobId, entry: Entry) {
        self.ready.put(blob, entry);
    }

    /// Indexes everything that is noted; answers how many bodies.
    ///
    /// # Errors
    /// When disk or database fail. A body that is missing is passed over.
    pub async fn index_pending(&self) -> Result<usize, StoreError> {
        let mut count = 0;
        // One at a time: two passes would read the same bodies.
        let mut is_prepared = self.indexing.lock().await;
        if !*is_prepared {
            self.database().write(|c| Box::pin(async move { native::prepare(c).await })).await?;
            *is_prepared = true;
        }
        loop {
            let noted = self.noted().await?;
            if noted.is_empty() {
                return Ok(count);
            }
            let entries = self.entries(noted).await?;
            count += entries.len();
            self.database().write(move |c| Box::pin(async move { write(c, entries).await })).await?;
        }
    }

    /// The newest noted bodies.
    async fn noted(&self) -> Result<Vec<(i64, Option<BlobId>)>, StoreError> {
        let rows = sqlx::query(
            "SELECT t.doc, b.blob FROM to_index t LEFT JOIN bodies b ON b.doc = t.doc ORDER BY t.doc DESC LIMIT $1",
        )
        .bind(BATCH)
        .fetch_all(self.database().readers())
        .await?;
        let blob = |row: &sqlx::any::AnyRow| -> Result<Option<BlobId>, StoreError> {
            let name: Option<String> = row.try_get(1)?;
            Ok(name.and_then(|name| name.parse().ok()))
        };
        rows.iter().map(|row| Ok((row.try_get(0)?, blob(row)?))).collect()
    }

    /// Their entries, as many as make one part of the index.
    async fn entries(
        &self,
        noted: Vec<(i64, Option<BlobId>)>,
    ) -> Result<BTreeMap<i64, Option<Entry>>, StoreError> {
        let (mut entries, mut octets) = (BTreeMap::new(), 0);
        for (doc, blob) in noted {
            if octets > PART {
                break;
            }
            if let Some(entry) = blob.as_ref().and_then(|blob| self.ready.take(blob)) {
                octets += entry.octets();
                entries.insert(doc, Some(entry));
                continue;
            }
            let raw = match blob {
                None => None,
                Some(blob) => match self.open_blob(&blob).await {
                    Ok(raw) => Some(raw),
                    // Said by `open_blob`; a letter without words is still a letter.
                    Err(StoreError::MissingBlob(_)) => None,
                    Err(error) => return Err(error),
                },
            };
            let entry = tokio::task::spawn_blocking(move || raw.map(|raw| Entry::of(&raw)));
            let entry = entry.await.map_err(std::io::Error::other)?;
            octets += entry.as_ref().map_or(0, Entry::octets);
            entries.insert(doc, entry);
        }
        Ok(entries)
    }
}

async fn write(c: &mut AnyConnection, entries: BTreeMap<i64, Option<Entry>>) -> Result<(), StoreError> {
    let docs = || Rows::of(entries.keys().map(|doc| [Value::from(*doc)]));
    // Read here, inside the transaction: an account that gains the body later notes it again.
    let rows = docs().fetch(c, "SELECT DISTINCT doc, account FROM letters WHERE doc IN (", ")").await?;
    let mut accounts: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for row in rows {
        accounts.entry(row.try_get(0)?).or_default().push(row.try_get(1)?);
    }
    docs().execute(c, native::remove_all(Dialect::of(c)), ")").await?;
    let held = entries
        .iter()
        .filter_map(|(doc, entry)| Some((*doc, accounts.get(doc)?.as_slice(), entry.as_ref()?)));
    native::add(c, &held.collect::<Vec<_>>()).await?;
    Ok(docs().execute(c, "DELETE FROM to_index WHERE doc IN (", ")").await?)
}

/// Bodies indexed in one transaction at most.
const BATCH: i64 = 512;
/// Octets of words after which no further body joins a transaction: bounds its memory.
const PART: usize = 4 << 20;
/// How long letters gather before they are indexed together. Who searches does not wait for it.
const GATHER: Duration = Duration::from_millis(400);
/// When to look again although nobody announced anything: after a failure.
const AGAIN: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;
