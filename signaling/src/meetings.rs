//! The service as the hub holds it.

use std::{path::Path, sync::Arc, time::Duration};

use axum::Router;
use base::{
    Timestamp,
    id::{AccountId, MeetingId, PersonId, SessionId},
    random,
};
use database::Source;
use signaling_core::{Admission, Effect, Meeting, Plan};
use tokio::{sync::watch, time::timeout};

use crate::{
    config::Config,
    live::{self, Message},
    outbox,
    ports::{MediaEvent, Ports},
    problem::Problem,
    registry::Shared,
    rest::{self, types::MeetingSummary},
    store::{Append, State, Store, Whose},
};

/// How long stopping waits for sockets to take their last frames.
const FAREWELL: Duration = Duration::from_secs(3);
/// A meeting made on the command line is planned for this long.
const COMMAND_LINE: Duration = Duration::from_secs(12 * 3600);

/// Meetings: calendar, sessions, record. Clones are handles to the same service.
#[derive(Clone)]
pub struct Meetings {
    shared: Arc<Shared>,
    stop: Arc<watch::Sender<bool>>,
}

impl Meetings {
    /// Opens the store at `source` and takes up the meetings that were live when the hub stopped:
    /// whoever was in has a minute to come back to his seat.
    ///
    /// # Errors
    /// When the store cannot be opened.
    pub async fn open(
        source: impl Into<Source>,
        ports: Arc<dyn Ports>,
        config: Config,
    ) -> Result<Self, database::OpenError> {
        let store = Store::open(source.into()).await?;
        let shared = Shared::new(store, ports, config);
        for meeting in shared.store.live().await? {
            shared.send(meeting, Message::Inspect(Box::new(|_| ())));
        }
        let (stop, stopping) = watch::channel(false);
        shared.tasks.spawn(outbox::run(Arc::clone(&shared), stopping));
        Ok(Self { shared, stop: Arc::new(stop) })
    }

    /// `/api/meetings…`, REST and WebSocket.
    pub fn router(&self) -> Router {
        rest::router(Arc::clone(&self.shared))
    }

    /// Takes a report of the media plane. Waits while the meeting's inbox is full, except for
    /// levels, which are dropped then.
    pub async fn media_event(&self, event: MediaEvent) {
        let meeting = match &event {
            MediaEvent::Levels { meeting, .. } | MediaEvent::Legs { meeting, .. } => Some(*meeting),
            MediaEvent::Connected { seat }
            | MediaEvent::Slot { seat, .. }
            | MediaEvent::Track { seat, .. }
            | MediaEvent::Demand { seat, .. }
            | MediaEvent::Disconnected { seat } => self.shared.meeting_of(*seat),
        };
        let Some(live) = meeting.and_then(|meeting| self.shared.reach(meeting)) else { return };
        if matches!(event, MediaEvent::Levels { .. } | MediaEvent::Legs { .. }) {
            // Told again in a moment.
            let _ = live.try_send(Message::Media(event));
        } else {
            // The meeting may be leaving memory: then nobody is in to be told.
            let _ = live.send(Message::Media(event)).await;
        }
    }

    /// Closes the sockets of an account, or of one of its sessions, and frees their seats.
    pub async fn revoked(&self, account: AccountId, session: Option<SessionId>) {
        for live in self.shared.reach_all() {
            let _ = live.send(Message::Revoked { account, session }).await;
        }
    }

    /// Makes a meeting for now without invitees, for the command line: everybody who is signed in
    /// may enter, and the first to come presides.
    ///
    /// # Errors
    /// When the title cannot stand or the store fails; the text is for whoever typed the command.
    pub async fn create(&self, title: &str) -> Result<MeetingId, String> {
        let now = Timestamp::now();
        let plan = Plan {
            title: title.to_owned(),
            starts_at: now,
            ends_at: now.plus(COMMAND_LINE),
            room: None,
            called_floor: false,
            organiser: None,
            invitees: Vec::new(),
            units: Vec::new(),
            admission: Admission::Directory,
        };
        let id = MeetingId::new(now, &mut random::System);
        create(&self.shared, id, plan, false).await.map_err(|problem| problem.to_string())?;
        Ok(id)
    }

    /// All meetings between two moments, by start.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(&self, from: Timestamp, to: Timestamp) -> Result<Vec<MeetingSummary>, sqlx::Error> {
        let nobody = PersonId::from_u128(0);
        let now = Timestamp::now();
        let listed = self.shared.store.list(Whose::Everybody, from, to).await?;
        Ok(listed.iter().map(|listed| MeetingSummary::of(listed, nobody, true, now)).collect())
    }

    /// Writes a consistent copy of the store to `target`, which must not exist yet.
    ///
    /// # Errors
    /// When the copy cannot be written.
    pub async fn copy_to(&self, target: &Path) -> Result<(), sqlx::Error> {
        self.shared.store.copy_to(target).await
    }

    /// Closes every socket with code 1012 (service restart), so that clients come back by
    /// themselves; the meetings go on from their record when the hub is there again.
    pub async fn shutdown(&self) {
        self.shared.stop();
        self.stop.send_replace(true);
        for live in self.shared.reach_all() {
            let _ = live.send(Message::Stop).await;
        }
        self.shared.tasks.close();
        // A socket that takes nothing any more must not hold up the stop.
        let _ = timeout(FAREWELL, self.shared.tasks.wait()).await;
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

/// Writes a new meeting, and its invitations if it is announced.
pub(crate) async fn create(
    shared: &Shared,
    id: MeetingId,
    plan: Plan,
    announced: bool,
) -> Result<(), Problem> {
    let (meeting, first) = Meeting::create(id, Timestamp::now(), plan, announced)?;
    let mut letters = Vec::new();
    for (part, effect) in (0..).zip(meeting.effects(&first.event)) {
        if let Effect::Invite { letter, recipients } = effect {
            letters.push(live::letter_of(&meeting, &first, part, letter, recipients));
        }
    }
    let state = State::of(&meeting);
    shared.store.append(Append { meeting: id, events: vec![first], letters, state }).await?;
    shared.letters.notify_one();
    Ok(())
}
