//! Finding held letters, and reading one without risk: its text and the names of its files, never the
//! files themselves.

use base::{Timestamp, fold::fold};
use database::sqlx::{self, Row, any::AnyRow};
use mail_gateway_core::message::parse;
use serde::Serialize;
use ts_rs::TS;

use crate::{
    Mail,
    store::{BlobId, StoreError},
};

/// A held letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(rename = "HeldLetter")]
pub struct Held {
    /// Its id, as in the log.
    pub id: String,
    /// Envelope sender; empty is the null sender.
    pub sender: String,
    /// Its subject.
    pub subject: String,
    /// Whom it is for.
    pub recipients: Vec<String>,
    /// Why it is held: `program`, `suspect`, `infected` or `spam`.
    pub reason: String,
    /// The file's name, the domain that asks for caution, the virus's name, or the score.
    pub detail: String,
    /// Octets.
    pub octets: i64,
    /// When it was held.
    pub held_at: Timestamp,
}

/// A held letter that is being read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(rename = "OpenedHeldLetter")]
pub struct Opened {
    /// The letter.
    pub letter: Held,
    /// Its own `From`, as written: anybody can write anything there.
    pub author: String,
    /// What the hub found out about the sender (RFC 8601); empty when nothing was checked.
    pub checks: String,
    /// Its text, HTML reduced to words.
    pub text: String,
    /// Whether the text goes on.
    pub is_cut: bool,
    /// Its files.
    pub files: Vec<AttachedFile>,
}

/// A file of a held letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(rename = "HeldFile")]
pub struct AttachedFile {
    /// Its name; empty when it has none.
    pub name: String,
    /// Octets.
    pub octets: i64,
}

impl Mail {
    /// The held letters found by `query` (nothing finds all), the newest first, after `skip` and at most
    /// `limit`; and how many there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn held(&self, query: &str, skip: u32, limit: u32) -> Result<(Vec<Held>, u32), StoreError> {
        let words: Vec<String> = fold(query).split_whitespace().take(MAX_WORDS).map(pattern).collect();
        // The conditions are of this file; what was typed is bound.
        let conditions: String =
            (1..=words.len()).map(|n| format!(" AND words LIKE ${n} ESCAPE '\\'")).collect();
        let count = format!("SELECT COUNT(*) FROM quarantine WHERE 1 = 1{conditions}");
        let mut counting = sqlx::query(sqlx::AssertSqlSafe(count));
        for word in &words {
            counting = counting.bind(word.as_str());
        }
        let total: i64 = counting.fetch_one(self.inner.database.readers()).await?.try_get(0)?;
        let (limit_at, skip_at) = (words.len() + 1, words.len() + 2);
        let page = format!(
            "{COLUMNS} WHERE 1 = 1{conditions} ORDER BY held_at DESC, id DESC LIMIT ${limit_at} OFFSET ${skip_at}"
        );
        let mut paging = sqlx::query(sqlx::AssertSqlSafe(page));
        for word in &words {
            paging = paging.bind(word.as_str());
        }
        let rows = paging
            .bind(i64::from(limit))
            .bind(i64::from(skip))
            .fetch_all(self.inner.database.readers())
            .await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            found.push(self.held_in(row).await?.0);
        }
        Ok((found, u32::try_from(total).unwrap_or(u32::MAX)))
    }

    /// The held letter `id`, and its body.
    pub(super) async fn held_letter(&self, id: &str) -> Result<(Held, BlobId), StoreError> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = $1")))
            .bind(id.to_owned())
            .fetch_optional(self.inner.database.readers())
            .await?;
        self.held_in(&row.ok_or(StoreError::NotFound)?).await
    }

    async fn held_in(&self, row: &AnyRow) -> Result<(Held, BlobId), StoreError> {
        let id: String = row.try_get(0)?;
        let addresses =
            sqlx::query("SELECT address FROM quarantine_recipient WHERE held = $1 ORDER BY address")
                .bind(id.as_str())
                .fetch_all(self.inner.database.readers())
                .await?;
        let recipients: Result<Vec<String>, sqlx::Error> =
            addresses.iter().map(|row| row.try_get(0)).collect();
        let held = Held {
            id,
            sender: row.try_get(1)?,
            subject: row.try_get(2)?,
            reason: row.try_get(3)?,
            detail: row.try_get(4)?,
            octets: row.try_get(5)?,
            held_at: Timestamp::from_micros(row.try_get(6)?),
            recipients: recipients?,
        };
        let blob =
            row.try_get::<String, _>(7)?.parse().map_err(|_| StoreError::Corrupt("quarantine.blob"))?;
        Ok((held, blob))
    }

    /// The held letter `id`, to be read.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or when the store fails.
    pub async fn open_held(&self, id: &str) -> Result<Opened, StoreError> {
        let (letter, blob) = self.held_letter(id).await?;
        let bytes = self.inner.store.open_blob(&blob).await?;
        // Parsing a large letter takes milliseconds, which the async workers do not have.
        let open = move || opened(letter, &bytes);
        Ok(tokio::task::spawn_blocking(open).await.map_err(std::io::Error::other)?)
    }
}

fn opened(letter: Held, bytes: &[u8]) -> Opened {
    let message = parse::parse(bytes);
    let text = parse::plain_text(&message);
    let shown = text.get(..text.floor_char_boundary(MAX_TEXT)).unwrap_or_default();
    let checks = message.header_raw("Authentication-Results").unwrap_or_default();
    let author = message.from().and_then(|from| from.first()).map(|from| {
        let address = from.address().unwrap_or_default();
        from.name().map_or_else(|| format!("<{address}>"), |name| format!("{name} <{address}>"))
    });
    let files = message.attachments().take(MAX_FILES).map(|part| AttachedFile {
        name: parse::file_name(part).unwrap_or_default(),
        octets: i64::try_from(part.contents().len()).unwrap_or(i64::MAX),
    });
    Opened {
        author: author.unwrap_or_default(),
        checks: checks.split_whitespace().collect::<Vec<_>>().join(" "),
        text: shown.to_owned(),
        is_cut: shown.len() < text.len(),
        files: files.collect(),
        letter,
    }
}

/// `word` anywhere, its own wildcards taken literally.
fn pattern(word: &str) -> String {
    let literal = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{literal}%")
}

const COLUMNS: &str = "SELECT id, sender, subject, reason, detail, octets, held_at, blob FROM quarantine";
/// Words of a query that are looked for.
const MAX_WORDS: usize = 10;
/// Octets of text that are shown.
const MAX_TEXT: usize = 200_000;
/// Files that are named.
const MAX_FILES: usize = 200;
