//! Which hits come first: the newest that are likely to answer best are compared with what was typed.
//!
//! Comparing every hit would mean reading every letter. Two short lists are enough: the newest with the
//! words together in the subject, the newest with the words together anywhere. What has them scattered
//! follows by date, as it would anyway.

use std::collections::BTreeMap;

use database::sqlx::Row;
use mail_gateway_core::{
    jmap::filter::{Condition, Filter, Operator},
    message::{BlobId, Summary, parse},
    search::{Likeness, Words, likeness},
};

use super::{Hit, Order, Query, Store, StoreError, select, words_of};
use crate::store::deliver::blob_of;

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
        let together = |condition: fn(Words) -> Condition| {
            let phrase = Filter::Condition(condition(words.as_phrase()));
            Filter::Operator(Operator::And, vec![phrase, filter.clone()])
        };
        let mut candidates = BTreeMap::new();
        for filter in [together(Condition::Subject), together(Condition::Text)] {
            self.newest(&Query { filter: Some(&filter), ..query.clone() }, &mut candidates).await?;
        }
        let mut candidates: Vec<Candidate> = candidates.into_values().collect();
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

    async fn newest(
        &self,
        query: &Query<'_>,
        candidates: &mut BTreeMap<String, Candidate>,
    ) -> Result<(), StoreError> {
        let (sql, text) = select(self.database().dialect(), query, "l.id, l.thread, l.received, l.blob");
        let order = Order::NewestFirst.sql(false);
        // The bodies of the few that are left, not of all that match.
        let text = format!(
            "SELECT n.id, n.thread, n.received, n.blob, s.summary FROM ({text} ORDER BY {order} LIMIT {SHORT_LIST}) n \
             JOIN bodies s ON s.blob = n.blob"
        );
        for row in sql.bind(text).fetch_all(self.database().readers()).await? {
            let hit = super::hit_of(&row)?;
            let summary: String = row.try_get("summary")?;
            let candidate = Candidate {
                received: row.try_get("received")?,
                blob: blob_of(&row, "blob")?,
                summary: serde_json::from_str(&summary).map_err(|_| StoreError::Corrupt("summary"))?,
                likeness: Likeness::default(),
                hit,
            };
            candidates.insert(candidate.hit.id.clone(), candidate);
        }
        Ok(())
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
/// Bodies read for one search.
const MAX_READ: usize = 40;
/// Octets of the largest body read.
const MAX_SIZE: u64 = 128 * 1024;
/// Names compared of one letter.
const MAX_NAMES: usize = 20;
