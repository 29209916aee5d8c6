//! Coming, going, coming back, waiting at the door.

use super::*;
use crate::{Act, LeaveReason, Status};

#[test]
fn a_seat_survives_a_minute_of_absence_with_hand_role_and_order() {
    let mut hall = hall();
    let seat = hall.person(SECRETARY);
    hall.ask(seat, Command::Hand { raised: true }).unwrap();
    let before = hall.seat(seat).clone();
    hall.absent(seat);
    assert_eq!(hall.pass(59), []);
    hall.comes_back(seat).unwrap();
    assert_eq!(*hall.seat(seat), before);
    assert_eq!(hall.meeting.deadline(), None);
}

#[test]
fn a_seat_is_free_after_a_minute_and_its_secret_is_void() {
    let mut hall = hall();
    let chair = hall.person(CHAIR);
    let seat = hall.person(DELEGATE);
    let (key, person) = (hall.seat(seat).key.clone(), hall.seat(seat).person);
    hall.absent(seat);
    assert_eq!(hall.meeting.deadline(), Some(hall.now.plus(Duration::from_secs(60))));
    let left = Event::Left { seat, reason: LeaveReason::Lost, waiting: false, by: None };
    assert_eq!(hall.pass(60), [left]);
    let again = hall.apply(Actor::Hub, Command::Return { key, person, wish: ALL_ON });
    assert_eq!(again, Err(Refusal::UnknownSeat));
    // The role belongs to the person: whoever comes later than a minute still has it.
    hall.absent(chair);
    hall.pass(61);
    let back = hall.person(CHAIR);
    assert_eq!(hall.seat(back).role, Role::Chair);
}

#[test]
fn a_second_tab_takes_the_seat_and_the_old_secret_is_void() {
    let mut hall = hall();
    let first = hall.person(DELEGATE);
    let (key, person) = (hall.seat(first).key.clone(), hall.seat(first).person);
    let second = hall.person(DELEGATE);
    assert_eq!(first, second);
    assert_eq!(hall.meeting.seats().count(), 1);
    let old = hall.apply(Actor::Hub, Command::Return { key, person, wish: ALL_ON });
    assert_eq!(old, Err(Refusal::UnknownSeat));
}

#[test]
fn a_secret_opens_the_seat_only_to_its_person() {
    let mut hall = hall();
    let seat = hall.person(CHAIR);
    let key = hall.seat(seat).key.clone();
    for person in [None, Some(PersonId::from_u128(DELEGATE))] {
        let stolen = Command::Return { key: key.clone(), person, wish: ALL_ON };
        assert_eq!(hall.apply(Actor::Hub, stolen), Err(Refusal::UnknownSeat));
    }
}

#[test]
fn guests_wait_and_are_let_in_or_turned_away() {
    let mut hall = hall();
    let chair = hall.person(CHAIR);
    let delegate = hall.person(DELEGATE);
    let (hanh, an) = (hall.guest("  Cô   Hạnh "), hall.guest("An"));
    assert_eq!(hall.seat(hanh).name, "Cô Hạnh");
    assert_eq!([hall.meeting.waiting_position(hanh), hall.meeting.waiting_position(an)], [Some(1), Some(2)]);
    assert!(!hall.meeting.gate(hanh, crate::MediaKind::Camera));
    assert_eq!(hall.ask(hanh, Command::Hand { raised: true }), Err(Refusal::Forbidden));
    assert_eq!(hall.ask(delegate, Command::Admit { seat: hanh }), Err(Refusal::Forbidden));
    assert_eq!(hall.ask(hanh, Command::Admit { seat: hanh }), Err(Refusal::Forbidden));
    hall.ask(chair, Command::Admit { seat: hanh }).unwrap();
    assert!(!hall.seat(hanh).waiting && hall.meeting.gate(hanh, crate::MediaKind::Camera));
    assert_eq!(hall.meeting.waiting_position(an), Some(1));
    assert_eq!(hall.ask(chair, Command::Admit { seat: hanh }), Err(Refusal::UnknownSeat));
    hall.ask(chair, Command::Deny { seat: an }).unwrap();
    assert!(hall.meeting.seat(an).is_none());
}

