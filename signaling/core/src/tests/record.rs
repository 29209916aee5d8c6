//! The record is the meeting: replaying it gives the same state, whatever happened.

use proptest::prelude::*;

use super::*;
use crate::{BrokenRecord, MediaKind, TrackState};

/// What may happen, with small numbers that stand for people and seats.
#[derive(Debug, Clone)]
enum Step {
    Enter(u128),
    Guest,
    Back(usize),
    Absent(usize),
    Pass(u64),
    Restart,
    Track(usize, TrackState),
    Ask(usize, Ask),
    Cancel,
}

#[derive(Debug, Clone)]
enum Ask {
    Leave,
    Media(bool, bool),
    Chat(bool),
    Hand(bool),
    Mute(usize),
    MuteAll,
    Admit(usize),
    Deny(usize),
    Remove(usize),
    Lock(bool),
    Call(Option<usize>),
    End,
}

fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        Just(Ask::Leave),
        any::<(bool, bool)>().prop_map(|(mic, screen)| Ask::Media(mic, screen)),
        any::<bool>().prop_map(Ask::Chat),
        any::<bool>().prop_map(Ask::Hand),
        (0..9usize).prop_map(Ask::Mute),
        Just(Ask::MuteAll),
        (0..9usize).prop_map(Ask::Admit),
        (0..9usize).prop_map(Ask::Deny),
        (0..9usize).prop_map(Ask::Remove),
        any::<bool>().prop_map(Ask::Lock),
        proptest::option::of(0..9usize).prop_map(Ask::Call),
        Just(Ask::End),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let state = prop_oneof![Just(TrackState::Sending), Just(TrackState::Lost), Just(TrackState::Gated)];
    prop_oneof![
        4 => (1..10u128).prop_map(Step::Enter),
        2 => Just(Step::Guest),
        2 => (0..9usize).prop_map(Step::Back),
        2 => (0..9usize).prop_map(Step::Absent),
        2 => (0..70u64).prop_map(Step::Pass),
        1 => Just(Step::Restart),
        2 => (0..9usize, state).prop_map(|(seat, state)| Step::Track(seat, state)),
        12 => (0..9usize, ask()).prop_map(|(seat, ask)| Step::Ask(seat, ask)),
        1 => Just(Step::Cancel),
    ]
}

fn nth(hall: &Hall, n: usize) -> SeatId {
    let seats: Vec<_> = hall.meeting.seats().map(|seat| seat.id).collect();
    seats.get(n % seats.len().max(1)).copied().unwrap_or(SeatId::from_u128(0))
}

fn take(hall: &mut Hall, step: Step) {
    let nowhere = |_| ();
    match step {
        Step::Enter(person) => drop(hall.enter(visitor(person))),
        Step::Guest => drop(hall.enter(Visitor::Guest { name: "An".to_owned() })),
        Step::Back(seat) => hall.comes_back(nth(hall, seat)).map_or_else(|_| (), nowhere),
        Step::Absent(seat) => hall.absent(nth(hall, seat)),
        Step::Pass(seconds) => drop(hall.pass(seconds)),
        Step::Restart => drop(hall.apply(Actor::Hub, Command::Restarted)),
        Step::Track(seat, state) => {
            let track = Command::Track { seat: nth(hall, seat), kind: MediaKind::Camera, state };
            drop(hall.apply(Actor::Hub, track));
        }
        Step::Cancel => {
            let chair = Actor::Desk { person: PersonId::from_u128(CHAIR), is_admin: false };
            drop(hall.apply(chair, Command::Cancel));
        }
        Step::Ask(seat, ask) => {
            let command = match ask {
                Ask::Leave => Command::Leave,
                Ask::Media(microphone, screen) => {
                    Command::Media(MediaWish { microphone, camera: true, screen })
                }
                Ask::Chat(to_chair) => Command::Chat { to_chair, text: "Vâng".to_owned() },
                Ask::Hand(raised) => Command::Hand { raised },
                Ask::Mute(seat) => Command::Mute { seat: nth(hall, seat) },
                Ask::MuteAll => Command::MuteAll,
                Ask::Admit(seat) => Command::Admit { seat: nth(hall, seat) },
                Ask::Deny(seat) => Command::Deny { seat: nth(hall, seat) },
                Ask::Remove(seat) => Command::Remove { seat: nth(hall, seat) },
                Ask::Lock(locked) => Command::Lock { locked },
                Ask::Call(seat) => Command::Call { seat: seat.map(|seat| nth(hall, seat)) },
                Ask::End => Command::End,
            };
            drop(hall.ask(nth(hall, seat), command));
        }
    }
}

/// An event as it comes back from the disk.
fn from_disk(recorded: &Recorded) -> Recorded {
    let text = serde_json::to_string(&recorded.event).unwrap();
    Recorded { event: serde_json::from_str(&text).unwrap(), ..recorded.clone() }
}

proptest! {
    #[test]
    fn replaying_the_record_gives_the_same_meeting(
        called_floor: bool,
        steps in proptest::collection::vec(step(), 0..80),
    ) {
        let mut hall = Hall::new(Plan { called_floor, ..plan() });
        for step in steps {
            take(&mut hall, step);
            let presenters = hall.meeting.seats().filter(|seat| !seat.waiting && seat.wish.screen);
            prop_assert!(presenters.count() <= 1);
            for seat in hall.meeting.seats() {
                let open = hall.meeting.gate(seat.id, MediaKind::Microphone);
                prop_assert!(!open || seat.muted_by.is_none());
                prop_assert!(!open || hall.meeting.has_floor(seat.id, seat.role));
                prop_assert!(!open || !seat.waiting);
            }
        }
        let replayed = Meeting::replay(hall.meeting.id(), hall.record.iter().map(from_disk));
        prop_assert_eq!(replayed.unwrap(), hall.meeting);
    }
}

#[test]
fn a_list_with_a_hole_is_not_a_record() {
    let mut hall = hall();
    hall.person(CHAIR);
    hall.person(DELEGATE);
    let id = hall.meeting.id();
    let without = |n: usize| {
        let mut record = hall.record.clone();
        record.remove(n);
        Meeting::replay(id, record)
    };
    assert_eq!(without(0).unwrap_err(), BrokenRecord { number: 2 });
    assert_eq!(without(1).unwrap_err(), BrokenRecord { number: 3 });
    assert_eq!(Meeting::replay(id, []).unwrap_err(), BrokenRecord { number: 0 });
}

#[test]
fn a_restart_of_the_hub_leaves_everybody_a_minute() {
    let mut hall = hall();
    let seat = hall.person(DELEGATE);
    let track = Command::Track { seat, kind: MediaKind::Camera, state: TrackState::Sending };
    hall.apply(Actor::Hub, track).unwrap();
    hall.now = hall.now.plus(Duration::from_secs(3_600));
    hall.apply(Actor::Hub, Command::Restarted).unwrap();
    assert_eq!(hall.seat(seat).tracks, crate::Tracks::default());
    assert_eq!(hall.pass(59), []);
    hall.comes_back(seat).unwrap();
    assert!(hall.seat(seat).is_connected());
}
