//! `VacationResponse` (RFC 8621 §8): the one answer of a mailbox whose owner is away.

use base::Timestamp;
use mail_gateway_core::jmap::{MethodError, Object, SetError, date};
use serde_json::{Value, json};

use super::context::{Context, SetAnswer, SetArguments, answer_get, fail, set_error};
use crate::store::{Kind, sieve::vacation::VacationResponse};

/// RFC 8621 §1.3.3.
pub(crate) const VACATION: &str = "urn:ietf:params:jmap:vacationresponse";

fn object(response: &VacationResponse) -> Object {
    let value = json!({
        "id": SINGLETON, "isEnabled": response.is_enabled,
        "fromDate": response.from.map(date::utc), "toDate": response.to.map(date::utc),
        "subject": response.subject, "textBody": response.text, "htmlBody": response.html,
    });
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// `VacationResponse/get`.
pub(crate) async fn get(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account(arguments).await?;
    let state = context.state(&grant, Kind::VacationResponse).await?;
    let response = context.service.store.vacation(grant.mailbox).await.map_err(fail)?;
    answer_get(&grant, state, arguments, vec![object(&response)])
}

/// `VacationResponse/set`: the one object may change; none is made and none goes (RFC 8621 §8.2).
pub(crate) async fn set(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.own_account(arguments).await?;
    let store = &context.service.store;
    let old = context.state(&grant, Kind::VacationResponse).await?;
    let parts = SetArguments::read(arguments, &old)?;
    let mut answer = SetAnswer::default();
    for (creation, _) in parts.create {
        answer.not_created.insert(creation, SetError::new("singleton").into_json());
    }
    for (id, object) in parts.update {
        let present = store.vacation(grant.mailbox).await.map_err(fail)?;
        let outcome = match changed(present, &object) {
            _ if id != SINGLETON => Err(SetError::new("notFound")),
            Ok(response) => store.set_vacation(grant.mailbox, response).await.map_err(set_error),
            Err(error) => Err(error),
        };
        answer.update(id, outcome);
    }
    for id in parts.destroy {
        let kind = if id == SINGLETON { "singleton" } else { "notFound" };
        answer.destroy(id, Err(SetError::new(kind)));
    }
    let new = context.state(&grant, Kind::VacationResponse).await?;
    Ok(answer.into_json(&grant, &old, &new))
}

fn changed(mut response: VacationResponse, object: &Object) -> Result<VacationResponse, SetError> {
    for (name, value) in object {
        let wrong = || SetError::invalid(&[name]);
        let text = || match value {
            Value::Null => Ok(None),
            Value::String(text) if text.len() <= MAX_TEXT => Ok(Some(text.clone())),
            _ => Err(wrong()),
        };
        let moment = || -> Result<Option<Timestamp>, SetError> {
            match value {
                Value::Null => Ok(None),
                Value::String(text) => date::parse(text).map(Some).ok_or_else(wrong),
                _ => Err(wrong()),
            }
        };
        match (name.as_str(), value) {
            ("id", Value::String(id)) if id == SINGLETON => {}
            ("isEnabled", Value::Bool(enabled)) => response.is_enabled = *enabled,
            ("fromDate", _) => response.from = moment()?,
            ("toDate", _) => response.to = moment()?,
            ("subject", _) => response.subject = text()?,
            ("textBody", _) => response.text = text()?,
            ("htmlBody", _) => response.html = text()?,
            _ => return Err(wrong()),
        }
    }
    if let (Some(from), Some(to)) = (response.from, response.to)
        && from >= to
    {
        return Err(SetError::invalid(&["fromDate", "toDate"]));
    }
    Ok(response)
}

/// RFC 8621 §8: the id of the only object.
const SINGLETON: &str = "singleton";
/// Octets of a text.
const MAX_TEXT: usize = 64 * 1024;
