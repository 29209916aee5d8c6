//! The hub's part: authentication by a header, a media plane and a mail service that write down.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::StatusCode,
    middleware::{Next, from_fn},
    response::Response,
};
use base::id::{AccountId, MailboxId, MeetingId, PersonId, RoomId, SeatId, SessionId, UnitId};
use database::testing::{copy_schema, on_postgres, source};
use directory_core::{MailboxGrant, MailboxKind, Principal};
use futures_util::future::{BoxFuture, FutureExt};
use serde_json::Value;
use signaling::{
    Config, Meetings,
    ports::{
        Connect, Connected, IceCredentials, Invitation, InvitationError, Invitations, Invitee, Media,
        MediaCommand, OfferError, People,
    },
};
use signaling_protocol::Relay;
use tokio::sync::Notify;
use tower::util::ServiceExt;

pub const CHAIR: u32 = 1;
pub const DELEGATE: u32 = 2;
pub const OTHER: u32 = 3;
pub const STRANGER: u32 = 9;

/// A running service and what it said to the rest of the hub.
pub struct Hub {
    pub meetings: Meetings,
    pub played: Arc<Played>,
    pub address: SocketAddr,
    router: Router,
    directory: Arc<tempfile::TempDir>,
}

#[derive(Default)]
pub struct Played {
    pub commands: Mutex<Vec<MediaCommand>>,
    pub connects: Mutex<Vec<Connect>>,
    pub letters: Mutex<Vec<Invitation>>,
    pub letter_came: Notify,
    /// Letters that are not taken at first.
    pub refuse_letters: AtomicU32,
}

impl Hub {
    pub async fn start() -> Self {
        Self::start_in(Arc::new(tempfile::tempdir().unwrap()), Arc::default()).await
    }

    async fn start_in(directory: Arc<tempfile::TempDir>, played: Arc<Played>) -> Self {
        let ports = Arc::new(Ports(Arc::clone(&played)));
        let path = database_in(directory.path());
        let meetings = Meetings::open(source(&path), ports, Config::default()).await.unwrap();
        let router = meetings.router().layer(from_fn(authenticate));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = router.clone();
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { meetings, played, address, router, directory }
    }

    /// The same store, opened as after a `kill -9`: the first service gets no chance to say anything.
    pub async fn crash(self) -> Self {
        let copy = Arc::new(tempfile::tempdir().unwrap());
        let target = database_in(copy.path());
        if on_postgres() {
            copy_schema(&database_in(self.directory.path()), &target).await.unwrap();
        } else {
            self.meetings.copy_to(&target).await.unwrap();
        }
        Self::start_in(copy, Arc::default()).await
    }

    /// An orderly stop and start.
    pub async fn restart(self) -> Self {
        self.meetings.shutdown().await;
        Self::start_in(Arc::clone(&self.directory), Arc::clone(&self.played)).await
    }

