//! The index in PostgreSQL: one `tsvector` per body, made here rather than by its parser, so that both
//! databases hold the same words.
//!
//! Weights tell the fields apart: A subject, B author, C recipients, D text. Copies have the weight of
//! recipients; what tells To, Cc and Bcc apart, and the accounts that have the body, are words with a
//! mark that no word of a letter has.

use std::{collections::BTreeMap, fmt::Write as _};

use database::sqlx::{self, AnyConnection, Executor};
use mail_gateway_core::search::{Entry, Term, Words};

use super::Field;
use crate::store::StoreError;

/// Makes the index when it is not there.
pub(super) async fn prepare(c: &mut AnyConnection) -> Result<(), StoreError> {
    c.execute(
        "CREATE TABLE IF NOT EXISTS letter_index (doc BIGINT NOT NULL PRIMARY KEY, words TSVECTOR NOT NULL); \
         CREATE INDEX IF NOT EXISTS letter_index_words ON letter_index USING gin (words)",
    )
    .await?;
    Ok(())
}

/// Selects the numbers of all bodies that have an entry.
pub(super) const ENTRIES: &str = "SELECT doc FROM letter_index";

/// Adds the entry of the body number `doc`.
pub(super) async fn add(
    c: &mut AnyConnection,
    doc: i64,
    accounts: &[String],
    entry: &Entry,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO letter_index (doc, words) VALUES ($1, CAST($2 AS TSVECTOR))")
        .bind(doc)
        .bind(vector(accounts, entry))
        .execute(&mut *c)
        .await?;
    Ok(())
}

/// Removes the entries of the numbers in a list.
pub(super) const REMOVE_ALL: &str = "DELETE FROM letter_index WHERE doc IN (";

/// Removes the entry of the body number `doc`, if there is one.
pub(super) async fn remove(c: &mut AnyConnection, doc: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM letter_index WHERE doc = $1").bind(doc).execute(&mut *c).await?;
    Ok(())
}

/// The condition on the letter `l`, with the placeholder of the expression.
pub(super) fn condition(placeholder: String, most: Option<usize>) -> String {
    let last = most.map_or(String::new(), |most| format!(" ORDER BY doc DESC LIMIT {most}"));
    format!("l.doc IN (SELECT doc FROM letter_index WHERE words @@ CAST({placeholder} AS TSQUERY){last})")
}

/// `words` in `field` of the bodies of `account`, as a `tsquery`. Words are letters and digits only, so
/// nothing in them means anything to it.
pub(super) fn expression(account: &str, field: Field, words: &Words) -> String {
    let (mark, weight) = match field {
        Field::Any => ("", ""),
        Field::From => ("", "B"),
        Field::To => (TO, ""),
        Field::Cc => (CC, ""),
        Field::Bcc => (BCC, ""),
        Field::Subject => ("", "A"),
        Field::Body => ("", "D"),
    };
    let mut text = format!("'{ACCOUNT}{account}'");
    for term in &words.terms {
        let _ = write!(text, " & {}", query(term, mark, weight));
    }
    text
}

fn query(term: &Term, mark: &str, weight: &str) -> String {
    let last = term.phrase.len().saturating_sub(1);
    let one = |word: &str, is_beginning: bool| {
        let star = if is_beginning { "*" } else { "" };
        let label = if star.is_empty() && weight.is_empty() { "" } else { ":" };
        format!("'{mark}{word}'{label}{star}{weight}")
    };
    let words = term.phrase.iter().enumerate().map(|(at, word)| one(word, term.is_beginning && at == last));
    let phrase = format!("({})", words.collect::<Vec<_>>().join(" <-> "));
    match &term.instead {
        None => phrase,
        Some(word) => format!("({phrase} | {})", one(word, term.is_beginning)),
    }
}

/// The entry as the text of a `tsvector`.
fn vector(accounts: &[String], entry: &Entry) -> String {
    let mut vector = Vector::default();
    for account in accounts {
        vector.add(&format!("{ACCOUNT}{account}"), None);
    }
    vector.field("", &entry.subject, "A");
    vector.field("", &entry.from, "B");
    for (mark, text) in [(TO, &entry.to), (CC, &entry.cc), (BCC, &entry.bcc)] {
        vector.field("", text, "C");
        vector.field(mark, text, "C");
    }
    vector.field("", &entry.body, "");
    vector.text()
}

/// Words with their places.
#[derive(Default)]
struct Vector {
    words: BTreeMap<String, Vec<String>>,
    size: usize,
    position: usize,
}

impl Vector {
    fn field(&mut self, mark: &str, text: &str, weight: &str) {
        for word in text.split(' ').filter(|word| !word.is_empty() && word.len() <= LONGEST_WORD) {
            self.position += 1;
            self.add(&format!("{mark}{word}"), Some((self.position, weight)));
        }
        // A phrase does not run from one field into the next.
        self.position += 1;
    }

    fn add(&mut self, word: &str, place: Option<(usize, &str)>) {
        let known = self.words.get(word).map(Vec::len);
        let cost = if known.is_some() { 2 } else { word.len() + 8 };
        // Full: the last words of a book-sized letter are not found; its subject and people are.
        if known == Some(MOST_PLACES) || self.size + cost > LARGEST {
            return;
        }
        self.size += cost;
        let places = self.words.entry(word.to_owned()).or_default();
        if let Some((at, weight)) = place {
            places.push(format!("{}{weight}", at.min(LAST_POSITION)));
        }
    }

    fn text(&self) -> String {
        let mut text = String::with_capacity(self.size * 2);
        for (word, places) in &self.words {
            let colon = if places.is_empty() { "" } else { ":" };
            let _ = write!(text, "'{word}'{colon}{} ", places.join(","));
        }
        text
    }
}

const ACCOUNT: &str = "ǂ";
const TO: &str = "ǂt";
const CC: &str = "ǂc";
const BCC: &str = "ǂb";
// What PostgreSQL allows in a `tsvector` (its manual, “Limitations” of text search), with a margin.
const LARGEST: usize = 900_000;
const MOST_PLACES: usize = 200;
const LAST_POSITION: usize = 16_383;
const LONGEST_WORD: usize = 500;
