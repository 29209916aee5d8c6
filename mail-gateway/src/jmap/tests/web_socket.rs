use axum::Extension;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

use super::{AN, Hub, person};

/// A program that speaks JMAP over WebSocket (RFC 8887) with a real socket.
struct Program(tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>);

impl Program {
    async fn connect(hub: &Hub) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = hub.router.clone().layer(Extension(person(1)));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let mut request = format!("ws://{address}/jmap/ws").into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "jmap".parse().unwrap());
        let (socket, response) = tokio_tungstenite::connect_async(request).await.unwrap();
        assert_eq!(response.headers()["sec-websocket-protocol"], "jmap");
        Self(socket)
    }

    async fn send(&mut self, text: impl ToString) {
        self.0.send(Message::text(text.to_string())).await.unwrap();
    }

    async fn next(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.0.next().await.unwrap().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }
}

#[tokio::test]
async fn requests_and_changes_share_one_connection() {
    let hub = Hub::new().await;
    let mut program = Program::connect(&hub).await;
    program
        .send(json!({
            "@type": "Request", "id": "R1", "using": ["urn:ietf:params:jmap:core"],
            "methodCalls": [["Core/echo", { "chào": 1 }, "0"]],
        }))
        .await;
    let answer = program.next().await;
    assert_eq!((&answer["@type"], &answer["requestId"]), (&json!("Response"), &json!("R1")));
    assert_eq!(answer["methodResponses"][0][1], json!({ "chào": 1 }));

    program.send("không phải JSON").await;
    assert_eq!(program.next().await["type"], "urn:ietf:params:jmap:error:notJSON");

    program.send(json!({ "@type": "WebSocketPushEnable", "dataTypes": ["Email"] })).await;
    // An answer after it shows that the push is on before the letter comes.
    program.send(json!({ "@type": "Strange", "id": "R2" })).await;
    let refused = program.next().await;
    assert_eq!((&refused["@type"], &refused["requestId"]), (&json!("RequestError"), &json!("R2")));
    hub.deliver(AN, "Subject: mới\r\n\r\n").await;
    let change = program.next().await;
    assert_eq!(change["@type"], "StateChange");
    let kinds: Vec<&String> = change["changed"][AN.to_string()].as_object().unwrap().keys().collect();
    assert_eq!(kinds, ["Email"], "only what was asked for");
}

#[tokio::test]
async fn more_requests_at_once_than_promised_are_refused_by_name() {
    let hub = Hub::new().await;
    let service = super::Service::new(hub.store.clone(), hub.sent.clone(), "quangbinh.example");
    let turns: Vec<_> =
        (0..super::super::turns::MAX_CONCURRENT).map(|_| service.turn(&person(1)).ok()).collect();
    assert!(turns.iter().all(Option::is_some) && service.turn(&person(1)).is_err());
    assert!(service.turn(&person(2)).is_ok(), "others are not kept waiting");
    drop(turns);
    assert!(service.turn(&person(1)).is_ok());
}
