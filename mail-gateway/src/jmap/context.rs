//! What every method has at hand, and what all `/get` and `/set` have in common.

use std::collections::BTreeMap;

use base::Timestamp;
use directory_core::{MailboxGrant, Principal};
use mail_gateway_core::jmap::{MethodError, Object, SetError, email::strings, request};
use serde_json::{Value, json};

use super::Service;
use crate::store::{Kind, StoreError, letter::Act};

/// One request being answered.
pub(crate) struct Context<'a> {
    pub(crate) service: &'a Service,
    pub(crate) principal: &'a Principal,
    /// What creation ids became (RFC 8620 §3.3).
    pub(crate) created: BTreeMap<String, String>,
    pub(crate) now: Timestamp,
}

impl Context<'_> {
    /// Like [`Context::account`], where letters or folders are changed: who may only read leaves them as
    /// they are (RFC 8620 §3.6.2).
    pub(crate) async fn account_to_change(&self, arguments: &Object) -> Result<MailboxGrant, MethodError> {
        let grant = self.account(arguments).await?;
        if grant.is_read_only() { Err(MethodError::AccountReadOnly) } else { Ok(grant) }
    }

    /// The signed-in person as the one who does something now.
    pub(crate) fn act(&self) -> Act {
        Act { person: self.principal.person, name: self.principal.name.clone(), at: self.now }
    }

    /// Like [`Context::account_to_change`], where rules are changed: they outlive a delegation, so only an
    /// owner sets them.
    pub(crate) async fn own_account(&self, arguments: &Object) -> Result<MailboxGrant, MethodError> {
        let grant = self.account_to_change(arguments).await?;
        if grant.delegated { Err(MethodError::AccountReadOnly) } else { Ok(grant) }
    }

    /// The account of a call, made on its first use.
    pub(crate) async fn account(&self, arguments: &Object) -> Result<MailboxGrant, MethodError> {
        let id = arguments.get("accountId").and_then(Value::as_str);
        let id = id.ok_or_else(|| MethodError::invalid("accountId is missing"))?;
        let grant = self.principal.mailboxes.iter().find(|grant| grant.mailbox.to_string() == id);
        let grant = grant.ok_or(MethodError::AccountNotFound)?.clone();
        self.service.store.ensure(grant.mailbox, self.now).await.map_err(fail)?;
        Ok(grant)
    }

    /// An id, or what the creation id `#…` became.
    pub(crate) fn resolve(&self, id: &str) -> Option<String> {
        match id.strip_prefix('#') {
            None => Some(id.to_owned()),
            Some(creation) => self.created.get(creation).cloned(),
        }
    }

    /// The state of `kind`, as clients know it.
    pub(crate) async fn state(&self, grant: &MailboxGrant, kind: Kind) -> Result<String, MethodError> {
        Ok(self.service.store.state(grant.mailbox, kind).await.map_err(fail)?.to_string())
    }
}

/// A failure of the store inside a method: the client gets an id, the log the cause.
pub(crate) fn fail(error: StoreError) -> MethodError {
    let id = crate::accept::incident();
    tracing::error!(%id, cause = ?error, "jmap: a method failed");
    MethodError::ServerFail(format!("Hệ thống thư đang gặp lỗi. Mã lỗi: {id}"))
}

/// A failure of the store for one object of a `/set`.
pub(crate) fn set_error(error: StoreError) -> SetError {
    match error {
        StoreError::NotFound => SetError::new("notFound"),
        StoreError::SystemFolder => {
            SetError::because("forbidden", "Không thay đổi được thư mục của hệ thống.")
        }
        StoreError::FolderHasChild => {
            SetError::because("mailboxHasChild", "Thư mục còn chứa thư mục con. Xóa thư mục con trước.")
        }
        StoreError::FolderHasLetter => {
            SetError::because("mailboxHasEmail", "Thư mục còn thư. Chuyển hoặc xóa thư trước.")
        }
        StoreError::BadFolderName => {
            SetError::because("invalidProperties", "Tên thư mục đã có hoặc không hợp lệ.")
                .with("properties", json!(["name"]))
        }
        StoreError::BadFolders => SetError::invalid(&["mailboxIds"]),
        other => {
            let MethodError::ServerFail(text) = fail(other) else { return SetError::new("serverFail") };
            SetError::because("serverFail", text)
        }
    }
}

