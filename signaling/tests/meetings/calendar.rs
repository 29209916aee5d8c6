//! The calendar and the letters about it.

use std::sync::atomic::Ordering;

use base::Timestamp;
use serde_json::json;
use signaling::{SAMPLE_MEETING, Sample, ports::InvitationKind, ports::Invitee};
use signaling_protocol::{Event, MeetingStatus};

use crate::{
    client::Client,
    hub::{CHAIR, DELEGATE, Hub, OTHER, STRANGER, new_meeting, person},
};

#[tokio::test]
async fn a_meeting_without_the_confirmation_is_refused_in_the_agreed_words() {
    let hub = Hub::start().await;
    let mut new = new_meeting();
    new["notSecret"] = json!(false);
    let (status, body) = hub.request(Some(CHAIR), "POST", "/api/meetings", new).await;
    let message = body["error"]["message"].as_str().unwrap();
    assert_eq!((status.as_u16(), body["error"]["code"].as_str()), (422, Some("notSecretNeeded")));
    assert!(message.starts_with("Hệ thống này không dùng cho nội dung bí mật nhà nước."), "{message}");
    assert!(message.contains(body["error"]["id"].as_str().unwrap()));
}

#[tokio::test]
async fn bad_plans_are_refused_by_name() {
    let hub = Hub::start().await;
    let now = Timestamp::now().as_micros();
    let cases = [
        ("title", json!("  "), "titleMissing"),
        ("title", json!("x".repeat(301)), "titleTooLong"),
        ("endsAt", json!(now - 1_000_000), "endsBeforeStart"),
        ("room", json!("0193e8a0-0000-7000-8000-000000000001"), "unknownRoom"),
        ("persons", json!("everybody"), "malformed"),
    ];
    for (field, value, code) in cases {
        let mut new = new_meeting();
        new[field] = value;
        let (status, body) = hub.request(Some(CHAIR), "POST", "/api/meetings", new).await;
        assert_eq!((status.as_u16(), body["error"]["code"].as_str()), (422, Some(code)));
    }
}

#[tokio::test]
async fn letters_go_out_in_order_even_if_they_are_not_taken_at_first() {
    let hub = Hub::start().await;
    hub.played.refuse_letters.store(1, Ordering::Relaxed);
    let meeting = hub.meeting().await;
    let path = format!("/api/meetings/{meeting}");
    let change = json!({"title": "Giao ban tháng 3", "room": "00000000-0000-0000-0000-000000000005"});
    let (status, changed) = hub.request(Some(CHAIR), "PATCH", &path, change).await;
    assert_eq!((status.as_u16(), changed["room"].as_str()), (200, Some("Phòng họp số 5")));
    let (_, without) = hub.request(Some(CHAIR), "PATCH", &path, json!({"room": null})).await;
    assert_eq!(without["room"], json!(null));
    let (status, _) = hub.request(Some(CHAIR), "POST", &format!("{path}/cancel"), json!({})).await;
    assert_eq!(status, 200);
    let letters = [hub.letter(0).await, hub.letter(1).await, hub.letter(2).await, hub.letter(3).await];
    use InvitationKind::{Cancel, Request, Update};
    assert_eq!(letters.each_ref().map(|l| l.kind), [Request, Update, Update, Cancel]);
    assert_eq!(letters.each_ref().map(|l| l.sequence), [0, 1, 2, 3]);
    let to: Vec<_> = letters[0].recipients.iter().map(|r| r.address.as_str()).collect();
    assert_eq!(to, ["nguoi2@quangbinh.example", "nguoi3@quangbinh.example"]);
    assert_eq!((letters[0].title.as_str(), letters[1].title.as_str()), ("Giao ban", "Giao ban tháng 3"));
}

#[tokio::test]
async fn a_letter_not_handed_over_before_a_crash_is_handed_over_after_it() {
    let hub = Hub::start().await;
    hub.played.refuse_letters.store(u32::MAX, Ordering::Relaxed);
    let meeting = hub.meeting().await;
    let hub = hub.crash().await;
    assert_eq!(hub.letter(0).await.meeting, meeting);
}

