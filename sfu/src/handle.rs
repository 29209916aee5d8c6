//! Starting and commanding the workers from async code.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::sync_channel,
    },
    thread::JoinHandle,
    time::Instant,
};

use base::id::{MeetingId, SeatId};
use sfu_core::{
    Command, Event, MAX_WORKERS, MediaKind, View,
    sdp::{Offer, OfferError, Purpose},
    transport::ice::Credentials,
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    Config, Metrics, address, certificate,
    placement::Placement,
    tcp::{Acceptor, Connections, Listeners},
    trunk,
    turn::{Relays, Turn},
    wake::Wake,
    worker::{self, Mailbox, Order},
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
        let relays = Arc::new(Relays::default());
        let workers = if config.workers == 0 { cores() } else { config.workers }.min(MAX_WORKERS);
        let listeners = config
            .tcp_port
            .map(|port| Listeners::bind(&config.addresses, &address::local_addresses(), port))
            .transpose()?;
        let tcp_port = listeners.as_ref().map(|listeners| listeners.port);
        let wakes: Vec<Arc<Wake>> =
            (0..workers).map(|_| Wake::new().map(Arc::new)).collect::<io::Result<_>>()?;
        for (index, (wake, trunks)) in wakes.iter().zip(trunk::mesh(&wakes)).enumerate() {
            let offset = u16::try_from(index).map_err(io::Error::other)?;
            let port = if config.udp_port == 0 { 0 } else { config.udp_port.saturating_add(offset) };
            let bound = address::bind(&config.addresses, port)?;
            tracing::info!(worker = index, candidates = ?bound.candidates, "media worker listens");
            candidates.extend(bound.candidates.iter().copied());
            let (orders, inbox) = sync_channel(ORDERS);
            let load = Arc::new(AtomicUsize::new(0));
            let metrics = Arc::new(Mutex::new(Metrics::default()));
            let start = worker::Start {
                index,
                // One worker floats: pinned to a busy core it would be worse off.
                workers,
                pinned: workers > 1,
                max_peers: config.max_peers,
                unlimited: config.unlimited,
                certificate: certificate::generate()?,
                bound,
                tcp_port,
                connections: Connections::new(Instant::now())?,
                orders: inbox,
                wake: Arc::clone(wake),
                events: events.clone(),
                metrics: Arc::clone(&metrics),
                load: Arc::clone(&load),
                trunks,
                relays: Arc::clone(&relays),
            };
            threads.push(worker::spawn(start)?);
            lanes.push(Lane { mailbox: Mailbox { orders, wake: Arc::clone(wake) }, metrics, load });
        }
        let mailboxes = lanes.iter().map(|lane| lane.mailbox.clone()).collect();
        let acceptor = listeners.map(|listeners| Acceptor::start(listeners, mailboxes)).transpose()?;
        let turn =
            config.turn.as_ref().map(|realm| Turn::new(realm, config.addresses.clone(), &candidates, relays));
        let shared = Shared {
            lanes,
            threads: Mutex::new(threads),
            acceptor: Mutex::new(acceptor),
            candidates,
            turn,
            placement: Mutex::default(),
            draining: AtomicBool::new(false),
        };
        Ok((SfuHandle(Arc::new(shared)), receiver))
    }
}

/// What became of a standard client's offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connected {
    /// The answer.
    pub sdp: String,
    /// It sends a voice, and a picture.
    pub sends: (bool, bool),
    /// Pictures it can show at once.
    pub video_slots: usize,
}

/// The way to one worker.
struct Lane {
    mailbox: Mailbox,
    metrics: Arc<Mutex<Metrics>>,
    /// Peers on it.
    load: Arc<AtomicUsize>,
}

impl Lane {
    fn send(&self, order: Order) -> bool {
        self.mailbox.send(order)
    }
}

