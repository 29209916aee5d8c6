//! The directory through its router, as a browser sees it behind hub's authentication.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{
        Method, StatusCode,
        header::{CONTENT_TYPE, COOKIE, SET_COOKIE},
    },
    middleware::{Next, from_fn},
    response::Response,
};
use base::Timestamp;
use database::testing::{on_postgres, source};
use directory::{
    Actor, Directory, PeerAddress, Poster, Resolution, SAMPLE_PASSWORD, SignInError, web::ChangePasswordFirst,
};
use directory_core::{PasswordDue, PasswordRules};
use serde_json::{Value, json};
use tower::ServiceExt;

/// A sample directory behind what hub does: the cookie becomes a principal.
struct Hub {
    directory: Directory,
    router: Router,
    _folder: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    body: Value,
    cookie: String,
}

impl Hub {
    async fn start() -> Self {
        Self::with(PasswordRules::default()).await
    }

    async fn with(rules: PasswordRules) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory =
            Directory::open(source(&folder.path().join("directory.db")), "quangbinh.example").await.unwrap();
        let directory = directory.with_password_rules(rules);
        directory.load_sample().await.unwrap();
        let sessions = directory.clone();
        let authenticate = move |mut request: Request, next: Next| {
            let sessions = sessions.clone();
            async move { authenticated(&sessions, &mut request, next).await }
        };
        let router = directory.router().layer(from_fn(authenticate));
        Self { directory, router, _folder: folder }
    }

    async fn send(&self, method: Method, path: &str, cookie: &str, body: Value) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(COOKIE, cookie);
        if !body.is_null() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let cookie = headers.get(SET_COOKIE).map_or("", |value| value.to_str().unwrap()).to_owned();
        Answer { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null), cookie }
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(Method::GET, path, cookie, Value::Null).await
    }

    async fn post(&self, path: &str, cookie: &str, body: Value) -> Answer {
        self.send(Method::POST, path, cookie, body).await
    }

    async fn try_sign_in(&self, login: &str, password: &str) -> Answer {
        self.post("/api/session", "", json!({ "login": login, "password": password })).await
    }

    /// Signs in and returns the cookie to send.
    async fn sign_in(&self, login: &str, password: &str) -> String {
        let answer = self.try_sign_in(login, password).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        answer.cookie.split(';').next().unwrap().to_owned()
    }

    /// Creates a person in Sở Y tế and returns what the console is shown.
    async fn create(&self, admin: &str, name: &str) -> Value {
        let unit = self.directory.registry().unit_by_code("SYT").unwrap().id;
        let new = json!({ "name": name, "unit": unit, "position": "Chuyên viên" });
        let answer = self.post("/api/admin/people", admin, new).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{:?}", answer.body);
        answer.body
    }
}

async fn authenticated(directory: &Directory, request: &mut Request, next: Next) -> Response {
    let cookie = request.headers().get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let token = cookie.strip_prefix("lt_session=").unwrap_or("").to_owned();
    if let Some((principal, due)) = directory.session(&token).await {
        request.extensions_mut().insert(principal);
        due.map(|due| request.extensions_mut().insert(ChangePasswordFirst(due)));
    }
    request.extensions_mut().insert(PeerAddress(HERE));
    next.run(std::mem::take(request)).await
}

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn code(answer: &Answer) -> &str {
    answer.body["error"]["code"].as_str().unwrap_or("")
}

#[tokio::test]
async fn a_session_says_who_signed_in_and_ends_when_told() {
    let hub = Hub::start().await;
    let answer = hub.try_sign_in("vanthu.stttt", SAMPLE_PASSWORD).await;
    assert!(answer.cookie.contains("HttpOnly; SameSite=Lax; Path=/"), "{}", answer.cookie);
    assert!(!answer.cookie.contains("Secure"), "{}", answer.cookie);
    assert_eq!(answer.body["person"]["name"], "Nguyễn Thị Mỹ Hạnh");
    let addresses: Vec<_> =
        answer.body["mailboxes"].as_array().unwrap().iter().map(|grant| &grant["address"]).collect();
    assert_eq!(addresses, ["hanhntm.stttt@quangbinh.example", "stttt@quangbinh.example"]);
    let cookie = answer.cookie.split(';').next().unwrap();
    assert_eq!(hub.get("/api/session", cookie).await.body["login"], "vanthu.stttt");
    assert_eq!(hub.send(Method::DELETE, "/api/session", cookie, Value::Null).await.status, 204);
    let after = hub.get("/api/session", cookie).await;
    assert_eq!((after.status, code(&after)), (StatusCode::UNAUTHORIZED, "signInRequired"));
    // The personal address signs in too, in any case.
    hub.sign_in("HanhNTM.stttt@quangbinh.example", SAMPLE_PASSWORD).await;
}

