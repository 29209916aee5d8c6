//! `Email/set` (RFC 8621 §4.6): drafts are written, letters marked, moved and destroyed.

use std::collections::BTreeSet;

use base::{LetterId, random::System};
use directory_core::MailboxGrant;
use mail_gateway_core::{
    jmap::{MethodError, Object, SetError, date, draft, patch, request},
    mailbox::is_keyword,
    message::blob::PartBlob,
};
use serde_json::{Value, json};

use super::{
    blob::load,
    context::{Context, SetAnswer, SetArguments, set_error},
};
use crate::store::{
    Kind,
    letter::{Import, LetterChange, SetChange},
};

/// `Email/set`.
pub(crate) async fn set(context: &mut Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account_to_change(arguments).await?;
    let old = context.state(&grant, Kind::Email).await?;
    let parts = SetArguments::read(arguments, &old)?;
    let mut answer = SetAnswer::default();
    for (creation, object) in parts.create {
        match create(context, &grant, object).await {
            Ok(value) => {
                if let Some(id) = value.get("id").and_then(Value::as_str) {
                    context.created.insert(creation.clone(), id.to_owned());
                }
                answer.created.insert(creation, value);
            }
            Err(error) => {
                answer.not_created.insert(creation, error.into_json());
            }
        }
    }
    for (id, object) in parts.update {
        let outcome = update(context, &grant, &id, object).await;
        answer.update(id, outcome);
    }
    for id in parts.destroy {
        let outcome = destroy(context, &grant, &id).await;
        answer.destroy(id, outcome);
    }
    let new = context.state(&grant, Kind::Email).await?;
    Ok(answer.into_json(&grant, &old, &new))
}

/// Creates one letter from its description.
async fn create(context: &Context<'_>, grant: &MailboxGrant, mut email: Object) -> Result<Value, SetError> {
    let folders = email.remove("mailboxIds");
    let folders = folders.as_ref().and_then(patch::set).ok_or_else(|| SetError::invalid(&["mailboxIds"]))?;
    let folders = resolve_all(context, folders)?;
    let keywords = match email.remove("keywords") {
        None | Some(Value::Null) => BTreeSet::new(),
        Some(value) => keywords(patch::set(&value).ok_or_else(|| SetError::invalid(&["keywords"]))?)?,
    };
    let received = match email.remove("receivedAt") {
        None | Some(Value::Null) => context.now,
        Some(value) => {
            value.as_str().and_then(date::parse).ok_or_else(|| SetError::invalid(&["receivedAt"]))?
        }
    };
    let mut bytes = draft::BlobBytes::new();
    let mut total = 0;
    for name in draft::blobs(&email) {
        let Ok(blob) = name.parse::<PartBlob>() else { continue };
        // Blobs that are not there or not this account's are named by the parser as not found.
        if let Some(loaded) = load(&context.service.store, grant.mailbox, &blob).await.map_err(set_error)? {
            total += loaded.bytes.len();
            if total > request::MAX_SIZE_UPLOAD {
                return Err(too_large(total));
            }
            let store = &context.service.store;
            store.hold_blob(grant.mailbox, blob.blob, context.now).await.map_err(set_error)?;
            bytes.insert(name, loaded.bytes.to_vec());
        }
    }
    let message_id = format!("{}@{}", LetterId::new(context.now, &mut System), context.service.domain);
    let draft = draft::parse(email, &bytes)?;
    let raw = draft.write(&message_id, context.now).map_err(|why| SetError::invalid(&[property(&why.0)]))?;
    context.has_room(grant, raw.len()).await?;
    let import = Import { folders, keywords, received, by: Some(context.act()) };
    let done = context.service.store.import(grant.mailbox, raw.into(), import).await.map_err(set_error)?;
    Ok(json!({
        "id": done.id,
        "blobId": PartBlob { blob: done.blob, part: None }.to_string(),
        "threadId": done.thread,
        "size": done.size,
    }))
}

