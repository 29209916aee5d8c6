//! In the meeting: microphones, the floor, the screen, hands, chat.

use super::*;
use crate::{Effect, MediaKind, TrackState};

fn mic(hall: &Hall, seat: SeatId) -> bool {
    hall.meeting.gate(seat, MediaKind::Microphone)
}

#[test]
fn a_muted_microphone_is_gated_until_its_owner_switches_it_on() {
    let mut hall = hall();
    let (chair, seat) = (hall.person(CHAIR), hall.person(DELEGATE));
    let events = hall.ask(chair, Command::Mute { seat }).unwrap();
    assert_eq!(events, [Event::Muted { seat, by: chair }]);
    let closed = Effect::Gate { seat, kind: MediaKind::Microphone, open: false };
    assert_eq!(hall.meeting.effects(&events[0]), [closed]);
    // A change of the camera is not a change of the microphone.
    hall.ask(seat, Command::Media(MediaWish { microphone: false, camera: false, screen: false })).unwrap();
    assert!(!mic(&hall, seat));
    hall.ask(seat, Command::Media(ALL_ON)).unwrap();
    assert!(mic(&hall, seat));
}

#[test]
fn a_reload_does_not_open_a_microphone_the_chair_closed() {
    let mut hall = hall();
    let (chair, seat) = (hall.person(CHAIR), hall.person(DELEGATE));
    hall.ask(chair, Command::Mute { seat }).unwrap();
    hall.absent(seat);
    hall.comes_back(seat).unwrap();
    assert!(!mic(&hall, seat));
    hall.person(DELEGATE);
    assert!(!mic(&hall, seat));
    assert!(!hall.seat(seat).wish.microphone);
    let muted = Event::Muted { seat, by: chair };
    assert_eq!(hall.apply(Actor::Hub, Command::Remind { seat }), Ok(vec![muted]));
    // Switching it on is still the owner's right.
    hall.ask(seat, Command::Media(ALL_ON)).unwrap();
    assert!(mic(&hall, seat));
    assert_eq!(hall.apply(Actor::Hub, Command::Remind { seat }), Ok(vec![]));
}

#[test]
fn mute_all_spares_the_chair_and_only_those_who_may_do_it() {
    let mut hall = hall();
    let (chair, delegate, other) = (hall.person(CHAIR), hall.person(DELEGATE), hall.person(OTHER));
    assert_eq!(hall.ask(delegate, Command::MuteAll), Err(Refusal::Forbidden));
    assert_eq!(hall.ask(delegate, Command::Mute { seat: other }), Err(Refusal::Forbidden));
    hall.ask(chair, Command::MuteAll).unwrap();
    assert_eq!([mic(&hall, chair), mic(&hall, delegate), mic(&hall, other)], [true, false, false]);
    assert!(hall.meeting.gate(delegate, MediaKind::Camera));
    assert_eq!(hall.ask(chair, Command::MuteAll), Ok(vec![]));
}

#[test]
fn on_a_called_floor_only_the_chair_and_the_called_are_heard() {
    let mut hall = Hall::new(Plan { called_floor: true, ..plan() });
    let (chair, delegate, other) = (hall.person(CHAIR), hall.person(DELEGATE), hall.person(OTHER));
    assert_eq!([mic(&hall, chair), mic(&hall, delegate), mic(&hall, other)], [true, false, false]);
    // Switching the own microphone on does not take the floor.
    hall.ask(delegate, Command::Media(MediaWish::default())).unwrap();
    hall.ask(delegate, Command::Media(ALL_ON)).unwrap();
    assert!(!mic(&hall, delegate));
    hall.ask(delegate, Command::Hand { raised: true }).unwrap();
    assert_eq!(hall.ask(delegate, Command::Call { seat: Some(delegate) }), Err(Refusal::Forbidden));
    let events = hall.ask(chair, Command::Call { seat: Some(delegate) }).unwrap();
    assert_eq!([mic(&hall, delegate), mic(&hall, other)], [true, false]);
    assert_eq!(hall.seat(delegate).hand_raised_at, None);
    assert_eq!(events[1], Event::Hand { seat: delegate, raised: false });
    let gates = |effect: &Effect| matches!(effect, Effect::Gate { .. });
    assert_eq!(hall.meeting.effects(&events[0]).into_iter().filter(gates).count(), 3);
    assert_eq!(hall.meeting.called_at(), Some(hall.now));
    assert_eq!(hall.ask(chair, Command::Call { seat: Some(delegate) }), Ok(vec![]));
    let events = hall.ask(chair, Command::Call { seat: Some(other) }).unwrap();
    assert_eq!(events[0], Event::Muted { seat: delegate, by: chair }, "his own screen must say so");
    assert_eq!([mic(&hall, delegate), mic(&hall, other)], [false, true]);
    hall.ask(other, Command::Leave).unwrap();
    assert_eq!(hall.meeting.called(), None);
}

