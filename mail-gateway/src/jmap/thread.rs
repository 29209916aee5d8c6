//! Thread methods (RFC 8621 §3).

use mail_gateway_core::jmap::{MethodError, Object};
use serde_json::{Value, json};

use super::context::{Context, fail, ids};
use crate::store::Kind;

/// `Thread/get`.
pub(crate) async fn get(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account(arguments).await?;
    let state = context.state(&grant, Kind::Thread).await?;
    let wanted = ids(arguments)?.ok_or_else(|| MethodError::invalid("ids is needed: threads are many"))?;
    let (mut list, mut missing, mut seen) = (Vec::new(), Vec::new(), std::collections::BTreeSet::new());
    for id in wanted {
        if !seen.insert(id.clone()) {
            continue;
        }
        let letters = context.service.store.thread(grant.mailbox, &id).await.map_err(fail)?;
        if letters.is_empty() {
            missing.push(id);
        } else {
            list.push(json!({ "id": id, "emailIds": letters }));
        }
    }
    Ok(json!({ "accountId": grant.mailbox, "state": state, "list": list, "notFound": missing }))
}
