//! Lost lines, second tabs, slow sockets, nonsense, restarts.

use std::time::Instant;

use serde_json::json;
use signaling::ports::MediaEvent;
use signaling_protocol::{Event, LeaveReason, MediaKind, MediaState, RefusalCode, ServerMessage};

use crate::{
    client::{As, Client, all_on, seat_where},
    hub::{CHAIR, DELEGATE, Hub, OTHER, principal},
};

#[tokio::test]
async fn whoever_returns_gets_his_seat_and_only_the_missed_events() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let (mut chair, _) = Client::enter(&hub, meeting, CHAIR).await;
    let (delegate, seen) = Client::enter(&hub, meeting, DELEGATE).await;
    let (seat, token, last) = (delegate.seat, delegate.token.clone(), seen.number);
    drop(delegate);
    chair.until(seat_where(seat, |seat| !seat.connected)).await;
    chair.ask(json!({"type": "chat", "to": "all", "text": "Trong lúc vắng"})).await.unwrap();
    let mut back = Client::resume(&hub, meeting, DELEGATE, &token, last).await;
    assert_eq!(back.welcome().await, None);
    assert_eq!((back.seat, &back.token), (seat, &token));
    let missed = [back.event().await, back.event().await, back.event().await];
    assert_eq!(missed.each_ref().map(|event| event.number), [last + 1, last + 2, last + 3]);
    assert!(matches!(&missed[1].event, Event::Chat { line } if line.text == "Trong lúc vắng"));
    assert!(matches!(&missed[2].event, Event::Seat { seat } if seat.connected));
}

#[tokio::test]
async fn a_second_tab_takes_the_seat_over() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let (mut first, _) = Client::enter(&hub, meeting, DELEGATE).await;
    let (second, snapshot) = Client::enter(&hub, meeting, DELEGATE).await;
    assert_eq!((second.seat, snapshot.seats.len()), (first.seat, 1));
    loop {
        if let ServerMessage::Goodbye { reason } = first.next().await {
            assert_eq!(reason, None);
            break;
        }
    }
    assert_eq!(first.closed().await, 1000);
    // The old socket's end is not the seat's.
    let (_, after) = Client::enter(&hub, meeting, CHAIR).await;
    assert!(after.seats.iter().all(|seat| seat.connected));
}

#[tokio::test]
async fn a_reloaded_page_learns_that_its_microphone_was_switched_off() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let (mut chair, _) = Client::enter(&hub, meeting, CHAIR).await;
    let (delegate, _) = Client::enter(&hub, meeting, DELEGATE).await;
    chair.ask(json!({"type": "mute", "seat": delegate.seat})).await.unwrap();
    let (mut reloaded, _) = Client::enter(&hub, meeting, DELEGATE).await;
    let told = reloaded.until(|event| match event {
        Event::Muted { seat, by, .. } => Some((*seat, *by)),
        _ => None,
    });
    assert_eq!(told.await, (delegate.seat, chair.seat));
}

