//! Finding letters (RFC 8621 §4.4): a filter becomes SQL over indexes, and only the rows of the page
//! that is shown are read.

mod relevance;
mod sql;

use std::{collections::BTreeSet, time::Duration};

use base::MailboxId;
use database::{
    Dialect,
    sqlx::{Row, any::AnyRow},
};
use futures_util::TryStreamExt;
use mail_gateway_core::jmap::filter::{Condition, Filter, Operator};

use super::{Store, StoreError, unsigned};
use sql::{Sql, Value, words_of};

/// A letter that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The letter.
    pub id: String,
    /// Its conversation.
    pub thread: String,
}

/// In which order hits come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Newest first.
    #[default]
    NewestFirst,
    /// Oldest first.
    OldestFirst,
    /// By size, biggest first.
    BiggestFirst,
    /// By size, smallest first.
    SmallestFirst,
    /// Those that answer the searched words best first, then newest first.
    Relevance,
}

impl Order {
    /// The order by columns of `l`, or of the folder's rows.
    fn sql(self, by_folder: bool) -> &'static str {
        match (self, by_folder) {
            (Self::NewestFirst | Self::Relevance, false) => "l.received DESC, l.id DESC",
            (Self::NewestFirst | Self::Relevance, true) => "place.received DESC, place.letter DESC",
            (Self::OldestFirst, false) => "l.received, l.id",
            (Self::OldestFirst, true) => "place.received, place.letter",
            (Self::BiggestFirst, _) => "b.size DESC, l.id DESC",
            (Self::SmallestFirst, _) => "b.size, l.id",
        }
    }
}

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Query<'a> {
    /// Whose letters.
    pub account: MailboxId,
    /// Which of them.
    pub filter: Option<&'a Filter>,
    /// In which order.
    pub order: Order,
    /// Of a conversation only the first hit (RFC 8621 §4.4.3).
    pub collapse: bool,
}

/// Where a page begins (RFC 8620 §5.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// At this hit; from the end when negative.
    Position(i64),
    /// So many hits after this letter, before it when negative.
    Anchor(String, i64),
}

/// A part of the hits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Where in all hits it begins.
    pub position: usize,
    /// Its hits.
    pub hits: Vec<Hit>,
}

impl Store {
    /// All letters of `account` that match, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn query(
        &self,
        account: MailboxId,
        filter: Option<&Filter>,
        order: Order,
    ) -> Result<Vec<Hit>, StoreError> {
        let query = Query { account, filter, order, collapse: false };
        Ok(self
            .page(&query, &Start::Position(0), usize::MAX)
            .await?
            .map(|page| page.hits)
            .unwrap_or_default())
    }

    /// The hits from `start` on, `limit` at most; `None` when the anchor is not among them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn page(
        &self,
        query: &Query<'_>,
        start: &Start,
        limit: usize,
    ) -> Result<Option<Page>, StoreError> {
        self.ready_for(query).await?;
        let start = match start {
            // Counted from the end: the count says where that is.
            Start::Position(from) if *from < 0 => {
                let total = i64::try_from(self.total(query).await?).unwrap_or(i64::MAX);
                Start::Position(total.saturating_add(*from).max(0))
            }
            other => other.clone(),
        };
        let mut gathered =
            Gathered { query, start, limit, hits: Vec::new(), threads: BTreeSet::new(), anchor: None };
        let mut before = BTreeSet::new();
        if query.order == Order::Relevance {
            for hit in self.most_relevant(query).await? {
                before.insert(hit.id.clone());
                gathered.add(hit);
            }
        }
        // Sorting a hundred thousand hits costs more than finding the first few of them; of collapsed
        // conversations and hits that stand in front already, more than a page must be looked at.
        let few = gathered
            .from()
            .map(|from| from.saturating_add(limit).saturating_add(before.len()).saturating_mul(4));
        let few = few.filter(|few| *few <= MOST_BY_TOP);
        for most in [few, None].into_iter().skip(usize::from(few.is_none())) {
            let (sql, text) = select(self.database().dialect(), query, "l.id, l.thread");
            let order = query.order.sql(folder_of(query).is_some());
            let end = most.map_or(String::new(), |most| format!(" LIMIT {most}"));
            let statement = sql.bind(format!("{text} ORDER BY {order}{end}"));
            let mut rows = statement.fetch(self.database().readers());
            let mut seen = 0;
            while !gathered.is_full()
                && let Some(row) = rows.try_next().await?
            {
                seen += 1;
                let hit = hit_of(&row)?;
                if before.insert(hit.id.clone()) {
                    gathered.add(hit);
                }
            }
            if gathered.is_full() || most.is_none_or(|most| seen < most) {
                break;
            }
        }
        Ok(gathered.page())
    }

    /// How many hits there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn total(&self, query: &Query<'_>) -> Result<u64, StoreError> {
        self.ready_for(query).await?;
        if let Some(Filter::Condition(Condition::InFolder(folder))) = query.filter {
            let folders = self.folders(query.account).await?;
            let folder = folders.iter().find(|one| one.id == *folder);
            let count = folder.map(|one| if query.collapse { one.threads } else { one.total });
            return Ok(count.unwrap_or(0));
        }
        let count = if query.collapse { "COUNT(DISTINCT l.thread)" } else { "COUNT(*)" };
        let (sql, text) = select(self.database().dialect(), query, count);
        let row = sql.bind(text).fetch_one(self.database().readers()).await?;
        Ok(unsigned(row.try_get(0)?))
    }
}