#[test]
fn an_admitted_guest_who_loses_the_line_does_not_wait_again() {
    let mut hall = hall();
    let chair = hall.person(CHAIR);
    let guest = hall.guest("An");
    hall.ask(chair, Command::Admit { seat: guest }).unwrap();
    hall.absent(guest);
    hall.pass(30);
    hall.comes_back(guest).unwrap();
    assert!(!hall.seat(guest).waiting);
}

#[test]
fn a_waiting_guest_who_goes_away_leaves_no_ghost() {
    let mut hall = hall();
    let guest = hall.guest("An");
    hall.absent(guest);
    assert!(hall.meeting.seat(guest).is_none());
}

#[test]
fn guests_are_admitted_while_the_chair_is_away() {
    let mut hall = Hall::new(Plan {
        organiser: Some(invitee(STRANGER, Role::Delegate)),
        invitees: vec![invitee(CHAIR, Role::Chair), invitee(SECRETARY, Role::Secretary)],
        ..plan()
    });
    let chair = hall.person(CHAIR);
    hall.absent(chair);
    for doorkeeper in [SECRETARY, STRANGER] {
        let doorkeeper = hall.person(doorkeeper);
        let guest = hall.guest("An");
        hall.ask(doorkeeper, Command::Admit { seat: guest }).unwrap();
    }
}

#[test]
fn names_of_guests_are_needed_and_bounded() {
    let mut hall = hall();
    for name in ["", "   ", &"x".repeat(81), "a\u{7}b"] {
        let refused = hall.enter(Visitor::Guest { name: name.to_owned() });
        assert_eq!(refused, Err(Refusal::NameNeeded), "{name:?}");
    }
}

#[test]
fn the_uninvited_wait_unless_everybody_may_enter() {
    let mut hall = hall();
    let stranger = hall.person(STRANGER);
    assert!(hall.seat(stranger).waiting);
    let mut open = Hall::new(Plan { admission: Admission::Directory, organiser: None, ..plan() });
    let first = open.person(STRANGER);
    assert!(!open.seat(first).waiting);
    let mut by_unit = Hall::new(Plan { units: vec![UnitId::from_u128(50)], ..plan() });
    let colleague = by_unit.person(STRANGER);
    assert!(!by_unit.seat(colleague).waiting);
}

#[test]
fn the_first_to_come_presides_over_a_meeting_without_a_named_chair() {
    let nobody = Plan { admission: Admission::Directory, organiser: None, invitees: Vec::new(), ..plan() };
    let mut hall = Hall::new(nobody);
    let first = hall.person(STRANGER);
    let second = hall.person(DELEGATE);
    assert_eq!([hall.seat(first).role, hall.seat(second).role], [Role::Chair, Role::Delegate]);
}

#[test]
fn a_locked_meeting_lets_back_in_who_was_in_and_who_keeps_the_door() {
    let mut hall = hall();
    let chair = hall.person(CHAIR);
    let delegate = hall.person(DELEGATE);
    hall.ask(chair, Command::Lock { locked: true }).unwrap();
    assert_eq!(hall.enter(visitor(OTHER)), Err(Refusal::Locked));
    assert_eq!(hall.enter(Visitor::Guest { name: "An".to_owned() }), Err(Refusal::Locked));
    hall.absent(delegate);
    hall.comes_back(delegate).unwrap();
    hall.absent(chair);
    hall.pass(61);
    let chair = hall.person(CHAIR);
    assert_eq!(hall.ask(delegate, Command::Lock { locked: false }), Err(Refusal::Forbidden));
    hall.ask(chair, Command::Lock { locked: false }).unwrap();
    hall.person(OTHER);
}

#[test]
fn the_removed_come_back_through_the_waiting_room() {
    let mut hall = hall();
    let chair = hall.person(CHAIR);
    let delegate = hall.person(DELEGATE);
    assert_eq!(hall.ask(delegate, Command::Remove { seat: chair }), Err(Refusal::Forbidden));
    assert_eq!(hall.ask(chair, Command::Remove { seat: chair }), Err(Refusal::Forbidden));
    hall.ask(chair, Command::Remove { seat: delegate }).unwrap();
    let again = hall.person(DELEGATE);
    assert!(hall.seat(again).waiting);
}

