//! Letters from outside that are held instead of delivered, until IT staff let them go or throw them away.
//!
//! To its sender a held letter is accepted. Its addressees are told at most once a day ([`upkeep`]), and
//! after [`KEPT`] it goes away by itself.

mod acts;
mod look;
mod notice;
pub(crate) mod upkeep;

use std::time::Duration;

use base::{LetterId, Timestamp, fold::fold, random::System};
use database::sqlx::{self, AnyConnection};
use mail_gateway_core::message::{Summary, outline};

use crate::{Inner, accept::Incoming, store::StoreError};

pub use acts::{Fate, Released};
pub use look::{AttachedFile, Held, Opened};

/// Why a letter is held.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reason {
    /// It carries the program of this name.
    Program(String),
    /// It does not prove to be of the domain of its author, which asks for caution.
    Suspect(String),
    /// It carries the virus of this name.
    Infected(String),
    /// The spam filter gave it this score.
    Spam(f64),
}

impl Reason {
    /// The word in the row, and what exactly.
    fn parts(self) -> (&'static str, String) {
        match self {
            Self::Program(name) => ("program", name),
            Self::Suspect(domain) => ("suspect", domain),
            Self::Infected(name) => ("infected", name),
            Self::Spam(score) => ("spam", format!("{score:.1}")),
        }
    }
}

/// A row of `quarantine`, and its recipients.
struct Row {
    id: String,
    blob: String,
    sender: String,
    subject: String,
    reason: &'static str,
    detail: String,
    octets: i64,
    words: String,
    held_at: Timestamp,
    recipients: Vec<String>,
}

impl Inner {
    /// Holds `incoming` back; when this returns `Ok` it is on stable storage.
    pub(crate) async fn hold(&self, incoming: Incoming, reason: Reason) -> Result<LetterId, StoreError> {
        let now = Timestamp::now();
        let id = LetterId::new(now, &mut System);
        let letter = incoming.letter.clone();
        // Parsing a large letter takes milliseconds, which the async workers do not have.
        let summary = tokio::task::spawn_blocking(move || Summary::of(&outline::of(&letter)))
            .await
            .map_err(std::io::Error::other)?;
        let octets = i64::try_from(incoming.letter.len()).unwrap_or(i64::MAX);
        let blob = self.store.put_blob(incoming.letter).await?;
        let (word, detail) = reason.parts();
        let mut recipients: Vec<String> =
            incoming.addressees.iter().map(|addressee| addressee.address.to_string()).collect();
        recipients.sort();
        recipients.dedup();
        let sender = incoming.sender.map(|address| address.to_string()).unwrap_or_default();
        let subject: String = summary.subject.unwrap_or_default().chars().take(MAX_SUBJECT).collect();
        let authors = summary.from.iter().flatten().map(|author| author.email.as_str());
        let words: Vec<&str> =
            [sender.as_str(), &subject, &detail].into_iter().chain(authors.take(MAX_AUTHORS)).collect();
        let row = Row {
            id: id.to_string(),
            blob: blob.to_string(),
            words: fold(&format!("{id} {} {}", words.join(" "), recipients.join(" "))),
            reason: word,
            detail: detail.chars().take(MAX_SUBJECT).collect(),
            held_at: now,
            sender,
            subject,
            octets,
            recipients,
        };
        tracing::info!(letter = %id, reason = word, "mail: a letter is held in the quarantine");
        self.database.write(move |c| Box::pin(async move { insert(c, &row).await })).await?;
        Ok(id)
    }
}

async fn insert(c: &mut AnyConnection, row: &Row) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO quarantine (id, blob, sender, subject, reason, detail, octets, words, held_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(row.id.as_str())
    .bind(row.blob.as_str())
    .bind(row.sender.as_str())
    .bind(row.subject.as_str())
    .bind(row.reason)
    .bind(row.detail.as_str())
    .bind(row.octets)
    .bind(row.words.as_str())
    .bind(row.held_at.as_micros())
    .execute(&mut *c)
    .await?;
    for address in &row.recipients {
        sqlx::query("INSERT INTO quarantine_recipient (held, address) VALUES ($1, $2)")
            .bind(row.id.as_str())
            .bind(address.as_str())
            .execute(&mut *c)
            .await?;
    }
    Ok(())
}

/// How long a letter is held.
pub const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// Characters of a subject, a file name or a domain that are kept in the row.
const MAX_SUBJECT: usize = 500;
/// Authors by whom a letter is found.
const MAX_AUTHORS: usize = 10;

#[cfg(test)]
mod tests;
