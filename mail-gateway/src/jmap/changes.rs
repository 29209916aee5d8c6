//! `/changes` of every kind (RFC 8620 §5.2).

use mail_gateway_core::jmap::{MethodError, Object};
use serde_json::{Value, json};

use super::context::{Context, fail};
use crate::store::Kind;

/// Answers `Mailbox/changes`, `Email/changes` and their like.
pub(crate) async fn changes(
    context: &Context<'_>,
    arguments: &Object,
    kind: Kind,
) -> Result<Value, MethodError> {
    let grant = context.account(arguments).await?;
    let since = arguments.get("sinceState").and_then(Value::as_str);
    let since = since.ok_or_else(|| MethodError::invalid("sinceState is missing"))?;
    let limit = match arguments.get("maxChanges") {
        None | Some(Value::Null) => MAX_CHANGES,
        Some(value) => {
            let limit = value.as_u64().filter(|n| *n > 0).and_then(|n| usize::try_from(n).ok());
            limit.ok_or_else(|| MethodError::invalid("maxChanges is a number above zero"))?.min(MAX_CHANGES)
        }
    };
    let number: i64 = since.parse().map_err(|_| MethodError::CannotCalculateChanges)?;
    let answer = context.service.store.since(grant.mailbox, kind, number, limit).await.map_err(fail)?;
    let answer = answer.ok_or(MethodError::CannotCalculateChanges)?;
    let mut object = json!({
        "accountId": grant.mailbox,
        "oldState": since,
        "newState": answer.state.to_string(),
        "hasMoreChanges": answer.more,
        "created": answer.created,
        "updated": answer.updated,
        "destroyed": answer.destroyed,
    });
    if kind == Kind::Mailbox {
        // RFC 8621 §2.2: when only counts moved the client need not read names again.
        let only_counts = answer.only_counts && !answer.updated.is_empty();
        let counts = json!(["totalEmails", "unreadEmails", "totalThreads", "unreadThreads"]);
        object["updatedProperties"] = if only_counts { counts } else { Value::Null };
    }
    Ok(object)
}

/// Objects of one answer.
const MAX_CHANGES: usize = 1000;
