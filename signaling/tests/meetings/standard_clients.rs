//! The doors for standard clients, as RFC 9725 wants them answered.

use std::time::Duration;

use axum::{body::to_bytes, http::header, response::Response};
use base::id::MeetingId;
use signaling::{
    Role,
    ports::{MediaCommand, MediaEvent},
};
use signaling_protocol::{MediaKind, MediaState};

use crate::hub::{CHAIR, Hub};

const SDP: (&str, &str) = ("content-type", "application/sdp");
const FRAGMENT: (&str, &str) = ("content-type", "application/trickle-ice-sdpfrag");
const RESTART: &str = "a=ice-ufrag:theirs\r\na=ice-pwd:1234567890123456789012\r\n";

async fn token(hub: &Hub, meeting: MeetingId, role: Role, name: &str) -> String {
    let life = Duration::from_secs(3600);
    format!("Bearer {}", hub.meetings.issue_token(meeting, role, name, life).await.unwrap().1)
}

fn header(response: &Response, name: header::HeaderName) -> String {
    response.headers()[name].to_str().unwrap().to_owned()
}

async fn seats(hub: &Hub, meeting: MeetingId) -> usize {
    let (_, shown) = hub.request(Some(CHAIR), "GET", &format!("/api/meetings/{meeting}"), ().into()).await;
    shown["present"].as_u64().unwrap_or_else(|| panic!("{shown}")).try_into().unwrap()
}

