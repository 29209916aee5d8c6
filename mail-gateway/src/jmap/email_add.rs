//! `Email/import`, `Email/copy` and `Email/parse` (RFC 8621 §4.7–§4.9): letters that exist as bytes
//! come into an account, or are only looked at.

use std::collections::BTreeSet;

use base::Timestamp;
use directory_core::MailboxGrant;
use mail_gateway_core::{
    jmap::{
        MethodError, Object, SetError, date,
        email::{Wanted, fact, render, strings},
        patch, request,
    },
    message::{Summary, blob::PartBlob, parse},
};
use serde_json::{Value, json};

use super::{
    blob::load,
    context::{Context, fail, set_error},
    email_set::{destroy, keywords, resolve_all},
};
use crate::store::{Kind, StoreError, letter::Import};

/// `Email/import`.
pub(crate) async fn import(context: &mut Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account_to_change(arguments).await?;
    let old = context.state(&grant, Kind::Email).await?;
    expect_state(arguments, "ifInState", &old)?;
    let (mut created, mut refused) = (Object::new(), Object::new());
    for (creation, object) in objects(arguments, "emails")? {
        match import_one(context, &grant, &object).await {
            Ok(value) => note(context, &mut created, creation, value),
            Err(error) => drop(refused.insert(creation, error.into_json())),
        }
    }
    let new = context.state(&grant, Kind::Email).await?;
    Ok(json!({
        "accountId": grant.mailbox, "oldState": old, "newState": new,
        "created": some(created), "notCreated": some(refused),
    }))
}

async fn import_one(context: &Context<'_>, grant: &MailboxGrant, object: &Object) -> Result<Value, SetError> {
    let name = object.get("blobId").and_then(Value::as_str).unwrap_or_default();
    let blob: PartBlob = name.parse().map_err(|_| SetError::invalid(&["blobId"]))?;
    let loaded = load(&context.service.store, grant.mailbox, &blob).await.map_err(set_error)?;
    let loaded = loaded.ok_or_else(|| SetError::invalid(&["blobId"]))?;
    let message = parse::parse(&loaded.bytes);
    if message.headers().is_empty() {
        return Err(SetError::new("invalidEmail"));
    }
    // RFC 8621 §4.8: by default the time of the last Received field, else now.
    let arrived = message.received().and_then(|field| field.date()).map(|date| date.to_timestamp());
    let arrived = arrived.map_or(context.now, Timestamp::from_seconds);
    drop(message);
    context.has_room(grant, loaded.bytes.len()).await?;
    let import = placed(context, object, arrived)?;
    let done = context.service.store.import(grant.mailbox, loaded.bytes, import).await.map_err(set_error)?;
    Ok(json!({
        "id": done.id, "blobId": PartBlob { blob: done.blob, part: None }.to_string(),
        "threadId": done.thread, "size": done.size,
    }))
}

/// `Email/copy`, with the implicit `Email/set` for the originals (RFC 8620 §5.4).
pub(crate) async fn copy(
    context: &mut Context<'_>,
    arguments: &Object,
) -> Result<Vec<(String, Value)>, MethodError> {
    let from_id = arguments.get("fromAccountId").and_then(Value::as_str).unwrap_or_default();
    let from = Object::from_iter([("accountId".to_owned(), json!(from_id))]);
    let from = match context.account(&from).await {
        Err(MethodError::AccountNotFound) => return Err(MethodError::FromAccountNotFound),
        other => other?,
    };
    let grant = context.account_to_change(arguments).await?;
    let moves = arguments.get("onSuccessDestroyOriginal") == Some(&Value::Bool(true));
    if moves && from.is_read_only() {
        return Err(MethodError::AccountReadOnly);
    }
    if from.mailbox == grant.mailbox {
        return Err(MethodError::invalid("fromAccountId is accountId"));
    }
    expect_state(arguments, "ifFromInState", &context.state(&from, Kind::Email).await?)?;
    let old = context.state(&grant, Kind::Email).await?;
    expect_state(arguments, "ifInState", &old)?;
    let (mut created, mut refused, mut copied) = (Object::new(), Object::new(), Vec::new());
    for (creation, object) in objects(arguments, "create")? {
        let original = object.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        match copy_one(context, &from, &grant, &original, &object).await {
            Ok(value) => {
                copied.push(original);
                note(context, &mut created, creation, value);
            }
            Err(error) => drop(refused.insert(creation, error.into_json())),
        }
    }
    let new = context.state(&grant, Kind::Email).await?;
    let answer = json!({
        "fromAccountId": from.mailbox, "accountId": grant.mailbox, "oldState": old, "newState": new,
        "created": some(created), "notCreated": some(refused),
    });
    let mut answers = vec![("Email/copy".to_owned(), answer)];
    if moves {
        answers.push(("Email/set".to_owned(), originals_gone(context, &from, arguments, copied).await?));
    }
    Ok(answers)
}

