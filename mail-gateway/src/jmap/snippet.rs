//! `SearchSnippet/get` (RFC 8621 §5.1): why a letter was found.

use std::collections::BTreeMap;

use mail_gateway_core::{
    jmap::{
        MethodError, Object,
        email::strings,
        filter::{Condition, Filter, Operator},
    },
    message::parse,
    search::{Words, snippet},
};
use serde_json::{Value, json};

use super::context::{Context, fail};
use crate::store::StoreError;

/// `SearchSnippet/get`.
pub(crate) async fn get(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account(arguments).await?;
    let ids = strings(arguments, "emailIds")?.ok_or_else(|| MethodError::invalid("emailIds is missing"))?;
    if ids.len() > MAX_LETTERS {
        return Err(MethodError::RequestTooLarge);
    }
    let mut words = Words::default();
    if let Some(filter) = arguments.get("filter").filter(|filter| !filter.is_null()) {
        gather(&Filter::parse(filter)?, &mut words);
    }
    let store = &context.service.store;
    let letters = store.letters(grant.mailbox, &ids).await.map_err(fail)?;
    let mut letters: BTreeMap<String, _> = letters.into_iter().map(|one| (one.id.clone(), one)).collect();
    let (mut list, mut missing, mut read) = (Vec::new(), Vec::new(), 0);
    for id in ids {
        let Some(letter) = letters.remove(&id) else {
            missing.push(id);
            continue;
        };
        read += letter.summary.size;
        let raw = if words.is_empty() || letter.summary.size > MAX_SIZE || read > MAX_READ {
            bytes::Bytes::new()
        } else {
            match store.open_blob(&letter.blob).await {
                Ok(raw) => raw,
                Err(StoreError::MissingBlob(_)) => bytes::Bytes::new(),
                Err(error) => return Err(fail(error)),
            }
        };
        let (words, summary) = (words.clone(), letter.summary);
        let shown = tokio::task::spawn_blocking(move || {
            let subject = snippet(&words, summary.subject.as_deref().unwrap_or_default(), SUBJECT);
            let preview = snippet(&words, &parse::plain_text(&parse::parse(&raw)), PREVIEW);
            (subject, preview)
        });
        let (subject, preview) = shown.await.map_err(|cause| fail(std::io::Error::other(cause).into()))?;
        list.push(json!({ "emailId": id, "subject": subject, "preview": preview }));
    }
    Ok(json!({
        "accountId": grant.mailbox, "list": list,
        "notFound": if missing.is_empty() { Value::Null } else { json!(missing) },
    }))
}

/// The words that hits have; those of a NOT are what they do not have.
fn gather(filter: &Filter, words: &mut Words) {
    match filter {
        Filter::Operator(Operator::Not, _) => {}
        Filter::Operator(_, filters) => filters.iter().for_each(|filter| gather(filter, words)),
        Filter::Condition(Condition::Text(found) | Condition::Subject(found) | Condition::Body(found)) => {
            words.terms.extend(found.terms.iter().cloned());
        }
        Filter::Condition(_) => {}
    }
}

/// Letters of one call.
const MAX_LETTERS: usize = 100;
/// Octets of the largest letter whose text is looked through, and of all of one call.
const MAX_SIZE: u64 = 1 << 20;
const MAX_READ: u64 = 32 << 20;
/// Characters of the subject and of the text that are shown (RFC 8621 §5: 255 octets for the text).
const SUBJECT: usize = 300;
const PREVIEW: usize = 160;