#[tokio::test]
async fn five_wrong_passwords_lock_and_the_words_count_down() {
    let hub = Hub::start().await;
    // A login that does not exist is answered word for word like one that does.
    for login in ["chutri", "khong.co.ai"] {
        for left in [4, 3, 2, 1] {
            let answer = hub.try_sign_in(login, "sai").await;
            assert_eq!((answer.status, code(&answer)), (StatusCode::UNAUTHORIZED, "wrongPassword"));
            assert_eq!(answer.body["error"]["left"], left);
            assert_eq!(
                answer.body["error"]["message"],
                format!("Tên đăng nhập hoặc mật khẩu không đúng. Còn {left} lần thử.")
            );
        }
        let answer = hub.try_sign_in(login, "sai").await;
        assert_eq!((answer.status, code(&answer)), (StatusCode::LOCKED, "locked"));
        let message = answer.body["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("Tài khoản tạm khóa trong 15 phút do nhập sai mật khẩu 5 lần."));
        assert!(answer.body["error"]["until"].as_i64().unwrap() > Timestamp::now().as_micros());
        assert!(answer.body["error"]["id"].as_str().unwrap().starts_with("HT-"));
    }
    // Locked means locked: the right password, and mail programs, too.
    assert_eq!(hub.try_sign_in("chutri", SAMPLE_PASSWORD).await.status, StatusCode::LOCKED);
    let mail = hub.directory.authenticate("chutri", SAMPLE_PASSWORD, HERE, Timestamp::now()).await;
    assert!(matches!(mail, Err(SignInError::LockedUntil(_))));
    let later = Timestamp::now().plus(std::time::Duration::from_secs(901));
    assert!(hub.directory.authenticate("chutri", SAMPLE_PASSWORD, HERE, later).await.is_ok());
    hub.sign_in("thuky", SAMPLE_PASSWORD).await;
}

#[tokio::test]
async fn guesses_in_parallel_are_counted_one_by_one() {
    let hub = Hub::start().await;
    let guesses: Vec<_> = (0..12)
        .map(|_| {
            let directory = hub.directory.clone();
            tokio::spawn(async move { directory.authenticate("thuky", "sai", HERE, Timestamp::now()).await })
        })
        .collect();
    let mut looked_at = 0;
    for guess in guesses {
        looked_at += usize::from(matches!(guess.await.unwrap(), Err(SignInError::WrongPassword { .. })));
    }
    assert_eq!(looked_at, 4);
}

#[tokio::test]
async fn one_network_address_cannot_walk_through_the_accounts() {
    let hub = Hub::start().await;
    let guess = |n: u32, ip: [u8; 4]| {
        let directory = hub.directory.clone();
        let now = Timestamp::from_seconds(1_000_000);
        async move { directory.authenticate(&format!("nobody{n}"), "sai", ip.into(), now).await.unwrap_err() }
    };
    for n in 0..60 {
        assert!(matches!(guess(n, [10, 0, 0, 1]).await, SignInError::WrongPassword { left: 4 }));
    }
    assert!(matches!(guess(99, [10, 0, 0, 1]).await, SignInError::TooMany(_)));
    assert!(matches!(guess(99, [10, 0, 0, 2]).await, SignInError::WrongPassword { .. }));
}

#[tokio::test]
async fn a_temporary_password_opens_nothing_but_its_change() {
    let hub = Hub::start().await;
    let admin = hub.sign_in("quantri", SAMPLE_PASSWORD).await;
    let created = hub.create(&admin, "Hồ Thị Ngọc").await;
    let (login, temporary) = (created["login"].as_str().unwrap(), &created["temporaryPassword"]);
    let temporary = temporary.as_str().unwrap();
    let cookie = hub.sign_in(login, temporary).await;
    assert_eq!(hub.get("/api/session", &cookie).await.body["mustChangePassword"], true);
    let refused = hub.get("/api/directory/units", &cookie).await;
    assert_eq!((refused.status, code(&refused)), (StatusCode::FORBIDDEN, "passwordChangeRequired"));
    let mail = hub.directory.authenticate(login, temporary, HERE, Timestamp::now()).await;
    assert!(matches!(mail, Err(SignInError::MustChange(PasswordDue::Temporary))));
    for (current, new, wanted) in [
        ("sai", "Matkhau@2026", "wrongPassword"),
        (temporary, "Ab1@", "tooShort"),
        (temporary, "matkhau@2026", "noUpper"),
        (temporary, "Ngoc@2026x", "containsName"),
        (temporary, temporary, "sameAsCurrent"),
    ] {
        let answer = hub.post("/api/password", &cookie, json!({ "current": current, "new": new })).await;
        assert_eq!((answer.status, code(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, wanted));
    }
    let elsewhere = hub.sign_in(login, temporary).await;
    let change = json!({ "current": temporary, "new": "Matkhau@2026" });
    assert_eq!(hub.post("/api/password", &cookie, change).await.status, StatusCode::NO_CONTENT);
    assert_eq!(hub.get("/api/directory/units", &cookie).await.status, StatusCode::OK);
    // Whoever knew the old password is out.
    assert_eq!(hub.get("/api/session", &elsewhere).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(hub.try_sign_in(login, temporary).await.status, StatusCode::UNAUTHORIZED);
    hub.sign_in(login, "Matkhau@2026").await;
}

#[tokio::test]
async fn a_password_past_its_age_opens_nothing_but_its_change() {
    let hub = Hub::with(PasswordRules { life: Some(Duration::ZERO), remembered: 5 }).await;
    let cookie = hub.sign_in("thuky", SAMPLE_PASSWORD).await;
    let session = hub.get("/api/session", &cookie).await.body;
    assert_eq!(session["mustChangePassword"], true);
    assert!(session["passwordExpires"].is_string() || session["passwordExpires"].is_number(), "{session}");
    assert_eq!(code(&hub.get("/api/directory/units", &cookie).await), "passwordChangeRequired");
    let mail = hub.directory.authenticate("thuky", SAMPLE_PASSWORD, HERE, Timestamp::now()).await;
    assert!(matches!(mail, Err(SignInError::MustChange(PasswordDue::Expired))));
    let change = json!({ "current": SAMPLE_PASSWORD, "new": "Matkhau@2026" });
    assert_eq!(hub.post("/api/password", &cookie, change).await.status, StatusCode::NO_CONTENT);
    // The session began before the new password: it goes on, however short the password's life.
    assert_eq!(hub.get("/api/directory/units", &cookie).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_last_passwords_do_not_come_back() {
    let hub = Hub::with(PasswordRules { life: None, remembered: 3 }).await;
    let cookie = hub.sign_in("thuky", SAMPLE_PASSWORD).await;
    assert_eq!(hub.get("/api/session", &cookie).await.body["passwordExpires"], Value::Null);
    let mut current = SAMPLE_PASSWORD;
    for (new, wanted) in [
        ("Lan-dau@2026", ""),
        (SAMPLE_PASSWORD, "usedBefore"),
        ("Lan-sau@2026", ""),
        (SAMPLE_PASSWORD, "usedBefore"),
        ("Lan-dau@2026", "usedBefore"),
        ("Lan-nua@2026", ""),
        // Three others lie between.
        (SAMPLE_PASSWORD, ""),
    ] {
        let answer = hub.post("/api/password", &cookie, json!({ "current": current, "new": new })).await;
        assert_eq!(code(&answer), wanted, "{new}");
        if wanted.is_empty() {
            current = new;
        }
    }
}

#[tokio::test]
async fn a_disabled_persons_sessions_die_at_once() {
    let hub = Hub::start().await;
    let admin = hub.sign_in("quantri", SAMPLE_PASSWORD).await;
    let cookie = hub.sign_in("thuky", SAMPLE_PASSWORD).await;
    let mut revocations = hub.directory.subscribe_revocations();
    let person = hub.get("/api/session", &cookie).await.body["person"]["id"].as_str().unwrap().to_owned();
    let disable = format!("/api/admin/people/{person}/disable");
    assert_eq!(hub.post(&disable, &admin, Value::Null).await.status, StatusCode::NO_CONTENT);
    assert_eq!(hub.get("/api/session", &cookie).await.status, StatusCode::UNAUTHORIZED);
    assert!(revocations.try_recv().is_ok());
    let answer = hub.try_sign_in("thuky", SAMPLE_PASSWORD).await;
    assert_eq!((answer.status, code(&answer)), (StatusCode::FORBIDDEN, "disabled"));
    assert!(
        hub.directory.search("Lê Thị Thu Nga", 5).await.iter().all(|entry| entry.name != "Lê Thị Thu Nga")
    );
    let enable = format!("/api/admin/people/{person}/enable");
    assert_eq!(hub.post(&enable, &admin, Value::Null).await.status, StatusCode::NO_CONTENT);
    hub.sign_in("thuky", SAMPLE_PASSWORD).await;
    // An administrator cannot lock the only way in.
    let own = hub.get("/api/session", &admin).await.body["person"]["id"].as_str().unwrap().to_owned();
    let answer = hub.post(&format!("/api/admin/people/{own}/disable"), &admin, Value::Null).await;
    assert_eq!(code(&answer), "ownAccount");
}

#[tokio::test]
async fn a_person_ends_the_own_sessions_and_nobody_elses() {
    let hub = Hub::start().await;
    let (here, there) =
        (hub.sign_in("thuky", SAMPLE_PASSWORD).await, hub.sign_in("thuky", SAMPLE_PASSWORD).await);
    let list = hub.get("/api/sessions", &here).await.body;
    let other = list.as_array().unwrap().iter().find(|entry| entry["current"] == false).unwrap();
    let path = format!("/api/sessions/{}", other["id"].as_str().unwrap());
    let stranger = hub.sign_in("kythuat", SAMPLE_PASSWORD).await;
    assert_eq!(hub.send(Method::DELETE, &path, &stranger, Value::Null).await.status, StatusCode::NOT_FOUND);
    assert_eq!(hub.send(Method::DELETE, &path, &here, Value::Null).await.status, StatusCode::NO_CONTENT);
    assert_eq!(hub.get("/api/session", &there).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(hub.get("/api/session", &here).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_console_is_closed_to_everybody_else() {
    let hub = Hub::start().await;
    let cookie = hub.sign_in("vanthu.stttt", SAMPLE_PASSWORD).await;
    let person = hub.get("/api/session", &cookie).await.body["person"]["id"].as_str().unwrap().to_owned();
    let unit = hub.directory.registry().units()[0].id;
    let new_person = json!({ "name": "A", "unit": unit, "position": "B" });
    let tries = [
        (Method::GET, "/api/admin/people".to_owned(), Value::Null),
        (Method::GET, "/api/admin/rooms".to_owned(), Value::Null),
        (Method::GET, "/api/admin/mailboxes".to_owned(), Value::Null),
        (Method::GET, "/api/admin/audit".to_owned(), Value::Null),
        (Method::POST, "/api/admin/people".to_owned(), new_person),
        (Method::POST, "/api/admin/rooms".to_owned(), json!({ "name": "Phòng" })),
        (Method::POST, format!("/api/admin/people/{person}/reset"), Value::Null),
        (Method::POST, format!("/api/admin/people/{person}/disable"), Value::Null),
        (Method::POST, format!("/api/admin/people/{person}/enable"), Value::Null),
    ];
    for (method, path, body) in tries {
        let answer = hub.send(method.clone(), &path, &cookie, body.clone()).await;
        assert_eq!((answer.status, code(&answer)), (StatusCode::FORBIDDEN, "forbidden"), "{path}");
        let answer = hub.send(method, &path, "lt_session=made-up", body).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test]
async fn the_console_creates_resets_and_every_act_is_in_an_unbroken_log() {
    let hub = Hub::start().await;
    let admin = hub.sign_in("quantri", SAMPLE_PASSWORD).await;
    let first = hub.create(&admin, "  Trần   Thị Mỹ Hạnh ").await;
    let second = hub.create(&admin, "Trương Thị Mỹ Hạnh").await;
    assert_eq!(first["address"], "hanhttm.syt@quangbinh.example");
    assert_eq!(second["address"], "hanhttm2.syt@quangbinh.example");
    assert_eq!(first["person"]["name"], "Trần Thị Mỹ Hạnh");
    let resolved = hub.directory.resolve("hanhttm.syt@quangbinh.example", Poster::Outside).await.unwrap();
    assert!(matches!(resolved, Resolution::Local(boxes) if boxes.len() == 1));
    let person = first["person"]["id"].as_str().unwrap();
    let reset = hub.post(&format!("/api/admin/people/{person}/reset"), &admin, Value::Null).await;
    let temporary = reset.body["temporaryPassword"].as_str().unwrap();
    assert_eq!(hub.try_sign_in("hanhttm.syt", temporary).await.body["mustChangePassword"], true);
    let room = json!({ "name": "Phòng họp Sở Y tế", "place": "Tầng 2", "seats": 20 });
    assert_eq!(hub.post("/api/admin/rooms", &admin, room).await.status, StatusCode::CREATED);
    let rooms = hub.get("/api/directory/rooms", &admin).await.body;
    assert!(rooms.as_array().unwrap().iter().any(|room| room["name"] == "Phòng họp Sở Y tế"));

    let log = hub.get("/api/admin/audit?q=hanh", &admin).await.body;
    let sentences: Vec<_> =
        log["items"].as_array().unwrap().iter().map(|line| line["sentence"].as_str().unwrap()).collect();
    assert!(sentences.contains(&"Cấp mật khẩu tạm cho Trần Thị Mỹ Hạnh (hanhttm.syt)"), "{sentences:?}");
    assert!(!log.to_string().contains(temporary));
    let check = hub.directory.verify_audit().await.unwrap();
    assert!(check.lines >= 6 && check.broken_at.is_none(), "{check:?}");
}

#[tokio::test]
async fn a_line_altered_in_the_store_breaks_the_log() {
    // The rule is the same on both; the alteration is made in a copied file.
    if on_postgres() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("directory.db");
    let directory = Directory::open(source(&path), "quangbinh.example").await.unwrap();
    directory.load_sample().await.unwrap();
    let actor = Actor::system("root");
    for name in ["Phòng A", "Phòng B", "Phòng C"] {
        let room = directory::NewRoom { name: name.into(), unit: None, place: String::new(), seats: 0 };
        directory.create_room(&actor, room, Timestamp::now()).await.unwrap();
    }
    let copy = folder.path().join("copy.db");
    directory.copy_to(&copy).await.unwrap();
    let url = format!("sqlite://{}", copy.display());
    let pool = sqlx::AnyPool::connect(&url).await.unwrap();
    sqlx::query("UPDATE audit SET sentence = 'Thêm phòng họp X' WHERE sequence = 3")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    assert_eq!(directory.verify_audit().await.unwrap().broken_at, None);
    let copied = Directory::open(&copy, "quangbinh.example").await.unwrap();
    assert_eq!(copied.verify_audit().await.unwrap().broken_at, Some(3));
}

#[tokio::test]
async fn lists_page_and_find_without_diacritics() {
    let hub = Hub::start().await;
    let admin = hub.sign_in("quantri", SAMPLE_PASSWORD).await;
    let all = hub.get("/api/admin/people", &admin).await.body;
    assert_eq!((all["total"].as_u64(), all["items"].as_array().unwrap().len()), (Some(60), 50));
    assert_eq!(hub.get("/api/admin/people?page=2", &admin).await.body["items"].as_array().unwrap().len(), 10);
    let twins = hub.get("/api/admin/people?q=nguyen%20quang%20dung", &admin).await.body;
    let names: Vec<_> = twins["items"].as_array().unwrap().iter().map(|person| &person["name"]).collect();
    assert_eq!(names[..2], ["Nguyễn Quang Dũng", "Nguyễn Quang Dũng"]);
    let unit = hub.directory.registry().unit_by_code("STTTT").unwrap().id;
    let inside = hub.get(&format!("/api/admin/people?unit={unit}"), &admin).await.body;
    assert_eq!(inside["total"], 10);
    let boxes = hub.get("/api/admin/mailboxes?q=stttt", &admin).await.body;
    let agency = boxes["items"].as_array().unwrap().iter().find(|b| b["kind"] == "agency").unwrap();
    assert_eq!(agency["readers"].as_array().unwrap().len(), 2);
    let found = hub.get("/api/directory/search?q=quang+phu&limit=2", &admin).await.body;
    assert_eq!(found[1]["detail"], "UBND huyện Quảng Trạch");
    let units = hub.get("/api/directory/units", &admin).await.body;
    assert_eq!(units[1]["shortName"], "VPUBND");
    let malformed = hub.get("/api/admin/people?unit=x", &admin).await;
    assert_eq!((malformed.status, code(&malformed)), (StatusCode::BAD_REQUEST, "malformed"));
}

#[tokio::test]
async fn an_invitation_reaches_a_units_people_and_its_mailbox_once() {
    let hub = Hub::start().await;
    let registry = hub.directory.registry();
    let unit = registry.unit_by_code("STTTT").unwrap().id;
    let clerk = registry.principal(registry.account_by_login("vanthu.stttt").unwrap().id).unwrap().person;
    let invited = hub.directory.expand(&[clerk, clerk], &[unit]).await;
    assert_eq!(invited.iter().filter(|invitee| invitee.person == Some(clerk)).count(), 1);
    assert_eq!(invited.iter().filter(|invitee| invitee.person.is_none()).count(), 1);
    assert_eq!(invited.len(), 11);
    assert_eq!(invited.last().unwrap().address, "stttt@quangbinh.example");
}