#[test]
fn the_end_is_the_chairs_and_final() {
    let mut hall = hall();
    let chair = hall.person(CHAIR);
    let secretary = hall.person(SECRETARY);
    assert_eq!(hall.meeting.status(), Status::Live);
    assert_eq!(hall.ask(secretary, Command::End), Err(Refusal::Forbidden));
    hall.ask(chair, Command::End).unwrap();
    assert_eq!((hall.meeting.status(), hall.meeting.seats().count()), (Status::Ended, 0));
    assert_eq!(hall.enter(visitor(CHAIR)), Err(Refusal::Ended));
    assert_eq!(hall.pass(100), []);
}

#[test]
fn a_meeting_is_live_while_somebody_is_in() {
    let mut hall = hall();
    hall.guest("An");
    assert_eq!((hall.meeting.status(), hall.meeting.live_since()), (Status::Scheduled, None));
    let seat = hall.person(DELEGATE);
    assert_eq!((hall.meeting.status(), hall.meeting.live_since()), (Status::Live, Some(hall.now)));
    hall.ask(seat, Command::Leave).unwrap();
    assert_eq!(hall.meeting.status(), Status::Scheduled);
}

#[test]
fn a_full_meeting_says_so() {
    let mut hall = Hall::new(Plan { admission: Admission::Directory, ..plan() });
    for person in 0..crate::MAX_SEATS {
        hall.person(1_000 + person as u128);
    }
    assert_eq!(hall.enter(visitor(STRANGER)), Err(Refusal::Full));
}

#[test]
fn the_table_of_permissions_is_as_announced() {
    use Role::{Chair, Delegate, Guest, Moderator, Observer, Operator, Secretary, Site};
    let everybody = [Chair, Moderator, Secretary, Delegate, Site, Guest, Observer, Operator];
    let who = |act| everybody.into_iter().filter(|role| role.may(act)).collect::<Vec<_>>();
    assert_eq!(who(Act::Mute), [Chair, Moderator, Operator]);
    assert_eq!(who(Act::Call), [Chair, Moderator]);
    assert_eq!(who(Act::Remove), [Chair, Moderator]);
    assert_eq!(who(Act::Lock), [Chair, Moderator]);
    assert_eq!(who(Act::Admit), [Chair, Moderator, Secretary, Operator]);
    assert_eq!(who(Act::End), [Chair]);
    assert_eq!(who(Act::TakePart).len(), 7);
    assert!(!Observer.may(Act::TakePart));
}

fn bearer(token: u128, role: Role) -> Visitor {
    Visitor::Bearer {
        token: base::id::TokenId::from_u128(token), name: "Điểm cầu Lệ Thủy".to_owned(), role
    }
}

#[test]
fn a_token_is_one_seat_with_its_role_and_lets_in_without_waiting() {
    let mut hall = hall();
    let seat = hall.enter(bearer(1, Role::Site)).unwrap();
    assert_eq!((hall.seat(seat).role, hall.seat(seat).waiting), (Role::Site, false));
    hall.enter(bearer(1, Role::Site)).unwrap();
    assert_eq!(
        hall.meeting.seats().filter(|seat| seat.token.is_some()).count(),
        1,
        "taken over, not doubled"
    );
    hall.enter(bearer(2, Role::Site)).unwrap();
    assert_eq!(hall.meeting.seats().filter(|seat| seat.token.is_some()).count(), 2);
}

#[test]
fn a_removed_token_opens_nothing_any_more() {
    let mut hall = hall();
    let chair = hall.person(CHAIR);
    let seat = hall.enter(bearer(1, Role::Site)).unwrap();
    hall.apply(Actor::Seat(chair), Command::Remove { seat }).unwrap();
    assert_eq!(hall.enter(bearer(1, Role::Site)), Err(Refusal::Forbidden));
}
