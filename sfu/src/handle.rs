//! Starting and commanding the workers from async code.

use std::{
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{SyncSender, sync_channel},
    },
    thread::JoinHandle,
};

use base::id::{MeetingId, SeatId};
use sfu_core::{
    Command, Event, MediaKind, View,
    sdp::{Offer, OfferError},
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    Config, Metrics, address, certificate,
    wake::Wake,
    worker::{self, Order},
};

/// The media plane.
pub struct Sfu;

impl Sfu {
    /// Binds the ports and starts the worker threads. The receiver must be read: what a full channel
    /// does to events stands in [`crate::worker`].
    pub fn start(config: &Config) -> io::Result<(SfuHandle, mpsc::Receiver<Event>)> {
        let (events, receiver) = mpsc::channel(EVENTS);
        let mut lanes = Vec::new();
        let mut threads = Vec::new();
        let mut candidates = Vec::new();
        for index in 0..config.workers.max(1) {
            let offset = u16::try_from(index).map_err(io::Error::other)?;
            let port = if config.udp_port == 0 { 0 } else { config.udp_port.saturating_add(offset) };
            let bound = address::bind(&config.addresses, port)?;
            tracing::info!(worker = index, candidates = ?bound.candidates, "media worker listens");
            candidates.extend(bound.candidates.iter().copied());
            let (orders, inbox) = sync_channel(ORDERS);
            let wake = Arc::new(Wake::new()?);
            let metrics = Arc::new(Mutex::new(Metrics::default()));
            let start = worker::Start {
                index,
                // One worker floats: pinned to a busy core it would be worse off.
                pinned: config.workers > 1,
                max_peers: config.max_peers,
                certificate: certificate::generate()?,
                bound,
                orders: inbox,
                wake: Arc::clone(&wake),
                events: events.clone(),
                metrics: Arc::clone(&metrics),
            };
            threads.push(worker::spawn(start)?);
            lanes.push(Lane { orders, wake, metrics });
        }
        let shared = Shared { lanes, threads: Mutex::new(threads), candidates };
        Ok((SfuHandle(Arc::new(shared)), receiver))
    }
}

/// The way to one worker.
struct Lane {
    orders: SyncSender<Order>,
    wake: Arc<Wake>,
    metrics: Arc<Mutex<Metrics>>,
}

impl Lane {
    /// Full: the caller waits for the worker, which empties the queue in microseconds and never waits
    /// for anybody. A worker that has stopped takes no orders, and needs none.
    fn send(&self, order: Order) -> bool {
        let sent = self.orders.send(order).is_ok();
        self.wake.wake();
        sent
    }
}

struct Shared {
    lanes: Vec<Lane>,
    /// Joined by [`SfuHandle::shutdown`].
    threads: Mutex<Vec<JoinHandle<()>>>,
    candidates: Vec<SocketAddr>,
}

/// Commands to the workers. Clones command the same ones.
#[derive(Clone)]
pub struct SfuHandle(Arc<Shared>);

impl SfuHandle {
    /// Answers an offer. A new offer for a seat replaces its old peer.
    pub async fn offer(&self, meeting: MeetingId, seat: SeatId, sdp: &str) -> Result<String, OfferError> {
        // Here rather than in the worker, which has packets to forward.
        let offer = Box::new(Offer::parse(sdp)?);
        let (reply, answer) = oneshot::channel();
        if !self.lane_of(meeting).is_some_and(|lane| lane.send(Order::Offer { meeting, seat, offer, reply }))
        {
            return Err(OfferError::Unavailable);
        }
        answer.await.unwrap_or(Err(OfferError::Unavailable))
    }

    /// The seat's peer goes away.
    pub fn close(&self, seat: SeatId) {
        self.command(Command::Close(seat));
    }

    /// Whether the seat's media of this kind is forwarded. Remembered over new offers until the
    /// meeting ends.
    pub fn gate(&self, seat: SeatId, kind: MediaKind, open: bool) {
        self.command(Command::Gate { seat, kind, open });
    }

    /// What the seat's video slots show; slots not named become empty.
    pub fn view(&self, seat: SeatId, views: Vec<View>) {
        self.command(Command::View { seat, views });
    }

    /// Everybody in the meeting is disconnected.
    pub fn end(&self, meeting: MeetingId) {
        self.command(Command::End(meeting));
    }

    /// Counters of all workers, at most a second old.
    pub fn metrics(&self) -> Metrics {
        let all =
            self.0.lanes.iter().map(|lane| *lane.metrics.lock().unwrap_or_else(PoisonError::into_inner));
        all.reduce(Metrics::plus).unwrap_or_default()
    }

    /// Where browsers are told to send.
    pub fn candidates(&self) -> &[SocketAddr] {
        &self.0.candidates
    }

    /// Tells every peer that it is over and waits for the workers to stop; takes milliseconds.
    /// Events end afterwards.
    pub fn shutdown(&self) {
        for lane in &self.0.lanes {
            lane.send(Order::Stop);
        }
        let threads = std::mem::take(&mut *self.0.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a media worker had panicked");
            }
        }
    }

    /// Seats are not tracked here: every worker hears of the command, the one with the seat obeys.
    fn command(&self, command: Command) {
        for lane in &self.0.lanes {
            lane.send(Order::Command(command.clone()));
        }
    }

    /// A meeting lives on one worker.
    fn lane_of(&self, meeting: MeetingId) -> Option<&Lane> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(meeting);
        let count = u64::try_from(self.0.lanes.len()).ok()?;
        self.0.lanes.get(usize::try_from(hash.checked_rem(count)?).ok()?)
    }
}

/// Commands come by hundreds a second in the largest meeting.
const ORDERS: usize = 4_096;
/// A few seconds of events of a large hub.
const EVENTS: usize = 8_192;