async fn copy_one(
    context: &Context<'_>,
    from: &MailboxGrant,
    to: &MailboxGrant,
    original: &str,
    object: &Object,
) -> Result<Value, SetError> {
    let store = &context.service.store;
    let letter = store.letter(from.mailbox, original).await.map_err(set_error)?;
    context.has_room(to, usize::try_from(letter.summary.size).unwrap_or(usize::MAX)).await?;
    let mut import = placed(context, object, letter.received)?;
    if !object.contains_key("keywords") {
        import.keywords = letter.keywords;
    }
    let done = store.adopt(to.mailbox, letter.blob, letter.summary, import).await.map_err(set_error)?;
    Ok(json!({
        "id": done.id, "blobId": PartBlob { blob: done.blob, part: None }.to_string(),
        "threadId": done.thread, "size": done.size,
    }))
}

async fn originals_gone(
    context: &Context<'_>,
    from: &MailboxGrant,
    arguments: &Object,
    originals: Vec<String>,
) -> Result<Value, MethodError> {
    let old = context.state(from, Kind::Email).await?;
    expect_state(arguments, "destroyFromIfInState", &old)?;
    let (mut destroyed, mut refused) = (Vec::new(), Object::new());
    for id in originals {
        match destroy(context, from, &id).await {
            Ok(()) => destroyed.push(id),
            Err(error) => drop(refused.insert(id, error.into_json())),
        }
    }
    let new = context.state(from, Kind::Email).await?;
    Ok(json!({
        "accountId": from.mailbox, "oldState": old, "newState": new,
        "destroyed": destroyed, "notDestroyed": some(refused),
    }))
}