#[tokio::test]
async fn a_publisher_comes_changes_its_ice_and_goes() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let bearer = token(&hub, meeting, Role::Site, "Điểm cầu").await;
    let auth = ("authorization", bearer.as_str());
    let made = hub.standard("POST", &format!("/whip/{meeting}"), &[auth, SDP], "m=audio").await;
    assert_eq!(made.status(), 201);
    assert_eq!(header(&made, header::CONTENT_TYPE), "application/sdp");
    assert_eq!(header(&made, header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    let (session, tag) = (header(&made, header::LOCATION), header(&made, header::ETAG));
    // RFC 9725 §4.6, with a pass of the connection's own.
    let link = header(&made, header::LINK);
    let (relay, pass) = link.split_once("; username=\"").unwrap();
    assert_eq!(relay, "<turns:hub.example:443?transport=tcp>; rel=\"ice-server\"");
    let own = hub.played.connects.lock().unwrap()[0].connection;
    assert_eq!(pass, format!("{own}\"; credential=\"secret\"; credential-type=\"password\""));
    assert_eq!(to_bytes(made.into_body(), 99).await.unwrap(), "answer");
    assert_eq!(seats(&hub, meeting).await, 1);
    let gate = |c: &MediaCommand| matches!(c, MediaCommand::Gate { kind: MediaKind::Camera, open: true, .. });
    assert!(hub.commands().iter().any(gate));

    let patch = async |headers: &[(&str, &str)], body| {
        let answer = hub.standard("PATCH", &session, &[&[auth], headers].concat(), body).await;
        (answer.status().as_u16(), answer)
    };
    assert_eq!(patch(&[FRAGMENT, ("if-match", &tag)], "a=candidate:1\r\n").await.0, 204);
    assert_eq!(patch(&[FRAGMENT, ("if-match", "\"other\"")], "").await.0, 412);
    assert_eq!(patch(&[FRAGMENT], "").await.0, 428);
    assert_eq!(patch(&[SDP, ("if-match", &tag)], "").await.0, 415);
    assert_eq!(patch(&[FRAGMENT, ("if-match", "\"*\"")], "a=ice-ufrag:half\r\n").await.0, 400);
    let (status, restarted) = patch(&[FRAGMENT, ("if-match", "\"*\"")], RESTART).await;
    assert_eq!((status, header(&restarted, header::ETAG) == tag), (200, false));
    let fragment = to_bytes(restarted.into_body(), 999).await.unwrap();
    assert!(String::from_utf8_lossy(&fragment).contains("a=ice-ufrag:retheirs\r\n"));

    assert_eq!(hub.standard("PUT", &session, &[auth], "").await.status(), 405);
    assert_eq!(hub.standard("DELETE", &session, &[], "").await.status(), 401);
    assert_eq!(hub.standard("DELETE", &session.replace("whip", "whep"), &[auth], "").await.status(), 404);
    assert_eq!(hub.standard("DELETE", &session, &[auth], "").await.status(), 200);
    assert_eq!(hub.standard("DELETE", &session, &[auth], "").await.status(), 404);
    assert_eq!(seats(&hub, meeting).await, 0);
}

#[tokio::test]
async fn every_refusal_has_its_status_and_words() {
    let hub = Hub::start().await;
    let (meeting, other) = (hub.meeting().await, hub.meeting().await);
    let site = token(&hub, meeting, Role::Site, "Điểm cầu").await;
    let observer = token(&hub, meeting, Role::Observer, "Màn hình").await;
    let unknown = MeetingId::from_u128(9);
    let post = async |path: String, bearer: &str, headers: &[(&str, &str)], body: &str| {
        let answer =
            hub.standard("POST", &path, &[&[("authorization", bearer)], headers].concat(), body).await;
        let status = answer.status().as_u16();
        assert_eq!(header(&answer, header::CONTENT_TYPE), "application/problem+json", "{status}");
        status
    };
    let whip = format!("/whip/{meeting}");
    assert_eq!(post(whip.clone(), "Bearer nonsense", &[SDP], "m=").await, 401);
    assert_eq!(post(whip.clone(), "Basic eDp5", &[SDP], "m=").await, 401);
    assert_eq!(post(whip.clone(), &observer, &[SDP], "m=").await, 403);
    assert_eq!(post(format!("/whip/{other}"), &site, &[SDP], "m=").await, 403);
    assert_eq!(post(format!("/whip/{unknown}"), &site, &[SDP], "m=").await, 404);
    assert_eq!(post("/whep/nonsense".to_owned(), &site, &[SDP], "m=").await, 404);
    assert_eq!(post(whip.clone(), &site, &[SDP, ("accept", "text/html")], "m=").await, 406);
    assert_eq!(post(whip.clone(), &site, &[("content-type", "text/plain")], "m=").await, 415);
    assert_eq!(post(whip.clone(), &site, &[SDP], "").await, 400);
    assert_eq!(post(whip.clone(), &site, &[SDP], "H264").await, 422);
    assert_eq!(post(whip.clone(), &site, &[SDP], &"a".repeat(300_000)).await, 413);
    assert_eq!(seats(&hub, meeting).await, 0, "a refused encoder leaves no ghost");
    let mut statuses = Vec::new();
    for _ in 0..100 {
        statuses.push(post(whip.clone(), "Bearer guess", &[SDP], "m=").await);
    }
    assert_eq!(statuses.last(), Some(&429));
    let options = hub.standard("OPTIONS", &whip, &[], "").await;
    assert_eq!(
        (options.status().as_u16(), &options.headers()["accept-post"]),
        (204, &SDP.1.parse().unwrap())
    );
}

#[tokio::test]
async fn a_viewer_is_shown_the_others_and_never_itself() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let mut publishers = Vec::new();
    for name in ["Một", "Hai"] {
        let bearer = token(&hub, meeting, Role::Site, name).await;
        let made =
            hub.standard("POST", &format!("/whip/{meeting}"), &[("authorization", &bearer), SDP], "m=").await;
        assert_eq!(made.status(), 201);
        let seat = hub.played.connects.lock().unwrap().last().unwrap().connection;
        let track = MediaEvent::Track { seat, kind: MediaKind::Camera, state: MediaState::Sending };
        hub.meetings.media_event(track).await;
        publishers.push((bearer, seat));
    }
    let (bearer, own) = &publishers[1];
    let offer = "m=video\r\nm=video\r\nm=video\r\n";
    let made =
        hub.standard("POST", &format!("/whep/{meeting}"), &[("authorization", bearer), SDP], offer).await;
    assert_eq!(made.status(), 201);
    let connect = hub.played.connects.lock().unwrap().last().unwrap().clone();
    assert_eq!(connect.views_for, Some(*own));
    assert_ne!(connect.connection, *own);
    let shown: Vec<_> = hub
        .commands()
        .into_iter()
        .filter_map(|command| match command {
            MediaCommand::View { seat, slots } if seat == connect.connection => Some(slots),
            _ => None,
        })
        .collect();
    let sources: Vec<_> = shown.last().unwrap().iter().map(|view| (view.slot, view.source.seat)).collect();
    assert_eq!(sources, [(0, publishers[0].1)]);
    assert_eq!(seats(&hub, meeting).await, 2, "one token is one seat");

    // Consent or DTLS is gone: the session is over, the seat stays with its publisher.
    hub.meetings.media_event(MediaEvent::Disconnected { seat: connect.connection }).await;
    let auth = [("authorization", bearer.as_str())];
    let session = header(&made, header::LOCATION);
    assert_eq!(hub.standard("DELETE", &session, &auth, "").await.status(), 404);
    assert_eq!(seats(&hub, meeting).await, 2);
    hub.meetings.media_event(MediaEvent::Disconnected { seat: *own }).await;
    assert_eq!(hub.standard("DELETE", &session, &auth, "").await.status(), 404);
    assert_eq!(seats(&hub, meeting).await, 1);
}