#[tokio::test]
async fn only_those_concerned_see_a_meeting_and_only_those_in_charge_change_it() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let path = format!("/api/meetings/{meeting}");
    for (who, seen) in [(CHAIR, 1), (DELEGATE, 1), (OTHER, 1), (STRANGER, 0)] {
        let (_, list) = hub.request(Some(who), "GET", "/api/meetings", json!({})).await;
        assert_eq!(list.as_array().unwrap().len(), seen, "person {who}");
    }
    assert_eq!(hub.request(Some(STRANGER), "GET", &path, json!({})).await.0, 404);
    assert_eq!(hub.request(Some(DELEGATE), "PATCH", &path, json!({"title": "Khác"})).await.0, 403);
    assert_eq!(hub.request(Some(DELEGATE), "POST", &format!("{path}/cancel"), json!({})).await.0, 403);
    assert_eq!(hub.request(Some(DELEGATE), "POST", &format!("{path}/guest-link"), json!({})).await.0, 403);
    assert_eq!(hub.request(None, "GET", "/api/meetings", json!({})).await.0, 401);
    assert_eq!(hub.request(Some(CHAIR), "GET", "/api/meetings/nonsense", json!({})).await.0, 404);
}

#[tokio::test]
async fn the_lobby_opens_with_a_sign_in_or_a_good_link_only() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let path = format!("/api/meetings/{meeting}");
    let (_, link) = hub.request(Some(CHAIR), "POST", &format!("{path}/guest-link"), json!({})).await;
    let token = link["token"].as_str().unwrap();
    let (status, entry) = hub.request(None, "GET", &format!("{path}/entry?guest={token}"), json!({})).await;
    assert_eq!((status.as_u16(), entry["title"].as_str()), (200, Some("Giao ban")));
    assert_eq!(entry["asGuest"], true);
    assert_eq!(hub.request(None, "GET", &format!("{path}/entry?guest=wrong"), json!({})).await.0, 404);
    assert_eq!(hub.request(None, "GET", &format!("{path}/entry"), json!({})).await.0, 401);
    let (_, entry) = hub.request(Some(STRANGER), "GET", &format!("{path}/entry"), json!({})).await;
    assert_eq!(entry["asGuest"], false);
}

#[tokio::test]
async fn a_link_for_guests_is_revoked_alone() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let path = format!("/api/meetings/{meeting}");
    let mut tokens = Vec::new();
    for label in ["Bà Lan – Hội Nông dân", "Báo Quảng Bình"] {
        let new = json!({"label": label});
        let (_, link) = hub.request(Some(CHAIR), "POST", &format!("{path}/guest-link"), new).await;
        tokens.push(link["token"].as_str().unwrap().to_owned());
    }
    let links = format!("{path}/guest-links");
    let (_, listed) = hub.request(Some(CHAIR), "GET", &links, json!({})).await;
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(listed[0]["label"], "Bà Lan – Hội Nông dân");
    let one = format!("{links}/{}", listed[0]["id"].as_str().unwrap());
    assert_eq!(hub.request(Some(DELEGATE), "GET", &links, json!({})).await.0, 403);
    assert_eq!(hub.request(Some(DELEGATE), "DELETE", &one, json!({})).await.0, 403);
    assert_eq!(hub.request(Some(CHAIR), "DELETE", &one, json!({})).await.0, 204);
    assert_eq!(hub.request(Some(CHAIR), "DELETE", &one, json!({})).await.0, 404);
    let entry = |token: &str| format!("{path}/entry?guest={token}");
    assert_eq!(hub.request(None, "GET", &entry(&tokens[0]), json!({})).await.0, 404);
    assert_eq!(hub.request(None, "GET", &entry(&tokens[1]), json!({})).await.0, 200);
}

