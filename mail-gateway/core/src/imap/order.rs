//! What SORT, THREAD and SEARCH look at in a letter's summary (RFC 5256 §2, §3).

use std::cmp::Ordering;

use mail_parser::DateTime;

use super::{
    command::{Field, SortBy, SortKey},
    thread,
};
use crate::message::{Address, Summary};

/// A letter to be sorted.
#[derive(Debug, Clone)]
pub struct Sortable {
    /// The number to answer with; also the last word on the order.
    pub number: u32,
    /// When it arrived, µs.
    pub received: i64,
    /// Octets.
    pub size: u64,
    /// What its header says.
    pub summary: Summary,
}

/// When it was sent, in seconds; when it arrived if it does not say (RFC 5256 §2.2).
pub fn sent(summary: &Summary, received: i64) -> i64 {
    let stated = summary.sent_at.as_deref().and_then(DateTime::parse_rfc3339);
    stated.map_or(received.div_euclid(1_000_000), |date| date.to_timestamp())
}

/// The day its writer put on it, in days since the epoch (RFC 9051 §6.4.4: zone and time disregarded).
pub fn sent_day(summary: &Summary, received: i64) -> i64 {
    let day = summary.sent_at.as_deref().and_then(|text| text.get(..10));
    let midnight = day.and_then(|day| DateTime::parse_rfc3339(&format!("{day}T00:00:00Z")));
    midnight.map_or(received.div_euclid(1_000_000), |date| date.to_timestamp()).div_euclid(86_400)
}

/// The addresses of a field.
pub fn people(summary: &Summary, field: Field) -> &[Address] {
    let list = match field {
        Field::From => &summary.from,
        Field::To => &summary.to,
        Field::Cc => &summary.cc,
        Field::Bcc => &summary.bcc,
        Field::Subject => &None,
    };
    list.as_deref().unwrap_or_default()
}

/// The text of a field, folded, in which a search looks for folded words.
pub fn folded(summary: &Summary, field: Field) -> String {
    if field == Field::Subject {
        return base::fold::fold(summary.subject.as_deref().unwrap_or_default());
    }
    let mut text = String::new();
    for one in people(summary, field) {
        text.push_str(one.name.as_deref().unwrap_or_default());
        text.push_str(" <");
        text.push_str(&one.email);
        text.push_str("> ");
    }
    base::fold::fold(&text)
}

/// Sorts by `order`.
pub fn sort(letters: &mut [Sortable], order: &[SortKey]) {
    letters.sort_by_cached_key(|letter| Keys {
        keys: order.iter().map(|key| (key.reverse, value(letter, key.by))).collect(),
        number: letter.number,
    });
}

#[derive(PartialEq, Eq)]
struct Keys {
    keys: Vec<(bool, Value)>,
    number: u32,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Number(i64),
    Text(String),
}

impl Ord for Keys {
    fn cmp(&self, other: &Self) -> Ordering {
        for ((reverse, mine), (_, theirs)) in self.keys.iter().zip(&other.keys) {
            let order = if *reverse { theirs.cmp(mine) } else { mine.cmp(theirs) };
            if order != Ordering::Equal {
                return order;
            }
        }
        // RFC 5256 §3: equal letters keep their order, reversed or not.
        self.number.cmp(&other.number)
    }
}

impl PartialOrd for Keys {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn value(letter: &Sortable, by: SortBy) -> Value {
    let summary = &letter.summary;
    let local = |field| {
        let address = people(summary, field).first().map(|one| one.email.as_str()).unwrap_or_default();
        base::fold::fold(address.split('@').next().unwrap_or_default())
    };
    let display = |field| {
        let first = people(summary, field).first();
        let name = first.map(|one| one.name.as_deref().filter(|n| !n.is_empty()).unwrap_or(&one.email));
        base::fold::fold(name.unwrap_or_default())
    };
    match by {
        SortBy::Arrival => Value::Number(letter.received),
        SortBy::Date => Value::Number(sent(summary, letter.received)),
        SortBy::Size => Value::Number(i64::try_from(letter.size).unwrap_or(i64::MAX)),
        SortBy::Subject => Value::Text(summary.base_subject()),
        SortBy::From => Value::Text(local(Field::From)),
        SortBy::To => Value::Text(local(Field::To)),
        SortBy::Cc => Value::Text(local(Field::Cc)),
        SortBy::DisplayFrom => Value::Text(display(Field::From)),
        SortBy::DisplayTo => Value::Text(display(Field::To)),
    }
}

/// The letter as threading sees it.
pub fn threadable(letter: &Sortable) -> thread::Letter {
    let summary = &letter.summary;
    let subject = summary.base_subject();
    let whole = base::fold::fold(summary.subject.as_deref().unwrap_or_default());
    // RFC 5256 §3: In-Reply-To counts only where References is absent.
    let ancestors = summary
        .references
        .clone()
        .or_else(|| summary.in_reply_to.as_ref().map(|ids| ids.iter().take(1).cloned().collect()));
    thread::Letter {
        number: letter.number,
        date: sent(summary, letter.received),
        message_id: summary.message_id.as_ref().and_then(|ids| ids.first().cloned()),
        references: ancestors.unwrap_or_default(),
        is_reply: whole.trim() != subject,
        subject,
    }
}
