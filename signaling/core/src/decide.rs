//! Decisions: which events a command leads to, or why it is refused. Nothing changes here.

use base::{
    Timestamp,
    id::{PersonId, SeatId},
};

use crate::{
    ABSENCE, Act, Actor, Admission, Change, Command, Event, Invitee, LeaveReason, MAX_CHAT, MAX_NAME,
    MAX_SEATS, MediaKind, MediaWish, Meeting, Plan, Refusal, Role, Seat, Status, TrackState, VisitKey,
    Visitor,
};

type Decision = Result<Vec<Event>, Refusal>;

impl Meeting {
    pub(crate) fn decide(&self, now: Timestamp, actor: Actor, command: Command) -> Decision {
        if matches!(self.status(), Status::Ended | Status::Cancelled) {
            return match command {
                Command::Tick | Command::Restarted | Command::Absent { .. } | Command::Track { .. } => {
                    Ok(Vec::new())
                }
                _ => Err(Refusal::Ended),
            };
        }
        match actor {
            Actor::Hub => self.decide_for_hub(now, command),
            Actor::Desk { person, is_admin } => {
                if !self.plan().desk_may(person, is_admin, Act::Edit) {
                    return Err(Refusal::Forbidden);
                }
                self.decide_for_desk(person, command)
            }
            Actor::Seat(seat) => self.decide_for_seat(self.seat(seat).ok_or(Refusal::UnknownSeat)?, command),
        }
    }

    fn decide_for_hub(&self, now: Timestamp, command: Command) -> Decision {
        match command {
            Command::Enter { seat, visitor, key, wish } => self.enter(seat, visitor, key, wish),
            Command::Return { key, person, wish } => {
                // A stolen secret alone does not open a person's seat.
                let seat = self.seat_of_key(&key).filter(|seat| seat.person == person);
                let seat = seat.ok_or(Refusal::UnknownSeat)?;
                Ok(vec![returned(seat, None, wish)])
            }
            Command::Remind { seat } => {
                let muted = self.seat(seat).and_then(|seat| seat.muted_by);
                Ok(muted.map(|by| Event::Muted { seat, by }).into_iter().collect())
            }
            Command::Absent { seat } => Ok(self.absent(seat)),
            Command::Answer { address, reply, substitute } => {
                self.answer(now, &address, reply, substitute.map(|who| *who))
            }
            Command::Restarted => {
                let gone: Vec<_> = self.seats().filter(|s| s.is_connected()).map(|s| s.id).collect();
                Ok(gone.into_iter().flat_map(|seat| self.absent_and_silent(seat)).collect())
            }
            Command::Tick => Ok(self
                .seats()
                .filter(|seat| seat.absent_since.is_some_and(|since| now.since(since) >= ABSENCE))
                .map(|seat| left(seat, LeaveReason::Lost, None))
                .collect()),
            Command::Track { seat, kind, state } => Ok(self.track(seat, kind, state)),
            _ => Err(Refusal::Forbidden),
        }
    }

    fn decide_for_desk(&self, person: PersonId, command: Command) -> Decision {
        match command {
            Command::Change(change) => self.replan(person, change),
            Command::Cancel => Ok(vec![Event::Cancelled { sequence: self.sequence() + 1, by: Some(person) }]),
            _ => Err(Refusal::Forbidden),
        }
    }

    fn decide_for_seat(&self, me: &Seat, command: Command) -> Decision {
        if let Command::Leave = command {
            return Ok(vec![left(me, LeaveReason::Left, None)]);
        }
        if let (Command::Media(wish), true) = (&command, me.waiting) {
            // Switches may be set while waiting; the gates stay shut until somebody is let in.
            let wish = MediaWish { screen: false, ..*wish };
            return Ok(vec![Event::Wished { seat: me.id, wish }]);
        }
        let act = required(&command).ok_or(Refusal::Forbidden)?;
        if !me.may(act) {
            return Err(Refusal::Forbidden);
        }
        match command {
            Command::Media(wish) => self.wished(me, wish),
            Command::Chat { to_chair, text } => said(me, to_chair, &text),
            Command::Hand { raised } if raised == me.hand_raised_at.is_some() => Ok(Vec::new()),
            Command::Hand { raised } => Ok(vec![Event::Hand { seat: me.id, raised }]),
            Command::Mute { seat } => {
                let seat = self.inside(seat)?;
                Ok(if seat.muted_by.is_some() {
                    Vec::new()
                } else {
                    vec![Event::Muted { seat: seat.id, by: me.id }]
                })
            }
            Command::MuteAll => Ok(self
                .seats()
                .filter(|seat| !seat.waiting && seat.role != Role::Chair && seat.muted_by.is_none())
                .map(|seat| Event::Muted { seat: seat.id, by: me.id })
                .collect()),
            Command::Admit { seat } => {
                Ok(vec![Event::Admitted { seat: self.at_the_door(seat)?.id, by: me.id }])
            }
            Command::Deny { seat } => {
                Ok(vec![left(self.at_the_door(seat)?, LeaveReason::Denied, Some(me.id))])
            }
            Command::Remove { seat } => self.remove(me, seat),
            Command::Lock { locked } if locked == self.is_locked() => Ok(Vec::new()),
            Command::Lock { locked } => Ok(vec![Event::Locked { locked, by: me.id }]),
            Command::Call { seat } => self.call(me, seat),
            Command::End => Ok(vec![Event::Ended { by: me.id, name: me.name.clone() }]),
            _ => Err(Refusal::Forbidden),
        }
    }

