//! Sending (RFC 8621 §7): a letter of the account goes to the queue, then its copy is filed.

use std::collections::BTreeSet;

use directory_core::MailboxGrant;
use mail_gateway_core::{
    jmap::{MethodError, Object, SetError, date},
    message::{Address, BlobId, strip},
};
use serde_json::{Value, json};

use super::{
    api::Answers,
    context::{Context, SetAnswer, SetArguments, answer_get, fail, set_error},
    email_set,
};
use crate::{
    Envelope, SubmitError,
    store::{Kind, StoreError, letter::Letter, submission::Submission},
};

fn object(submission: Submission) -> Object {
    let value = json!({
        "id": submission.id,
        "identityId": submission.identity,
        "emailId": submission.letter,
        "threadId": submission.thread,
        "envelope": serde_json::from_str::<Value>(&submission.envelope).unwrap_or(Value::Null),
        "sendAt": date::utc(submission.send_at),
        // The queue has it: nothing to take back.
        "undoStatus": "final",
        "deliveryStatus": null,
        "dsnBlobIds": [],
        "mdnBlobIds": [],
    });
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// `EmailSubmission/get`.
pub(crate) async fn get(context: &Context<'_>, arguments: &Object) -> Result<Value, MethodError> {
    let grant = context.account(arguments).await?;
    let state = context.state(&grant, Kind::EmailSubmission).await?;
    let store = &context.service.store;
    let found = match super::context::ids(arguments)? {
        None => store.submissions(grant.mailbox, LATEST).await.map_err(fail)?,
        Some(ids) => {
            let mut found = Vec::new();
            for id in ids {
                found.extend(store.submission(grant.mailbox, &id).await.map_err(fail)?);
            }
            found
        }
    };
    answer_get(&grant, state, arguments, found.into_iter().map(object).collect())
}

/// `EmailSubmission/set` (RFC 8621 §7.5), with the implicit `Email/set` of its `onSuccess` arguments.
pub(crate) async fn set(context: &mut Context<'_>, arguments: &Object) -> Result<Answers, MethodError> {
    let grant = context.account(arguments).await?;
    let old = context.state(&grant, Kind::EmailSubmission).await?;
    let parts = SetArguments::read(arguments, &old)?;
    let mut answer = SetAnswer::default();
    let mut sent = Vec::new();
    for (creation, object) in parts.create {
        match submit(context, &grant, &object).await {
            Ok((id, letter)) => {
                let value = json!({ "id": id, "sendAt": date::utc(context.now), "undoStatus": "final" });
                answer.created.insert(creation.clone(), value);
                sent.push((format!("#{creation}"), letter));
                context.created.insert(creation, id);
            }
            Err(error) => {
                answer.not_created.insert(creation, error.into_json());
            }
        }
    }
    for (id, object) in parts.update {
        // RFC 8621 §7.5: only undoStatus may change, and what is sent is sent.
        let kind = if object.contains_key("undoStatus") { "cannotUnsend" } else { "forbidden" };
        answer.update(id, Err(SetError::because(kind, "Thư đã gửi, không thu hồi được.")));
    }
    for id in parts.destroy {
        answer.destroy(id, Err(SetError::new("forbidden")));
    }
    let new = context.state(&grant, Kind::EmailSubmission).await?;
    let mut answers = vec![("EmailSubmission/set".to_owned(), answer.into_json(&grant, &old, &new))];
    if let Some(implicit) = on_success(context, &grant, arguments, &sent).await? {
        answers.push(("Email/set".to_owned(), implicit));
    }
    Ok(answers)
}

/// Updates and destroys the letters that were sent, as `onSuccessUpdateEmail` and
/// `onSuccessDestroyEmail` ask.
async fn on_success(
    context: &Context<'_>,
    grant: &MailboxGrant,
    arguments: &Object,
    sent: &[(String, String)],
) -> Result<Option<Value>, MethodError> {
    let letter_of = |submission: &str| sent.iter().find(|(id, _)| id == submission).map(|(_, letter)| letter);
    let updates = arguments.get("onSuccessUpdateEmail").and_then(Value::as_object);
    let destroys = arguments.get("onSuccessDestroyEmail").and_then(Value::as_array);
    if updates.is_none() && destroys.is_none() {
        return Ok(None);
    }
    let old = context.state(grant, Kind::Email).await?;
    let mut answer = SetAnswer::default();
    for (submission, change) in updates.into_iter().flatten() {
        if let (Some(letter), Value::Object(change)) = (letter_of(submission), change) {
            let outcome = email_set::update(context, grant, letter, change.clone()).await;
            answer.update(letter.clone(), outcome);
        }
    }
    for submission in destroys.into_iter().flatten() {
        if let Some(letter) = submission.as_str().and_then(letter_of) {
            let outcome = email_set::destroy(context, grant, letter).await;
            answer.destroy(letter.clone(), outcome);
        }
    }
    let new = context.state(grant, Kind::Email).await?;
    Ok(Some(answer.into_json(grant, &old, &new)))
}

/// Sends one letter; answers the submission's and the letter's id.
async fn submit(
    context: &Context<'_>,
    grant: &MailboxGrant,
    object: &Object,
) -> Result<(String, String), SetError> {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let identity = text("identityId").filter(|id| super::identity::address(grant, id).is_some());
    let identity = identity.ok_or_else(|| SetError::invalid(&["identityId"]))?;
    if !grant.may_send {
        return Err(SetError::because("forbiddenToSend", "Không có quyền gửi thư từ hộp thư này."));
    }
    let id =
        text("emailId").and_then(|id| context.resolve(id)).ok_or_else(|| SetError::invalid(&["emailId"]))?;
    let store = &context.service.store;
    let letter = store.letter(grant.mailbox, &id).await.map_err(|error| match error {
        StoreError::NotFound => SetError::invalid(&["emailId"]),
        other => set_error(other),
    })?;
    let writer = check_author(context, &letter)?;
    let envelope = envelope(grant, &letter, object.get("envelope"))?;
    let raw = store.open_blob(&letter.blob).await.map_err(set_error)?;
    // RFC 8621 §7.5: hidden recipients stay hidden.
    let raw = strip::without_headers(&raw, &["Bcc"]);
    let raw = match writer {
        Some(writer) => [format!("Sender: <{writer}>\r\n").as_bytes(), &raw].concat(),
        None => raw,
    };
    let json = json!({
        "mailFrom": { "email": envelope.sender, "parameters": null },
        "rcptTo": envelope.recipients.iter().map(|to| json!({ "email": to, "parameters": null })).collect::<Vec<_>>(),
    })
    .to_string();
    // The same letter to the same people is sent once, however often a nervous line repeats the request.
    let key = format!("jmap {} {id} {}", grant.mailbox, BlobId::of(json.as_bytes()));
    context.service.outgoing.submit(&key, &envelope, &raw).await.map_err(refusal)?;
    let submission = Submission {
        id: String::new(),
        identity: identity.to_owned(),
        letter: id.clone(),
        thread: letter.thread.clone(),
        envelope: json,
        send_at: context.now,
    };
    let submission = store.add_submission(grant.mailbox, submission).await.map_err(set_error)?;
    store.was_sent(grant.mailbox, letter, context.act()).await.map_err(set_error)?;
    Ok((submission, id))
}

/// The author must be someone this person may send as, or writes for. Answers who is to be added as
/// `Sender` (RFC 5322 §3.6.2), where that field is due and missing.
fn check_author(context: &Context<'_>, letter: &Letter) -> Result<Option<String>, SetError> {
    let authors = letter.summary.from.as_deref().unwrap_or_default();
    if authors.is_empty() {
        return Err(SetError::because("invalidEmail", "Thư chưa có địa chỉ người gửi.")
            .with("properties", json!(["from"])));
    }
    let refused = |email: &str| {
        SetError::because("forbiddenFrom", format!("Không có quyền gửi thư với địa chỉ {email}."))
    };
    let mailboxes = || context.principal.mailboxes.iter().filter(|grant| grant.may_send);
    let owned = |email: &str| mailboxes().any(|grant| grant.sender.is_none() && grant.has(email));
    let mut due = None;
    for author in authors.iter().filter(|author| !owned(&author.email)) {
        let writer =
            mailboxes().find(|grant| grant.has(&author.email)).and_then(|grant| grant.sender.clone());
        due = Some(writer.ok_or_else(|| refused(&author.email))?);
    }
    let mut senders = letter.summary.sender.iter().flatten().peekable();
    if senders.peek().is_none() {
        return Ok(due);
    }
    let honest = |email: &str| match &due {
        Some(writer) => writer.eq_ignore_ascii_case(email),
        None => owned(email),
    };
    match senders.find(|sender| !honest(&sender.email)) {
        Some(sender) => Err(refused(&sender.email)),
        None => Ok(None),
    }
}

/// The envelope the client gave, or the one the letter implies (RFC 8621 §7.5).
fn envelope(grant: &MailboxGrant, letter: &Letter, given: Option<&Value>) -> Result<Envelope, SetError> {
    let email = |value: &Value| value.get("email").and_then(Value::as_str).map(str::to_owned);
    let (sender, recipients) = match given {
        None | Some(Value::Null) => {
            let summary = &letter.summary;
            let lists = [&summary.to, &summary.cc, &summary.bcc];
            let all = lists.into_iter().flatten().flatten().map(|Address { email, .. }| email.clone());
            (grant.address.clone(), all.collect::<Vec<_>>())
        }
        Some(value) => {
            let wrong = || SetError::invalid(&["envelope"]);
            let sender = value.get("mailFrom").and_then(email).ok_or_else(wrong)?;
            let list = value.get("rcptTo").and_then(Value::as_array).ok_or_else(wrong)?;
            (sender, list.iter().map(email).collect::<Option<Vec<_>>>().ok_or_else(wrong)?)
        }
    };
    if !grant.has(&sender) {
        let text = format!("Không có quyền gửi thư với địa chỉ {sender}.");
        return Err(SetError::because("forbiddenMailFrom", text));
    }
    let mut seen = BTreeSet::new();
    let recipients: Vec<String> =
        recipients.into_iter().filter(|one| seen.insert(one.to_ascii_lowercase())).collect();
    if recipients.is_empty() {
        return Err(SetError::because("noRecipients", "Thư chưa có người nhận."));
    }
    if recipients.len() > MAX_RECIPIENTS {
        return Err(SetError::because(
            "tooManyRecipients",
            format!("Thư có hơn {MAX_RECIPIENTS} người nhận."),
        )
        .with("maxRecipients", json!(MAX_RECIPIENTS)));
    }
    Ok(Envelope { sender: Some(sender), recipients })
}

fn refusal(error: SubmitError) -> SetError {
    match error {
        SubmitError::NoRecipients => SetError::because("noRecipients", "Thư chưa có người nhận."),
        SubmitError::BadRecipients(bad) => {
            let text = format!("Địa chỉ không tồn tại: {}. Thư chưa được gửi cho ai.", bad.join(", "));
            SetError::because("invalidRecipients", text).with("invalidRecipients", json!(bad))
        }
        SubmitError::Full(full) => SetError::because(
            "forbiddenToSend",
            format!("Thư chưa được gửi vì hộp thư người nhận đã đầy: {}.", full.join(", ")),
        ),
        SubmitError::ClosedRecipients(lists) => {
            let text = format!("Không có quyền gửi tới {}. Thư chưa được gửi cho ai.", lists.join(", "));
            SetError::because("invalidRecipients", text).with("invalidRecipients", json!(lists))
        }
        SubmitError::BadSender(sender) => {
            SetError::because("forbiddenMailFrom", format!("Địa chỉ gửi không hợp lệ: {sender}."))
        }
        SubmitError::TooLarge(limit) => {
            SetError::because("tooLarge", format!("Thư vượt giới hạn {} MB.", limit / (1024 * 1024)))
                .with("maxSize", json!(limit))
        }
        SubmitError::Refused(why) => SetError::because("forbiddenToSend", why),
        SubmitError::Unavailable => SetError::because(
            "serverUnavailable",
            "Danh bạ đang bận. Thư chưa được gửi, thử lại sau ít phút.",
        ),
        SubmitError::Unscanned => SetError::because(
            "serverUnavailable",
            "Chưa kiểm tra được mã độc trong thư. Thư chưa được gửi, thử lại sau ít phút.",
        ),
        SubmitError::Store(cause) => set_error(cause),
    }
}

/// Recipients of one letter.
const MAX_RECIPIENTS: usize = 500;
/// Submissions answered when no ids are named.
const LATEST: usize = 100;