impl Store {
    /// Waits a moment for the index where words are asked for.
    async fn ready_for(&self, query: &Query<'_>) -> Result<(), StoreError> {
        if query.filter.is_some_and(asks_for_words) { self.catch_up(PATIENCE).await } else { Ok(()) }
    }
}

/// Hits as they come, until the wanted page is among them.
struct Gathered<'a> {
    query: &'a Query<'a>,
    start: Start,
    limit: usize,
    hits: Vec<Hit>,
    threads: BTreeSet<String>,
    /// Where the anchor was found.
    anchor: Option<usize>,
}

impl Gathered<'_> {
    fn add(&mut self, hit: Hit) {
        if self.query.collapse && !self.threads.insert(hit.thread.clone()) {
            return;
        }
        if matches!(&self.start, Start::Anchor(anchor, _) if *anchor == hit.id) {
            self.anchor = Some(self.hits.len());
        }
        self.hits.push(hit);
    }

    /// Where the page begins, once that is known.
    fn from(&self) -> Option<usize> {
        let at = match &self.start {
            Start::Position(from) => *from,
            Start::Anchor(_, offset) => i64::try_from(self.anchor?).ok()?.saturating_add(*offset),
        };
        Some(usize::try_from(at.max(0)).unwrap_or(0))
    }

    fn is_full(&self) -> bool {
        self.from().is_some_and(|from| self.hits.len() >= from.saturating_add(self.limit))
    }

    fn page(self) -> Option<Page> {
        let position = self.from()?;
        let hits = self.hits.into_iter().skip(position).take(self.limit).collect();
        Some(Page { position, hits })
    }
}

/// `SELECT columns` of the hits, without an order.
fn select(dialect: Dialect, query: &Query<'_>, columns: &str) -> (Sql, String) {
    let mut sql = Sql::new(dialect, query.account.to_string());
    let place = folder_of(query).map(|folder| sql.value(Value::Text(folder.to_owned())));
    let condition = query.filter.map(|filter| sql.filter(filter));
    let by_size = matches!(query.order, Order::BiggestFirst | Order::SmallestFirst);
    let body = if sql.needs_body || by_size { " JOIN bodies b ON b.blob = l.blob" } else { "" };
    let mut text = match place {
        // The folder's rows come in order; CROSS JOIN keeps SQLite from beginning with the other table.
        Some(folder) => format!(
            "SELECT {columns} FROM letter_folder place CROSS JOIN letters l{body} \
             WHERE place.account = $1 AND place.folder = {folder} AND l.id = place.letter"
        ),
        None => format!("SELECT {columns} FROM letters l{body} WHERE l.account = $1"),
    };
    if let Some(condition) = condition {
        text.push_str(" AND ");
        text.push_str(&condition);
    }
    (sql, text)
}

/// The folder whose rows are gone through: when the filter names one and no words, which would leave
/// few letters and are the better beginning.
fn folder_of<'a>(query: &Query<'a>) -> Option<&'a str> {
    let filter = query.filter?;
    if asks_for_words(filter) {
        return None;
    }
    let of = |filter: &'a Filter| match filter {
        Filter::Condition(Condition::InFolder(folder)) => Some(folder.as_str()),
        _ => None,
    };
    match filter {
        Filter::Operator(Operator::And, filters) => filters.iter().find_map(of),
        other => of(other),
    }
}

/// Whether the index is needed.
fn asks_for_words(filter: &Filter) -> bool {
    match filter {
        Filter::Condition(condition) => words_of(condition).is_some_and(|(_, words)| !words.is_empty()),
        Filter::Operator(_, filters) => filters.iter().any(asks_for_words),
    }
}

fn hit_of(row: &AnyRow) -> Result<Hit, StoreError> {
    Ok(Hit { id: row.try_get(0)?, thread: row.try_get(1)? })
}

/// First rows for which the database keeps the best of what it has seen instead of sorting everything.
const MOST_BY_TOP: usize = 2_000;
/// How long a search waits for letters that arrived a moment ago to be indexed.
const PATIENCE: Duration = Duration::from_millis(400);
