use std::time::Duration;

use axum::{body::Body, http::Request};
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::{AGENCY, AN, Hub, person};

/// The next event of an event source.
async fn event(stream: &mut axum::body::BodyDataStream) -> (String, Value) {
    let piece = tokio::time::timeout(Duration::from_secs(10), stream.next()).await.expect("no event in time");
    let text = String::from_utf8(piece.unwrap().unwrap().to_vec()).unwrap();
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().trim_start_matches(':').trim().to_owned()
    };
    (field("event"), serde_json::from_str(&field("data")).unwrap())
}

#[tokio::test]
async fn a_letter_that_arrives_is_announced_to_those_who_read_the_mailbox() {
    let hub = Hub::new().await;
    let request =
        Request::get("/jmap/eventsource?types=Email,Mailbox&closeafter=no&ping=0").body(Body::empty());
    let response = hub.send(Some(person(1)), request.unwrap()).await;
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/event-stream"));
    let mut stream = response.into_body().into_data_stream();
    hub.deliver(base::MailboxId::from_u128(2), "Subject: của người khác\r\n\r\n").await;
    hub.deliver(AGENCY, "Subject: Công văn đến\r\n\r\n").await;
    let (name, data) = event(&mut stream).await;
    assert_eq!((name.as_str(), &data["@type"]), ("state", &json!("StateChange")));
    let changed = data["changed"].as_object().unwrap();
    assert_eq!(changed.len(), 1, "only the account that changed: {data}");
    let kinds: Vec<&String> = changed[&AGENCY.to_string()].as_object().unwrap().keys().collect();
    assert_eq!(kinds, ["Email", "Mailbox"], "only the types that were asked for");
    let got = hub.call("Email/get", json!({ "accountId": AGENCY, "ids": [] })).await;
    assert_eq!(got["state"], changed[&AGENCY.to_string()]["Email"]);
}

#[tokio::test]
async fn a_reader_who_comes_back_gets_every_state_and_the_stream_may_close() {
    let hub = Hub::new().await;
    hub.deliver(AN, "Subject: x\r\n\r\n").await;
    let request =
        Request::get("/jmap/eventsource?types=*&closeafter=state&ping=30").header("last-event-id", "old");
    let response = hub.send(Some(person(1)), request.body(Body::empty()).unwrap()).await;
    let mut stream = response.into_body().into_data_stream();
    let (name, data) = event(&mut stream).await;
    assert_eq!(name, "state");
    assert!(data["changed"][AN.to_string()]["Email"].is_string());
    assert!(stream.next().await.is_none(), "closeafter=state");
}
