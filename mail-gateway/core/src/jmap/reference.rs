//! Result references: a JSON pointer with `*` into an earlier answer (RFC 8620 §3.7).

use serde_json::Value;

use super::MethodError;

/// What `reference` (a ResultReference) points to in `answers`, which are (name, arguments, call id).
pub(super) fn resolve(reference: &Value, answers: &[(String, Value, String)]) -> Result<Value, MethodError> {
    let member = |name: &str| {
        let text = reference.get(name).and_then(Value::as_str);
        text.ok_or_else(|| MethodError::InvalidResultReference(format!("{name} is missing")))
    };
    let (of, name, path) = (member("resultOf")?, member("name")?, member("path")?);
    let answer = answers.iter().find(|(_, _, id)| id == of);
    let (found, arguments, _) = answer
        .ok_or_else(|| MethodError::InvalidResultReference(format!("no earlier call is named {of}")))?;
    if found != name {
        return Err(MethodError::InvalidResultReference(format!("the call answered {found}")));
    }
    let mut budget = MAX_RESULTS;
    pointer(arguments, path, &mut budget)
        .ok_or_else(|| MethodError::InvalidResultReference(format!("{path} leads nowhere")))
}

fn pointer(value: &Value, path: &str, budget: &mut usize) -> Option<Value> {
    *budget = budget.checked_sub(1)?;
    if path.is_empty() {
        return Some(value.clone());
    }
    let path = path.strip_prefix('/')?;
    let (token, rest) = match path.find('/') {
        Some(at) => (path.get(..at)?, path.get(at..)?),
        None => (path, ""),
    };
    match value {
        Value::Array(items) if token == "*" => {
            let mut out = Vec::new();
            for item in items {
                // RFC 8620 §3.7: results that are arrays are flattened into one.
                match pointer(item, rest, budget)? {
                    Value::Array(inner) => out.extend(inner),
                    other => out.push(other),
                }
            }
            Some(Value::Array(out))
        }
        Value::Array(items) => pointer(items.get(token.parse::<usize>().ok()?)?, rest, budget),
        // RFC 6901 §4: `~1` is a slash, `~0` a tilde.
        Value::Object(members) => {
            pointer(members.get(&token.replace("~1", "/").replace("~0", "~"))?, rest, budget)
        }
        _ => None,
    }
}

/// Steps one reference may take: a nest of `*` must not multiply without end.
const MAX_RESULTS: usize = 100_000;
