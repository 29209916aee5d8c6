//! In the meeting.

use base::id::SeatId;
use serde_json::json;
use signaling::ports::{Leg, LineFigures, MediaCommand, MediaEvent, TrackFlow};
use signaling_protocol::{
    ChatTo, EndReason, Event, Floor, LeaveReason, LineGrade, MediaKind, MediaState, RefusalCode, SeatLevel,
    ServerMessage, SlotKind, Source,
};

use crate::{
    client::{As, Client, seat_where},
    hub::{CHAIR, DELEGATE, Hub, OTHER, name},
};

#[tokio::test]
async fn two_see_each_other_and_chat() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let (mut chair, first) = Client::enter(&hub, meeting, CHAIR).await;
    assert_eq!((first.seats.len(), first.meeting.title.as_str()), (1, "Giao ban"));
    let (mut delegate, second) = Client::enter(&hub, meeting, DELEGATE).await;
    assert_eq!(
        second.seats.iter().map(|s| s.name.clone()).collect::<Vec<_>>(),
        [name(CHAIR), name(DELEGATE)]
    );
    let came = chair.until(seat_where(delegate.seat, |_| true)).await;
    assert_eq!((came.name, came.unit.trim()), (name(DELEGATE), "Sở Tài chính"));
    delegate.ask(json!({"type": "chat", "to": "all", "text": "Xin chào"})).await.unwrap();
    let line = chair.until(|event| match event {
        Event::Chat { line } => Some(line.clone()),
        _ => None,
    });
    let line = line.await;
    assert_eq!((line.text.as_str(), line.to, line.from), ("Xin chào", ChatTo::All, delegate.seat));
}

#[tokio::test]
async fn a_delegate_may_not_mute_and_the_chair_may() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let (mut chair, _) = Client::enter(&hub, meeting, CHAIR).await;
    let (mut delegate, _) = Client::enter(&hub, meeting, DELEGATE).await;
    let mute = |seat| json!({"type": "mute", "seat": seat});
    assert_eq!(delegate.ask(mute(chair.seat)).await, Err(RefusalCode::Forbidden));
    chair.ask(mute(delegate.seat)).await.unwrap();
    let by = delegate.until(|event| match event {
        Event::Muted { by, .. } => Some(*by),
        _ => None,
    });
    assert_eq!(by.await, chair.seat);
    let shut = MediaCommand::Gate { seat: delegate.seat, kind: MediaKind::Microphone, open: false };
    assert_eq!(hub.commands().last(), Some(&shut));
}

#[tokio::test]
async fn the_chair_gives_the_floor_and_everybody_sees_who_has_it() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let path = format!("/api/meetings/{meeting}");
    hub.request(Some(CHAIR), "PATCH", &path, json!({"floor": "called"})).await;
    let (mut chair, _) = Client::enter(&hub, meeting, CHAIR).await;
    let (mut delegate, snapshot) = Client::enter(&hub, meeting, DELEGATE).await;
    assert_eq!((snapshot.meeting.floor, snapshot.meeting.called), (Floor::Called, None));
    let call = |seat| json!({"type": "call", "seat": seat});
    assert_eq!(delegate.ask(call(Some(delegate.seat))).await, Err(RefusalCode::Forbidden));
    delegate.ask(json!({"type": "hand", "raised": true})).await.unwrap();
    chair.ask(call(Some(delegate.seat))).await.unwrap();
    let called = delegate.until(|event| match event {
        Event::Meeting { meeting } => meeting.called.zip(meeting.called_at),
        _ => None,
    });
    assert_eq!(called.await.0, delegate.seat);
    delegate.until(seat_where(delegate.seat, |seat| seat.hand_raised_at.is_none())).await;
    let open = MediaCommand::Gate { seat: delegate.seat, kind: MediaKind::Microphone, open: true };
    assert!(hub.commands().contains(&open));
    let leads = MediaCommand::Lead { seat: delegate.seat, leads: true };
    assert!(hub.commands().contains(&leads), "who has the floor is heard before others");
    chair.ask(call(None)).await.unwrap();
    delegate.until(|event| matches!(event, Event::Muted { .. }).then_some(())).await;
    let shut = MediaCommand::Gate { seat: delegate.seat, kind: MediaKind::Microphone, open: false };
    assert!(hub.commands().iter().rev().take(3).any(|command| *command == shut));
    let follows = MediaCommand::Lead { seat: delegate.seat, leads: false };
    assert!(hub.commands().iter().rev().take(6).any(|command| *command == follows));
}

