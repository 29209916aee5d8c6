//! Sockets come and go: entering, returning, taking over, falling silent.

use std::sync::Arc;

use base::{
    Timestamp,
    id::{AccountId, SeatId, SessionId, TokenId},
    random,
};
use signaling_core::{Actor, Command, LeaveReason, MediaWish, VisitKey, Visitor};
use signaling_protocol::{RefusalCode, ServerMessage, Snapshot};

use super::{Live, VisitId, deliver, visit::Visit};
use crate::{
    outgoing::{CLOSE_NORMAL, CLOSE_REVOKED, Kind, Outgoing},
    secret, translate,
};

/// A socket that wants a seat.
pub(crate) struct Attach {
    pub(crate) visit: VisitId,
    pub(crate) outgoing: Arc<Outgoing>,
    pub(crate) visitor: Visitor,
    pub(crate) account: Option<AccountId>,
    pub(crate) session: Option<SessionId>,
    /// Number of the `Enter` frame.
    pub(crate) frame: u32,
    /// The secret of an earlier visit and the last event it saw.
    pub(crate) resume: Option<(String, u64)>,
    pub(crate) wish: MediaWish,
}

impl Live {
    pub(super) fn attach(&mut self, attach: Attach) {
        if self.visits.get(attach.visit).is_some() {
            let code = RefusalCode::OutOfOrder;
            return self.refuse(&attach.outgoing, attach.frame, code, "this socket has entered already");
        }
        let last_event = attach.resume.as_ref().map(|(_, last_event)| *last_event);
        if let Some((token, _)) = &attach.resume
            && let Some(seat) = self.returns(&attach, token)
        {
            let token = token.clone();
            return self.seated(attach, seat, token, last_event);
        }
        // No seat waits for that secret (any more): enter like anybody else.
        let token = secret::fresh(&mut random::System);
        let key = VisitKey(secret::hash(&token));
        let fresh = SeatId::new(Timestamp::now(), &mut random::System);
        let enter = Command::Enter {
            seat: fresh,
            visitor: attach.visitor.clone(),
            key: key.clone(),
            wish: attach.wish,
        };
        match self.apply(Actor::Hub, enter) {
            Ok(()) => {
                let seat = self.meeting.seats().find(|seat| seat.key == key).map(|seat| seat.id);
                self.seated(attach, seat.unwrap_or(fresh), token, None);
            }
            Err(refusal) => {
                let (code, detail) = translate::refusal(refusal);
                self.refuse(&attach.outgoing, attach.frame, code, detail);
            }
        }
    }

    /// Returns to the seat of an earlier visit, if it is still there and the same person asks.
    fn returns(&mut self, attach: &Attach, token: &str) -> Option<SeatId> {
        let key = VisitKey(secret::hash(token));
        let person = match &attach.visitor {
            Visitor::Person { person, .. } => Some(*person),
            Visitor::Guest { .. } | Visitor::Bearer { .. } => None,
        };
        let command = Command::Return { key: key.clone(), person, wish: attach.wish };
        self.apply(Actor::Hub, command).ok()?;
        self.meeting.seats().find(|seat| seat.key == key).map(|seat| seat.id)
    }

    /// The socket has its seat: says goodbye to the socket that had it, and welcomes the new one.
    fn seated(&mut self, attach: Attach, seat: SeatId, token: String, last_event: Option<u64>) {
        if let Some(old) = self.visits.remove_seat(seat) {
            self.answer(&old.outgoing, &ServerMessage::Goodbye { reason: None });
            self.close(old.outgoing, CLOSE_NORMAL);
        }
        // A browser that takes the seat of a token sends in the encoder's place.
        self.doors.forget_publisher(seat);
        let Attach { visit, outgoing, account, session, frame, .. } = attach;
        self.shared.seat_taken(seat, self.meeting.id());
        let new = Visit {
            seat,
            outgoing: Arc::clone(&outgoing),
            account,
            session,
            token,
            welcomed: false,
            offering: false,
            slots: Default::default(),
            demand: None,
        };
        self.visits.insert(visit, new);
        self.answer(&outgoing, &ServerMessage::Done { id: frame });
        let waiting = self.meeting.seat(seat).is_some_and(|seat| seat.waiting);
        if waiting {
            self.tell_waiting();
        } else {
            self.welcome(seat, last_event);
            let _ = self.apply(Actor::Hub, Command::Remind { seat });
        }
    }

    /// Sends `Welcome` with what the client needs: the missed events if they are all at hand, else
    /// a snapshot.
    pub(super) fn welcome(&mut self, seat: SeatId, last_event: Option<u64>) {
        let Some(state) = self.meeting.seat(seat) else { return };
        let missed = last_event.and_then(|last| self.past.since(last, self.meeting.number(), state));
        let snapshot = missed.is_none().then(|| translate::snapshot(&self.meeting, state));
        let Some(visit) = self.visits.of_seat_mut(seat) else { return };
        visit.welcomed = true;
        let outgoing = Arc::clone(&visit.outgoing);
        let welcome = ServerMessage::Welcome {
            seat,
            resume_token: visit.token.clone(),
            server_time: Timestamp::now(),
            build: self.shared.config.build.clone(),
            relay: self.shared.ports.relay(seat),
            snapshot,
        };
        self.answer(&outgoing, &welcome);
        for frame in missed.unwrap_or_default() {
            self.send(vec![Arc::clone(&outgoing)], Kind::Event, frame);
        }
    }

    /// A fresh snapshot for a socket that fell behind, with what its slots carry.
    pub(super) fn catch_up(&mut self, visit: VisitId) {
        let Some(visit) = self.visits.get(visit) else { return };
        let Some(state) = self.meeting.seat(visit.seat) else { return };
        let snapshot: Snapshot = translate::snapshot(&self.meeting, state);
        let outgoing = Arc::clone(&visit.outgoing);
        let slots: Vec<_> = visit.slots.values().chain(&visit.demand).map(deliver::encode).collect();
        tracing::info!(meeting = %self.meeting.id(), seat = %visit.seat, "socket fell behind; snapshot sent");
        let text = deliver::encode(&ServerMessage::Snapshot(snapshot));
        self.deliveries.push(deliver::Delivery::Snapshot(Arc::clone(&outgoing), text));
        for slot in slots {
            self.send(vec![Arc::clone(&outgoing)], Kind::Answer, slot);
        }
    }

    /// The socket is gone; its seat waits.
    pub(super) fn detach(&mut self, visit: VisitId) {
        let Some(visit) = self.visits.remove(visit) else { return };
        if !self.doors.hold(visit.seat) {
            let _ = self.apply(Actor::Hub, Command::Absent { seat: visit.seat });
        }
    }

    /// A sign-in is no longer valid: its sockets close and its seats are free at once.
    pub(super) fn revoked(&mut self, account: AccountId, session: Option<SessionId>) {
        for seat in self.visits.seats_of(account, session) {
            self.turn_out(seat);
        }
    }

    /// A token is no longer valid: its seat is free at once.
    pub(super) fn token_revoked(&mut self, token: TokenId) {
        if let Some(seat) = self.meeting.seat_of_token(token).map(|seat| seat.id) {
            self.turn_out(seat);
        }
    }

    fn turn_out(&mut self, seat: SeatId) {
        if let Some(visit) = self.visits.remove_seat(seat) {
            let reason = Some(translate::leave_reason(LeaveReason::Left));
            self.answer(&visit.outgoing, &ServerMessage::Goodbye { reason });
            self.close(visit.outgoing, CLOSE_REVOKED);
        }
        let _ = self.apply(Actor::Seat(seat), Command::Leave);
    }
}
