//! The index in SQLite: FTS5 without the texts themselves (`content=''`), which are on disk anyway.
//!
//! Our own tokens go in, one space apart, so the tokenizer only cuts at spaces. One column holds the
//! accounts that have the body: the search of one mailbox then skips through the lists of common words
//! by the short list of that mailbox, instead of reading what thousands of others received.

use database::sqlx::{self, AnyConnection, Executor};
use mail_gateway_core::search::{Entry, Term, Words};

use super::Field;
use crate::store::{StoreError, deliver::rows::Rows};

/// Makes the index when it is not there.
pub(super) async fn prepare(c: &mut AnyConnection) -> Result<(), StoreError> {
    c.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS letter_index USING fts5(account, sender, recipient, cc, bcc, subject, \
         body, content='', contentless_delete=1, tokenize='ascii')",
    )
    .await?;
    Ok(())
}

/// Selects the numbers of all bodies that have an entry.
pub(super) const ENTRIES: &str = "SELECT rowid FROM letter_index";

/// Adds the entries of bodies by their numbers, each with the accounts that have it.
pub(super) async fn add(
    c: &mut AnyConnection,
    entries: &[(i64, &[String], &Entry)],
) -> Result<(), StoreError> {
    for piece in entries.chunks(TOGETHER) {
        let rows = piece.iter().map(|(doc, accounts, entry)| {
            let accounts: Vec<String> = accounts.iter().map(|account| token(account)).collect();
            [
                (*doc).into(),
                accounts.join(" ").into(),
                entry.from.as_str().into(),
                entry.to.as_str().into(),
                entry.cc.as_str().into(),
                entry.bcc.as_str().into(),
                entry.subject.as_str().into(),
                entry.body.as_str().into(),
            ]
        });
        let before = "INSERT INTO letter_index (rowid, account, sender, recipient, cc, bcc, subject, body)";
        Rows::of(rows).execute(c, before, "").await?;
    }
    Ok(())
}

/// Entries added in one statement: what its trip to SQLite's thread costs is shared, what it copies is bounded.
const TOGETHER: usize = 16;

/// Removes the entries of the numbers in a list.
pub(super) const REMOVE_ALL: &str = "DELETE FROM letter_index WHERE rowid IN (";

/// Removes the entry of the body number `doc`, if there is one.
pub(super) async fn remove(c: &mut AnyConnection, doc: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM letter_index WHERE rowid = $1").bind(doc).execute(&mut *c).await?;
    Ok(())
}

/// The condition on the letter `l`, with the placeholder of the expression.
pub(super) fn condition(placeholder: String, most: Option<usize>) -> String {
    let last = most.map_or(String::new(), |most| format!(" ORDER BY rowid DESC LIMIT {most}"));
    format!("l.doc IN (SELECT rowid FROM letter_index WHERE letter_index MATCH {placeholder}{last})")
}

/// `words` in `field` of the bodies of `account`, in the language of FTS5. Words are letters and digits
/// only, so nothing in them means anything to it.
pub(super) fn expression(account: &str, field: Field, words: &Words) -> String {
    let terms: Vec<String> = words.terms.iter().map(term).collect();
    let terms = terms.join(" AND ");
    let column = match field {
        Field::Any => "",
        Field::From => "sender : ",
        Field::To => "recipient : ",
        Field::Cc => "cc : ",
        Field::Bcc => "bcc : ",
        Field::Subject => "subject : ",
        Field::Body => "body : ",
    };
    format!("account : \"{}\" AND {column}({terms})", token(account))
}

fn term(term: &Term) -> String {
    let star = if term.is_beginning { " *" } else { "" };
    let phrase = format!("\"{}\"{star}", term.phrase.join(" "));
    match &term.instead {
        None => phrase,
        Some(word) => format!("({phrase} OR \"{word}\"{star})"),
    }
}

/// The account as one word, marked so that no word of a letter is taken for it.
fn token(account: &str) -> String {
    format!("ǂ{}", account.replace('-', ""))
}