/// The ids of a `/get`: `None` means all.
pub(crate) fn ids(arguments: &Object) -> Result<Option<Vec<String>>, MethodError> {
    let ids = strings(arguments, "ids")?;
    if ids.as_ref().is_some_and(|ids| ids.len() > request::MAX_GET) {
        return Err(MethodError::RequestTooLarge);
    }
    Ok(ids)
}

/// The answer of a `/get` that has all its objects at hand: picks by id, cuts to `properties`.
pub(crate) fn answer_get(
    grant: &MailboxGrant,
    state: String,
    arguments: &Object,
    all: Vec<Object>,
) -> Result<Value, MethodError> {
    let wanted = strings(arguments, "properties")?;
    let id_of = |object: &Object| object.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut missing = Vec::new();
    let chosen: Vec<Object> = match ids(arguments)? {
        None => all,
        Some(ids) => {
            let by_id: BTreeMap<String, Object> =
                all.into_iter().map(|object| (id_of(&object), object)).collect();
            let mut chosen = Vec::new();
            for id in ids {
                match by_id.get(&id) {
                    // RFC 8620 §5.1: an id named twice is answered once.
                    Some(object) if !chosen.contains(object) => chosen.push(object.clone()),
                    Some(_) => {}
                    None => missing.push(id),
                }
            }
            chosen
        }
    };
    let list: Vec<Object> = chosen
        .into_iter()
        .map(|mut object| {
            if let Some(wanted) = &wanted {
                object.retain(|name, _| name == "id" || wanted.contains(name));
            }
            object
        })
        .collect();
    Ok(json!({ "accountId": grant.mailbox, "state": state, "list": list, "notFound": missing }))
}

/// The three parts of a `/set`, checked.
pub(crate) struct SetArguments {
    pub(crate) create: Vec<(String, Object)>,
    pub(crate) update: Vec<(String, Object)>,
    pub(crate) destroy: Vec<String>,
}

impl SetArguments {
    /// Reads them; `state` is the current one, compared with `ifInState`.
    pub(crate) fn read(arguments: &Object, state: &str) -> Result<Self, MethodError> {
        if let Some(expected) = arguments.get("ifInState").and_then(Value::as_str)
            && expected != state
        {
            return Err(MethodError::StateMismatch);
        }
        let objects = |name: &str| match arguments.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Object(map)) => map
                .iter()
                .map(|(key, value)| match value {
                    Value::Object(object) => Ok((key.clone(), object.clone())),
                    _ => Err(MethodError::invalid(format!("{name}/{key} is not an object"))),
                })
                .collect(),
            Some(_) => Err(MethodError::invalid(format!("{name} is not an object"))),
        };
        let read = Self {
            create: objects("create")?,
            update: objects("update")?,
            destroy: strings(arguments, "destroy")?.unwrap_or_default(),
        };
        if read.create.len() + read.update.len() + read.destroy.len() > request::MAX_SET {
            return Err(MethodError::RequestTooLarge);
        }
        Ok(read)
    }
}

/// The answer of a `/set`, growing.
#[derive(Default)]
pub(crate) struct SetAnswer {
    pub(crate) created: Object,
    pub(crate) updated: Object,
    pub(crate) destroyed: Vec<String>,
    pub(crate) not_created: Object,
    pub(crate) not_updated: Object,
    pub(crate) not_destroyed: Object,
}

impl SetAnswer {
    /// Notes how the update of `id` ended.
    pub(crate) fn update(&mut self, id: String, outcome: Result<(), SetError>) {
        match outcome {
            Ok(()) => self.updated.insert(id, Value::Null),
            Err(error) => self.not_updated.insert(id, error.into_json()),
        };
    }

    /// Notes how the destruction of `id` ended.
    pub(crate) fn destroy(&mut self, id: String, outcome: Result<(), SetError>) {
        match outcome {
            Ok(()) => self.destroyed.push(id),
            Err(error) => {
                self.not_destroyed.insert(id, error.into_json());
            }
        }
    }

    /// As JSON; empty parts are `null` (RFC 8620 §5.3).
    pub(crate) fn into_json(self, grant: &MailboxGrant, old: &str, new: &str) -> Value {
        let some = |object: Object| if object.is_empty() { Value::Null } else { Value::Object(object) };
        json!({
            "accountId": grant.mailbox,
            "oldState": old,
            "newState": new,
            "created": some(self.created),
            "updated": some(self.updated),
            "destroyed": if self.destroyed.is_empty() { Value::Null } else { json!(self.destroyed) },
            "notCreated": some(self.not_created),
            "notUpdated": some(self.not_updated),
            "notDestroyed": some(self.not_destroyed),
        })
    }
}
