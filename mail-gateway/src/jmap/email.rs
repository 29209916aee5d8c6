//! `Email/get` (RFC 8621 §4.2).

use std::collections::{BTreeMap, BTreeSet};

use mail_gateway_core::{
    jmap::{
        MethodError, Object, date,
        email::{Wanted, fact, render},
    },
    message::blob::PartBlob,
};
use serde_json::{Value, json};

use super::context::{Context, fail, ids};
use crate::store::{
    Kind, StoreError,
    letter::{Act, Acts, Letter},
};

/// `Email/get`.
pub(crate) async fn get(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account(arguments).await?;
    let wanted = Wanted::parse(arguments)?;
    let state = context.state(&grant, Kind::Email).await?;
    let ids = ids(arguments)?.ok_or_else(|| MethodError::invalid("ids is needed: letters are many"))?;
    let ids: Vec<String> = ids.iter().map(|id| context.resolve(id).unwrap_or_else(|| id.clone())).collect();
    let found = context.service.store.letters(grant.mailbox, &ids).await.map_err(fail)?;
    let mut found: BTreeMap<String, Letter> = found.into_iter().map(|one| (one.id.clone(), one)).collect();
    let (mut list, mut missing, mut read, mut seen) = (Vec::new(), Vec::new(), 0, BTreeSet::new());
    let acts = if wanted.needs_acts() {
        context.service.store.acts(grant.mailbox, &ids).await.map_err(fail)?
    } else {
        BTreeMap::new()
    };
    for id in ids {
        if !seen.insert(id.clone()) {
            continue;
        }
        match found.remove(&id) {
            Some(letter) => {
                if wanted.needs_body() {
                    read += letter.summary.size;
                    if read > MAX_BODIES {
                        return Err(MethodError::RequestTooLarge);
                    }
                }
                let acts = acts.get(&letter.id).cloned().unwrap_or_default();
                list.push(object(context, letter, acts, &wanted).await?);
            }
            None => missing.push(id),
        }
    }
    Ok(json!({ "accountId": grant.mailbox, "state": state, "list": list, "notFound": missing }))
}

async fn object(
    context: &Context<'_>,
    letter: Letter,
    acts: Acts,
    wanted: &Wanted,
) -> Result<Object, MethodError> {
    let mut object = Object::new();
    object.insert("id".to_owned(), json!(letter.id));
    let set = |set: &BTreeSet<String>| -> Value {
        set.iter().map(|member| (member.clone(), Value::Bool(true))).collect::<Object>().into()
    };
    for name in &wanted.properties {
        let value = match name.as_str() {
            "id" => continue,
            "blobId" => json!(PartBlob { blob: letter.blob.clone(), part: None }.to_string()),
            "threadId" => json!(letter.thread),
            "mailboxIds" => set(&letter.folders),
            "keywords" => set(&letter.keywords),
            "receivedAt" => json!(date::utc(letter.received)),
            "handledBy" => acts.handled.as_ref().map_or(Value::Null, act),
            "writtenBy" => acts.written.as_ref().map_or(Value::Null, act),
            other => match fact(&letter.summary, other) {
                Some(value) => value,
                None => continue,
            },
        };
        object.insert(name.clone(), value);
    }
    if wanted.needs_body() {
        let raw = match context.service.store.open_blob(&letter.blob).await {
            Ok(raw) => raw,
            // The list and its other letters stay readable; the view of this one says what is wrong.
            Err(StoreError::MissingBlob(_)) => bytes::Bytes::new(),
            Err(error) => return Err(fail(error)),
        };
        let (wanted, blob) = (wanted.clone(), letter.blob);
        let rendered = tokio::task::spawn_blocking(move || {
            render(&raw, &blob, &wanted, &mut object);
            object
        });
        object = rendered.await.map_err(|cause| fail(std::io::Error::other(cause).into()))?;
    }
    Ok(object)
}

fn act(act: &Act) -> Value {
    json!({ "personId": act.person, "name": act.name, "at": date::utc(act.at) })
}

/// Our own properties `handledBy` and `writtenBy`: who marked a letter with the keyword `da-xu-ly`, who
/// writes a draft or wrote a sent letter, and when.
pub(crate) const HANDLING: &str = "urn:lienthong:params:jmap:handling";
/// Octets of bodies read for one call.
const MAX_BODIES: u64 = 256 * 1024 * 1024;
