//! Mailbox methods (RFC 8621 §2); a JMAP Mailbox is a folder.

use std::cmp::Ordering;

use directory_core::MailboxGrant;
use mail_gateway_core::{
    jmap::{MethodError, Object, SetError},
    mailbox::Role,
};
use serde_json::{Value, json};

use super::context::{Context, SetAnswer, SetArguments, answer_get, fail, set_error};
use crate::store::{
    Kind,
    folder::{Folder, FolderChange},
};

fn object(folder: &Folder, grant: &MailboxGrant) -> Object {
    let (may, own) = (!grant.is_read_only(), folder.role.is_none() && !grant.is_read_only());
    let value = json!({
        "id": folder.id,
        "name": folder.name,
        "parentId": folder.parent,
        "role": folder.role.map(Role::as_str),
        "sortOrder": folder.sort_order,
        "totalEmails": folder.total,
        "unreadEmails": folder.unread,
        "totalThreads": folder.threads,
        "unreadThreads": folder.unread_threads,
        "myRights": {
            "mayReadItems": true, "mayAddItems": may, "mayRemoveItems": may, "maySetSeen": may,
            "maySetKeywords": may, "mayCreateChild": may, "mayRename": own, "mayDelete": own,
            "maySubmit": may,
        },
        "isSubscribed": true,
    });
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// `Mailbox/get`.
pub(crate) async fn get(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account(arguments).await?;
    let state = context.state(&grant, Kind::Mailbox).await?;
    let folders = context.service.store.folders(grant.mailbox).await.map_err(fail)?;
    let all = folders.iter().map(|folder| object(folder, &grant)).collect();
    answer_get(&grant, state, arguments, all)
}

/// `Mailbox/query` (RFC 8621 §2.3).
pub(crate) async fn query(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account(arguments).await?;
    let state = context.state(&grant, Kind::Mailbox).await?;
    let ids = listed(context, &grant, arguments).await?;
    let number = |name: &str| arguments.get(name).and_then(Value::as_i64).unwrap_or(0);
    let length = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    let position = match arguments.get("anchor").and_then(Value::as_str) {
        Some(anchor) => {
            let at = ids.iter().position(|id| id == anchor).ok_or(MethodError::AnchorNotFound)?;
            i64::try_from(at).unwrap_or(0).saturating_add(number("anchorOffset"))
        }
        None if number("position") < 0 => length.saturating_add(number("position")),
        None => number("position"),
    };
    let position = usize::try_from(position.max(0)).unwrap_or(0);
    let limit = arguments.get("limit").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let page: Vec<&String> = ids.iter().skip(position).take(limit.unwrap_or(usize::MAX)).collect();
    Ok(json!({
        "accountId": grant.mailbox, "queryState": state, "canCalculateChanges": true, "position": position,
        "total": ids.len(), "ids": page,
    }))
}

/// `Mailbox/queryChanges` (RFC 8621 §2.4): what changed is taken out and put in at its place.
pub(crate) async fn query_changes(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account(arguments).await?;
    let since = arguments.get("sinceQueryState").and_then(Value::as_str);
    let since = since.ok_or_else(|| MethodError::invalid("sinceQueryState is missing"))?;
    let number: i64 = since.parse().map_err(|_| MethodError::CannotCalculateChanges)?;
    let store = &context.service.store;
    let changed = store.since(grant.mailbox, Kind::Mailbox, number, MAX_CHANGED).await.map_err(fail)?;
    let changed = changed.filter(|changed| !changed.more).ok_or(MethodError::CannotCalculateChanges)?;
    let ids = listed(context, &grant, arguments).await?;
    if context.state(&grant, Kind::Mailbox).await? != changed.state.to_string() {
        // Something changed between the two looks: the places would not fit the state.
        return Err(MethodError::CannotCalculateChanges);
    }
    let living: Vec<&String> = changed.created.iter().chain(&changed.updated).collect();
    let added: Vec<Value> = (0usize..)
        .zip(&ids)
        .filter(|(_, id)| living.contains(id))
        .map(|(index, id)| json!({ "id": id, "index": index }))
        .collect();
    let removed: Vec<&String> = changed.destroyed.iter().chain(living).collect();
    let limit = arguments.get("maxChanges").and_then(Value::as_u64);
    if limit.is_some_and(|limit| u64::try_from(removed.len() + added.len()).is_ok_and(|n| n > limit)) {
        return Err(MethodError::TooManyChanges);
    }
    Ok(json!({
        "accountId": grant.mailbox, "oldQueryState": since, "newQueryState": changed.state.to_string(),
        "total": ids.len(), "removed": removed, "added": added,
    }))
}

/// The ids of the folders that a query's filter and sort give.
async fn listed(
    context: &Context<'_>,
    grant: &MailboxGrant,
    arguments: &Object,
) -> Result<Vec<String>, MethodError> {
    let mut folders = context.service.store.folders(grant.mailbox).await.map_err(fail)?;
    if let Some(Value::Object(filter)) = arguments.get("filter") {
        for (name, value) in filter {
            let known = ["parentId", "name", "role", "hasAnyRole", "isSubscribed"].contains(&name.as_str());
            if !known {
                return Err(MethodError::UnsupportedFilter(name.chars().take(100).collect()));
            }
            folders.retain(|folder| matches(folder, name, value));
        }
    }
    if let Some(Value::Array(sort)) = arguments.get("sort") {
        for comparator in sort.iter().rev() {
            let property = comparator.get("property").and_then(Value::as_str).unwrap_or_default();
            let compare: fn(&Folder, &Folder) -> Ordering = match property {
                "name" => |a, b| a.name.cmp(&b.name),
                "sortOrder" => |a, b| a.sort_order.cmp(&b.sort_order),
                _ => return Err(MethodError::UnsupportedSort(property.chars().take(100).collect())),
            };
            folders.sort_by(compare);
            if comparator.get("isAscending") == Some(&Value::Bool(false)) {
                folders.reverse();
            }
        }
    }
    Ok(folders.into_iter().map(|folder| folder.id).collect())
}

/// Folders that may have changed before a client does better to ask anew.
const MAX_CHANGED: usize = 1000;

fn matches(folder: &Folder, name: &str, value: &Value) -> bool {
    match name {
        "parentId" => folder.parent.as_deref() == value.as_str(),
        "role" => folder.role.map(Role::as_str) == value.as_str(),
        "hasAnyRole" => Some(folder.role.is_some()) == value.as_bool(),
        "isSubscribed" => value.as_bool() == Some(true),
        // RFC 8621 §2.3: the name contains the text; folded, so that "luu" finds "Lưu trữ".
        _ => value
            .as_str()
            .is_some_and(|text| base::fold::fold(&folder.name).contains(&base::fold::fold(text))),
    }
}

/// `Mailbox/set` (RFC 8621 §2.5).
pub(crate) async fn set(context: &mut Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account_to_change(arguments).await?;
    let store = context.service.store.clone();
    let old = context.state(&grant, Kind::Mailbox).await?;
    let parts = SetArguments::read(arguments, &old)?;
    let with_letters = arguments.get("onDestroyRemoveEmails") == Some(&Value::Bool(true));
    let mut answer = SetAnswer::default();
    for (creation, object) in parts.create {
        let outcome = match change(context, &object) {
            Ok(FolderChange { name: Some(name), parent, sort_order }) => store
                .create_folder(grant.mailbox, name, parent.flatten(), sort_order.unwrap_or(100), context.now)
                .await
                .map_err(set_error),
            Ok(_) => Err(SetError::invalid(&["name"])),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(id) => {
                answer.created.insert(creation.clone(), json!({ "id": id }));
                context.created.insert(creation, id);
            }
            Err(error) => {
                answer.not_created.insert(creation, error.into_json());
            }
        }
    }
    for (id, object) in parts.update {
        let outcome = match (context.resolve(&id), change(context, &object)) {
            (None, _) => Err(SetError::new("notFound")),
            (Some(real), Ok(change)) => {
                store.update_folder(grant.mailbox, real, change).await.map_err(set_error)
            }
            (_, Err(error)) => Err(error),
        };
        answer.update(id, outcome);
    }
    for id in parts.destroy {
        let outcome = match context.resolve(&id) {
            Some(real) => store.destroy_folder(grant.mailbox, real, with_letters).await.map_err(set_error),
            None => Err(SetError::new("notFound")),
        };
        answer.destroy(id, outcome);
    }
    let new = context.state(&grant, Kind::Mailbox).await?;
    Ok(answer.into_json(&grant, &old, &new))
}

fn change(context: &Context<'_>, object: &Object) -> Result<FolderChange, SetError> {
    let mut change = FolderChange::default();
    for (name, value) in object {
        let wrong = || SetError::invalid(&[name]);
        match (name.as_str(), value) {
            ("name", Value::String(text)) => change.name = Some(text.clone()),
            ("parentId", Value::Null) => change.parent = Some(None),
            ("parentId", Value::String(id)) => {
                change.parent = Some(Some(context.resolve(id).ok_or_else(wrong)?))
            }
            ("sortOrder", Value::Number(number)) => {
                // RFC 8621 §2: 0 ≤ sortOrder < 2^31.
                let number = number.as_u64().filter(|n| *n < 1 << 31);
                change.sort_order = Some(number.ok_or_else(wrong)?);
            }
            ("isSubscribed", Value::Bool(true)) | ("role", Value::Null) => {}
            _ => return Err(wrong()),
        }
    }
    Ok(change)
}
