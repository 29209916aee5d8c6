//! Updates of sets such as `keywords` and `mailboxIds`, whole or by path (RFC 8620 §5.3).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Object, SetError};

/// What an update says of one set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Patch {
    /// The whole set.
    Replace(BTreeSet<String>),
    /// Members in (`true`) or out.
    Members(BTreeMap<String, bool>),
}

/// Takes what `update` says of the set called `name` out of it; `None` when it says nothing.
///
/// # Errors
/// `invalidPatch` when whole and path are mixed or a value is neither `true` nor `null`,
/// `invalidProperties` when the whole set has the wrong shape.
pub fn take(update: &mut Object, name: &str) -> Result<Option<Patch>, SetError> {
    let prefix = format!("{name}/");
    let paths: Vec<String> = update.keys().filter(|key| key.starts_with(&prefix)).cloned().collect();
    let whole = update.remove(name);
    if let Some(value) = whole {
        if !paths.is_empty() {
            return Err(SetError::because("invalidPatch", format!("both {name} and a path into it")));
        }
        return Ok(Some(Patch::Replace(set(&value).ok_or_else(|| SetError::invalid(&[name]))?)));
    }
    let mut members = BTreeMap::new();
    for path in paths {
        let value = update.remove(&path);
        let member = path.strip_prefix(&prefix).unwrap_or_default();
        let member = member.replace("~1", "/").replace("~0", "~");
        let present = match value {
            Some(Value::Bool(true)) => true,
            Some(Value::Null) => false,
            _ => return Err(SetError::because("invalidPatch", path)),
        };
        members.insert(member, present);
    }
    Ok((!members.is_empty()).then_some(Patch::Members(members)))
}

/// A set as JMAP writes it: an object whose every value is `true`.
pub fn set(value: &Value) -> Option<BTreeSet<String>> {
    let object = value.as_object()?;
    object.iter().map(|(key, value)| (value == &Value::Bool(true)).then(|| key.clone())).collect()
}
