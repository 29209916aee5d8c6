//! `POST /jmap/api`: the calls of one request, one after the other (RFC 8620 §3).

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base::Timestamp;
use directory_core::Principal;
use mail_gateway_core::jmap::{MethodError, Object, Request, RequestError, request};
use serde_json::{Value, json};

use super::{
    Reader, Service, changes, context::Context, email, email_add, email_query, email_set, identity, mailbox,
    session, sieve, snippet, submission, thread, upkeep, vacation,
};
use crate::store::Kind;

/// What a call answers: usually one response, more when it acts on other objects too.
pub(crate) type Answers = Vec<(String, Value)>;

/// The API endpoint.
pub(crate) async fn api(State(service): State<Service>, reader: Reader, body: Body) -> Response {
    let Ok(bytes) = axum::body::to_bytes(body, request::MAX_SIZE_REQUEST + 1).await else {
        return problem(&RequestError::Limit("maxSizeRequest"));
    };
    let _turn = match service.turn(&reader.0) {
        Ok(turn) => turn,
        Err(error) => return problem(&error),
    };
    match answer(&service, &reader.0, &bytes).await {
        Ok(answer) => ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response(),
        Err(error) => problem(&error),
    }
}

/// The Response object to the Request object `bytes` (RFC 8620 §3.4).
pub(crate) async fn answer(
    service: &Service,
    principal: &Principal,
    bytes: &[u8],
) -> Result<Value, RequestError> {
    let parsed = Request::parse(bytes)?;
    let wants_created = parsed.created.is_some();
    let mut context =
        Context { service, principal, created: parsed.created.unwrap_or_default(), now: Timestamp::now() };
    let mut answers: Vec<(String, Value, String)> = Vec::new();
    let mut size = 0;
    for call in parsed.calls {
        let outcome = match request::resolve(call.arguments, &answers) {
            Ok(arguments) => method(&mut context, &call.name, arguments).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(list) => {
                for (name, value) in list {
                    size += estimate(&value);
                    answers.push((name, value, call.id.clone()));
                }
            }
            Err(error) => answers.push(("error".to_owned(), error.arguments(), call.id)),
        }
        if size > MAX_ANSWER {
            // A chain of calls must not gather more than a client could ever read.
            return Err(RequestError::Limit("maxSizeResponse"));
        }
    }
    let mut response = json!({
        "methodResponses": answers,
        "sessionState": session::state(principal),
    });
    if wants_created && let Some(object) = response.as_object_mut() {
        object.insert("createdIds".to_owned(), json!(context.created));
    }
    Ok(response)
}

async fn method(context: &mut Context<'_>, name: &str, arguments: Object) -> Result<Answers, MethodError> {
    let one = |value: Value| Ok(vec![(name.to_owned(), value)]);
    match name {
        "Core/echo" => one(Value::Object(arguments)),
        "Mailbox/get" => one(mailbox::get(context, &arguments).await?),
        "Mailbox/query" => one(mailbox::query(context, &arguments).await?),
        "Mailbox/set" => one(mailbox::set(context, &arguments).await?),
        "Mailbox/changes" => one(changes::changes(context, &arguments, Kind::Mailbox).await?),
        "Email/get" => one(email::get(context, &arguments).await?),
        "Email/query" => one(email_query::query(context, &arguments).await?),
        "Email/import" => one(email_add::import(context, &arguments).await?),
        "Email/copy" => email_add::copy(context, &arguments).await,
        "Email/parse" => one(email_add::parse(context, &arguments).await?),
        "SearchSnippet/get" => one(snippet::get(context, &arguments).await?),
        "Email/set" => one(email_set::set(context, &arguments).await?),
        "Email/changes" => one(changes::changes(context, &arguments, Kind::Email).await?),
        "Quota/get" => one(upkeep::quota(context, &arguments).await?),
        "Quota/changes" => one(upkeep::quota_changes(context, &arguments).await?),
        "DeletedEmail/get" => one(upkeep::deleted(context, &arguments).await?),
        "DeletedEmail/restore" => one(upkeep::restore(context, &arguments).await?),
        "Thread/get" => one(thread::get(context, &arguments).await?),
        "Thread/changes" => one(changes::changes(context, &arguments, Kind::Thread).await?),
        "Identity/get" => one(identity::get(context, &arguments).await?),
        "Identity/set" => one(identity::set(context, &arguments).await?),
        "Identity/changes" => one(changes::changes(context, &arguments, Kind::Identity).await?),
        "EmailSubmission/get" => one(submission::get(context, &arguments).await?),
        "EmailSubmission/changes" => one(changes::changes(context, &arguments, Kind::EmailSubmission).await?),
        "EmailSubmission/set" => submission::set(context, &arguments).await,
        "VacationResponse/get" => one(vacation::get(context, &arguments).await?),
        "VacationResponse/set" => one(vacation::set(context, &arguments).await?),
        "SieveScript/get" => one(sieve::get(context, &arguments).await?),
        "SieveScript/set" => one(sieve::set(context, &arguments).await?),
        "SieveScript/query" => one(sieve::query(context, &arguments).await?),
        "SieveScript/validate" => one(sieve::validate(context, &arguments).await?),
        "Email/queryChanges" => one(email_query::query_changes(context, &arguments).await?),
        "Mailbox/queryChanges" => one(mailbox::query_changes(context, &arguments).await?),
        _ => Err(MethodError::UnknownMethod),
    }
}

fn problem(error: &RequestError) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (StatusCode::BAD_REQUEST, kind, error.problem().to_string()).into_response()
}

/// Roughly the octets of `value`.
fn estimate(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(estimate).sum::<usize>() + 2,
        Value::Object(members) => members.iter().map(|(name, value)| name.len() + estimate(value) + 4).sum(),
        _ => 8,
    }
}

/// Octets of one response.
const MAX_ANSWER: usize = 64 * 1024 * 1024;
