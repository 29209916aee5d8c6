//! The Request object (RFC 8620 §3.3) and its limits.

use serde_json::Value;

use super::{Object, RequestError, reference};

/// What this server can do.
pub const CAPABILITIES: [&str; 8] = [
    "urn:ietf:params:jmap:core",
    "urn:ietf:params:jmap:mail",
    "urn:ietf:params:jmap:submission",
    "urn:ietf:params:jmap:websocket",
    "urn:ietf:params:jmap:quota",
    "urn:ietf:params:jmap:vacationresponse",
    "urn:ietf:params:jmap:sieve",
    "urn:lienthong:params:jmap:deleted",
];

/// Octets of an API request.
pub const MAX_SIZE_REQUEST: usize = 10_000_000;
/// Method calls in one request.
pub const MAX_CALLS: usize = 32;
/// Objects of one `/get`.
pub const MAX_GET: usize = 500;
/// Objects of one `/set`.
pub const MAX_SET: usize = 500;
/// Octets of one upload: attachments up to 25 MB.
pub const MAX_SIZE_UPLOAD: usize = 25 * 1024 * 1024;

/// One method call.
#[derive(Debug, Clone, PartialEq)]
pub struct Invocation {
    /// The method.
    pub name: String,
    /// Its arguments, references not yet resolved.
    pub arguments: Object,
    /// The client's name for the call.
    pub id: String,
}

/// A parsed request.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// The calls, in order.
    pub calls: Vec<Invocation>,
    /// Ids the client knows objects by (`createdIds`), when it sent them.
    pub created: Option<std::collections::BTreeMap<String, String>>,
}

impl Request {
    /// Parses `body`.
    ///
    /// # Errors
    /// As RFC 8620 §3.6.1 tells them apart.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        if body.len() > MAX_SIZE_REQUEST {
            return Err(RequestError::Limit("maxSizeRequest"));
        }
        let value: Value = serde_json::from_slice(body).map_err(|_| RequestError::NotJson)?;
        let Value::Object(mut request) = value else {
            return Err(RequestError::NotRequest("a Request is an object"));
        };
        let using = request.get("using").and_then(Value::as_array);
        for capability in using.ok_or(RequestError::NotRequest("using is missing"))? {
            match capability.as_str() {
                Some(name) if CAPABILITIES.contains(&name) => {}
                Some(name) => return Err(RequestError::UnknownCapability(name.chars().take(100).collect())),
                None => return Err(RequestError::NotRequest("using holds a value that is not a string")),
            }
        }
        let Some(Value::Array(calls)) = request.remove("methodCalls") else {
            return Err(RequestError::NotRequest("methodCalls is missing"));
        };
        if calls.len() > MAX_CALLS {
            return Err(RequestError::Limit("maxCallsInRequest"));
        }
        let calls = calls.into_iter().map(invocation).collect::<Result<_, _>>()?;
        Ok(Self { calls, created: created_ids(request.remove("createdIds"))? })
    }
}

fn invocation(value: Value) -> Result<Invocation, RequestError> {
    let wrong = RequestError::NotRequest("a method call is [name, arguments, id]");
    let Value::Array(parts) = value else { return Err(wrong) };
    let Ok([name, arguments, id]) = <[Value; 3]>::try_from(parts) else { return Err(wrong) };
    match (name, arguments, id) {
        (Value::String(name), Value::Object(arguments), Value::String(id)) => {
            Ok(Invocation { name, arguments, id })
        }
        _ => Err(wrong),
    }
}

fn created_ids(
    value: Option<Value>,
) -> Result<Option<std::collections::BTreeMap<String, String>>, RequestError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(ids)) => ids
            .into_iter()
            .map(|(key, id)| match id {
                Value::String(id) => Ok((key, id)),
                _ => Err(RequestError::NotRequest("createdIds maps ids to ids")),
            })
            .collect::<Result<_, _>>()
            .map(Some),
        Some(_) => Err(RequestError::NotRequest("createdIds is an object")),
    }
}

/// Arguments with their back-references replaced by what earlier calls answered (RFC 8620 §3.7).
///
/// # Errors
/// `invalidArguments` when both `#x` and `x` are there, `invalidResultReference` otherwise.
pub fn resolve(arguments: Object, answers: &[(String, Value, String)]) -> Result<Object, super::MethodError> {
    let mut resolved = Object::new();
    let mut references = Vec::new();
    for (name, value) in arguments {
        match name.strip_prefix('#') {
            Some(plain) => references.push((plain.to_owned(), value)),
            None => {
                resolved.insert(name, value);
            }
        }
    }
    for (name, value) in references {
        if resolved.contains_key(&name) {
            return Err(super::MethodError::invalid(format!("both {name} and #{name}")));
        }
        resolved.insert(name, reference::resolve(&value, answers)?);
    }
    Ok(resolved)
}
