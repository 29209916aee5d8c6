//! JMAP as a client sees it: through the router, with a principal where hub would put one.

mod adding;
mod handling;
mod mail;
mod push;
mod query_changes;
mod refused;
mod rules;
mod sending;
mod web_socket;

use std::sync::{Arc, Mutex};

use axum::{
    Extension, Router,
    body::Body,
    http::{Request, StatusCode},
};
use base::{
    LetterId, MailboxId, Timestamp,
    id::{AccountId, PersonId, UnitId},
    random::System,
};
use directory_core::{MailboxGrant, MailboxKind, Principal};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Outgoing, Service, router};
use crate::{
    Envelope, SubmitError,
    store::{Role, Store},
};

pub(crate) const AN: MailboxId = MailboxId::from_u128(1);
pub(crate) const AGENCY: MailboxId = MailboxId::from_u128(9);

/// Letters that were handed over.
#[derive(Default)]
pub(crate) struct Sent(pub(crate) Mutex<Vec<(Envelope, Vec<u8>)>>);

impl Outgoing for Sent {
    fn submit<'a>(
        &'a self,
        _key: &'a str,
        envelope: &'a Envelope,
        letter: &'a [u8],
    ) -> BoxFuture<'a, Result<LetterId, SubmitError>> {
        Box::pin(async move {
            let bad: Vec<String> =
                envelope.recipients.iter().filter(|to| to.starts_with("khong-co")).cloned().collect();
            if !bad.is_empty() {
                return Err(SubmitError::BadRecipients(bad));
            }
            self.0.lock().unwrap().push((envelope.clone(), letter.to_vec()));
            Ok(LetterId::new(Timestamp::now(), &mut System))
        })
    }
}

/// A hub with two people, An and Bình, who both read an agency mailbox.
pub(crate) struct Hub {
    pub(crate) store: Store,
    pub(crate) sent: Arc<Sent>,
    router: Router,
    _directory: tempfile::TempDir,
}

fn grant(mailbox: MailboxId, address: &str, kind: MailboxKind) -> MailboxGrant {
    MailboxGrant {
        mailbox,
        address: address.into(),
        name: "Nguyễn Văn An".into(),
        kind,
        may_send: true,
        aliases: Vec::new(),
        sender: None,
        delegated: false,
    }
}

/// The person number `n`; 1 is An.
pub(crate) fn person(n: u128) -> Principal {
    Principal {
        account: AccountId::from_u128(n),
        person: PersonId::from_u128(n),
        session: None,
        name: "Nguyễn Văn An".into(),
        unit: UnitId::from_u128(1),
        unit_name: "Sở Tài chính".into(),
        position: "Chuyên viên".into(),
        order: 90,
        is_admin: false,
        login: format!("nguoi{n}"),
        mailboxes: vec![
            grant(MailboxId::from_u128(n), &format!("nguoi{n}@quangbinh.example"), MailboxKind::Personal),
            grant(AGENCY, "stc@quangbinh.example", MailboxKind::Agency),
        ],
    }
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

impl Hub {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = crate::store::tests::store(&directory).await;
        let sent = Arc::new(Sent::default());
        let service = Service::new(store.clone(), sent.clone(), "quangbinh.example");
        Self { store, sent, router: router(service), _directory: directory }
    }

    /// Sends `request` as `principal`.
    pub(crate) async fn send(
        &self,
        principal: Option<Principal>,
        request: Request<Body>,
    ) -> axum::response::Response {
        let router = match principal {
            Some(principal) => self.router.clone().layer(Extension(principal)),
            None => self.router.clone(),
        };
        router.oneshot(request).await.unwrap()
    }

    pub(crate) async fn request(&self, principal: Option<Principal>, request: Request<Body>) -> Reply {
        let response = self.send(principal, request).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec();
        Reply { status, headers, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.request(Some(person(1)), Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Reply {
        self.request(Some(person(1)), Request::post(path).body(body.into()).unwrap()).await
    }

    /// Runs method calls as person `n`; answers `[[name, arguments, id], …]`.
    pub(crate) async fn calls_as(&self, n: u128, calls: Value) -> Vec<Value> {
        let body = json!({
            "using": ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail", "urn:ietf:params:jmap:submission"],
            "methodCalls": calls,
        });
        let request = Request::post("/jmap/api").body(Body::from(body.to_string())).unwrap();
        let reply = self.request(Some(person(n)), request).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        reply.json()["methodResponses"].as_array().unwrap().clone()
    }

    /// One call as An; answers its arguments, having checked that it did not fail.
    pub(crate) async fn call(&self, name: &str, mut arguments: Value) -> Value {
        if arguments.get("accountId").is_none() {
            arguments["accountId"] = json!(AN);
        }
        let answers = self.calls_as(1, json!([[name, arguments, "0"]])).await;
        assert_eq!(answers[0][0], name, "{}", answers[0]);
        answers[0][1].clone()
    }

    /// One call as An that fails; answers the error's type.
    pub(crate) async fn error(&self, name: &str, arguments: Value) -> String {
        let answers = self.calls_as(1, json!([[name, arguments, "0"]])).await;
        assert_eq!(answers[0][0], "error", "{}", answers[0]);
        answers[0][1]["type"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn deliver(&self, mailbox: MailboxId, raw: &str) -> String {
        let key = format!("{:?}", LetterId::new(Timestamp::now(), &mut System));
        let raw = bytes::Bytes::copy_from_slice(raw.as_bytes());
        let now = Timestamp::now();
        let id = self.store.deliver_letter(key, mailbox, Role::Inbox, raw, Vec::new(), now).await.unwrap();
        id.unwrap().to_string()
    }
}