struct Shared {
    lanes: Vec<Lane>,
    /// Joined by [`SfuHandle::shutdown`].
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Stopped by [`SfuHandle::shutdown`].
    acceptor: Mutex<Option<Acceptor>>,
    candidates: Vec<SocketAddr>,
    turn: Option<Turn>,
    placement: Mutex<Placement>,
    /// No new meetings.
    draining: AtomicBool,
}

/// Commands to the workers. Clones command the same ones.
#[derive(Clone)]
pub struct SfuHandle(Arc<Shared>);

impl SfuHandle {
    /// Answers an offer. A new offer for a seat replaces its old peer.
    pub async fn offer(&self, meeting: MeetingId, seat: SeatId, sdp: &str) -> Result<String, OfferError> {
        // Here rather than in the worker, which has packets to forward.
        self.negotiate(meeting, seat, Offer::parse(sdp)?).await
    }

    async fn negotiate(&self, meeting: MeetingId, seat: SeatId, offer: Offer) -> Result<String, OfferError> {
        let offer = Box::new(offer);
        let (reply, answer) = oneshot::channel();
        let lane = self.place(meeting, seat);
        if !lane.is_some_and(|lane| lane.send(Order::Offer { meeting, seat, offer, reply })) {
            return Err(OfferError::Unavailable);
        }
        answer.await.unwrap_or(Err(OfferError::Unavailable))
    }

    /// Answers the offer of a standard client that publishes or views; `connection` names its peer.
    pub async fn connect(
        &self,
        meeting: MeetingId,
        connection: SeatId,
        sdp: &str,
        purpose: Purpose,
    ) -> Result<Connected, OfferError> {
        let offer = Offer::parse(sdp)?.with_purpose(purpose);
        let (sends, video_slots) = (offer.sends(), offer.video_slots());
        let sdp = self.negotiate(meeting, connection, offer).await?;
        Ok(Connected { sdp, sends, video_slots })
    }

    /// Gives a peer new ICE credentials and tells ours; nothing when it is gone.
    pub async fn restart_ice(&self, seat: SeatId, remote: Credentials) -> Option<Credentials> {
        let (reply, answer) = oneshot::channel();
        let worker = self.placement().of(seat)?;
        self.0.lanes.get(worker)?.send(Order::Restart { seat, remote, reply }).then_some(())?;
        answer.await.ok()?
    }

    /// The seat's peer goes away.
    pub fn close(&self, seat: SeatId) {
        self.command(seat, Command::Close(seat));
    }

    /// Whether the seat's media of this kind is forwarded. Remembered over new offers until the
    /// meeting ends.
    pub fn gate(&self, seat: SeatId, kind: MediaKind, open: bool) {
        self.command(seat, Command::Gate { seat, kind, open });
    }

    /// Whether the seat's voice comes before others: it chairs or has the floor. Remembered like a gate.
    pub fn lead(&self, seat: SeatId, leads: bool) {
        self.command(seat, Command::Lead { seat, leads });
    }

    /// What the seat's video slots show; slots not named become empty.
    pub fn view(&self, seat: SeatId, views: Vec<View>) {
        self.command(seat, Command::View { seat, views });
    }

    /// Everybody in the meeting is disconnected.
    pub fn end(&self, meeting: MeetingId) {
        for lane in &self.0.lanes {
            lane.send(Order::Command(Command::End(meeting)));
        }
        self.placement().end(meeting);
    }

    /// Counters of all workers, at most a second old.
    pub fn metrics(&self) -> Metrics {
        let all =
            self.0.lanes.iter().map(|lane| *lane.metrics.lock().unwrap_or_else(PoisonError::into_inner));
        all.reduce(Metrics::plus).unwrap_or_default()
    }

