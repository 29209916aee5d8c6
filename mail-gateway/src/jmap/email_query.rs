//! `Email/query` and `Email/queryChanges` (RFC 8621 §4.4, §4.5).

use base::MailboxId;
use mail_gateway_core::jmap::{MethodError, Object, filter::Filter};
use serde_json::{Value, json};

use super::context::{Context, fail};
use crate::store::{
    Kind,
    query::{Order, Page, Query, Start},
};

/// What a client may sort by; `relevance` is ours: best answers to the searched words first.
pub(crate) const SORT_OPTIONS: [&str; 3] = ["receivedAt", "size", "relevance"];

/// `Email/query`.
pub(crate) async fn query(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account(arguments).await?;
    let state = context.state(&grant, Kind::Email).await?;
    let wanted = Wanted::parse(arguments)?;
    let query = wanted.query(grant.mailbox);
    let limit = match arguments.get("limit") {
        None | Some(Value::Null) => None,
        Some(value) => {
            let limit = value.as_u64().and_then(|n| usize::try_from(n).ok());
            Some(limit.ok_or_else(|| MethodError::invalid("limit is a number"))?)
        }
    };
    let start = start(arguments)?;
    let shown = limit.unwrap_or(MAX_LIMIT).min(MAX_LIMIT);
    let store = &context.service.store;
    // Found and counted at the same time, on two connections.
    let total = async {
        match arguments.get("calculateTotal") {
            Some(Value::Bool(true)) => Ok(Some(store.total(&query).await?)),
            _ => Ok(None),
        }
    };
    let (page, total) = tokio::try_join!(store.page(&query, &start, shown), total).map_err(fail)?;
    let Page { position, hits } = page.ok_or(MethodError::AnchorNotFound)?;
    let ids: Vec<&str> = hits.iter().map(|hit| hit.id.as_str()).collect();
    let mut answer = json!({
        "accountId": grant.mailbox,
        "queryState": state,
        "canCalculateChanges": wanted.order != Order::Relevance,
        "position": position,
        "ids": ids,
    });
    if let Some(total) = total {
        answer["total"] = json!(total);
    }
    if limit.is_none_or(|limit| limit > MAX_LIMIT) {
        // RFC 8620 §5.5: a limit the server set is told.
        answer["limit"] = json!(MAX_LIMIT);
    }
    Ok(answer)
}

/// `Email/queryChanges`: exact (RFC 8620 §5.6). Whatever changed since is taken out and, where it is
/// still a hit, put in again at its place; with conversations collapsed, whatever belongs to one that
/// changed, because another letter may now stand for it.
pub(crate) async fn query_changes(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account(arguments).await?;
    let since = arguments.get("sinceQueryState").and_then(Value::as_str);
    let since = since.ok_or_else(|| MethodError::invalid("sinceQueryState is missing"))?;
    let number: i64 = since.parse().map_err(|_| MethodError::CannotCalculateChanges)?;
    let wanted = Wanted::parse(arguments)?;
    if wanted.order == Order::Relevance {
        return Err(MethodError::CannotCalculateChanges);
    }
    let store = &context.service.store;
    let changed = store.changed_around(grant.mailbox, number, MAX_CHANGED).await.map_err(fail)?;
    let changed = changed.ok_or(MethodError::CannotCalculateChanges)?;
    let query = wanted.query(grant.mailbox);
    let page = store.page(&query, &Start::Position(0), usize::MAX).await.map_err(fail)?.unwrap_or_default();
    if context.state(&grant, Kind::Email).await? != changed.state.to_string() {
        // Something changed between the two looks: the places would not fit the state.
        return Err(MethodError::CannotCalculateChanges);
    }
    let mut removed = changed.destroyed;
    let mut added = Vec::new();
    let up_to = arguments.get("upToId").and_then(Value::as_str);
    let mut is_past = false;
    for (index, hit) in page.hits.iter().enumerate() {
        // RFC 8620 §5.6: what lies behind `upToId` the client does not hold; allowed because what sorts
        // and filters here, but for keywords and folders, never changes.
        if changed.living.contains(&hit.id) && !is_past {
            added.push(json!({ "id": hit.id, "index": index }));
        }
        is_past |= up_to == Some(hit.id.as_str()) && !wanted.is_mutable;
    }
    removed.extend(changed.living);
    let limit = arguments.get("maxChanges").and_then(Value::as_u64);
    let count = u64::try_from(removed.len() + added.len()).unwrap_or(u64::MAX);
    if limit.is_some_and(|limit| count > limit) {
        return Err(MethodError::TooManyChanges);
    }
    let mut answer = json!({
        "accountId": grant.mailbox,
        "oldQueryState": since,
        "newQueryState": changed.state.to_string(),
        "removed": removed,
        "added": added,
    });
    if arguments.get("calculateTotal") == Some(&Value::Bool(true)) {
        answer["total"] = json!(page.hits.len());
    }
    Ok(answer)
}

/// The part of the arguments that both methods share.
struct Wanted {
    filter: Option<Filter>,
    order: Order,
    collapse: bool,
    /// Whether a letter may begin or cease to match while it exists.
    is_mutable: bool,
}

impl Wanted {
    fn parse(arguments: &Object) -> Result<Self, MethodError> {
        let filter = match arguments.get("filter") {
            None | Some(Value::Null) => None,
            Some(value) => Some(Filter::parse(value)?),
        };
        let collapse = arguments.get("collapseThreads") == Some(&Value::Bool(true));
        let is_mutable = collapse || filter.as_ref().is_some_and(Filter::is_mutable);
        Ok(Self { filter, order: order(arguments.get("sort"))?, collapse, is_mutable })
    }

    fn query(&self, account: MailboxId) -> Query<'_> {
        Query { account, filter: self.filter.as_ref(), order: self.order, collapse: self.collapse }
    }
}

fn order(sort: Option<&Value>) -> Result<Order, MethodError> {
    let Some(first) = sort.and_then(Value::as_array).and_then(|list| list.first()) else {
        return Ok(Order::NewestFirst);
    };
    let property = first.get("property").and_then(Value::as_str).unwrap_or_default();
    // RFC 8620 §5.5: ascending unless it says otherwise.
    let ascending = first.get("isAscending").and_then(Value::as_bool).unwrap_or(true);
    match (property, ascending) {
        ("receivedAt", false) => Ok(Order::NewestFirst),
        ("receivedAt", true) => Ok(Order::OldestFirst),
        ("size", false) => Ok(Order::BiggestFirst),
        ("size", true) => Ok(Order::SmallestFirst),
        ("relevance", false) => Ok(Order::Relevance),
        _ => Err(MethodError::UnsupportedSort(property.chars().take(100).collect())),
    }
}

/// Where the page begins: `position`, from the end when negative, or beside `anchor` (RFC 8620 §5.5).
fn start(arguments: &Object) -> Result<Start, MethodError> {
    let number = |name: &str| match arguments.get(name) {
        None | Some(Value::Null) => Ok(0i64),
        Some(value) => value.as_i64().ok_or_else(|| MethodError::invalid(format!("{name} is a number"))),
    };
    match arguments.get("anchor").and_then(Value::as_str) {
        Some(anchor) => Ok(Start::Anchor(anchor.to_owned(), number("anchorOffset")?)),
        None => Ok(Start::Position(number("position")?)),
    }
}

/// Ids of one page.
const MAX_LIMIT: usize = 500;
/// Letters that may have changed before a client does better to ask anew.
const MAX_CHANGED: usize = 2000;
