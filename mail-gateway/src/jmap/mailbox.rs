//! Mailbox methods (RFC 8621 §2); a JMAP Mailbox is a folder.

use std::cmp::Ordering;

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

fn object(folder: &Folder) -> Object {
    let own = folder.role.is_none();
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
            "mayReadItems": true, "mayAddItems": true, "mayRemoveItems": true, "maySetSeen": true,
            "maySetKeywords": true, "mayCreateChild": true, "mayRename": own, "mayDelete": own,
            "maySubmit": true,
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
    answer_get(&grant, state, arguments, folders.iter().map(object).collect())
}

/// `Mailbox/query` (RFC 8621 §2.3).
pub(crate) async fn query(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account(arguments).await?;
    let state = context.state(&grant, Kind::Mailbox).await?;
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
    let ids: Vec<&str> = folders.iter().map(|folder| folder.id.as_str()).collect();
    Ok(json!({
        "accountId": grant.mailbox, "queryState": state, "canCalculateChanges": false, "position": 0,
        "total": ids.len(), "ids": ids,
    }))
}

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
    let grant = context.account(arguments).await?;
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
