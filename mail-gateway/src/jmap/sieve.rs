//! `SieveScript` (RFC 9661): the filter scripts that ManageSieve knows too, for the webmail's rules.

use mail_gateway_core::{
    jmap::{MethodError, Object, SetError},
    managesieve::Problem,
    message::blob::PartBlob,
    sieve::{EXTENSIONS, MAX_REDIRECTS, MAX_SCRIPT, Script},
};
use serde_json::{Value, json};

use super::{
    blob,
    context::{Context, SetAnswer, SetArguments, answer_get, fail, set_error},
};
use crate::{
    config::Forwarding,
    store::{
        Kind,
        sieve::{KeptScript, MOST_SCRIPTS, ScriptChange},
    },
};

/// RFC 9661 §1.3.
pub(crate) const SIEVE: &str = "urn:ietf:params:jmap:sieve";

/// What the account's capability says (RFC 9661 §1.3.2); `forwarding` is our own member.
pub(crate) fn capability(forwarding: Forwarding) -> Value {
    let off = forwarding == Forwarding::Off;
    json!({
        "maxSizeScriptName": MAX_NAME, "maxSizeScript": MAX_SCRIPT, "maxNumberScripts": MOST_SCRIPTS,
        "maxNumberRedirects": if off { 0 } else { MAX_REDIRECTS },
        "sieveExtensions": EXTENSIONS, "notificationMethods": null, "externalLists": null,
        "forwarding": forwarding.as_str(),
    })
}

/// `SieveScript/get`: the texts can be downloaded for a while afterwards.
pub(crate) async fn get(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account(arguments).await?;
    let store = &context.service.store;
    let state = context.state(&grant, Kind::SieveScript).await?;
    let mut all = Vec::new();
    for script in store.kept_scripts(grant.mailbox).await.map_err(fail)? {
        let KeptScript { id, name, source, active } = script;
        let blob = store.upload(grant.mailbox, source.into(), context.now).await.map_err(fail)?;
        let object = json!({ "id": id, "name": name, "blobId": blob.as_str(), "isActive": active });
        all.extend(object.as_object().cloned());
    }
    answer_get(&grant, state, arguments, all)
}

/// `SieveScript/query` (RFC 9661 §2.5): all of them fit into one answer.
pub(crate) async fn query(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account(arguments).await?;
    let state = context.state(&grant, Kind::SieveScript).await?;
    let mut scripts = context.service.store.kept_scripts(grant.mailbox).await.map_err(fail)?;
    if let Some(Value::Object(filter)) = arguments.get("filter") {
        for (name, value) in filter {
            match (name.as_str(), value) {
                ("name", Value::String(text)) => scripts.retain(|script| script.name.contains(text.as_str())),
                ("isActive", Value::Bool(active)) => scripts.retain(|script| script.active == *active),
                _ => return Err(MethodError::UnsupportedFilter(name.chars().take(100).collect())),
            }
        }
    }
    let ids: Vec<String> = scripts.into_iter().map(|script| script.id).collect();
    Ok(json!({
        "accountId": grant.mailbox, "queryState": state, "canCalculateChanges": false, "position": 0,
        "total": ids.len(), "ids": ids,
    }))
}

/// `SieveScript/validate` (RFC 9661 §2.6).
pub(crate) async fn validate(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account(arguments).await?;
    let blob = arguments.get("blobId").and_then(Value::as_str);
    let blob = blob.ok_or_else(|| MethodError::invalid("blobId is missing"))?;
    let error = match text(context, &grant, blob).await {
        Ok(_) => Value::Null,
        Err(error) => error.into_json(),
    };
    Ok(json!({ "accountId": grant.mailbox, "error": error }))
}

/// `SieveScript/set` (RFC 9661 §2.4).
pub(crate) async fn set(context: &mut Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.own_account(arguments).await?;
    let old = context.state(&grant, Kind::SieveScript).await?;
    let parts = SetArguments::read(arguments, &old)?;
    let mut answer = SetAnswer::default();
    for (creation, object) in parts.create {
        match create(context, &grant, &object).await {
            Ok(id) => {
                answer.created.insert(creation.clone(), json!({ "id": id, "isActive": false }));
                context.created.insert(creation, id);
            }
            Err(error) => drop(answer.not_created.insert(creation, error.into_json())),
        }
    }
    for (id, object) in parts.update {
        let outcome = update(context, &grant, &id, &object).await;
        answer.update(id, outcome);
    }
    for id in parts.destroy {
        let outcome = match context.resolve(&id) {
            Some(id) => change(context, &grant, ScriptChange::Destroy(id)).await.map(drop),
            None => Err(SetError::new("notFound")),
        };
        answer.destroy(id, outcome);
    }
    let whole =
        answer.not_created.is_empty() && answer.not_updated.is_empty() && answer.not_destroyed.is_empty();
    if whole {
        activate(context, &grant, arguments).await?;
    }
    let new = context.state(&grant, Kind::SieveScript).await?;
    Ok(answer.into_json(&grant, &old, &new))
}