/// The property a header field is written by.
fn property(field: &str) -> &str {
    match field {
        "From" => "from",
        "To" => "to",
        "Cc" => "cc",
        "Bcc" => "bcc",
        "Reply-To" => "replyTo",
        "Sender" => "sender",
        "Message-ID" => "messageId",
        "In-Reply-To" => "inReplyTo",
        "References" => "references",
        other => other,
    }
}

fn too_large(size: usize) -> SetError {
    let tenths = size.saturating_mul(10) / (1024 * 1024);
    let text = format!(
        "Tệp đính kèm {},{} MB vượt giới hạn 25 MB. Bỏ bớt tệp hoặc gửi thành nhiều thư.",
        tenths / 10,
        tenths % 10
    );
    SetError::because("tooLarge", text).with("maxSize", json!(request::MAX_SIZE_UPLOAD))
}

pub(crate) fn resolve_all(
    context: &Context<'_>,
    ids: BTreeSet<String>,
) -> Result<BTreeSet<String>, SetError> {
    let ids = ids.iter().map(|id| context.resolve(id).ok_or_else(|| SetError::invalid(&["mailboxIds"])));
    ids.collect()
}

pub(crate) fn keywords(set: BTreeSet<String>) -> Result<BTreeSet<String>, SetError> {
    // RFC 8621 §4.1.1: keywords are lower case, whoever writes them.
    let set: BTreeSet<String> = set.iter().map(|keyword| keyword.to_ascii_lowercase()).collect();
    let fine = set.iter().all(|keyword| is_keyword(keyword)) && set.len() <= MAX_KEYWORDS;
    if fine { Ok(set) } else { Err(SetError::invalid(&["keywords"])) }
}

/// Changes one letter; also used by `onSuccessUpdateEmail`.
pub(crate) async fn update(
    context: &Context<'_>,
    grant: &MailboxGrant,
    id: &str,
    mut object: Object,
) -> Result<(), SetError> {
    let id = context.resolve(id).ok_or_else(|| SetError::new("notFound"))?;
    let folders = match patch::take(&mut object, "mailboxIds")? {
        None => None,
        Some(patch::Patch::Replace(set)) => Some(SetChange::Replace(resolve_all(context, set)?)),
        Some(patch::Patch::Members(members)) => {
            let members = members.into_iter().map(|(member, present)| {
                let member = context.resolve(&member).ok_or_else(|| SetError::invalid(&["mailboxIds"]))?;
                Ok((member, present))
            });
            Some(SetChange::Patch(members.collect::<Result<_, SetError>>()?))
        }
    };
    let keywords = match patch::take(&mut object, "keywords")? {
        None => None,
        Some(patch::Patch::Replace(set)) => Some(SetChange::Replace(keywords(set)?)),
        Some(patch::Patch::Members(members)) => {
            keywords(members.keys().cloned().collect())?;
            let members = members.into_iter().map(|(member, present)| (member.to_ascii_lowercase(), present));
            Some(SetChange::Patch(members.collect()))
        }
    };
    if let Some(name) = object.keys().next() {
        // RFC 8621 §4.6: everything else of a letter is immutable.
        return Err(SetError::invalid(&[name]));
    }
    let change = LetterChange { keywords, folders, by: Some(context.act()) };
    context.service.store.update_letter(grant.mailbox, id, change).await.map_err(set_error)
}

/// Destroys one letter; also used by `onSuccessDestroyEmail`.
pub(crate) async fn destroy(context: &Context<'_>, grant: &MailboxGrant, id: &str) -> Result<(), SetError> {
    let id = context.resolve(id).ok_or_else(|| SetError::new("notFound"))?;
    context.service.store.destroy_letter(grant.mailbox, id).await.map_err(set_error)
}

/// Keywords of one letter.
const MAX_KEYWORDS: usize = 100;
