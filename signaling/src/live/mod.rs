//! A meeting in memory: one task, one visible loop, everything in order.
//!
//! A turn takes the messages that wait, decides them ([`signaling_core`]), writes what happened in
//! one transaction, and only then tells anybody. What a client has seen therefore survives a crash.

mod attach;
mod deliver;
mod doors;
mod frames;
mod lines;
mod media;
mod visit;

use std::sync::Arc;

use base::{
    Timestamp,
    id::{AccountId, MeetingId, PersonId, SessionId, TokenId},
};
use futures_util::{StreamExt, stream::FuturesUnordered};
use signaling_core::{Actor, Command, Meeting, Recorded, Refusal};
use signaling_protocol::ClientFrame;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until},
};

pub(crate) use attach::Attach;
use deliver::{Delivery, Past};
pub(crate) use deliver::{encode, letter_of};
use doors::Doors;
pub(crate) use doors::{DoorRequest, Opened, Refused, ToDoor};
use media::Negotiated;
pub(crate) use visit::VisitId;
use visit::Visits;

use crate::{outgoing::CLOSE_RESTART, ports::MediaEvent, registry::Shared, store};

/// What reaches a meeting.
pub(crate) enum Message {
    /// A socket says `Enter`.
    Attach(Box<Attach>),
    /// A socket says something else.
    Frame { visit: VisitId, frame: ClientFrame },
    /// A socket fell behind and needs a snapshot.
    Behind { visit: VisitId },
    /// A socket is gone.
    Detach { visit: VisitId },
    /// The media plane reports.
    Media(MediaEvent),
    /// Somebody at the calendar decides; the answer comes when it is on disk.
    Desk {
        person: PersonId,
        is_admin: bool,
        command: Box<Command>,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    /// The hub carries a decision in for somebody outside; the answer comes when it is on disk.
    Carry { command: Box<Command>, reply: oneshot::Sender<Result<(), Refusal>> },
    /// Somebody asks about the state.
    Inspect(Box<dyn FnOnce(&Meeting) + Send>),
    /// A sign-in is no longer valid.
    Revoked { account: AccountId, session: Option<SessionId> },
    /// A standard client at the WHIP or WHEP door.
    Door(Box<ToDoor>),
    /// A token is no longer valid.
    TokenRevoked(TokenId),
    /// The hub stops.
    Stop,
}

/// Messages of one turn, and so events of one transaction (more or less).
const TURN: usize = 64;
/// Events that may wait for a disk that does not take them; beyond, the meeting leaves memory
/// rather than promise what it cannot keep.
const UNSAVED: usize = 10_000;

/// The meeting and everything around it that is not on disk.
struct Live {
    shared: Arc<Shared>,
    meeting: Meeting,
    visits: Visits,
    past: Past,
    unsaved: Vec<Recorded>,
    letters: Vec<store::Letter>,
    deliveries: Vec<Delivery>,
    offers: FuturesUnordered<Negotiated>,
    doors: Doors,
    levels_at: Option<Instant>,
    lines: lines::Lines,
    stopping: bool,
}

/// Loads the meeting, then runs until nobody is in or the hub stops.
pub(crate) async fn run(shared: Arc<Shared>, id: MeetingId, mut inbox: mpsc::Receiver<Message>) {
    let meeting = match shared.store.record(id).await {
        Ok(record) => Meeting::replay(id, record),
        Err(cause) => {
            tracing::error!(meeting = %id, %cause, "meeting: its record cannot be read");
            return abandon(inbox);
        }
    };
    let meeting = match meeting {
        Ok(meeting) => meeting,
        Err(broken) => {
            tracing::error!(meeting = %id, number = broken.number, "meeting: its record is broken");
            return abandon(inbox);
        }
    };
    let mut live = Live::new(shared, meeting);
    live.begin().await;
    let mut batch = Vec::with_capacity(TURN);
    while !live.stopping && live.unsaved.len() <= UNSAVED {
        if live.is_idle() && live.shared.retire(id, &mut inbox) {
            return;
        }
        let deadline = live.deadline();
        tokio::select! {
            received = inbox.recv_many(&mut batch, TURN) => {
                if received == 0 {
                    break;
                }
                for message in batch.drain(..) {
                    live.handle(message);
                }
            }
            Some((visit, frame, result)) = live.offers.next(), if !live.offers.is_empty() => {
                live.negotiated(visit, frame, result);
            }
            outcome = live.doors.outcome() => live.door_outcome(outcome),
            () = sleep_until(deadline) => live.tick(),
        }
        live.finish_turn().await;
    }
    live.visits.close_all(CLOSE_RESTART);
    abandon(inbox);
}

/// Turns away whoever is still in the inbox; answers owed to the desk are dropped, which it notices.
fn abandon(mut inbox: mpsc::Receiver<Message>) {
    inbox.close();
    while let Ok(message) = inbox.try_recv() {
        if let Message::Attach(attach) = message {
            attach.outgoing.close(CLOSE_RESTART);
        }
    }
}

impl Live {
    fn new(shared: Arc<Shared>, meeting: Meeting) -> Self {
        for seat in meeting.seats() {
            shared.seat_taken(seat.id, meeting.id());
        }
        Self {
            shared,
            meeting,
            visits: Visits::default(),
            past: Past::default(),
            unsaved: Vec::new(),
            letters: Vec::new(),
            deliveries: Vec::new(),
            offers: FuturesUnordered::new(),
            doors: Doors::default(),
            levels_at: None,
            lines: lines::Lines::default(),
            stopping: false,
        }
    }

