//! JMAP over WebSocket (RFC 8887): requests and pushed changes on one connection.
//!
//! Requests of one socket are answered one after the other, so a socket holds one request in memory.

use axum::{
    extract::{
        State, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    response::Response,
};
use directory_core::Principal;
use mail_gateway_core::jmap::{RequestError, request};
use serde_json::{Value, json};

use super::{
    Reader, Service, api,
    push::{Feed, Sent},
};
use crate::store::Kind;

/// The WebSocket endpoint.
pub(crate) async fn connect(
    State(service): State<Service>,
    Reader(principal): Reader,
    upgrade: WebSocketUpgrade,
) -> Response {
    // RFC 8887 §4.1: the subprotocol is "jmap".
    let upgrade = upgrade.protocols(["jmap"]).max_message_size(request::MAX_SIZE_REQUEST);
    upgrade.on_upgrade(|socket| Talk { service, principal, feed: None, is_pushing: false }.run(socket))
}

struct Talk {
    service: Service,
    principal: Principal,
    /// Made at the first look; it also ends the connection after its life, when the client comes back
    /// and is authenticated anew.
    feed: Option<Feed>,
    is_pushing: bool,
}

impl Talk {
    async fn run(mut self, mut socket: WebSocket) {
        let mut feed = self.new_feed(Kind::ALL.to_vec());
        loop {
            let answer = tokio::select! {
                message = socket.recv() => match message {
                    Some(Ok(Message::Text(text))) => self.text(text.as_bytes()).await,
                    // RFC 8887 §4.1: binary frames are not allowed.
                    Some(Ok(Message::Binary(_))) => Some(problem(&RequestError::NotJson, None)),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => None,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                },
                sent = feed.next() => match sent {
                    Some(Sent::State(changed)) if self.is_pushing => Some(change(&changed)),
                    Some(_) => None,
                    None => return,
                },
            };
            if let Some(next) = self.feed.take() {
                feed = next;
            }
            if let Some(answer) = answer
                && socket.send(Message::Text(answer.to_string().into())).await.is_err()
            {
                return;
            }
        }
    }

    fn new_feed(&self, kinds: Vec<Kind>) -> Feed {
        Feed::new(self.service.store.clone(), &self.principal, kinds, None)
    }

    /// Answers one message.
    async fn text(&mut self, text: &[u8]) -> Option<Value> {
        let Ok(Value::Object(message)) = serde_json::from_slice::<Value>(text) else {
            return Some(problem(&RequestError::NotJson, None));
        };
        let id = message.get("id").and_then(Value::as_str);
        match message.get("@type").and_then(Value::as_str) {
            Some("Request") => Some(self.request(text, id).await),
            Some("WebSocketPushEnable") => self.enable(message.get("dataTypes")).await,
            Some("WebSocketPushDisable") => {
                self.is_pushing = false;
                None
            }
            _ => Some(problem(&RequestError::NotRequest("@type is missing or unknown"), id)),
        }
    }

    async fn request(&self, text: &[u8], id: Option<&str>) -> Value {
        let _turn = match self.service.turn(&self.principal) {
            Ok(turn) => turn,
            Err(error) => return problem(&error, id),
        };
        match api::answer(&self.service, &self.principal, text).await {
            Ok(mut answer) => {
                answer["@type"] = json!("Response");
                if let Some(id) = id {
                    answer["requestId"] = json!(id);
                }
                answer
            }
            Err(error) => problem(&error, id),
        }
    }

    /// RFC 8887 §4.3.5.2: from now on changes of these kinds are told; the states as they are come at
    /// once, so that a client that was away sees whether it missed something.
    async fn enable(&mut self, kinds: Option<&Value>) -> Option<Value> {
        let kinds = match kinds {
            Some(Value::Array(names)) => {
                Kind::ALL.into_iter().filter(|kind| names.iter().any(|name| name == kind.as_str())).collect()
            }
            _ => Kind::ALL.to_vec(),
        };
        let mut feed = self.new_feed(kinds);
        self.is_pushing = true;
        let now = feed.look(None).await;
        self.feed = Some(feed);
        now.ok()
            .filter(|states| states.as_object().is_some_and(|all| !all.is_empty()))
            .map(|all| change(&all))
    }
}

fn change(changed: &Value) -> Value {
    json!({ "@type": "StateChange", "changed": changed })
}

fn problem(error: &RequestError, id: Option<&str>) -> Value {
    let mut problem = error.problem();
    problem["@type"] = json!("RequestError");
    problem["requestId"] = json!(id);
    problem
}