/// `Email/parse`.
pub(crate) async fn parse(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account(arguments).await?;
    let mut arguments = arguments.clone();
    // RFC 8621 §4.9: the default leaves out what only a stored letter has.
    arguments.entry("properties").or_insert_with(|| json!(PARSED));
    let wanted = Wanted::parse(&arguments)?;
    let names = strings(&arguments, "blobIds")?.ok_or_else(|| MethodError::invalid("blobIds is missing"))?;
    if names.len() > MAX_PARSED {
        return Err(MethodError::RequestTooLarge);
    }
    let (mut parsed, mut bad, mut missing) = (Object::new(), Vec::new(), Vec::new());
    let store = &context.service.store;
    for name in names {
        let Ok(blob) = name.parse::<PartBlob>() else {
            missing.push(name);
            continue;
        };
        let loaded = match load(store, grant.mailbox, &blob).await {
            Ok(Some(loaded)) => loaded,
            Ok(None) | Err(StoreError::MissingBlob(_)) => {
                missing.push(name);
                continue;
            }
            Err(error) => return Err(fail(error)),
        };
        // A letter inside another gets a body of its own, so that its parts have names.
        let whole = match blob.part {
            None => blob.blob,
            Some(_) => store.upload(grant.mailbox, loaded.bytes.clone(), context.now).await.map_err(fail)?,
        };
        let (wanted, shown) = (wanted.clone(), name.clone());
        let read = tokio::task::spawn_blocking(move || {
            let is_letter = !parse::parse(&loaded.bytes).headers().is_empty();
            is_letter.then(|| {
                let summary = Summary::of(&loaded.bytes);
                let mut object = Object::new();
                for property in &wanted.properties {
                    let value = match property.as_str() {
                        "blobId" => json!(shown),
                        other => fact(&summary, other).unwrap_or(Value::Null),
                    };
                    object.insert(property.clone(), value);
                }
                render(&loaded.bytes, &whole, &wanted, &mut object);
                object
            })
        });
        match read.await.map_err(|cause| fail(std::io::Error::other(cause).into()))? {
            Some(object) => drop(parsed.insert(name, Value::Object(object))),
            None => bad.push(name),
        }
    }
    Ok(json!({
        "accountId": grant.mailbox, "parsed": some(parsed),
        "notParsable": if bad.is_empty() { Value::Null } else { json!(bad) },
        "notFound": if missing.is_empty() { Value::Null } else { json!(missing) },
    }))
}

/// Where a new letter goes and what it carries.
fn placed(context: &Context<'_>, object: &Object, arrived: Timestamp) -> Result<Import, SetError> {
    let folders = object.get("mailboxIds").and_then(patch::set);
    let folders = resolve_all(context, folders.ok_or_else(|| SetError::invalid(&["mailboxIds"]))?)?;
    let marks = match object.get("keywords") {
        None | Some(Value::Null) => BTreeSet::new(),
        Some(value) => keywords(patch::set(value).ok_or_else(|| SetError::invalid(&["keywords"]))?)?,
    };
    let received = match object.get("receivedAt") {
        None | Some(Value::Null) => arrived,
        Some(value) => {
            value.as_str().and_then(date::parse).ok_or_else(|| SetError::invalid(&["receivedAt"]))?
        }
    };
    Ok(Import { folders, keywords: marks, received, by: None })
}

/// The objects of a map argument.
fn objects(arguments: &Object, name: &str) -> Result<Vec<(String, Object)>, MethodError> {
    let map = arguments.get(name).and_then(Value::as_object);
    let map = map.ok_or_else(|| MethodError::invalid(format!("{name} is not an object")))?;
    if map.len() > request::MAX_SET {
        return Err(MethodError::RequestTooLarge);
    }
    let one = |(key, value): (&String, &Value)| match value {
        Value::Object(object) => Ok((key.clone(), object.clone())),
        _ => Err(MethodError::invalid(format!("{name}/{key} is not an object"))),
    };
    map.iter().map(one).collect()
}

fn expect_state(arguments: &Object, name: &str, state: &str) -> Result<(), MethodError> {
    match arguments.get(name).and_then(Value::as_str) {
        Some(expected) if expected != state => Err(MethodError::StateMismatch),
        _ => Ok(()),
    }
}

fn note(context: &mut Context<'_>, created: &mut Object, creation: String, value: Value) {
    if let Some(id) = value.get("id").and_then(Value::as_str) {
        context.created.insert(creation.clone(), id.to_owned());
    }
    created.insert(creation, value);
}

fn some(object: Object) -> Value {
    if object.is_empty() { Value::Null } else { Value::Object(object) }
}

/// RFC 8621 §4.9.
const PARSED: [&str; 17] = [
    "messageId",
    "inReplyTo",
    "references",
    "sender",
    "from",
    "to",
    "cc",
    "bcc",
    "replyTo",
    "subject",
    "sentAt",
    "hasAttachment",
    "preview",
    "bodyValues",
    "textBody",
    "htmlBody",
    "attachments",
];
/// Letters parsed in one call.
const MAX_PARSED: usize = 50;
