//! The meeting's state: the fold of its record.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use base::{
    Timestamp,
    id::{MeetingId, PersonId, SeatId, TokenId},
};

use crate::{
    ABSENCE, Act, Actor, Answer, CHAT_KEPT, Command, Event, Plan, PlanFault, Recorded, Refusal, Seat, Tracks,
    VisitKey, Visitor,
};

/// A meeting. Two meetings are equal when everything that can be asked of them is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    id: MeetingId,
    plan: Plan,
    announced: bool,
    sequence: u32,
    closed: Option<Status>,
    live_since: Option<Timestamp>,
    locked: bool,
    called: Option<SeatId>,
    called_at: Option<Timestamp>,
    seats: BTreeMap<SeatId, Seat>,
    /// Persons who were removed: they may come back, but through the waiting room.
    removed: BTreeSet<PersonId>,
    /// Tokens whose seats were removed: a program would come back at once, so they open nothing any more.
    removed_tokens: BTreeSet<TokenId>,
    chat: VecDeque<ChatLine>,
    number: u64,
}

/// Where a meeting stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Planned, and nobody is in.
    Scheduled,
    /// Somebody is in.
    Live,
    /// Ended for all.
    Ended,
    /// Called off.
    Cancelled,
}

/// A line of chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatLine {
    /// The number of its event.
    pub number: u64,
    /// Who wrote it.
    pub from: SeatId,
    /// The writer's name, kept when the seat is gone.
    pub name: String,
    /// Only for chair, moderator, secretary and the writer.
    pub to_chair: bool,
    /// The text.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// The list is not a meeting's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenRecord {
    /// The number at which it breaks.
    pub number: u64,
}

impl Meeting {
    /// A new meeting and its first event.
    ///
    /// # Errors
    /// When the plan cannot stand.
    pub fn create(
        id: MeetingId,
        now: Timestamp,
        mut plan: Plan,
        announced: bool,
    ) -> Result<(Self, Recorded), PlanFault> {
        plan.title = plan.title.trim().to_owned();
        plan.check()?;
        let meeting = Self::empty(id, plan.clone(), announced);
        Ok((meeting, Recorded { number: 1, at: now, event: Event::Created { plan, announced } }))
    }

    /// The meeting that a record describes.
    ///
    /// # Errors
    /// When the list does not start with `Created` or a number is missing.
    pub fn replay(id: MeetingId, record: impl IntoIterator<Item = Recorded>) -> Result<Self, BrokenRecord> {
        let mut record = record.into_iter();
        let mut meeting = match record.next() {
            Some(Recorded { number: 1, event: Event::Created { plan, announced }, .. }) => {
                Self::empty(id, plan, announced)
            }
            first => return Err(BrokenRecord { number: first.map_or(0, |r| r.number) }),
        };
        for next in record {
            if next.number != meeting.number + 1 {
                return Err(BrokenRecord { number: next.number });
            }
            meeting.fold(&next);
        }
        Ok(meeting)
    }

    /// Decides a command and, unless it is refused, records what happened.
    ///
    /// # Errors
    /// Why the command had no effect.
    pub fn apply(
        &mut self,
        now: Timestamp,
        actor: Actor,
        command: Command,
    ) -> Result<Vec<Recorded>, Refusal> {
        let events = self.decide(now, actor, command)?;
        let mut recorded = Vec::with_capacity(events.len());
        for event in events {
            let next = Recorded { number: self.number + 1, at: now, event };
            self.fold(&next);
            recorded.push(next);
        }
        Ok(recorded)
    }

    /// Which meeting.
    pub fn id(&self) -> MeetingId {
        self.id
    }

    /// The announced facts.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// iCalendar SEQUENCE of the plan.
    pub fn sequence(&self) -> u32 {
        self.sequence
    }

    /// Whether letters about it go out.
    pub fn is_announced(&self) -> bool {
        self.announced
    }

    /// The number of the last event.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Where it stands.
    pub fn status(&self) -> Status {
        match self.closed {
            Some(closed) => closed,
            None if self.seats.values().any(|seat| !seat.waiting) => Status::Live,
            None => Status::Scheduled,
        }
    }

