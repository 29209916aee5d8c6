//! What a mailbox holds and may hold (`Quota`, RFC 9425), and letters destroyed lately, which are our
//! own `DeletedEmail` (capability `urn:lienthong:params:jmap:deleted`): listed and brought back.

use mail_gateway_core::jmap::{MethodError, Object, SetError, date, email::strings};
use serde_json::{Value, json};

use super::context::{Context, answer_get, fail, set_error};
use crate::store::letter::removed::KEPT;

/// The capability of [`deleted`] and [`restore`].
pub(crate) const DELETED: &str = "urn:lienthong:params:jmap:deleted";
/// RFC 9425 §2.
pub(crate) const QUOTA: &str = "urn:ietf:params:jmap:quota";

/// `Quota/get`: one quota, the octets of the mailbox.
pub(crate) async fn quota(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account(arguments).await?;
    let room = context.service.store.room(grant.mailbox, grant.kind).await.map_err(fail)?;
    let quota = json!({
        "id": "octets", "resourceType": "octets", "scope": "account", "types": ["Email"],
        "name": "Dung lượng hộp thư", "description": null,
        "used": room.usage.bytes, "hardLimit": room.limit, "warnLimit": room.warning(), "softLimit": null,
    });
    let state = format!("{}-{}", room.usage.bytes, room.limit);
    let Value::Object(quota) = quota else { return Err(MethodError::ServerFail(String::new())) };
    answer_get(&grant, state, arguments, vec![quota])
}

/// `Quota/changes`: a client does better to read the one quota again.
pub(crate) async fn quota_changes(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    context.account(arguments).await?;
    Err(MethodError::CannotCalculateChanges)
}

/// `DeletedEmail/get`: what can be brought back, the last destroyed first.
pub(crate) async fn deleted(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account(arguments).await?;
    let removed = context.service.store.removed(grant.mailbox).await.map_err(fail)?;
    let list: Vec<Value> = removed
        .iter()
        .map(|one| {
            json!({
                "id": one.id, "from": one.summary.from, "to": one.summary.to, "subject": one.summary.subject,
                "preview": one.summary.preview, "size": one.summary.size,
                "receivedAt": date::utc(one.received), "deletedAt": date::utc(one.removed),
                "availableUntil": date::utc(one.removed.plus(KEPT)),
            })
        })
        .collect();
    Ok(json!({ "accountId": grant.mailbox, "list": list }))
}

/// `DeletedEmail/restore`: back into the inbox; answers the new ids.
pub(crate) async fn restore(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account_to_change(arguments).await?;
    let ids = strings(arguments, "ids")?.ok_or_else(|| MethodError::invalid("ids is missing"))?;
    if ids.len() > MAX_RESTORED {
        return Err(MethodError::RequestTooLarge);
    }
    let (mut restored, mut refused) = (Object::new(), Object::new());
    for id in ids {
        match context.service.store.bring_back(grant.mailbox, &id).await {
            Ok(done) => drop(restored.insert(id, json!({ "id": done.id, "threadId": done.thread }))),
            Err(error) => drop(refused.insert(id, set_error(error).into_json())),
        }
    }
    Ok(json!({ "accountId": grant.mailbox, "restored": restored, "notRestored": refused }))
}

impl Context<'_> {
    /// Refuses what does not fit into the mailbox any more (RFC 8620 §5.3, `overQuota`).
    pub(crate) async fn has_room(
        &self,
        grant: &directory_core::MailboxGrant,
        octets: usize,
    ) -> Result<(), SetError> {
        let room = self.service.store.room(grant.mailbox, grant.kind).await.map_err(set_error)?;
        if room.has_room(u64::try_from(octets).unwrap_or(u64::MAX)) {
            return Ok(());
        }
        Err(SetError::because("overQuota", FULL))
    }
}

/// What the owner of a full mailbox reads.
pub(crate) const FULL: &str = "Hộp thư đã đầy. Xóa bớt thư hoặc đề nghị cán bộ CNTT tăng dung lượng.";
/// Letters brought back in one call.
const MAX_RESTORED: usize = 100;