#[tokio::test]
async fn nonsense_is_refused_and_the_socket_stays() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let mut client = Client::connect(&hub, meeting, As::Person(CHAIR)).await;
    assert_eq!(client.ask(json!({"type": "hand", "raised": true})).await, Err(RefusalCode::OutOfOrder));
    client.send_text("{\"id\": 7, \"type\": \"enter\"").await;
    match client.next().await {
        ServerMessage::Refused { id: 0, code: RefusalCode::Malformed, detail } => {
            assert!(detail.contains("HT-"), "{detail}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(client.ask(json!({"type": "dance"})).await, Err(RefusalCode::Malformed));
    let enter = json!({"type": "enter", "media": all_on()});
    client.ask(enter.clone()).await.unwrap();
    assert_eq!(client.ask(enter).await, Err(RefusalCode::OutOfOrder));
    let long = json!({"type": "chat", "to": "all", "text": "x".repeat(2_001)});
    assert_eq!(client.ask(long).await, Err(RefusalCode::Malformed));
    client.send(json!({"type": "ping", "sentAt": 1.5})).await;
    loop {
        if let ServerMessage::Pong { sent_at, .. } = client.next().await {
            assert_eq!(sent_at, 1.5);
            break;
        }
    }
    client.send_text(&"x".repeat(signaling_protocol::MAX_FRAME + 1)).await;
    assert_eq!(client.closed().await, 1009);
}

#[tokio::test]
async fn a_flood_is_refused_and_then_cut_off() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let (mut client, _) = Client::enter(&hub, meeting, CHAIR).await;
    for _ in 0..400 {
        client.send(json!({"type": "hand", "raised": true})).await;
    }
    let mut refused = 0;
    while refused < 100 {
        if let ServerMessage::Refused { code: RefusalCode::TooFast, .. } = client.next().await {
            refused += 1;
        }
    }
    assert_eq!(client.closed().await, 1008);
}

#[tokio::test]
async fn a_slow_socket_gets_a_snapshot_and_the_room_does_not_wait() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let (mut slow, _) = Client::enter(&hub, meeting, CHAIR).await;
    let (mut other, first) = Client::enter(&hub, meeting, OTHER).await;
    // While the slow one reads nothing, some hundred large events happen, faster than the ten
    // seconds after which a line that takes nothing counts as dead.
    const EVENTS: u64 = 600;
    for round in 1..=EVENTS {
        let state = if round % 2 == 0 { MediaState::Sending } else { MediaState::Lost };
        hub.meetings
            .media_event(MediaEvent::Track { seat: other.seat, kind: MediaKind::Camera, state })
            .await;
        if round % 50 == 0 {
            while other.event().await.number < first.number + round {}
        }
    }
    let (mut events, mut snapshot) = (0, None);
    while snapshot.is_none() {
        match slow.next().await {
            ServerMessage::Event(_) => events += 1,
            ServerMessage::Snapshot(fresh) => snapshot = Some(fresh),
            _ => {}
        }
    }
    let snapshot = snapshot.unwrap();
    assert!(events < EVENTS, "all {events} events came: the socket was not slow");
    assert_eq!(snapshot.number, first.number + EVENTS);
    // From here on it hears everything again.
    other.ask(json!({"type": "hand", "raised": true})).await.unwrap();
    assert_eq!(slow.event().await.number, snapshot.number + 1);
}

#[tokio::test]
async fn a_line_that_falls_silent_is_noticed() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let (mut chair, _) = Client::enter(&hub, meeting, CHAIR).await;
    let (silent, _) = Client::enter(&hub, meeting, DELEGATE).await;
    // `silent` is not read any more, so it answers no ping; its TCP connection stays open.
    let start = Instant::now();
    chair.until(seat_where(silent.seat, |seat| !seat.connected)).await;
    assert!(start.elapsed().as_secs() < 25, "{:?}", start.elapsed());
}

#[tokio::test]
async fn after_a_crash_everybody_finds_his_seat_and_the_chat() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let (mut chair, _) = Client::enter(&hub, meeting, CHAIR).await;
    let (delegate, _) = Client::enter(&hub, meeting, DELEGATE).await;
    chair.ask(json!({"type": "chat", "to": "all", "text": "Trước khi mất điện"})).await.unwrap();
    chair.ask(json!({"type": "lock", "locked": true})).await.unwrap();
    let hub = hub.crash().await;
    let mut back = Client::resume(&hub, meeting, CHAIR, &chair.token, 0).await;
    let snapshot = back.welcome().await.expect("a client that saw nothing needs a snapshot");
    assert_eq!(back.seat, chair.seat);
    assert!(snapshot.meeting.locked);
    assert_eq!(snapshot.chat.len(), 1);
    let absent: Vec<_> = snapshot.seats.iter().filter(|seat| !seat.connected).map(|seat| seat.id).collect();
    assert_eq!(absent, [delegate.seat]);
}

#[tokio::test]
async fn an_orderly_stop_tells_clients_to_come_back() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let (mut chair, seen) = Client::enter(&hub, meeting, CHAIR).await;
    let (hub, code) = tokio::join!(hub.restart(), chair.closed());
    assert_eq!(code, 1012);
    let mut back = Client::resume(&hub, meeting, CHAIR, &chair.token, seen.number).await;
    back.welcome().await;
    assert_eq!(back.seat, chair.seat);
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let (mut chair, _) = Client::enter(&hub, meeting, CHAIR).await;
    let (mut delegate, _) = Client::enter(&hub, meeting, DELEGATE).await;
    hub.meetings.revoked(principal(DELEGATE).account, None).await;
    assert_eq!(delegate.closed().await, 4401);
    let left = chair.until(|event| match event {
        Event::Left { seat, reason } => Some((*seat, *reason)),
        _ => None,
    });
    assert_eq!(left.await, (delegate.seat, LeaveReason::Left));
}