    /// A meeting that was loaded has no visits: whoever was in when the hub stopped has a minute.
    async fn begin(&mut self) {
        let _ = self.apply(Actor::Hub, Command::Restarted);
        self.tick();
        self.finish_turn().await;
    }

    fn is_idle(&self) -> bool {
        self.visits.is_empty()
            && self.meeting.seats().next().is_none()
            && self.unsaved.is_empty()
            && self.offers.is_empty()
            && self.doors.is_idle()
    }

    fn deadline(&self) -> Instant {
        let now = Timestamp::now();
        // Without a deadline, an hour: the loop then finds nothing to do.
        let wait = self.meeting.deadline().map_or(std::time::Duration::from_secs(3600), |at| at.since(now));
        Instant::now() + wait
    }

    fn tick(&mut self) {
        let _ = self.apply(Actor::Hub, Command::Tick);
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Attach(attach) => self.attach(*attach),
            Message::Frame { visit, frame } => self.frame(visit, frame),
            Message::Behind { visit } => self.catch_up(visit),
            Message::Detach { visit } => self.detach(visit),
            Message::Media(event) => self.media(event),
            Message::Desk { person, is_admin, command, reply } => {
                let result = self.apply(Actor::Desk { person, is_admin }, *command);
                self.deliveries.push(Delivery::Desk(reply, result));
            }
            Message::Carry { command, reply } => {
                let result = self.apply(Actor::Hub, *command);
                self.deliveries.push(Delivery::Desk(reply, result));
            }
            Message::Inspect(look) => look(&self.meeting),
            Message::Revoked { account, session } => self.revoked(account, session),
            Message::Door(to) => self.door(*to),
            Message::TokenRevoked(token) => self.token_revoked(token),
            Message::Stop => self.stopping = true,
        }
    }

    /// Decides a command and prepares what follows from it.
    fn apply(&mut self, actor: Actor, command: Command) -> Result<(), Refusal> {
        let recorded = self.meeting.apply(Timestamp::now(), actor, command)?;
        self.after(&recorded);
        self.unsaved.extend(recorded);
        Ok(())
    }

    /// Writes what happened, then tells everybody.
    async fn finish_turn(&mut self) {
        if !self.unsaved.is_empty() {
            let append = store::Append {
                meeting: self.meeting.id(),
                events: self.unsaved.clone(),
                letters: self.letters.clone(),
                state: store::State::of(&self.meeting),
            };
            match self.shared.store.append(append).await {
                Ok(()) => {
                    self.unsaved.clear();
                    if !self.letters.is_empty() {
                        self.letters.clear();
                        self.shared.letters.notify_one();
                    }
                }
                // The meeting goes on; the same events are written with the next turn.
                Err(cause) => {
                    tracing::error!(meeting = %self.meeting.id(), %cause, waiting = self.unsaved.len(),
                        "meeting: what happened cannot be written yet");
                }
            }
        }
        self.show_to_viewers();
        self.deliver();
    }
}