/// `onSuccessActivateScript`, `onSuccessDeactivateScript`: the former comes first.
async fn activate(
    context: &Context<'_>,
    grant: &directory_core::MailboxGrant,
    arguments: &Object,
) -> Result<(), MethodError> {
    let wanted = match arguments.get("onSuccessActivateScript") {
        Some(Value::String(id)) => context.resolve(id).map(Some),
        _ => (arguments.get("onSuccessDeactivateScript") == Some(&Value::Bool(true))).then_some(None),
    };
    if let Some(id) = wanted {
        let change = ScriptChange::Activate(id);
        let store = &context.service.store;
        // RFC 9661 §2.4: an id that does not exist activates nothing, without an error.
        let _ = store.change_script(grant.mailbox, change, context.now).await.map_err(fail)?;
    }
    Ok(())
}

async fn create(
    context: &Context<'_>,
    grant: &directory_core::MailboxGrant,
    object: &Object,
) -> Result<String, SetError> {
    let known = ["name", "blobId"];
    if let Some(unknown) = object.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(SetError::invalid(&[unknown]));
    }
    let blob = object.get("blobId").and_then(Value::as_str).ok_or_else(|| SetError::invalid(&["blobId"]))?;
    let source = text(context, grant, blob).await?;
    let name = match object.get("name") {
        None | Some(Value::Null) => crate::accept::incident(),
        Some(value) => name(value)?,
    };
    change(context, grant, ScriptChange::Create { name, source }).await
}

async fn update(
    context: &Context<'_>,
    grant: &directory_core::MailboxGrant,
    id: &str,
    object: &Object,
) -> Result<(), SetError> {
    let id = context.resolve(id).ok_or_else(|| SetError::new("notFound"))?;
    let (mut new_name, mut source) = (None, None);
    for (property, value) in object {
        match (property.as_str(), value) {
            ("name", value) => new_name = Some(name(value)?),
            ("blobId", Value::String(blob)) => source = Some(text(context, grant, blob).await?),
            _ => return Err(SetError::invalid(&[property])),
        }
    }
    change(context, grant, ScriptChange::Update { id, name: new_name, source }).await.map(drop)
}

async fn change(
    context: &Context<'_>,
    grant: &directory_core::MailboxGrant,
    change: ScriptChange,
) -> Result<String, SetError> {
    let done = context.service.store.change_script(grant.mailbox, change, context.now).await;
    done.map_err(set_error)?.map_err(|problem| match problem {
        Problem::NonExistent => SetError::new("notFound"),
        Problem::AlreadyExists => SetError::new("alreadyExists"),
        Problem::Active => SetError::new("sieveIsActive"),
        Problem::TooMany => SetError::new("overQuota"),
        Problem::Unavailable => SetError::new("serverFail"),
    })
}

/// The script in `blob`, which can be run (RFC 9661 §2.4: `invalidSieve` otherwise).
async fn text(
    context: &Context<'_>,
    grant: &directory_core::MailboxGrant,
    blob: &str,
) -> Result<String, SetError> {
    let missing = || SetError::new("blobNotFound").with("notFound", json!([blob]));
    let id: PartBlob = blob.parse().map_err(|_| missing())?;
    let loaded = blob::load(&context.service.store, grant.mailbox, &id).await.map_err(set_error)?;
    let bytes = loaded.ok_or_else(missing)?.bytes;
    if bytes.len() > MAX_SCRIPT {
        return Err(SetError::new("tooLarge"));
    }
    let source = String::from_utf8(bytes.to_vec())
        .map_err(|_| SetError::because("invalidSieve", "không phải UTF-8 / not UTF-8"))?;
    match Script::compile(&source) {
        Ok(_) => Ok(source),
        Err(error) => Err(SetError::because("invalidSieve", error.to_string())),
    }
}

/// RFC 9661 §2: at least one character, none of them a control.
fn name(value: &Value) -> Result<String, SetError> {
    let name = value.as_str().filter(|name| !name.is_empty() && name.len() <= MAX_NAME);
    let name = name.filter(|name| !name.chars().any(char::is_control));
    name.map(str::to_owned).ok_or_else(|| SetError::invalid(&["name"]))
}

/// Octets of a name.
const MAX_NAME: usize = 512;
