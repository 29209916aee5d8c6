//! The plan and the letters about it.

use super::*;
use crate::{Attendance, Change, Effect, Letter, PlanFault, Reply, Status, Substitute};

fn desk(person: u128) -> Actor {
    Actor::Desk { person: PersonId::from_u128(person), is_admin: false }
}

fn letters(hall: &Hall, event: &Event) -> Vec<(Letter, Vec<String>)> {
    let letter = |effect| match effect {
        crate::Effect::Invite { letter, recipients } => {
            Some((letter, recipients.into_iter().map(|r| r.address).collect()))
        }
        _ => None,
    };
    hall.meeting.effects(event).into_iter().filter_map(letter).collect()
}

fn says(attendance: Attendance, comment: &str) -> Reply {
    Reply { attendance, comment: comment.to_owned(), substitute: None }
}

#[test]
fn an_answer_is_kept_told_to_the_organiser_and_asked_anew_when_the_time_changes() {
    let mut hall = hall();
    let answer =
        |address: &str, reply| Command::Answer { address: address.to_owned(), reply, substitute: None };
    let declined = says(Attendance::Declined, "Bận công tác");
    // Letter case does not tell addresses apart.
    let address = "P3@quangbinh.example";
    let events = hall.apply(Actor::Hub, answer(address, declined.clone())).unwrap();
    let effects = hall.meeting.effects(&events[0]);
    assert!(
        matches!(&effects[..], [Effect::Reply { attendee, .. }] if attendee.name == "Người 3"),
        "{effects:?}"
    );
    let given = |hall: &Hall| hall.meeting.plan().invited_at(address).and_then(|who| who.answer.clone());
    assert_eq!(given(&hall).map(|answer| answer.reply), Some(declined.clone()));
    assert_eq!(hall.apply(Actor::Hub, answer(address, declined)), Ok(vec![]), "said twice, told once");
    assert_eq!(
        hall.apply(Actor::Hub, answer("ai@quangbinh.example", says(Attendance::Accepted, ""))),
        Err(Refusal::NotInvited)
    );
    let long = says(Attendance::Declined, &"ạ".repeat(crate::MAX_COMMENT + 1));
    assert_eq!(hall.apply(Actor::Hub, answer(address, long)), Err(Refusal::BadText));
    let title = Change { title: Some("Giao ban tuần".to_owned()), ..Change::default() };
    hall.apply(desk(CHAIR), Command::Change(title)).unwrap();
    assert!(given(&hall).is_some());
    let later = Change { ends_at: Some(Timestamp::from_seconds(9_900)), ..Change::default() };
    hall.apply(desk(CHAIR), Command::Change(later)).unwrap();
    assert_eq!(given(&hall), None);
}

