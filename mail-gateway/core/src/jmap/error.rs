//! The three levels at which a request fails (RFC 8620 §3.6, §5.3).

use serde_json::{Value, json};

/// The whole request is refused: an HTTP problem document (RFC 7807).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestError {
    /// `using` names something this server does not know.
    UnknownCapability(String),
    /// Not JSON.
    NotJson,
    /// JSON, but not a Request.
    NotRequest(&'static str),
    /// A limit of the capability object, named.
    Limit(&'static str),
}

impl RequestError {
    /// The problem document.
    pub fn problem(&self) -> Value {
        let kind = |name: &str| format!("urn:ietf:params:jmap:error:{name}");
        match self {
            Self::UnknownCapability(name) => json!({
                "type": kind("unknownCapability"), "status": 400,
                "detail": format!("The capability {name:?} is not supported."),
            }),
            Self::NotJson => json!({
                "type": kind("notJSON"), "status": 400, "detail": "The request is not JSON.",
            }),
            Self::NotRequest(why) => json!({ "type": kind("notRequest"), "status": 400, "detail": why }),
            Self::Limit(limit) => json!({
                "type": kind("limit"), "status": 400, "limit": limit,
                "detail": format!("The request exceeds {limit}."),
            }),
        }
    }
}

/// One method call fails; the others of the request go on (RFC 8620 §3.6.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MethodError {
    /// No such method.
    UnknownMethod,
    /// Arguments of the wrong type, or missing; says which.
    InvalidArguments(String),
    /// A `#` reference does not resolve.
    InvalidResultReference(String),
    /// Not allowed in this account.
    Forbidden,
    /// No such account for this person.
    AccountNotFound,
    /// No such account to copy from (RFC 8620 §5.4).
    FromAccountNotFound,
    /// The account may be read only.
    AccountReadOnly,
    /// More ids than `maxObjectsInGet` or `maxObjectsInSet`.
    RequestTooLarge,
    /// `ifInState` does not hold.
    StateMismatch,
    /// The old state is unknown, or the answer would be larger than the data.
    CannotCalculateChanges,
    /// More changes than the client asked for at most.
    TooManyChanges,
    /// A filter that is well-formed but not supported.
    UnsupportedFilter(String),
    /// A sort that is not supported.
    UnsupportedSort(String),
    /// The anchor is not in the results.
    AnchorNotFound,
    /// Something inside failed; the log has the id.
    ServerFail(String),
}

impl MethodError {
    /// The arguments of the `error` response.
    pub fn arguments(&self) -> Value {
        let (kind, description) = match self {
            Self::UnknownMethod => ("unknownMethod", None),
            Self::InvalidArguments(why) => ("invalidArguments", Some(why)),
            Self::InvalidResultReference(why) => ("invalidResultReference", Some(why)),
            Self::Forbidden => ("forbidden", None),
            Self::AccountNotFound => ("accountNotFound", None),
            Self::FromAccountNotFound => ("fromAccountNotFound", None),
            Self::AccountReadOnly => ("accountReadOnly", None),
            Self::RequestTooLarge => ("requestTooLarge", None),
            Self::StateMismatch => ("stateMismatch", None),
            Self::CannotCalculateChanges => ("cannotCalculateChanges", None),
            Self::TooManyChanges => ("tooManyChanges", None),
            Self::UnsupportedFilter(why) => ("unsupportedFilter", Some(why)),
            Self::UnsupportedSort(why) => ("unsupportedSort", Some(why)),
            Self::AnchorNotFound => ("anchorNotFound", None),
            Self::ServerFail(id) => ("serverFail", Some(id)),
        };
        match description {
            Some(text) => json!({ "type": kind, "description": text }),
            None => json!({ "type": kind }),
        }
    }

    /// `invalidArguments` with a reason.
    pub fn invalid(why: impl Into<String>) -> Self {
        Self::InvalidArguments(why.into())
    }
}

/// One object of a `/set` fails (RFC 8620 §5.3, RFC 8621 §2.5, §4.6, §7.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetError {
    /// The type name.
    pub kind: &'static str,
    /// A sentence for people.
    pub description: Option<String>,
    /// More members, such as `properties`.
    pub details: super::Object,
}

impl SetError {
    /// An error of this type.
    pub fn new(kind: &'static str) -> Self {
        Self { kind, description: None, details: super::Object::new() }
    }

    /// The same with a sentence.
    pub fn because(kind: &'static str, description: impl Into<String>) -> Self {
        Self { description: Some(description.into()), ..Self::new(kind) }
    }

    /// `invalidProperties`, naming them.
    pub fn invalid(properties: &[&str]) -> Self {
        Self::new("invalidProperties").with("properties", json!(properties))
    }

    /// With one more member.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.details.insert(name.to_owned(), value);
        self
    }

    /// As JSON.
    pub fn into_json(self) -> Value {
        let mut object = self.details;
        object.insert("type".to_owned(), json!(self.kind));
        if let Some(text) = self.description {
            object.insert("description".to_owned(), json!(text));
        }
        Value::Object(object)
    }
}