    /// When somebody was in for the first time.
    pub fn live_since(&self) -> Option<Timestamp> {
        self.live_since
    }

    /// Nobody new may enter.
    pub fn is_locked(&self) -> bool {
        self.locked
    }

    /// The seat that was given the floor.
    pub fn called(&self) -> Option<SeatId> {
        self.called
    }

    /// Since when the called seat has the floor.
    pub fn called_at(&self) -> Option<Timestamp> {
        self.called.and(self.called_at)
    }

    /// All seats, by id.
    pub fn seats(&self) -> impl Iterator<Item = &Seat> {
        self.seats.values()
    }

    /// One seat.
    pub fn seat(&self, id: SeatId) -> Option<&Seat> {
        self.seats.get(&id)
    }

    /// The lines of chat a seat may read, oldest first.
    pub fn chat_for(&self, reader: &Seat) -> impl Iterator<Item = &ChatLine> {
        let all = reader.may(Act::ReadChairChat);
        let id = reader.id;
        self.chat.iter().filter(move |line| all || !line.to_chair || line.from == id)
    }

    /// A seat's place in the waiting room, from 1.
    pub fn waiting_position(&self, id: SeatId) -> Option<u32> {
        let number = self.seat(id).filter(|seat| seat.waiting)?.joined_number;
        let before = self.seats.values().filter(|s| s.waiting && s.joined_number <= number).count();
        u32::try_from(before).ok()
    }

