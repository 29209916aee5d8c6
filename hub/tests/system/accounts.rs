//! Sign-in, sessions and what ends them.

use serde_json::json;
use testkit::{Client, PASSWORD};

use crate::hub;

#[test]
fn wrong_passwords_count_down_and_lock_in_plain_words() {
    let hub = hub(&[]);
    let mut client = Client::new(hub.address("http"));
    for left in (1..=4).rev() {
        let answer = client.sign_in("vanthu.stttt", "sai");
        assert_eq!((answer.status, &answer.json()["error"]["left"]), (401, &json!(left)));
    }
    assert_eq!(client.sign_in("vanthu.stttt", "sai").status, 423);
    let locked = client.sign_in("vanthu.stttt", PASSWORD);
    assert_eq!(locked.status, 423);
    let message = locked.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("tạm khóa trong 15 phút"), "{message}");
    // Another account is not affected.
    assert_eq!(client.sign_in("thuky", PASSWORD).status, 200);
}

#[test]
fn a_disabled_account_loses_its_sessions_at_once() {
    let hub = hub(&[]);
    let clerk = Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD);
    assert_eq!(clerk.get("/api/session").status, 200);
    assert!(hub.admin(&["user", "disable", "vanthu.stttt"]).status.success());
    assert_eq!(clerk.get("/api/session").status, 401);
    assert_eq!(Client::new(hub.address("http")).sign_in("vanthu.stttt", PASSWORD).status, 403);
}

#[test]
fn another_sites_page_cannot_act_with_my_session() {
    let hub = hub(&[]);
    let mut clerk = Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD);
    clerk.origin = "https://evil.example".to_owned();
    let answer = clerk.post("/api/meetings", &json!({}));
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (403, &json!("foreignOrigin")));
    let cookie =
        Client::new(hub.address("http")).sign_in("thuky", PASSWORD).header("set-cookie").unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
}

#[test]
fn sessions_and_everything_else_survive_a_restart() {
    let mut hub = hub(&[]);
    let clerk = Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD);
    assert!(hub.stop(), "SIGTERM ends the hub cleanly");
    hub.launch();
    assert_eq!(clerk.get("/api/session").status, 200);
}
