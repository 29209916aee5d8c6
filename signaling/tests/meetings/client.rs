//! A participant's program, as small as it can be.

use std::time::Duration;

use base::id::{MeetingId, SeatId};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use signaling_protocol::{Event, NumberedEvent, RefusalCode, ServerMessage, Snapshot};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, protocol::CloseFrame},
};

use crate::hub::Hub;

/// Nothing in these tests takes this long unless it never comes.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Client {
    socket: WebSocketStream<TcpStream>,
    next_id: u32,
    pub seat: SeatId,
    pub token: String,
}

/// How a client says who it is.
pub enum As<'a> {
    Person(u32),
    Guest(&'a str),
}

impl Client {
    pub async fn connect(hub: &Hub, meeting: MeetingId, who: As<'_>) -> Self {
        let query = match who {
            As::Guest(token) => format!("?guest={token}"),
            As::Person(_) => String::new(),
        };
        let url = format!("ws://{}/api/meetings/{meeting}/socket{query}", hub.address);
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "lienthong.v1".parse().unwrap());
        if let As::Person(person) = who {
            request.headers_mut().insert("x-person", person.into());
        }
        let tcp = TcpSocket::new_v4().unwrap();
        // Small, so that a client that does not read is full soon.
        tcp.set_recv_buffer_size(8 * 1024).unwrap();
        let stream = tcp.connect(hub.address).await.unwrap();
        let (socket, _) = client_async(request, stream).await.unwrap();
        Self { socket, next_id: 0, seat: SeatId::from_u128(0), token: String::new() }
    }

    /// Connects and enters; the snapshot is what the client draws first.
    pub async fn enter(hub: &Hub, meeting: MeetingId, person: u32) -> (Self, Snapshot) {
        let mut client = Self::connect(hub, meeting, As::Person(person)).await;
        client.send(json!({"type": "enter", "media": all_on()})).await;
        let snapshot = client.welcome().await.expect("a first visit gets a snapshot");
        (client, snapshot)
    }

    /// Connects and returns to a seat.
    pub async fn resume(hub: &Hub, meeting: MeetingId, person: u32, token: &str, last: u64) -> Self {
        let mut client = Self::connect(hub, meeting, As::Person(person)).await;
        let resume = json!({"token": token, "lastEvent": last});
        client.send(json!({"type": "enter", "media": all_on(), "resume": resume})).await;
        client
    }

    /// Waits for `Welcome` and takes the seat.
    pub async fn welcome(&mut self) -> Option<Snapshot> {
        loop {
            if let ServerMessage::Welcome { seat, resume_token, snapshot, .. } = self.next().await {
                self.seat = seat;
                self.token = resume_token;
                return snapshot;
            }
        }
    }

    pub async fn send(&mut self, mut message: Value) -> u32 {
        self.next_id += 1;
        message["id"] = self.next_id.into();
        self.send_text(&message.to_string()).await;
        self.next_id
    }

    pub async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// Sends and waits for the outcome.
    pub async fn ask(&mut self, message: Value) -> Result<(), RefusalCode> {
        let sent = self.send(message).await;
        loop {
            match self.next().await {
                ServerMessage::Done { id } if id == sent => return Ok(()),
                ServerMessage::Refused { id, code, .. } if id == sent => return Err(code),
                _ => {}
            }
        }
    }

    /// The next message of the hub.
    pub async fn next(&mut self) -> ServerMessage {
        match self.frame().await {
            Ok(text) => serde_json::from_str(&text).unwrap(),
            Err(close) => panic!("closed: {close:?}"),
        }
    }

    /// The next numbered event.
    pub async fn event(&mut self) -> NumberedEvent {
        loop {
            if let ServerMessage::Event(event) = self.next().await {
                return event;
            }
        }
    }

    /// The next event for which `wanted` has an answer.
    pub async fn until<T>(&mut self, wanted: impl Fn(&Event) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(&self.event().await.event) {
                return found;
            }
        }
    }

    /// Waits for the hub to close and tells its code; what comes before is thrown away.
    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Err(close) = self.frame().await {
                return close.map_or(0, |close| close.code.into());
            }
        }
    }

    async fn frame(&mut self) -> Result<String, Option<CloseFrame>> {
        let text = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Text(text))) => return Ok(text.to_string()),
                    Some(Ok(Message::Close(close))) => return Err(close),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Err(None),
                }
            }
        };
        timeout(PATIENCE, text).await.expect("the hub said nothing but pings")
    }
}

pub fn all_on() -> Value {
    json!({"microphone": true, "camera": true, "screen": false})
}

/// For [`Client::until`]: a seat's new state.
pub fn seat_where(
    id: SeatId,
    wanted: impl Fn(&signaling_protocol::Seat) -> bool,
) -> impl Fn(&Event) -> Option<signaling_protocol::Seat> {
    move |event| match event {
        Event::Seat { seat } if seat.id == id && wanted(seat) => Some(seat.clone()),
        _ => None,
    }
}
