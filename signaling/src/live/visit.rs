//! The sockets of a meeting and the seats they hold.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use base::id::{AccountId, SeatId, SessionId};
use signaling_protocol::{ServerMessage, SlotKind};

use crate::outgoing::Outgoing;

/// One socket, numbered by the process.
pub(crate) type VisitId = u64;

/// A socket that holds a seat.
pub(super) struct Visit {
    pub(super) seat: SeatId,
    pub(super) outgoing: Arc<Outgoing>,
    pub(super) account: Option<AccountId>,
    pub(super) session: Option<SessionId>,
    /// The visit's secret, for the `Welcome` that may come only after admission.
    pub(super) token: String,
    /// Got its `Welcome`; before that it stands in the waiting room.
    pub(super) welcomed: bool,
    /// An offer is being negotiated.
    pub(super) offering: bool,
    /// What every slot carries, to be repeated with a snapshot.
    pub(super) slots: BTreeMap<(bool, u8), ServerMessage>,
    /// Which layers of its camera are needed, to be repeated likewise.
    pub(super) demand: Option<ServerMessage>,
}

impl Visit {
    /// Remembers a slot's content.
    pub(super) fn set_slot(&mut self, kind: SlotKind, slot: u8, message: ServerMessage) {
        self.slots.insert((kind == SlotKind::Video, slot), message);
    }
}

/// All visits. A seat is held by at most one.
#[derive(Default)]
pub(super) struct Visits {
    by_id: HashMap<VisitId, Visit>,
    holder: HashMap<SeatId, VisitId>,
}

impl Visits {
    pub(super) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub(super) fn insert(&mut self, id: VisitId, visit: Visit) {
        self.holder.insert(visit.seat, id);
        self.by_id.insert(id, visit);
    }

    pub(super) fn get(&self, id: VisitId) -> Option<&Visit> {
        self.by_id.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: VisitId) -> Option<&mut Visit> {
        self.by_id.get_mut(&id)
    }

    pub(super) fn of_seat_mut(&mut self, seat: SeatId) -> Option<&mut Visit> {
        self.by_id.get_mut(self.holder.get(&seat)?)
    }

    pub(super) fn remove(&mut self, id: VisitId) -> Option<Visit> {
        let visit = self.by_id.remove(&id)?;
        self.holder.remove(&visit.seat);
        Some(visit)
    }

    pub(super) fn remove_seat(&mut self, seat: SeatId) -> Option<Visit> {
        self.by_id.remove(&self.holder.remove(&seat)?)
    }

    pub(super) fn drain(&mut self) -> Vec<Visit> {
        self.holder.clear();
        self.by_id.drain().map(|(_, visit)| visit).collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Visit> {
        self.by_id.values()
    }

    pub(super) fn close_all(&self, code: u16) {
        for visit in self.by_id.values() {
            visit.outgoing.close(code);
        }
    }

    /// The seats held by sockets of a sign-in.
    pub(super) fn seats_of(&self, account: AccountId, session: Option<SessionId>) -> Vec<SeatId> {
        let matches = |visit: &&Visit| {
            visit.account == Some(account) && (session.is_none() || visit.session == session)
        };
        self.by_id.values().filter(matches).map(|visit| visit.seat).collect()
    }
}