    /// The next moment at which [`Command::Tick`] will do something.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.seats.values().filter_map(|seat| seat.absent_since).min().map(|since| since.plus(ABSENCE))
    }

    pub(crate) fn was_removed(&self, person: PersonId) -> bool {
        self.removed.contains(&person)
    }

    pub(crate) fn refuses_token(&self, token: TokenId) -> bool {
        self.removed_tokens.contains(&token)
    }

    fn empty(id: MeetingId, plan: Plan, announced: bool) -> Self {
        Self {
            id,
            plan,
            announced,
            sequence: 0,
            closed: None,
            live_since: None,
            locked: false,
            called: None,
            called_at: None,
            seats: BTreeMap::new(),
            removed: BTreeSet::new(),
            removed_tokens: BTreeSet::new(),
            chat: VecDeque::new(),
            number: 1,
        }
    }

    /// The only place where state changes. Events about unknown seats change nothing but the number.
    fn fold(&mut self, recorded: &Recorded) {
        self.number = recorded.number;
        let at = recorded.at;
        match &recorded.event {
            Event::Created { .. } => {}
            Event::Changed { plan, sequence, .. } => {
                self.plan = plan.clone();
                self.sequence = *sequence;
            }
            Event::Answered { address, reply } => {
                self.plan.take_answer(address, Answer { reply: reply.clone(), at });
            }
            Event::Cancelled { sequence, .. } => {
                self.sequence = *sequence;
                self.close(Status::Cancelled);
            }
            Event::Ended { .. } => self.close(Status::Ended),
            Event::Entered { .. } => self.fold_entered(recorded),
            Event::Admitted { seat, .. } => {
                self.change(*seat, |seat| seat.waiting = false);
                self.live_since.get_or_insert(at);
            }
            Event::Left { seat, reason, .. } => {
                if let Some(gone) = self.seats.remove(seat)
                    && *reason == crate::LeaveReason::Removed
                {
                    self.removed.extend(gone.person);
                    self.removed_tokens.extend(gone.token);
                }
                self.called = self.called.filter(|called| called != seat);
            }
            Event::Locked { locked, .. } => self.locked = *locked,
            Event::Called { seat, .. } => {
                self.called = *seat;
                self.called_at = Some(at);
                if let Some(seat) = *seat {
                    self.change(seat, |seat| {
                        seat.muted_by = None;
                        seat.hand_raised_at = None;
                    });
                }
            }
            Event::Said { seat, to_chair, text } => self.fold_said(recorded, *seat, *to_chair, text),
            Event::Returned { .. }
            | Event::Absent { .. }
            | Event::Wished { .. }
            | Event::Muted { .. }
            | Event::Hand { .. }
            | Event::Track { .. } => self.fold_seat(at, &recorded.event),
        }
    }

    /// Events that change one seat and nothing else.
    fn fold_seat(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::Returned { seat, key, wish } => self.change(*seat, |seat| {
                seat.absent_since = None;
                seat.wish = *wish;
                if let Some(key) = key {
                    seat.key = key.clone();
                }
            }),
            Event::Absent { seat } => self.change(*seat, |seat| seat.absent_since = Some(at)),
            Event::Wished { seat, wish } => self.change(*seat, |seat| {
                seat.muted_by = seat.muted_by.filter(|_| !wish.microphone);
                seat.wish = *wish;
            }),
            Event::Muted { seat, by } => self.change(*seat, |seat| {
                seat.muted_by = Some(*by);
                seat.wish.microphone = false;
            }),
            Event::Hand { seat, raised } => {
                self.change(*seat, |seat| seat.hand_raised_at = raised.then_some(at));
            }
            Event::Track { seat, kind, state } => self.change(*seat, |seat| {
                if let Some(track) = seat.tracks.slot(*kind) {
                    *track = *state;
                }
            }),
            _ => {}
        }
    }

    fn close(&mut self, status: Status) {
        self.closed = Some(status);
        self.seats.clear();
        self.called = None;
    }

    fn change(&mut self, seat: SeatId, how: impl FnOnce(&mut Seat)) {
        if let Some(seat) = self.seats.get_mut(&seat) {
            how(seat);
        }
    }

    fn fold_entered(&mut self, recorded: &Recorded) {
        let Event::Entered {
            seat: id,
            person,
            token,
            name,
            unit,
            position,
            order,
            role,
            organiser,
            waiting,
            key,
            wish,
        } = &recorded.event
        else {
            return;
        };
        let seat = Seat {
            id: *id,
            person: *person,
            token: *token,
            name: name.clone(),
            unit: unit.clone(),
            position: position.clone(),
            role: *role,
            organiser: *organiser,
            order: *order,
            key: key.clone(),
            absent_since: None,
            waiting: *waiting,
            hand_raised_at: None,
            wish: *wish,
            muted_by: None,
            tracks: Tracks::default(),
            joined_at: recorded.at,
            joined_number: recorded.number,
        };
        if !waiting {
            self.live_since.get_or_insert(recorded.at);
        }
        self.seats.insert(*id, seat);
    }

    fn fold_said(&mut self, recorded: &Recorded, from: SeatId, to_chair: bool, text: &str) {
        let name = self.seat(from).map(|seat| seat.name.clone()).unwrap_or_default();
        if self.chat.len() >= CHAT_KEPT {
            self.chat.pop_front();
        }
        self.chat.push_back(ChatLine {
            number: recorded.number,
            from,
            name,
            to_chair,
            text: text.to_owned(),
            at: recorded.at,
        });
    }

    /// The seat a visit's secret belongs to.
    pub(crate) fn seat_of_key(&self, key: &VisitKey) -> Option<&Seat> {
        self.seats.values().find(|seat| seat.key == *key)
    }

    /// The seat a person has.
    pub(crate) fn seat_of_person(&self, person: PersonId) -> Option<&Seat> {
        self.seats.values().find(|seat| seat.person == Some(person))
    }

    /// The seat a token opened.
    pub fn seat_of_token(&self, token: TokenId) -> Option<&Seat> {
        self.seats.values().find(|seat| seat.token == Some(token))
    }

    /// The seat this visitor has already; guests have no identity to find one by.
    pub(crate) fn seat_of(&self, visitor: &Visitor) -> Option<&Seat> {
        match visitor {
            Visitor::Person { person, .. } => self.seat_of_person(*person),
            Visitor::Bearer { token, .. } => self.seat_of_token(*token),
            Visitor::Guest { .. } => None,
        }
    }
}