    fn enter(&self, seat: SeatId, visitor: Visitor, key: VisitKey, wish: MediaWish) -> Decision {
        if let Visitor::Bearer { token, .. } = visitor
            && self.refuses_token(token)
        {
            return Err(Refusal::Forbidden);
        }
        if let Some(mine) = self.seat_of(&visitor) {
            return Ok(vec![returned(mine, Some(key), wish)]);
        }
        let role = self.role_of(&visitor);
        let organiser = visitor.person().is_some_and(|person| self.plan().is_organiser(person));
        let opens_doors = role.may(Act::Admit) || (organiser && Role::organiser_may(Act::Admit));
        // A chair who was away longer than a minute must get back into the meeting he locked.
        if self.is_locked() && !opens_doors {
            return Err(Refusal::Locked);
        }
        if self.seats().count() >= MAX_SEATS {
            return Err(Refusal::Full);
        }
        let removed = visitor.person().is_some_and(|person| self.was_removed(person));
        let waiting = removed || !(opens_doors || self.enters_freely(&visitor));
        // Taking the screen needs a free screen; entering must not fail because of it.
        let screen = wish.screen && self.presenter().is_none() && !waiting;
        let token = match &visitor {
            Visitor::Bearer { token, .. } => Some(*token),
            Visitor::Person { .. } | Visitor::Guest { .. } => None,
        };
        let (person, name, unit, position, order) = match visitor {
            Visitor::Person { person, name, unit_name, position, order, .. } => {
                (Some(person), name, unit_name, position, order)
            }
            Visitor::Guest { name } | Visitor::Bearer { name, .. } => {
                (None, guest_name(&name)?, String::new(), String::new(), u32::MAX)
            }
        };
        Ok(vec![Event::Entered {
            seat,
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
            wish: MediaWish { screen, ..wish },
        }])
    }

    fn role_of(&self, visitor: &Visitor) -> Role {
        let person = match visitor {
            Visitor::Person { person, .. } => person,
            Visitor::Guest { .. } => return Role::Guest,
            Visitor::Bearer { role, .. } => return *role,
        };
        if let Some(invitee) = self.plan().invitation(*person) {
            return invitee.role;
        }
        if let Some(organiser) = self.plan().organiser.as_ref().filter(|o| o.person == Some(*person)) {
            return organiser.role;
        }
        // A meeting made on the command line names no chair: the first to come presides.
        let headless = !self.plan().names_chair() && !self.seats().any(|seat| seat.role == Role::Chair);
        if headless && self.plan().admission == Admission::Directory { Role::Chair } else { Role::Delegate }
    }

    fn enters_freely(&self, visitor: &Visitor) -> bool {
        let (person, unit) = match visitor {
            Visitor::Person { person, unit, .. } => (person, unit),
            Visitor::Guest { .. } => return false,
            // Whoever issued the token has let its bearer in already.
            Visitor::Bearer { .. } => return true,
        };
        let plan = self.plan();
        plan.admission == Admission::Directory
            || plan.is_organiser(*person)
            || plan.invitation(*person).is_some()
            || plan.units.contains(unit)
    }

    /// A guest in the waiting room has nothing to lose but his place; his ghost must not stand there.
    fn absent(&self, seat: SeatId) -> Vec<Event> {
        match self.seat(seat) {
            Some(seat) if seat.waiting && seat.person.is_none() => {
                vec![left(seat, LeaveReason::Lost, None)]
            }
            Some(seat) if seat.is_connected() => vec![Event::Absent { seat: seat.id }],
            _ => Vec::new(),
        }
    }

    /// After a restart of the hub the media plane has forgotten every track.
    fn absent_and_silent(&self, seat: SeatId) -> Vec<Event> {
        let mut events = self.absent(seat);
        for kind in [MediaKind::Microphone, MediaKind::Camera, MediaKind::Screen] {
            events.extend(self.track(seat, kind, TrackState::Off));
        }
        events
    }

    fn track(&self, seat: SeatId, kind: MediaKind, state: TrackState) -> Vec<Event> {
        let changed = self.seat(seat).is_some_and(|seat| {
            let mut tracks = seat.tracks;
            tracks.slot(kind).is_some_and(|now| *now != state)
        });
        if changed { vec![Event::Track { seat, kind, state }] } else { Vec::new() }
    }

    fn wished(&self, me: &Seat, wish: MediaWish) -> Decision {
        let mut events = Vec::new();
        if wish.screen
            && let Some(presenter) = self.presenter().filter(|id| *id != me.id).and_then(|id| self.seat(id))
        {
            if presenter.is_connected() {
                return Err(Refusal::AlreadyPresenting);
            }
            // Nobody waits a minute for a presenter whose line is gone.
            let wish = MediaWish { screen: false, ..presenter.wish };
            events.push(Event::Wished { seat: presenter.id, wish });
        }
        if wish != me.wish {
            events.push(Event::Wished { seat: me.id, wish });
        }
        Ok(events)
    }

