//! A meeting becomes a letter; a change and a cancellation become letters too.

use base::Timestamp;
use serde_json::{Value, json};
use testkit::{Client, PASSWORD};

use crate::{hub, jmap::Mailbox};

fn person(client: &Client) -> Value {
    client.get("/api/session").json()["person"]["id"].clone()
}

#[test]
fn the_invited_get_a_letter_that_opens_the_meeting_and_hear_of_every_change() {
    let hub = hub(&[]);
    let chair = Client::signed_in(hub.address("http"), "chutri", PASSWORD);
    let clerk = Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD);
    let starts = Timestamp::now().as_micros() + 3_600_000_000;
    let made = chair.post(
        "/api/meetings",
        &json!({
            "title": "Họp tổ công tác Chính quyền điện tử",
            "startsAt": starts, "endsAt": starts + 3_600_000_000i64,
            "persons": [person(&clerk)], "units": [], "notSecret": true,
        }),
    );
    assert!((200..300).contains(&made.status), "{}", String::from_utf8_lossy(&made.body));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let mailbox = Mailbox::personal(&clerk);

    let letter = mailbox.expect("Giấy mời họp: Họp tổ công tác");
    let raw = mailbox.raw(&letter);
    assert!(raw.contains("method=REQUEST"), "{raw}");
    assert!(letter.to_string().contains(&format!("/hop/{id}")), "{letter}");
    let listed = clerk.get("/api/meetings").json();
    assert!(listed.to_string().contains(&id), "{listed}");

    let moved = json!({ "startsAt": starts + 60_000_000, "endsAt": starts + 3_660_000_000i64 });
    let answer = chair.send("PATCH", &format!("/api/meetings/{id}"), Some(&moved));
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    mailbox.expect("Thay đổi lịch họp: Họp tổ công tác");
    assert_eq!(clerk.send("PATCH", &format!("/api/meetings/{id}"), Some(&moved)).status, 403);

    let cancelled = chair.post(&format!("/api/meetings/{id}/cancel"), &json!({}));
    assert!((200..300).contains(&cancelled.status), "{}", String::from_utf8_lossy(&cancelled.body));
    let raw = mailbox.raw(&mailbox.expect("Hủy họp: Họp tổ công tác"));
    assert!(raw.contains("method=CANCEL"), "{raw}");
    assert_eq!(mailbox.letters("Họp tổ công tác Chính quyền").len(), 3);
}
