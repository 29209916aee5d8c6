//! Meetings in virtual time.

mod calendar;
mod people;
mod record;
mod room;

use std::time::Duration;

use base::{
    Timestamp,
    id::{MeetingId, PersonId, SeatId, UnitId},
};

use crate::{
    Actor, Admission, Command, Event, Invitee, MediaWish, Meeting, Plan, Recorded, Refusal, Role, VisitKey,
    Visitor,
};

const CHAIR: u128 = 1;
const SECRETARY: u128 = 2;
const DELEGATE: u128 = 3;
const OTHER: u128 = 4;
const STRANGER: u128 = 9;

const ALL_ON: MediaWish = MediaWish { microphone: true, camera: true, screen: false };

/// A meeting, its whole record, and a clock that moves when told.
struct Hall {
    meeting: Meeting,
    record: Vec<Recorded>,
    now: Timestamp,
    next_seat: u128,
}

impl Hall {
    fn new(plan: Plan) -> Self {
        let now = Timestamp::from_seconds(1_000);
        let (meeting, first) = Meeting::create(MeetingId::from_u128(7), now, plan, true).unwrap();
        Self { meeting, record: vec![first], now, next_seat: 100 }
    }

    fn apply(&mut self, actor: Actor, command: Command) -> Result<Vec<Event>, Refusal> {
        let recorded = self.meeting.apply(self.now, actor, command)?;
        self.record.extend(recorded.iter().cloned());
        Ok(recorded.into_iter().map(|recorded| recorded.event).collect())
    }

    fn ask(&mut self, seat: SeatId, command: Command) -> Result<Vec<Event>, Refusal> {
        self.apply(Actor::Seat(seat), command)
    }

    fn enter(&mut self, visitor: Visitor) -> Result<SeatId, Refusal> {
        self.next_seat += 1;
        let key = VisitKey(format!("key {}", self.next_seat));
        let seat = SeatId::from_u128(self.next_seat);
        let person = visitor.person();
        self.apply(Actor::Hub, Command::Enter { seat, visitor, key, wish: ALL_ON })?;
        let mine = person.and_then(|person| self.meeting.seat_of_person(person)).map(|seat| seat.id);
        Ok(mine.unwrap_or(seat))
    }

    fn person(&mut self, person: u128) -> SeatId {
        self.enter(visitor(person)).unwrap()
    }

    fn guest(&mut self, name: &str) -> SeatId {
        self.enter(Visitor::Guest { name: name.to_owned() }).unwrap()
    }

    fn comes_back(&mut self, seat: SeatId) -> Result<Vec<Event>, Refusal> {
        let (key, person) = self
            .meeting
            .seat(seat)
            .map(|seat| (seat.key.clone(), seat.person))
            .ok_or(Refusal::UnknownSeat)?;
        self.apply(Actor::Hub, Command::Return { key, person, wish: ALL_ON })
    }

    fn absent(&mut self, seat: SeatId) {
        self.apply(Actor::Hub, Command::Absent { seat }).unwrap();
    }

    fn pass(&mut self, seconds: u64) -> Vec<Event> {
        self.now = self.now.plus(Duration::from_secs(seconds));
        self.apply(Actor::Hub, Command::Tick).unwrap()
    }

    fn seat(&self, seat: SeatId) -> &crate::Seat {
        self.meeting.seat(seat).unwrap()
    }
}

fn visitor(person: u128) -> Visitor {
    Visitor::Person {
        person: PersonId::from_u128(person),
        unit: UnitId::from_u128(50),
        name: format!("Người {person}"),
        unit_name: "Sở Tài chính".to_owned(),
        position: "Chuyên viên".to_owned(),
        order: 90,
    }
}

fn invitee(person: u128, role: Role) -> Invitee {
    Invitee {
        person: Some(PersonId::from_u128(person)),
        name: format!("Người {person}"),
        address: format!("p{person}@quangbinh.example"),
        unit_name: "Sở Tài chính".to_owned(),
        position: "Chuyên viên".to_owned(),
        order: 90,
        role,
        answer: None,
    }
}

fn plan() -> Plan {
    Plan {
        title: "Giao ban".to_owned(),
        starts_at: Timestamp::from_seconds(2_000),
        ends_at: Timestamp::from_seconds(9_000),
        room: None,
        called_floor: false,
        organiser: Some(invitee(CHAIR, Role::Chair)),
        invitees: vec![
            invitee(SECRETARY, Role::Secretary),
            invitee(DELEGATE, Role::Delegate),
            invitee(OTHER, Role::Delegate),
        ],
        units: Vec::new(),
        admission: Admission::Invited,
    }
}

fn hall() -> Hall {
    Hall::new(plan())
}