    /// Gives the floor or takes it back. On a called floor the microphone of whoever spoke is switched
    /// off at his own screen too: a gate alone would leave him talking to nobody.
    fn call(&self, me: &Seat, seat: Option<SeatId>) -> Decision {
        let called = seat.map(|seat| self.inside(seat)).transpose()?;
        if seat == self.called() {
            return Ok(Vec::new());
        }
        let silenced = self
            .called()
            .and_then(|id| self.seat(id))
            .filter(|spoke| self.plan().called_floor && !spoke.role.may(Act::Call) && spoke.wish.microphone);
        let mut events: Vec<_> =
            silenced.map(|spoke| Event::Muted { seat: spoke.id, by: me.id }).into_iter().collect();
        events.push(Event::Called { seat, by: me.id });
        // Who has the floor no longer asks for it.
        events.extend(
            called
                .filter(|seat| seat.hand_raised_at.is_some())
                .map(|seat| Event::Hand { seat: seat.id, raised: false }),
        );
        Ok(events)
    }

    fn remove(&self, me: &Seat, seat: SeatId) -> Decision {
        let seat = self.inside(seat)?;
        if seat.role == Role::Chair || seat.id == me.id {
            return Err(Refusal::Forbidden);
        }
        Ok(vec![left(seat, LeaveReason::Removed, Some(me.id))])
    }

    fn replan(&self, person: PersonId, change: Change) -> Decision {
        let before = self.plan();
        let plan = before.changed(change);
        plan.check().map_err(Refusal::Plan)?;
        if plan == *before {
            return Ok(Vec::new());
        }
        let facts = plan.title != before.title
            || (plan.starts_at, plan.ends_at) != (before.starts_at, before.ends_at)
            || plan.room != before.room
            || plan.chair() != before.chair();
        let letters = self.is_announced() && (facts || addresses(&plan) != addresses(before));
        let known = |list: &[Invitee], who: &Invitee| list.iter().any(|i| i.address == who.address);
        let added = plan.invitees.iter().filter(|who| !known(&before.invitees, who));
        let dropped = before.invitees.iter().filter(|who| !known(&plan.invitees, who));
        Ok(vec![Event::Changed {
            added: added.map(|who| who.address.clone()).collect(),
            dropped: dropped.cloned().collect(),
            // RFC 5546 §2.1.4: a revision of the announced facts raises SEQUENCE.
            sequence: self.sequence() + u32::from(letters),
            letters,
            facts,
            plan,
            by: Some(person),
        }])
    }

    /// A seat that has been let in.
    fn inside(&self, seat: SeatId) -> Result<&Seat, Refusal> {
        self.seat(seat).filter(|seat| !seat.waiting).ok_or(Refusal::UnknownSeat)
    }

    /// A seat in the waiting room.
    fn at_the_door(&self, seat: SeatId) -> Result<&Seat, Refusal> {
        self.seat(seat).filter(|seat| seat.waiting).ok_or(Refusal::UnknownSeat)
    }
}

/// Who is written to; a change of roles alone is no news to them.
fn addresses(plan: &Plan) -> Vec<&str> {
    plan.invitees.iter().map(|who| who.address.as_str()).collect()
}

/// What a participant needs for a command; `None`: no participant may give it.
fn required(command: &Command) -> Option<Act> {
    Some(match command {
        Command::Media(_) | Command::Chat { .. } | Command::Hand { .. } => Act::TakePart,
        Command::Mute { .. } | Command::MuteAll => Act::Mute,
        Command::Admit { .. } | Command::Deny { .. } => Act::Admit,
        Command::Remove { .. } => Act::Remove,
        Command::Lock { .. } => Act::Lock,
        Command::Call { .. } => Act::Call,
        Command::End => Act::End,
        _ => return None,
    })
}

/// A return keeps a mute: reloading the page must not switch a microphone on that the chair switched off.
fn returned(seat: &Seat, key: Option<VisitKey>, wish: MediaWish) -> Event {
    let wish = MediaWish {
        microphone: wish.microphone && seat.muted_by.is_none(),
        screen: wish.screen && seat.wish.screen,
        ..wish
    };
    Event::Returned { seat: seat.id, key, wish }
}

fn left(seat: &Seat, reason: LeaveReason, by: Option<SeatId>) -> Event {
    Event::Left { seat: seat.id, reason, waiting: seat.waiting, by }
}

fn said(me: &Seat, to_chair: bool, text: &str) -> Decision {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_CHAT {
        return Err(Refusal::BadText);
    }
    Ok(vec![Event::Said { seat: me.id, to_chair, text: text.to_owned() }])
}

/// A guest's name: 1–80 characters, on one line.
fn guest_name(typed: &str) -> Result<String, Refusal> {
    let name = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(Refusal::NameNeeded);
    }
    Ok(name)
}
