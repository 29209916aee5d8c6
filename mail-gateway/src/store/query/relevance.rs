//! Which hits come first: the newest that are likely to answer best are compared with what was typed.
//!
//! Comparing every hit would mean reading every letter. Two short lists are enough: the newest with the
//! words together in the subject, the newest with the words together anywhere. What has them scattered
//! follows by date, as it would anyway.

use std::collections::BTreeMap;

use database::sqlx::{Row, any::AnyRow};
use mail_gateway_core::{
    jmap::filter::{Filter, Operator},
    message::{BlobId, Summary, parse},
    search::{Likeness, Words, likeness},
};

use super::{Hit, Order, Query, Store, StoreError, select, words_of};
use crate::store::{deliver::blob_of, index::Field};

struct Candidate {
    hit: Hit,
    received: i64,
    blob: BlobId,
    summary: Summary,
    likeness: Likeness,
}

impl Store {
    /// The hits that answer best, best first; others follow by date.
    pub(super) async fn most_relevant(&self, query: &Query<'_>) -> Result<Vec<Hit>, StoreError> {
        let Some((filter, words)) = query.filter.and_then(|filter| Some((filter, searched(filter)?))) else {
            return Ok(Vec::new());
        };
        let phrase = words.as_phrase();
        let (in_subject, anywhere) = tokio::try_join!(
            self.newest(query, Field::Subject, &phrase, without(filter, Field::Subject, words)),
            self.newest(query, Field::Any, &phrase, without(filter, Field::Any, words)),
        )?;
        let found: BTreeMap<String, Candidate> =
            in_subject.into_iter().chain(anywhere).map(|one| (one.hit.id.clone(), one)).collect();
        let mut candidates: Vec<Candidate> = found.into_values().collect();
        for candidate in &mut candidates {
            candidate.likeness = likeness(words, &headings(&candidate.summary), "");
        }
        // Bodies are read for some of those whose heading says little.
        candidates.sort_by_key(|one| (one.likeness, -one.received));
        for candidate in candidates.iter_mut().take(MAX_READ) {
            if candidate.likeness < Likeness::Heading && candidate.summary.size <= MAX_SIZE {
                candidate.likeness = self.likeness_of_text(words, candidate).await?;
            }
        }
        candidates
            .sort_by(|a, b| (b.likeness, b.received, &b.hit.id).cmp(&(a.likeness, a.received, &a.hit.id)));
        Ok(candidates.into_iter().map(|one| one.hit).collect())
    }

    /// The newest letters with `phrase` in `field` to which `rest` applies too.
    async fn newest(
        &self,
        query: &Query<'_>,
        field: Field,
        phrase: &Words,
        rest: Option<Filter>,
    ) -> Result<Vec<Candidate>, StoreError> {
        let dialect = self.database().dialect();
        let query = Query { filter: rest.as_ref(), ..query.clone() };
        let (mut sql, mut text) = select(dialect, &query, "l.id, l.thread, l.received, l.blob");
        // Where nothing else is asked, those that came last are enough: a common phrase is in nearly all.
        let most = rest.is_none().then_some(CAME_LAST);
        text.push_str(" AND ");
        text.push_str(&sql.words(field, phrase, most));
        let order = Order::NewestFirst.sql(false);
        // The bodies of the few that are left, not of all that match.
        let text = format!(
            "SELECT n.id, n.thread, n.received, n.blob, s.summary FROM ({text} ORDER BY {order} LIMIT {SHORT_LIST}) n \
             JOIN bodies s ON s.blob = n.blob"
        );
        let rows = sql.bind(text).fetch_all(self.database().readers()).await?;
        rows.iter().map(candidate).collect()
    }

    async fn likeness_of_text(&self, words: &Words, candidate: &Candidate) -> Result<Likeness, StoreError> {
        let raw = match self.open_blob(&candidate.blob).await {
            Ok(raw) => raw,
            Err(StoreError::MissingBlob(_)) => return Ok(candidate.likeness),
            Err(error) => return Err(error),
        };
        let words = words.clone();
        let read = tokio::task::spawn_blocking(move || {
            likeness(&words, &[], &parse::plain_text(&parse::parse(&raw)))
        });
        Ok(read.await.map_err(std::io::Error::other)?)
    }
}

fn candidate(row: &AnyRow) -> Result<Candidate, StoreError> {
    let summary: String = row.try_get("summary")?;
    Ok(Candidate {
        received: row.try_get("received")?,
        blob: blob_of(row, "blob")?,
        summary: serde_json::from_str(&summary).map_err(|_| StoreError::Corrupt("summary"))?,
        likeness: Likeness::default(),
        hit: super::hit_of(row)?,
    })
}

/// What `filter` asks for beside `words`, where these are found together in `field`: then they are also
/// found one by one, there and anywhere.
fn without(filter: &Filter, field: Field, words: &Words) -> Option<Filter> {
    let implied = |filter: &Filter| match filter {
        Filter::Condition(condition) => words_of(condition)
            .is_some_and(|(asked, these)| these == words && (asked == Field::Any || asked == field)),
        Filter::Operator(..) => false,
    };
    if implied(filter) {
        return None;
    }
    match filter {
        Filter::Operator(Operator::And, filters) => {
            let mut others: Vec<Filter> = filters.iter().filter(|one| !implied(one)).cloned().collect();
            match others.len() {
                0 => None,
                1 => others.pop(),
                _ => Some(Filter::Operator(Operator::And, others)),
            }
        }
        other => Some(other.clone()),
    }
}

/// What stands above the text: the subject, and who wrote.
fn headings(summary: &Summary) -> Vec<&str> {
    let people = summary.from.iter().chain(&summary.to).flatten();
    let names = people.flat_map(|one| one.name.as_deref().into_iter().chain([one.email.as_str()]));
    summary.subject.as_deref().into_iter().chain(names.take(MAX_NAMES)).collect()
}

/// The words that every hit has.
fn searched(filter: &Filter) -> Option<&Words> {
    match filter {
        Filter::Condition(condition) => words_of(condition).map(|(_, words)| words).filter(|w| !w.is_empty()),
        Filter::Operator(Operator::And, filters) => filters.iter().find_map(searched),
        Filter::Operator(_, _) => None,
    }
}

/// Hits of each of the two lists.
const SHORT_LIST: usize = 100;
/// Letters looked at for a list, of those that have the phrase: the newest by arrival, which the index gives
/// at once, stand for the newest by date.
const CAME_LAST: usize = 2_000;
/// Bodies read for one search.
const MAX_READ: usize = 40;
/// Octets of the largest body read.
const MAX_SIZE: u64 = 128 * 1024;
/// Names compared of one letter.
const MAX_NAMES: usize = 20;
