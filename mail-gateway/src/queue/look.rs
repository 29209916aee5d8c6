//! Finding the letters that wait to leave, each with its addressees and the other side's last words.

use std::collections::HashMap;

use base::{Timestamp, fold::fold};
use database::sqlx::{self, AssertSqlSafe, Row, any::AnyRow};
use serde::Serialize;
use ts_rs::TS;

use crate::{
    Mail,
    store::{StoreError, placeholders},
};

/// A letter that waits for at least one addressee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(rename = "QueuedLetter")]
pub struct Queued {
    /// Its id, as in the log.
    pub id: String,
    /// Envelope sender; empty is the null sender.
    pub sender: String,
    /// Its subject; empty for reports and for letters queued by an older build.
    pub subject: String,
    /// 0 thường, 3 khẩn, 6 thượng khẩn, 9 hỏa tốc.
    #[ts(type = "number")]
    pub priority: i64,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Those who do not have it yet.
    pub recipients: Vec<QueuedRecipient>,
}

/// An addressee who does not have the letter yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct QueuedRecipient {
    /// The address.
    pub address: String,
    /// What is happening.
    pub state: QueuedState,
    /// When it is tried next.
    pub due_at: Timestamp,
    /// Attempts so far.
    #[ts(type = "number")]
    pub attempts: i64,
    /// The other side's last words, or why it could not be asked; empty before the first attempt.
    pub last_answer: String,
}

/// What is happening for one addressee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum QueuedState {
    /// Waits for its next attempt.
    Waiting,
    /// An attempt is under way.
    Sending,
    /// An administrator keeps it back.
    Held,
}

impl Mail {
    /// The waiting letters found by `query` (nothing finds all): every word is in the sender, the subject,
    /// an addressee or the id. The longest waiting first, after `skip` and at most `limit`; and how many
    /// there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queued(
        &self,
        query: &str,
        skip: u32,
        limit: u32,
        now: Timestamp,
    ) -> Result<(Vec<Queued>, u32), StoreError> {
        let words: Vec<String> = fold(query).split_whitespace().take(MAX_WORDS).map(pattern).collect();
        // The conditions are of this file; what was typed is bound.
        let conditions: String = (1..=words.len()).map(condition).collect();
        let count = format!("SELECT COUNT(*) FROM queue_letter l WHERE {WAITS}{conditions}");
        let mut counting = sqlx::query(AssertSqlSafe(count));
        for word in &words {
            counting = counting.bind(word.as_str());
        }
        let readers = self.inner.database.readers();
        let total: i64 = counting.fetch_one(readers).await?.try_get(0)?;
        let page = format!(
            "SELECT l.id, l.sender, l.subject, l.priority, l.accepted_at FROM queue_letter l \
             WHERE {WAITS}{conditions} ORDER BY l.accepted_at, l.id LIMIT ${} OFFSET ${}",
            words.len() + 1,
            words.len() + 2
        );
        let mut paging = sqlx::query(AssertSqlSafe(page));
        for word in &words {
            paging = paging.bind(word.as_str());
        }
        let rows = paging.bind(i64::from(limit)).bind(i64::from(skip)).fetch_all(readers).await?;
        let mut letters = rows.iter().map(letter_of).collect::<Result<Vec<_>, StoreError>>()?;
        let mut recipients = self.recipients_of(&letters, now).await?;
        for letter in &mut letters {
            letter.recipients = recipients.remove(&letter.id).unwrap_or_default();
        }
        Ok((letters, u32::try_from(total).unwrap_or(u32::MAX)))
    }

    async fn recipients_of(
        &self,
        letters: &[Queued],
        now: Timestamp,
    ) -> Result<HashMap<String, Vec<QueuedRecipient>>, StoreError> {
        let mut found: HashMap<String, Vec<QueuedRecipient>> = HashMap::new();
        if letters.is_empty() {
            return Ok(found);
        }
        let sql = format!(
            "SELECT letter, address, due_at, leased_until, held, attempts, last_answer FROM queue_recipient \
             WHERE letter IN ({}) ORDER BY letter, address",
            placeholders(1, letters.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for letter in letters {
            query = query.bind(letter.id.as_str());
        }
        for row in query.fetch_all(self.inner.database.readers()).await? {
            let leased = row.try_get::<i64, _>("leased_until")? > now.as_micros();
            let held = row.try_get::<i64, _>("held")? != 0;
            let recipient = QueuedRecipient {
                address: row.try_get("address")?,
                state: match (leased, held) {
                    (true, _) => QueuedState::Sending,
                    (false, true) => QueuedState::Held,
                    (false, false) => QueuedState::Waiting,
                },
                due_at: Timestamp::from_micros(row.try_get("due_at")?),
                attempts: row.try_get("attempts")?,
                last_answer: row.try_get("last_answer")?,
            };
            found.entry(row.try_get("letter")?).or_default().push(recipient);
        }
        Ok(found)
    }
}

/// The words by which a letter is found.
pub(super) fn words_of(sender: &str, subject: &str) -> String {
    fold(&format!("{sender} {subject}"))
}

fn letter_of(row: &AnyRow) -> Result<Queued, StoreError> {
    Ok(Queued {
        id: row.try_get("id")?,
        sender: row.try_get("sender")?,
        subject: row.try_get("subject")?,
        priority: row.try_get("priority")?,
        accepted_at: Timestamp::from_micros(row.try_get("accepted_at")?),
        recipients: Vec::new(),
    })
}

fn condition(n: usize) -> String {
    format!(
        " AND (l.words LIKE ${n} ESCAPE '\\' OR l.id LIKE ${n} ESCAPE '\\' \
         OR LOWER(l.sender) LIKE ${n} ESCAPE '\\' OR EXISTS (SELECT 1 FROM queue_recipient r \
         WHERE r.letter = l.id AND LOWER(r.address) LIKE ${n} ESCAPE '\\'))"
    )
}

/// `word` anywhere, its own wildcards taken literally.
fn pattern(word: &str) -> String {
    let literal = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{literal}%")
}

/// The body of a letter outlives its last addressee by a moment; then it waits no more.
const WAITS: &str = "EXISTS (SELECT 1 FROM queue_recipient w WHERE w.letter = l.id)";
/// Words of a query that are looked for.
const MAX_WORDS: usize = 10;