#[tokio::test]
async fn an_offer_is_answered_with_the_gates_set() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let (mut chair, _) = Client::enter(&hub, meeting, CHAIR).await;
    let before = hub.commands().len();
    let sent = chair.send(json!({"type": "offer", "sdp": "v=0"})).await;
    let answer = loop {
        if let ServerMessage::Answer { id, sdp } = chair.next().await {
            break (id, sdp);
        }
    };
    assert_eq!(answer, (sent, "re: v=0".to_owned()));
    let set = hub.commands().split_off(before);
    let leads = MediaCommand::Lead { seat: chair.seat, leads: true };
    assert!(set.len() == 5 && set.contains(&leads), "four gates, and who leads: {set:?}");
    assert_eq!(chair.ask(json!({"type": "offer", "sdp": ""})).await, Err(RefusalCode::BadOffer));
    let view = |slot: u8| {
        json!({"type": "view", "slots": [{
        "slot": slot, "source": {"seat": chair.seat, "kind": "camera"}, "height": 360}]})
    };
    let (good, bad) = (view(11), view(12));
    chair.ask(good).await.unwrap();
    assert_eq!(chair.ask(bad).await, Err(RefusalCode::Malformed));
}

#[tokio::test]
async fn what_the_media_plane_sees_reaches_those_it_concerns() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let (mut chair, _) = Client::enter(&hub, meeting, CHAIR).await;
    let (mut delegate, _) = Client::enter(&hub, meeting, DELEGATE).await;
    let source = Some(Source { seat: chair.seat, kind: MediaKind::Camera });
    let slot = MediaEvent::Slot {
        seat: delegate.seat,
        kind: SlotKind::Video,
        slot: 3,
        source,
        rtp_timestamp: Some(90_000),
        saving: false,
    };
    hub.meetings.media_event(slot).await;
    let layers = vec![true, false, false];
    let demand = MediaEvent::Demand { seat: chair.seat, kind: MediaKind::Camera, layers: layers.clone() };
    hub.meetings.media_event(demand).await;
    while !matches!(chair.next().await, ServerMessage::Demand { layers: told, .. } if told == layers) {}
    let levels = vec![SeatLevel { seat: chair.seat, level: 30 }];
    hub.meetings.media_event(MediaEvent::Levels { meeting, levels: levels.clone() }).await;
    let track = |state| MediaEvent::Track { seat: chair.seat, kind: MediaKind::Microphone, state };
    hub.meetings.media_event(track(MediaState::Sending)).await;
    let (mut slots, mut heard) = (0, Vec::new());
    let sending = loop {
        match delegate.next().await {
            ServerMessage::Slot { slot: 3, source: mapped, .. } if mapped == source => slots += 1,
            ServerMessage::Levels { levels } => heard = levels,
            ServerMessage::Event(event) => {
                if let Event::Seat { seat } = event.event
                    && seat.media.microphone == MediaState::Sending
                {
                    break seat.id;
                }
            }
            _ => {}
        }
    };
    assert_eq!((slots, heard, sending), (1, levels, chair.seat));
    loop {
        match chair.next().await {
            ServerMessage::Slot { .. } => panic!("a slot of somebody else"),
            ServerMessage::Event(event) if matches!(&event.event, Event::Seat { seat } if seat.media.microphone == MediaState::Sending) =>
            {
                break;
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn the_chair_is_told_how_lines_are_and_others_are_not() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let (mut chair, _) = Client::enter(&hub, meeting, CHAIR).await;
    let (mut delegate, _) = Client::enter(&hub, meeting, DELEGATE).await;
    let figures = LineFigures { lost_down: 64, up: 850_000, ..LineFigures::default() };
    let tracks = vec![TrackFlow { kind: MediaKind::Camera, bitrate: 800_000, layers: 3 }];
    let viewer = Leg { seat: SeatId::from_u128(99), figures, tracks: Vec::new() };
    let legs = vec![Leg { seat: delegate.seat, figures, tracks }, viewer];
    hub.meetings.media_event(MediaEvent::Legs { meeting, legs }).await;
    let lines = loop {
        if let ServerMessage::Lines { lines } = chair.next().await {
            break lines;
        }
    };
    assert_eq!(lines.len(), 1, "who only views has no seat");
    let line = &lines[0];
    assert_eq!((line.seat, line.lost_down, line.up), (delegate.seat, 25, 850));
    assert_eq!(line.grade, LineGrade::Good, "one second is not told as bad");
    assert_eq!((line.tracks[0].kbit, line.tracks[0].layers), (800, 3));
    let state = MediaState::Sending;
    let after = MediaEvent::Track { seat: chair.seat, kind: MediaKind::Microphone, state };
    hub.meetings.media_event(after).await;
    loop {
        match delegate.next().await {
            ServerMessage::Lines { .. } => panic!("a delegate looks after nobody's line"),
            ServerMessage::Event(event) if matches!(&event.event, Event::Seat { seat } if seat.media.microphone == state) =>
            {
                break;
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_guest_waits_and_is_let_in() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let (mut chair, _) = Client::enter(&hub, meeting, CHAIR).await;
    let (mut delegate, _) = Client::enter(&hub, meeting, DELEGATE).await;
    let path = format!("/api/meetings/{meeting}/guest-link");
    let (status, link) = hub.request(Some(CHAIR), "POST", &path, json!({})).await;
    assert_eq!(status, 200, "{link}");
    let token = link["token"].as_str().unwrap();
    assert_eq!(link["url"], format!("/hop/{meeting}?khach={token}"));
    let mut guest = Client::connect(&hub, meeting, As::Guest(token)).await;
    let enter = |name: &str| json!({"type": "enter", "name": name, "media": crate::client::all_on()});
    assert_eq!(guest.ask(enter(" ")).await, Err(RefusalCode::NameNeeded));
    guest.ask(enter("Cô Hạnh")).await.unwrap();
    assert_eq!(guest.next().await, ServerMessage::Waiting { position: 1, title: "Giao ban".to_owned() });
    assert_eq!(guest.ask(json!({"type": "offer", "sdp": "v=0"})).await, Err(RefusalCode::OutOfOrder));
    let waiting = chair
        .until(|event| match event {
            Event::Seat { seat } if seat.waiting => Some(seat.clone()),
            _ => None,
        })
        .await;
    chair.ask(json!({"type": "admit", "seat": waiting.id})).await.unwrap();
    let snapshot = guest.welcome().await.unwrap();
    assert_eq!((guest.seat, snapshot.seats.len()), (waiting.id, 3));
    // The delegate learns of the guest only now.
    let seen = delegate.until(|event| match event {
        Event::Seat { seat } if seat.id == waiting.id => Some(seat.clone()),
        _ => None,
    });
    let seen = seen.await;
    assert!(!seen.waiting && seen.name == "Cô Hạnh");
    chair.ask(json!({"type": "remove", "seat": guest.seat})).await.unwrap();
    loop {
        if let ServerMessage::Goodbye { reason } = guest.next().await {
            assert_eq!(reason, Some(LeaveReason::Removed));
            break;
        }
    }
    assert_eq!(guest.closed().await, 1000);
    assert!(hub.commands().contains(&MediaCommand::Close { seat: waiting.id }));
}

#[tokio::test]
async fn a_wrong_link_and_a_wrong_meeting_are_told_so() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let enter = json!({"type": "enter", "name": "An", "media": crate::client::all_on()});
    let mut guest = Client::connect(&hub, meeting, As::Guest("wrong")).await;
    assert_eq!(guest.ask(enter.clone()).await, Err(RefusalCode::UnknownMeeting));
    assert_eq!(guest.closed().await, 1000);
    let nowhere = base::id::MeetingId::from_u128(404);
    let mut lost = Client::connect(&hub, nowhere, As::Person(CHAIR)).await;
    assert_eq!(lost.ask(enter).await, Err(RefusalCode::UnknownMeeting));
}

#[tokio::test]
async fn the_chair_ends_the_meeting_for_all() {
    let hub = Hub::start().await;
    let meeting = hub.meeting().await;
    let (mut chair, _) = Client::enter(&hub, meeting, CHAIR).await;
    let (mut delegate, _) = Client::enter(&hub, meeting, DELEGATE).await;
    assert_eq!(delegate.ask(json!({"type": "end"})).await, Err(RefusalCode::Forbidden));
    chair.ask(json!({"type": "end"})).await.unwrap();
    let ended = delegate.until(|event| match event {
        Event::Ended { reason, by } => Some((*reason, by.clone())),
        _ => None,
    });
    assert_eq!(ended.await, (EndReason::Chair, Some(name(CHAIR))));
    assert_eq!(delegate.closed().await, 1000);
    assert_eq!(hub.commands().last(), Some(&MediaCommand::EndMeeting { meeting }));
    let (_, shown) = hub.request(Some(OTHER), "GET", &format!("/api/meetings/{meeting}"), json!({})).await;
    assert_eq!(shown["status"], "ended");
    let mut late = Client::connect(&hub, meeting, As::Person(OTHER)).await;
    let enter = json!({"type": "enter", "media": crate::client::all_on()});
    assert_eq!(late.ask(enter).await, Err(RefusalCode::Ended));
}