#[tokio::test]
async fn roles_are_given_with_the_invitation_and_changed_without_a_letter() {
    let hub = Hub::start().await;
    let mut new = new_meeting();
    new["roles"] =
        json!([{"person": person(DELEGATE), "role": "observer"}, {"person": person(OTHER), "role": "guest"}]);
    let (_, made) = hub.request(Some(CHAIR), "POST", "/api/meetings", new).await;
    let path = format!("/api/meetings/{}", made["id"].as_str().unwrap());
    let roles = |shown: &serde_json::Value| -> Vec<_> {
        let invitees = shown["invitees"].as_array().unwrap();
        invitees.iter().map(|invitee| invitee["role"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(roles(&made), ["observer", "delegate"], "nobody of the directory is made a guest");
    let change = json!({"roles": [{"person": person(OTHER), "role": "operator"}]});
    let (_, changed) = hub.request(Some(CHAIR), "PATCH", &path, change).await;
    assert_eq!(roles(&changed), ["delegate", "operator"]);
    assert_eq!(changed["sequence"], 0);
}

#[tokio::test]
async fn whoever_reads_the_mailbox_answers_and_the_organiser_sees_and_receives_it() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let path = format!("/api/meetings/{meeting}");
    let answer = |who: u32, attendance: &str| json!({"address": format!("nguoi{who}@quangbinh.example"), "attendance": attendance, "comment": " Bận  họp "});
    let door = format!("{path}/answer");
    let send = |who, body| hub.request(Some(who), "POST", &door, body);
    // Somebody else's mailbox is not one's own voice.
    assert_eq!(send(OTHER, answer(DELEGATE, "declined")).await.0, 403);
    assert_eq!(send(STRANGER, answer(STRANGER, "accepted")).await.0, 403, "not invited");
    assert_eq!(send(DELEGATE, answer(DELEGATE, "perhaps")).await.0, 422);
    assert_eq!(send(DELEGATE, answer(DELEGATE, "delegated")).await.0, 422, "nobody named");
    assert_eq!(send(DELEGATE, answer(DELEGATE, "declined")).await.0, 204);
    let mut instead = answer(OTHER, "delegated");
    instead["substitute"] = json!(person(STRANGER));
    assert_eq!(send(OTHER, instead).await.0, 204);
    let (_, shown) = hub.request(Some(CHAIR), "GET", &path, json!({})).await;
    let invitees = shown["invitees"].as_array().unwrap();
    assert_eq!(invitees[0]["answer"]["attendance"], "declined");
    assert_eq!(invitees[0]["answer"]["comment"], "Bận họp");
    assert_eq!(invitees[1]["answer"]["substitute"], crate::hub::name(STRANGER));
    assert_eq!(invitees[2]["name"], crate::hub::name(STRANGER));
    let letters = [hub.letter(1).await, hub.letter(2).await, hub.letter(3).await];
    assert_eq!(
        letters.each_ref().map(|l| l.kind),
        [InvitationKind::Reply, InvitationKind::Reply, InvitationKind::Request]
    );
    let to = |at: usize| letters[at].recipients.iter().map(|r| r.address.as_str()).collect::<Vec<_>>();
    assert_eq!(to(0), ["nguoi1@quangbinh.example"]);
    assert_eq!(to(2), [format!("nguoi{STRANGER}@quangbinh.example")]);
    assert_eq!(letters[0].reply.as_ref().unwrap().attendee.address, "nguoi2@quangbinh.example");
}

#[tokio::test]
async fn a_change_reaches_those_who_are_in() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let (mut delegate, _) = Client::enter(&hub, meeting, DELEGATE).await;
    let path = format!("/api/meetings/{meeting}");
    hub.request(Some(CHAIR), "PATCH", &path, json!({"title": "Giao ban mở rộng"})).await;
    let title = delegate.until(|event| match event {
        Event::Meeting { meeting } => Some(meeting.title.clone()),
        _ => None,
    });
    assert_eq!(title.await, "Giao ban mở rộng");
    let (_, list) = hub.request(Some(CHAIR), "GET", "/api/meetings", json!({})).await;
    assert_eq!((list[0]["status"].as_str(), list[0]["present"].as_u64()), (Some("live"), Some(1)));
}

#[tokio::test]
async fn the_first_to_come_presides_over_a_meeting_of_the_command_line() {
    let hub = Hub::start().await;
    let meeting = hub.meetings.create("Kiểm tra").await.unwrap();
    let (mut first, _) = Client::enter(&hub, meeting, STRANGER).await;
    first.ask(json!({"type": "muteAll"})).await.unwrap();
    let path = format!("/api/meetings/{meeting}/guest-link");
    assert_eq!(hub.request(Some(STRANGER), "POST", &path, json!({})).await.0, 200);
    assert!(hub.meetings.create("  ").await.is_err());
}

#[tokio::test]
async fn the_sample_has_a_meeting_to_join_now_and_comes_only_once() {
    let hub = Hub::start().await;
    let invitee = |number: u32| Invitee {
        person: Some(person(number)),
        name: crate::hub::name(number),
        address: String::new(),
        unit_name: String::new(),
        position: String::new(),
        order: number,
    };
    let sample = Sample { chair: invitee(CHAIR), delegates: vec![invitee(DELEGATE)], announced: false };
    assert_eq!(hub.meetings.create_sample(sample.clone()).await, Ok(SAMPLE_MEETING));
    assert_eq!(hub.meetings.create_sample(sample).await, Ok(SAMPLE_MEETING));
    let far = Timestamp::from_micros(i64::MAX);
    let all = hub.meetings.list(Timestamp::from_micros(0), far).await.unwrap();
    assert_eq!(all.len(), 4);
    let now = Timestamp::now();
    assert!(all.iter().any(|m| m.id == SAMPLE_MEETING && m.starts_at <= now && now < m.ends_at));
    let (_, snapshot) = Client::enter(&hub, SAMPLE_MEETING, STRANGER).await;
    assert_eq!(snapshot.meeting.status, MeetingStatus::Live);
}