#[test]
fn on_an_open_floor_a_call_silences_nobody() {
    let mut hall = hall();
    let (chair, delegate, other) = (hall.person(CHAIR), hall.person(DELEGATE), hall.person(OTHER));
    hall.ask(chair, Command::Call { seat: Some(delegate) }).unwrap();
    hall.ask(chair, Command::Call { seat: Some(other) }).unwrap();
    hall.ask(chair, Command::Call { seat: None }).unwrap();
    assert_eq!([mic(&hall, delegate), mic(&hall, other)], [true, true]);
    assert_eq!((hall.meeting.called(), hall.meeting.called_at()), (None, None));
}

#[test]
fn one_presents_at_a_time_and_a_lost_presenter_does_not_block_the_screen() {
    let mut hall = hall();
    let (delegate, other) = (hall.person(DELEGATE), hall.person(OTHER));
    let screen = MediaWish { screen: true, ..ALL_ON };
    hall.ask(delegate, Command::Media(screen)).unwrap();
    assert!(hall.meeting.gate(delegate, MediaKind::Screen));
    assert_eq!(hall.ask(other, Command::Media(screen)), Err(Refusal::AlreadyPresenting));
    assert!(!hall.meeting.gate(other, MediaKind::ScreenAudio));
    hall.absent(delegate);
    hall.ask(other, Command::Media(screen)).unwrap();
    assert_eq!(hall.meeting.presenter(), Some(other));
    assert!(!hall.meeting.gate(delegate, MediaKind::Screen));
}

#[test]
fn an_observer_sends_nothing() {
    let mut hall = Hall::new(Plan { invitees: vec![invitee(OTHER, Role::Observer)], ..plan() });
    let observer = hall.person(OTHER);
    assert!(MediaKind::ALL.into_iter().all(|kind| !hall.meeting.gate(observer, kind)));
    let chat = Command::Chat { to_chair: false, text: "Xin chào".to_owned() };
    assert_eq!(hall.ask(observer, chat), Err(Refusal::Forbidden));
}

#[test]
fn what_is_shown_of_a_track_is_what_arrives() {
    let mut hall = hall();
    let seat = hall.person(DELEGATE);
    let track = |state| Command::Track { seat, kind: MediaKind::Microphone, state };
    let shown = |hall: &Hall| hall.seat(seat).shown(MediaKind::Microphone);
    assert_eq!(shown(&hall), TrackState::Off, "switched on, but nothing has arrived");
    hall.apply(Actor::Hub, track(TrackState::Sending)).unwrap();
    assert_eq!(shown(&hall), TrackState::Sending);
    assert_eq!(hall.apply(Actor::Hub, track(TrackState::Sending)), Ok(vec![]));
    hall.apply(Actor::Hub, track(TrackState::Lost)).unwrap();
    assert_eq!(shown(&hall), TrackState::Lost);
    hall.ask(seat, Command::Media(MediaWish::default())).unwrap();
    assert_eq!(shown(&hall), TrackState::Off, "silence after switching off is no fault");
    hall.apply(Actor::Hub, track(TrackState::Sending)).unwrap();
    assert_eq!(shown(&hall), TrackState::Sending, "a microphone that sends is never called off");
}

#[test]
fn chat_to_the_chair_is_read_by_the_chair_the_secretary_and_the_writer() {
    let mut hall = hall();
    let seats = [CHAIR, SECRETARY, DELEGATE, OTHER].map(|person| hall.person(person));
    let [_, _, delegate, _] = seats;
    let text = |text: &str, to_chair| Command::Chat { to_chair, text: text.to_owned() };
    hall.ask(delegate, text(" Xin phát biểu ", true)).unwrap();
    hall.ask(delegate, text("Chào", false)).unwrap();
    let lines = seats.map(|seat| hall.meeting.chat_for(hall.seat(seat)).count());
    assert_eq!(lines, [2, 2, 2, 1]);
    let long = "ạ".repeat(crate::MAX_CHAT + 1);
    for bad in ["", "  \n", &long] {
        assert_eq!(hall.ask(delegate, text(bad, false)), Err(Refusal::BadText));
    }
}