#[test]
fn a_substitute_is_invited_in_the_same_role_and_nobody_else_is_written_to() {
    let mut hall = hall();
    let reply = Reply {
        substitute: Some(Substitute {
            name: "Người 5".to_owned(),
            address: "p5@quangbinh.example".to_owned(),
        }),
        ..says(Attendance::Delegated, "")
    };
    let substitute = Some(Box::new(invitee(5, Role::Delegate)));
    let command = Command::Answer { address: "p2@quangbinh.example".to_owned(), reply, substitute };
    let events = hall.apply(Actor::Hub, command).unwrap();
    let letters: Vec<_> = events
        .iter()
        .flat_map(|event| hall.meeting.effects(event))
        .filter_map(|effect| match effect {
            Effect::Invite { letter, recipients } => {
                Some((letter, recipients[0].address.clone(), recipients.len()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(letters, [(Letter::Request, "p5@quangbinh.example".to_owned(), 1)]);
    let seat = hall.person(5);
    assert_eq!((hall.seat(seat).role, hall.seat(seat).waiting), (Role::Secretary, false));
    assert_eq!(hall.meeting.sequence(), 0);
}

#[test]
fn a_new_meeting_invites_everybody_once() {
    let hall = hall();
    let sent = letters(&hall, &hall.record[0].event);
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].0, sent[0].1.len()), (Letter::Request, 3));
}

#[test]
fn a_change_raises_the_sequence_and_tells_each_what_concerns_him() {
    let mut hall = hall();
    let people = vec![invitee(SECRETARY, Role::Secretary), invitee(STRANGER, Role::Delegate)];
    let title = Some("Giao ban mở rộng".to_owned());
    let change = Change { title, invitees: Some((people, Vec::new())), ..Change::default() };
    let events = hall.apply(desk(CHAIR), Command::Change(change.clone())).unwrap();
    let address = |person| vec![format!("p{person}@quangbinh.example")];
    let expected = [
        (Letter::Update, address(SECRETARY)),
        (Letter::Request, address(STRANGER)),
        (Letter::Cancel, [address(DELEGATE), address(OTHER)].concat()),
    ];
    assert_eq!(letters(&hall, &events[0]), expected);
    assert_eq!(hall.meeting.sequence(), 1);
    assert_eq!(hall.apply(desk(CHAIR), Command::Change(change)), Ok(vec![]), "nothing changed");
    let people = vec![invitee(SECRETARY, Role::Secretary), invitee(OTHER, Role::Delegate)];
    let change = Change { invitees: Some((people, Vec::new())), ..Change::default() };
    let events = hall.apply(desk(CHAIR), Command::Change(change)).unwrap();
    let expected = [(Letter::Request, address(OTHER)), (Letter::Cancel, address(STRANGER))];
    assert_eq!(letters(&hall, &events[0]), expected, "who stays and reads nothing new gets no letter");
}

#[test]
fn a_change_of_the_floor_alone_sends_no_letter() {
    let mut hall = hall();
    let change = Change { called_floor: Some(true), ..Change::default() };
    let events = hall.apply(desk(SECRETARY), Command::Change(change)).unwrap();
    assert_eq!((letters(&hall, &events[0]), hall.meeting.sequence()), (vec![], 0));
}

#[test]
fn only_those_in_charge_change_or_cancel() {
    let mut hall = hall();
    assert_eq!(hall.apply(desk(DELEGATE), Command::Cancel), Err(Refusal::Forbidden));
    let admin = Actor::Desk { person: PersonId::from_u128(STRANGER), is_admin: true };
    let events = hall.apply(admin, Command::Cancel).unwrap();
    let sent = letters(&hall, &events[0]);
    assert_eq!((sent[0].0, sent[0].1.len(), hall.meeting.sequence()), (Letter::Cancel, 3, 1));
    assert_eq!(hall.meeting.status(), Status::Cancelled);
    assert_eq!(hall.enter(visitor(CHAIR)), Err(Refusal::Ended));
    assert_eq!(hall.apply(admin, Command::Cancel), Err(Refusal::Ended));
}

#[test]
fn a_plan_that_cannot_stand_is_refused_by_its_fault() {
    let start = Timestamp::from_seconds(2_000);
    let cases = [
        (Plan { title: "  ".to_owned(), ..plan() }, PlanFault::TitleMissing),
        (Plan { title: "x".repeat(301), ..plan() }, PlanFault::TitleTooLong),
        (Plan { ends_at: start, ..plan() }, PlanFault::EndsBeforeStart),
        (Plan { ends_at: start.plus(Duration::from_secs(8 * 24 * 3600)), ..plan() }, PlanFault::TooLong),
    ];
    for (plan, fault) in cases {
        let made = Meeting::create(MeetingId::from_u128(7), start, plan, false);
        assert_eq!(made.unwrap_err(), fault);
    }
    let mut hall = hall();
    let change = Change { ends_at: Some(start), ..Change::default() };
    let refused = hall.apply(desk(CHAIR), Command::Change(change));
    assert_eq!(refused, Err(Refusal::Plan(PlanFault::EndsBeforeStart)));
}
