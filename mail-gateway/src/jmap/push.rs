//! Push by EventSource (RFC 8620 §7.3): the page learns of a change when the change is committed.

use std::{collections::BTreeMap, convert::Infallible, time::Duration};

use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use base::MailboxId;
use directory_core::Principal;
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{Instant, sleep_until},
};

use super::{Reader, Service, failed, refuse};
use crate::store::{Kind, Store, StoreError};

/// The query of the event source.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    types: Option<String>,
    closeafter: Option<String>,
    ping: Option<u64>,
}

/// The event source.
pub(crate) async fn events(
    State(service): State<Service>,
    Reader(principal): Reader,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let names = wanted.types.as_deref().unwrap_or("*");
    let kinds = Kind::ALL
        .into_iter()
        .filter(|kind| names == "*" || names.split(',').any(|name| name == kind.as_str()))
        .collect();
    let close = wanted.closeafter.as_deref() == Some("state");
    // RFC 8620 §7.3: 0 asks for none; the server may bound the rest.
    let ping = wanted.ping.filter(|seconds| *seconds > 0).map(|s| Duration::from_secs(s.clamp(5, 900)));
    let mut feed = Feed { close, ..Feed::new(service.store, &principal, kinds, ping) };
    match feed.look(None).await {
        // A client that comes back may have missed something: it gets all states at once.
        Ok(all) if headers.contains_key("last-event-id") => feed.first = Some(all),
        Ok(_) => {}
        Err(error) => return failed(&error),
    }
    if feed.accounts.is_empty() {
        return refuse(StatusCode::FORBIDDEN, "noMailbox", "Tài khoản này chưa có hộp thư.");
    }
    let quiet =
        [(header::CACHE_CONTROL, "no-store"), (header::HeaderName::from_static("x-accel-buffering"), "no")];
    (quiet, Sse::new(feed.stream())).into_response()
}

/// One open event source; it ends with the connection or after [`LIFE`], when the browser connects
/// anew and is authenticated anew.
pub(crate) struct Feed {
    store: Store,
    notices: broadcast::Receiver<MailboxId>,
    accounts: Vec<MailboxId>,
    kinds: Vec<Kind>,
    close: bool,
    ping: Option<Duration>,
    next_ping: Instant,
    end: Instant,
    known: BTreeMap<(MailboxId, Kind), i64>,
    first: Option<Value>,
}

impl Feed {
    /// Changes of `kinds` in the accounts of `principal` from now on. Look once before waiting.
    pub(crate) fn new(store: Store, principal: &Principal, kinds: Vec<Kind>, ping: Option<Duration>) -> Self {
        let now = Instant::now();
        Self {
            // Subscribed before the first look, so that no commit falls in between.
            notices: store.changes().subscribe(),
            store,
            accounts: principal.mailboxes.iter().map(|grant| grant.mailbox).collect(),
            kinds,
            close: false,
            ping,
            next_ping: now + ping.unwrap_or(LIFE),
            end: now + LIFE,
            known: BTreeMap::new(),
            first: None,
        }
    }

    fn stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(Some(self), |feed| async move {
            let mut feed = feed?;
            let event = feed.next().await?;
            let done = feed.close && matches!(event, Sent::State(_));
            Some((Ok(event.into_event()), (!done).then_some(feed)))
        })
    }

    /// The next thing to send; `None` at the end of the connection's life.
    pub(crate) async fn next(&mut self) -> Option<Sent> {
        if let Some(changed) = self.first.take() {
            return Some(Sent::State(changed));
        }
        loop {
            tokio::select! {
                notice = self.notices.recv() => {
                    let account = match notice {
                        Ok(account) if self.accounts.contains(&account) => Some(account),
                        Ok(_) => continue,
                        Err(RecvError::Lagged(_)) => None,
                        Err(RecvError::Closed) => return None,
                    };
                    match self.look(account).await {
                        Ok(changed) if changed.as_object().is_some_and(|c| !c.is_empty()) => {
                            return Some(Sent::State(changed));
                        }
                        Ok(_) => {}
                        // The browser reconnects and asks for everything.
                        Err(_) => return None,
                    }
                }
                () = sleep_until(self.next_ping.min(self.end)) => {
                    if Instant::now() >= self.end {
                        return None;
                    }
                    let interval = self.ping?;
                    self.next_ping = Instant::now() + interval;
                    return Some(Sent::Ping(interval));
                }
            }
        }
    }

    /// What changed in `account`, or in all, since the last look.
    pub(crate) async fn look(&mut self, account: Option<MailboxId>) -> Result<Value, StoreError> {
        let mut changed = serde_json::Map::new();
        for one in self.accounts.iter().filter(|one| account.is_none_or(|account| account == **one)) {
            let mut states = serde_json::Map::new();
            for (kind, state) in self.store.states(*one).await? {
                let is_new = self.known.insert((*one, kind), state) != Some(state);
                if is_new && self.kinds.contains(&kind) {
                    states.insert(kind.as_str().to_owned(), json!(state.to_string()));
                }
            }
            if !states.is_empty() {
                changed.insert(one.to_string(), Value::Object(states));
            }
        }
        Ok(Value::Object(changed))
    }
}

/// Something to send.
pub(crate) enum Sent {
    /// The changed states by account.
    State(Value),
    /// A sign of life.
    Ping(Duration),
}

impl Sent {
    fn into_event(self) -> Event {
        match self {
            Self::State(changed) => {
                let id = mail_gateway_core::message::BlobId::of(changed.to_string().as_bytes());
                let data = json!({ "@type": "StateChange", "changed": changed });
                Event::default().event("state").id(id.as_str()).data(data.to_string())
            }
            Self::Ping(interval) => {
                Event::default().event("ping").data(json!({ "interval": interval.as_secs() }).to_string())
            }
        }
    }
}

/// How long one connection lives.
const LIFE: Duration = Duration::from_secs(15 * 60);
