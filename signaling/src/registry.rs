//! Which meetings are in memory, and how to reach them.
//!
//! A meeting in memory is one task ([`crate::live`]) with a bounded inbox. It is loaded by the first
//! message for it and retires when nobody is in. Both happen under one lock, so there are never two
//! tasks for one meeting.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base::id::{MeetingId, SeatId};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use crate::{
    config::Config,
    live::{self, Message},
    ports::Ports,
    rate::Knocks,
    store::Store,
};

/// Messages that may wait for a meeting. Sockets wait for room (the network slows their client down);
/// requests from the desk are answered "try again"; levels are dropped.
const INBOX: usize = 1024;

/// What every part of the shell shares.
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) ports: Arc<dyn Ports>,
    pub(crate) config: Config,
    /// Wakes the outbox when a letter was written.
    pub(crate) letters: tokio::sync::Notify,
    /// Every task of this service, so that stopping can wait for them.
    pub(crate) tasks: TaskTracker,
    live: Mutex<Live>,
    seats: Mutex<HashMap<SeatId, MeetingId>>,
    /// How fast one network address may knock at the doors of standard clients.
    pub(crate) knocks: Knocks,
}

#[derive(Default)]
struct Live {
    meetings: HashMap<MeetingId, mpsc::Sender<Message>>,
    stopping: bool,
}

impl Shared {
    pub(crate) fn new(store: Store, ports: Arc<dyn Ports>, config: Config) -> Arc<Self> {
        Arc::new(Self {
            store,
            ports,
            config,
            letters: tokio::sync::Notify::new(),
            tasks: TaskTracker::new(),
            live: Mutex::default(),
            seats: Mutex::default(),
            knocks: Knocks::default(),
        })
    }

    /// Sends a message to a meeting that exists in the store, loading it if need be.
    /// `None`: the inbox is full or the hub is stopping.
    pub(crate) fn send(
        self: &Arc<Self>,
        meeting: MeetingId,
        message: Message,
    ) -> Option<mpsc::Sender<Message>> {
        let mut live = self.lock();
        if live.stopping {
            return None;
        }
        live.meetings.retain(|_, sender| !sender.is_closed());
        let sender = live
            .meetings
            .entry(meeting)
            .or_insert_with(|| {
                let (sender, inbox) = mpsc::channel(INBOX);
                self.tasks.spawn(live::run(Arc::clone(self), meeting, inbox));
                sender
            })
            .clone();
        sender.try_send(message).ok()?;
        Some(sender)
    }

    /// The inbox of a meeting, if it is in memory.
    pub(crate) fn reach(&self, meeting: MeetingId) -> Option<mpsc::Sender<Message>> {
        self.lock().meetings.get(&meeting).cloned()
    }

    /// The inboxes of all meetings in memory.
    pub(crate) fn reach_all(&self) -> Vec<mpsc::Sender<Message>> {
        self.lock().meetings.values().cloned().collect()
    }

    /// Lets a meeting leave memory unless a message waits for it.
    pub(crate) fn retire(&self, meeting: MeetingId, inbox: &mut mpsc::Receiver<Message>) -> bool {
        let mut live = self.lock();
        if !inbox.is_empty() {
            return false;
        }
        inbox.close();
        live.meetings.remove(&meeting);
        true
    }

    /// No meeting is loaded any more from now on.
    pub(crate) fn stop(&self) {
        self.lock().stopping = true;
    }

    /// Remembers where a seat is, for reports of the media plane.
    pub(crate) fn seat_taken(&self, seat: SeatId, meeting: MeetingId) {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner).insert(seat, meeting);
    }

    /// Forgets a seat.
    pub(crate) fn seat_gone(&self, seat: SeatId) {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner).remove(&seat);
    }

    /// The meeting a seat is in.
    pub(crate) fn meeting_of(&self, seat: SeatId) -> Option<MeetingId> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner).get(&seat).copied()
    }

    fn lock(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
