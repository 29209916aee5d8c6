//! Who did what with the letters of a mailbox that several people keep: who marked one as handled
//! (*đã xử lý*), who writes or wrote an answer. The marks themselves are keywords, so that programs which
//! know nothing of names see and set them too.

use std::collections::{BTreeMap, BTreeSet};

use base::{MailboxId, Timestamp, id::PersonId};
use database::sqlx::{self, AnyConnection, AssertSqlSafe, Row};
use mail_gateway_core::{mailbox::HANDLED, message::Summary};

use super::{keywords_of, set_keywords};
use crate::store::{IN_LIST, Store, StoreError, placeholders};

/// Somebody who did something at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Who.
    pub person: PersonId,
    /// The name that person has at that time.
    pub name: String,
    /// When.
    pub at: Timestamp,
}

/// What is known of one letter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acts {
    /// Who marked it as handled.
    pub handled: Option<Act>,
    /// Who writes it, if it is a draft, or wrote it.
    pub written: Option<Act>,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Handled,
    Written,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Handled => "handled",
            Self::Written => "written",
        }
    }
}

/// Notes an act; the last one counts.
pub(crate) async fn note(
    c: &mut AnyConnection,
    letter: &str,
    kind: Kind,
    act: &Act,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO letter_acts (letter, kind, person, name, acted) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (letter, kind) DO UPDATE SET person = excluded.person, name = excluded.name, \
         acted = excluded.acted",
    )
    .bind(letter)
    .bind(kind.as_str())
    .bind(act.person.to_string())
    .bind(act.name.as_str())
    .bind(act.at.as_micros())
    .execute(&mut *c)
    .await?;
    Ok(())
}

/// Keeps who marked `letter` in step with the mark itself, which changes from `before` to `after`.
pub(crate) async fn follow(
    c: &mut AnyConnection,
    letter: &str,
    before: &BTreeSet<String>,
    after: &BTreeSet<String>,
    by: Option<&Act>,
) -> Result<(), StoreError> {
    match (before.contains(HANDLED), after.contains(HANDLED), by) {
        (false, true, Some(by)) => note(c, letter, Kind::Handled, by).await,
        (true, false, _) => {
            sqlx::query("DELETE FROM letter_acts WHERE letter = $1 AND kind = $2")
                .bind(letter)
                .bind(Kind::Handled.as_str())
                .execute(&mut *c)
                .await?;
            Ok(())
        }
        _ => Ok(()),
    }
}

impl Store {
    /// What is known of `letters` of `account`, by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn acts(
        &self,
        account: MailboxId,
        letters: &[String],
    ) -> Result<BTreeMap<String, Acts>, StoreError> {
        let mut found: BTreeMap<String, Acts> = BTreeMap::new();
        for piece in letters.chunks(IN_LIST) {
            let sql = format!(
                "SELECT a.letter, a.kind, a.person, a.name, a.acted FROM letter_acts a \
                 JOIN letters l ON l.id = a.letter WHERE l.account = $1 AND a.letter IN ({})",
                placeholders(2, piece.len())
            );
            let mut query = sqlx::query(AssertSqlSafe(sql)).bind(account.to_string());
            for letter in piece {
                query = query.bind(letter.as_str());
            }
            for row in query.fetch_all(self.database().readers()).await? {
                let person: String = row.try_get("person")?;
                let act = Act {
                    person: person.parse().map_err(|_| StoreError::Corrupt("person"))?,
                    name: row.try_get("name")?,
                    at: Timestamp::from_micros(row.try_get("acted")?),
                };
                let acts = found.entry(row.try_get("letter")?).or_default();
                if row.try_get::<String, _>("kind")? == Kind::Handled.as_str() {
                    acts.handled = Some(act);
                } else {
                    acts.written = Some(act);
                }
            }
        }
        Ok(found)
    }

    /// `letter` has been sent by somebody: says who and when, and marks what it answers as answered
    /// (`$answered`, RFC 8621 §4.1.1) for every reader of the mailbox.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn was_sent(
        &self,
        account: MailboxId,
        letter: super::Letter,
        by: Act,
    ) -> Result<(), StoreError> {
        self.write(account, move |c| {
            Box::pin(async move {
                let account = account.to_string();
                note(c, &letter.id, Kind::Written, &by).await?;
                let parents = letter.summary.in_reply_to.unwrap_or_default();
                if parents.is_empty() {
                    return Ok(());
                }
                for id in of_thread(c, &account, &letter.thread, &parents).await? {
                    let mut keywords = keywords_of(c, &id).await?;
                    keywords.insert(ANSWERED.to_owned());
                    set_keywords(c, &account, &id, &keywords).await?;
                }
                Ok(())
            })
        })
        .await
    }
}

/// The letters of a conversation that have one of these ids.
async fn of_thread(
    c: &mut AnyConnection,
    account: &str,
    thread: &str,
    message_ids: &[String],
) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "SELECT l.id, b.summary FROM letters l JOIN bodies b ON b.blob = l.blob \
         WHERE l.account = $1 AND l.thread = $2",
    )
    .bind(account)
    .bind(thread)
    .fetch_all(&mut *c)
    .await?;
    let mut found = Vec::new();
    for row in rows {
        let summary: Summary = serde_json::from_str(&row.try_get::<String, _>("summary")?)
            .map_err(|_| StoreError::Corrupt("summary"))?;
        if summary.message_id.iter().flatten().any(|id| message_ids.contains(id)) {
            found.push(row.try_get("id")?);
        }
    }
    Ok(found)
}

const ANSWERED: &str = "$answered";