    /// No new meetings from now on: their offers are refused, those of running ones are answered.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    /// Whether new meetings are refused.
    pub fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Relaxed)
    }

    /// Peers there are at this moment.
    pub fn live(&self) -> usize {
        self.0.lanes.iter().map(|lane| lane.load.load(Ordering::Relaxed)).sum()
    }

    /// Where browsers are told to send.
    pub fn candidates(&self) -> &[SocketAddr] {
        &self.0.candidates
    }

    /// The relay to these workers, for networks that let only HTTPS out.
    pub fn turn(&self) -> Option<&Turn> {
        self.0.turn.as_ref()
    }

    /// Tells every peer that it is over and waits for the workers to stop; takes milliseconds.
    /// Events end afterwards.
    pub fn shutdown(&self) {
        if let Some(acceptor) = self.0.acceptor.lock().unwrap_or_else(PoisonError::into_inner).take() {
            acceptor.stop();
        }
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

    /// Told to the worker of the seat; before its first offer to all, of which one will be it.
    fn command(&self, seat: SeatId, command: Command) {
        let placed = self.placement().of(seat);
        for (index, lane) in self.0.lanes.iter().enumerate() {
            if placed.is_none_or(|worker| worker == index) {
                lane.send(Order::Command(command.clone()));
            }
        }
    }

    /// The worker that shall have the seat's peer; none when new meetings are refused.
    fn place(&self, meeting: MeetingId, seat: SeatId) -> Option<&Lane> {
        let loads: Vec<usize> = self.0.lanes.iter().map(|lane| lane.load.load(Ordering::Relaxed)).collect();
        let mut placement = self.placement();
        if self.is_draining() && !placement.knows(meeting) {
            return None;
        }
        let is_new = placement.of(seat).is_none();
        let worker = placement.place(meeting, seat, &loads);
        drop(placement);
        for (_, lane) in self.0.lanes.iter().enumerate().filter(|(index, _)| is_new && *index != worker) {
            lane.send(Order::Command(Command::Forget(seat)));
        }
        self.0.lanes.get(worker)
    }

    fn placement(&self) -> MutexGuard<'_, Placement> {
        self.0.placement.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Commands come by hundreds a second in the largest meeting.
const ORDERS: usize = 4_096;
/// A few seconds of events of a large hub.
const EVENTS: usize = 8_192;

#[cfg(test)]
mod tests {
    use super::*;

    fn start(workers: usize) -> (SfuHandle, mpsc::Receiver<Event>) {
        let addresses = vec![std::net::Ipv4Addr::LOCALHOST.into()];
        Sfu::start(&Config { addresses, udp_port: 0, workers, ..Config::default() }).unwrap()
    }

    async fn offer(sfu: &SfuHandle, meeting: u128, seat: u128) -> Result<String, OfferError> {
        let sdp =
            include_str!("../core/testdata/chromium.sdp").lines().collect::<Vec<_>>().join("\r\n") + "\r\n";
        sfu.offer(MeetingId::from_u128(meeting), SeatId::from_u128(seat), &sdp).await
    }

    #[tokio::test]
    async fn a_hub_that_ends_takes_no_new_meetings_and_lets_running_ones_go_on() {
        let (sfu, _events) = start(2);
        offer(&sfu, 1, 1).await.unwrap();
        sfu.drain();
        assert_eq!(offer(&sfu, 2, 2).await, Err(OfferError::Unavailable));
        assert!(offer(&sfu, 1, 3).await.is_ok());
        assert!(offer(&sfu, 1, 1).await.is_ok(), "who comes back finds its seat");
        sfu.shutdown();
    }

    #[tokio::test]
    async fn a_large_meeting_is_answered_by_every_worker() {
        let (sfu, _events) = start(2);
        let mut ports = Vec::new();
        for seat in 0..40 {
            let answer = offer(&sfu, 1, seat).await.unwrap();
            let candidate = answer.lines().find(|line| line.starts_with("a=candidate:")).unwrap().to_owned();
            ports.extend(candidate.split(' ').nth(5).map(str::to_owned));
        }
        assert!(ports[..16].iter().all(|port| *port == ports[0]), "sixteen stay together");
        ports.sort();
        ports.dedup();
        assert_eq!(ports.len(), 2);
        sfu.shutdown();
    }
}