    pub async fn request(
        &self,
        person: Option<u32>,
        method: &str,
        path: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        let mut request =
            Request::builder().method(method).uri(path).header("content-type", "application/json");
        if let Some(person) = person {
            request = request.header("x-person", person);
        }
        let request = request.body(Body::from(body.to_string())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// A request of a standard client, as it would send it.
    pub async fn standard(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        request.extensions_mut().insert(signaling::PeerAddress([192, 0, 2, 1].into()));
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// A meeting of the chair, with the delegate and one other invited.
    pub async fn meeting(&self) -> MeetingId {
        let (status, made) = self.request(Some(CHAIR), "POST", "/api/meetings", new_meeting()).await;
        assert_eq!(status, StatusCode::OK, "{made}");
        made["id"].as_str().unwrap().parse().unwrap()
    }

    /// Waits for the letter with this place in the order of sending.
    pub async fn letter(&self, place: usize) -> Invitation {
        loop {
            let came = self.played.letter_came.notified();
            if let Some(letter) = self.played.letters.lock().unwrap().get(place) {
                return letter.clone();
            }
            came.await;
        }
    }

    pub fn commands(&self) -> Vec<MediaCommand> {
        self.played.commands.lock().unwrap().clone()
    }
}

pub fn new_meeting() -> Value {
    let now = base::Timestamp::now().as_micros();
    serde_json::json!({
        "title": "Giao ban", "startsAt": now, "endsAt": now + 3_600_000_000i64, "notSecret": true,
        "persons": [person(DELEGATE), person(OTHER)], "units": [],
    })
}

pub fn person(number: u32) -> PersonId {
    PersonId::from_u128(number.into())
}

fn database_in(directory: &Path) -> PathBuf {
    directory.join("meetings.db")
}

async fn authenticate(mut request: Request, next: Next) -> axum::response::Response {
    let number = request.headers().get("x-person").and_then(|value| value.to_str().ok()?.parse().ok());
    if let Some(number) = number {
        request.extensions_mut().insert(principal(number));
    }
    next.run(request).await
}

pub fn principal(number: u32) -> Principal {
    Principal {
        account: AccountId::from_u128(number.into()),
        person: person(number),
        session: Some(SessionId::from_u128(number.into())),
        name: name(number),
        unit: UnitId::from_u128(50),
        // Long, so that the slow socket of a test is full after some hundred events.
        unit_name: "Sở Tài chính ".repeat(if number == OTHER { 2_000 } else { 1 }),
        position: "Chuyên viên".to_owned(),
        order: number,
        is_admin: false,
        login: format!("nguoi{number}"),
        mailboxes: vec![MailboxGrant {
            mailbox: MailboxId::from_u128(number.into()),
            address: format!("nguoi{number}@quangbinh.example"),
            name: name(number),
            kind: MailboxKind::Personal,
            may_send: true,
            aliases: Vec::new(),
            sender: None,
            delegated: false,
        }],
    }
}

pub fn name(number: u32) -> String {
    format!("Người {number}")
}

struct Ports(Arc<Played>);

impl Media for Ports {
    fn command(&self, command: MediaCommand) {
        self.0.commands.lock().unwrap().push(command);
    }

    fn offer(&self, _: SeatId, _: MeetingId, sdp: String) -> BoxFuture<'_, Result<String, OfferError>> {
        let bad = sdp.is_empty();
        async move { if bad { Err(OfferError::Bad("no media".to_owned())) } else { Ok(format!("re: {sdp}")) } }
            .boxed()
    }

    fn connect(&self, what: Connect) -> BoxFuture<'_, Result<Connected, OfferError>> {
        let video_slots = what.sdp.matches("m=video").count();
        let result = match what.sdp.as_str() {
            "" => Err(OfferError::Bad("nothing".to_owned())),
            "H264" => Err(OfferError::Unusable("no codec".to_owned())),
            _ => Ok(Connected { sdp: "answer".to_owned(), voice: true, picture: true, video_slots }),
        };
        self.0.connects.lock().unwrap().push(what);
        async move { result }.boxed()
    }

    fn restart_ice(&self, _: SeatId, remote: IceCredentials) -> BoxFuture<'_, Option<IceCredentials>> {
        let ufrag = format!("re{}", remote.ufrag);
        async move { Some(IceCredentials { ufrag, password: "p".repeat(22) }) }.boxed()
    }

    fn relay(&self, seat: SeatId) -> Option<Relay> {
        let url = "turns:hub.example:443?transport=tcp".to_owned();
        Some(Relay { url, username: seat.to_string(), credential: "secret".to_owned() })
    }
}

impl People for Ports {
    fn expand(&self, persons: Vec<PersonId>, _: Vec<UnitId>) -> BoxFuture<'_, Vec<Invitee>> {
        let invitee = |id: PersonId| {
            let number = (1..10).find(|number| person(*number) == id)?;
            Some(Invitee {
                person: Some(id),
                name: name(number),
                address: format!("nguoi{number}@quangbinh.example"),
                unit_name: "Sở Tài chính".to_owned(),
                position: "Chuyên viên".to_owned(),
                order: number,
            })
        };
        let found = persons.into_iter().filter_map(invitee).collect();
        async move { found }.boxed()
    }

    fn room_name(&self, room: RoomId) -> BoxFuture<'_, Option<String>> {
        async move { (room == RoomId::from_u128(5)).then(|| "Phòng họp số 5".to_owned()) }.boxed()
    }
}

impl Invitations for Ports {
    fn send(&self, what: Invitation) -> BoxFuture<'_, Result<(), InvitationError>> {
        let refuse = |left: u32| left.checked_sub(1);
        let refused =
            self.0.refuse_letters.fetch_update(Ordering::Relaxed, Ordering::Relaxed, refuse).is_ok();
        async move {
            if refused {
                return Err(InvitationError("the queue is full".to_owned()));
            }
            self.0.letters.lock().unwrap().push(what);
            self.0.letter_came.notify_one();
            Ok(())
        }
        .boxed()
    }
}
