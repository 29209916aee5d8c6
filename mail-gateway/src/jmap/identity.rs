//! Identity methods (RFC 8621 §6): one for each address of the account, which the directory decides.
//! The first has the name and the signature; the aliases' share them.

use directory_core::MailboxGrant;
use mail_gateway_core::{
    jmap::{MethodError, Object, SetError},
    message::{Address, BlobId},
};
use serde_json::{Value, json};

use super::context::{Context, SetAnswer, SetArguments, answer_get, fail, set_error};
use crate::store::{
    Kind,
    submission::identity::{IDENTITY, Identity, IdentityChange},
};

/// The address that letters under the identity `id` are from.
pub(crate) fn address<'a>(grant: &'a MailboxGrant, id: &str) -> Option<&'a str> {
    addresses(grant).find(|(known, _)| known == id).map(|(_, address)| address)
}

fn addresses(grant: &MailboxGrant) -> impl Iterator<Item = (String, &str)> {
    let main = std::iter::once((IDENTITY.to_owned(), grant.address.as_str()));
    // Ids that stay when other aliases come and go.
    let alias = |address: &str| BlobId::of(address.as_bytes()).as_str().chars().take(16).collect::<String>();
    main.chain(
        grant.aliases.iter().map(move |address| (format!("alias-{}", alias(address)), address.as_str())),
    )
}

fn object(grant: &MailboxGrant, identity: &Identity, id: &str, address: &str) -> Object {
    let list = |json: &Option<String>| -> Value {
        json.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)
    };
    let name = if identity.name.is_empty() { &grant.name } else { &identity.name };
    let value = json!({
        "id": id,
        "name": name,
        "email": address,
        "replyTo": list(&identity.reply_to),
        "bcc": list(&identity.bcc),
        "textSignature": identity.text_signature,
        "htmlSignature": identity.html_signature,
        "mayDelete": false,
    });
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// `Identity/get`.
pub(crate) async fn get(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account(arguments).await?;
    let state = context.state(&grant, Kind::Identity).await?;
    let identity = context.service.store.identity(grant.mailbox).await.map_err(fail)?;
    let all = addresses(&grant).filter(|_| grant.may_send);
    let all = all.map(|(id, address)| object(&grant, &identity, &id, address)).collect();
    answer_get(&grant, state, arguments, all)
}

/// `Identity/set`: name, answers, hidden copies and signature may change.
pub(crate) async fn set(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.own_account(arguments).await?;
    let store = &context.service.store;
    let old = context.state(&grant, Kind::Identity).await?;
    let parts = SetArguments::read(arguments, &old)?;
    let mut answer = SetAnswer::default();
    for (creation, _) in parts.create {
        answer.not_created.insert(creation, SetError::new("forbidden").into_json());
    }
    for (id, object) in parts.update {
        let outcome = match change(&object) {
            _ if id != IDENTITY || !grant.may_send => Err(SetError::new("notFound")),
            Ok(change) => store.update_identity(grant.mailbox, change).await.map_err(set_error),
            Err(error) => Err(error),
        };
        answer.update(id, outcome);
    }
    for id in parts.destroy {
        let kind = if address(&grant, &id).is_some() { "forbidden" } else { "notFound" };
        answer.destroy(id, Err(SetError::new(kind)));
    }
    let new = context.state(&grant, Kind::Identity).await?;
    Ok(answer.into_json(&grant, &old, &new))
}

fn change(object: &Object) -> Result<IdentityChange, SetError> {
    let mut change = IdentityChange::default();
    for (name, value) in object {
        let wrong = || SetError::invalid(&[name]);
        let text = || match value {
            Value::String(text) if text.len() <= MAX_SIGNATURE => Ok(text.clone()),
            _ => Err(wrong()),
        };
        let addresses = || match value {
            Value::Null => Ok(None),
            value => {
                let list: Vec<Address> = serde_json::from_value(value.clone()).map_err(|_| wrong())?;
                serde_json::to_string(&list).map(Some).map_err(|_| wrong())
            }
        };
        match name.as_str() {
            "name" => change.name = Some(text()?),
            "textSignature" => change.text_signature = Some(text()?),
            "htmlSignature" => change.html_signature = Some(text()?),
            "replyTo" => change.reply_to = Some(addresses()?),
            "bcc" => change.bcc = Some(addresses()?),
            // RFC 8621 §6: the address and the right to delete are the server's.
            _ => return Err(wrong()),
        }
    }
    Ok(change)
}

/// Octets of a signature.
const MAX_SIGNATURE: usize = 64 * 1024;
