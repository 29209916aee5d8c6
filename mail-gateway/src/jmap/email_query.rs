//! `Email/query` (RFC 8621 §4.4).

use std::collections::BTreeSet;

use mail_gateway_core::jmap::{MethodError, Object, filter::Filter};
use serde_json::{Value, json};

use super::context::{Context, fail};
use crate::store::{
    Kind,
    query::{Hit, Order},
};

/// `Email/query`.
pub(crate) async fn query(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account(arguments).await?;
    let state = context.state(&grant, Kind::Email).await?;
    let filter = match arguments.get("filter") {
        None | Some(Value::Null) => None,
        Some(value) => Some(Filter::parse(value)?),
    };
    let order = order(arguments.get("sort"))?;
    let mut hits = context.service.store.query(grant.mailbox, filter.as_ref(), order).await.map_err(fail)?;
    if arguments.get("collapseThreads") == Some(&Value::Bool(true)) {
        // RFC 8621 §4.4.3: of a conversation the first hit stays.
        let mut seen = BTreeSet::new();
        hits.retain(|hit| seen.insert(hit.thread.clone()));
    }
    let position = position(arguments, &hits)?;
    let limit = match arguments.get("limit") {
        None | Some(Value::Null) => MAX_LIMIT,
        Some(value) => {
            let limit = value.as_u64().and_then(|n| usize::try_from(n).ok());
            limit.ok_or_else(|| MethodError::invalid("limit is a number"))?
        }
    };
    let page: Vec<&str> =
        hits.iter().skip(position).take(limit.min(MAX_LIMIT)).map(|hit| hit.id.as_str()).collect();
    let mut answer = json!({
        "accountId": grant.mailbox,
        "queryState": state,
        "canCalculateChanges": false,
        "position": position,
        "ids": page,
    });
    if arguments.get("calculateTotal") == Some(&Value::Bool(true)) {
        answer["total"] = json!(hits.len());
    }
    if limit > MAX_LIMIT || arguments.get("limit").is_none() {
        // RFC 8620 §5.5: a limit the server set is told.
        answer["limit"] = json!(MAX_LIMIT);
    }
    Ok(answer)
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
        _ => Err(MethodError::UnsupportedSort(property.chars().take(100).collect())),
    }
}

/// Where the page begins: `position`, from the end when negative, or beside `anchor` (RFC 8620 §5.5).
fn position(arguments: &Object, hits: &[Hit]) -> Result<usize, MethodError> {
    let number = |name: &str| match arguments.get(name) {
        None | Some(Value::Null) => Ok(0i64),
        Some(value) => value.as_i64().ok_or_else(|| MethodError::invalid(format!("{name} is a number"))),
    };
    let length = i64::try_from(hits.len()).unwrap_or(i64::MAX);
    let wanted = match arguments.get("anchor").and_then(Value::as_str) {
        Some(anchor) => {
            let at = hits.iter().position(|hit| hit.id == anchor).ok_or(MethodError::AnchorNotFound)?;
            i64::try_from(at).unwrap_or(0).saturating_add(number("anchorOffset")?)
        }
        None => match number("position")? {
            from if from < 0 => length.saturating_add(from),
            from => from,
        },
    };
    Ok(usize::try_from(wanted.max(0)).unwrap_or(0))
}

/// Ids of one page.
const MAX_LIMIT: usize = 500;
