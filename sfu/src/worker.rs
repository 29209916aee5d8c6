//! A worker's thread: waits for datagrams, orders or the time, lets the core decide, sends.
//!
//! Nothing here is async and nothing waits for another thread. Events that the hub does not take
//! gather in a bounded backlog; levels are dropped first, they are stale in a tenth of a second.

use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, TryRecvError},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use base::{
    Timestamp,
    id::{MeetingId, SeatId},
    random::System,
};
use sfu_core::{
    Command, Event, Path, Worker, WorkerConfig,
    dtls::Certificate,
    sdp::{Offer, OfferError},
};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};

use crate::{
    Metrics,
    address::Bound,
    udp::{Inbox, Socket},
    wake::{self, Wake},
};

/// What the handle asks of a worker.
pub(crate) enum Order {
    /// A new peer.
    Offer {
        /// Where.
        meeting: MeetingId,
        /// Whose.
        seat: SeatId,
        /// What the browser proposes.
        offer: Box<Offer>,
        /// Who waits for the answer.
        reply: oneshot::Sender<Result<String, OfferError>>,
    },
    /// Anything that has no answer.
    Command(Command),
    /// The end of the thread.
    Stop,
}

/// All that a worker owns from its start to its end.
pub(crate) struct Start {
    pub index: usize,
    pub pinned: bool,
    pub max_peers: usize,
    pub certificate: Certificate,
    pub bound: Bound,
    pub orders: Receiver<Order>,
    pub wake: Arc<Wake>,
    pub events: mpsc::Sender<Event>,
    pub metrics: Arc<Mutex<Metrics>>,
}

/// Starts the thread.
pub(crate) fn spawn(start: Start) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(format!("media-{}", start.index)).spawn(move || {
        if start.pinned {
            pin(start.index);
        }
        Thread::new(start).run();
    })
}

struct Thread {
    core: Worker,
    sockets: Vec<Socket>,
    inbox: Inbox,
    orders: Receiver<Order>,
    wake: Arc<Wake>,
    events: mpsc::Sender<Event>,
    backlog: VecDeque<Event>,
    metrics: Arc<Mutex<Metrics>>,
    published: Instant,
}

impl Thread {
    fn new(start: Start) -> Self {
        let now = Instant::now();
        let config = WorkerConfig {
            certificate: start.certificate,
            candidates: start.bound.candidates,
            max_peers: start.max_peers,
            epoch: (now, Timestamp::now()),
        };
        Self {
            core: Worker::new(config, Box::new(System)),
            sockets: start.bound.sockets,
            inbox: Inbox::default(),
            orders: start.orders,
            wake: start.wake,
            events: start.events,
            backlog: VecDeque::new(),
            metrics: start.metrics,
            published: now,
        }
    }

    fn run(mut self) {
        loop {
            let now = Instant::now();
            let due = self.core.poll_timeout().map_or(IDLE, |at| at.saturating_duration_since(now));
            if let Err(error) = wake::wait(&self.wake, &self.sockets, due.min(IDLE)) {
                // The descriptors are ours and open; the kernel being out of memory passes.
                tracing::error!(%error, "a media worker cannot wait for datagrams");
                std::thread::sleep(Duration::from_millis(10));
            }
            let now = Instant::now();
            if !self.obey(now) {
                break;
            }
            self.receive(now);
            self.core.handle_timeout(now);
            self.send();
            self.emit();
            self.publish(now);
        }
        self.core.close();
        self.send();
        self.emit();
    }

    /// Takes orders; false when it is over.
    fn obey(&mut self, now: Instant) -> bool {
        // Bounded, so that a flood of orders cannot starve the packets.
        for _ in 0..ORDERS_AT_ONCE {
            match self.orders.try_recv() {
                Ok(Order::Offer { meeting, seat, offer, reply }) => {
                    let answer = self.core.handle_offer(now, meeting, seat, &offer);
                    // Whoever asked may have gone; the peer then times out.
                    let _ = reply.send(answer);
                }
                Ok(Order::Command(command)) => self.core.handle_command(now, command),
                Ok(Order::Stop) | Err(TryRecvError::Disconnected) => return false,
                Err(TryRecvError::Empty) => return true,
            }
        }
        self.wake.wake();
        true
    }

    fn receive(&mut self, now: Instant) {
        let Self { core, sockets, inbox, .. } = self;
        for (local, socket) in (0_u8..).zip(sockets.iter()) {
            for _ in 0..BATCHES_AT_ONCE {
                match socket.receive(inbox) {
                    Ok(0) => break,
                    Ok(_) => inbox.for_each(|remote, datagram| {
                        core.handle_datagram(now, Path { local, remote }, datagram);
                    }),
                    Err(error) => {
                        // ICMP errors of peers that are gone come here as well.
                        tracing::debug!(%error, "a media socket failed to receive");
                        break;
                    }
                }
            }
        }
    }

    fn send(&mut self) {
        let Self { core, sockets, .. } = self;
        for (local, socket) in (0_u8..).zip(sockets.iter_mut()) {
            let of_socket = core.transmits().iter().filter(|(path, _)| path.local == local);
            socket.send(of_socket.map(|(path, bytes)| (path.remote, bytes)));
        }
        core.transmits().clear();
    }

    fn emit(&mut self) {
        while let Some(event) = self.core.poll_event() {
            if self.backlog.is_empty() || !matches!(event, Event::Levels { .. }) {
                self.backlog.push_back(event);
            }
        }
        while let Some(event) = self.backlog.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => {
                    self.backlog.push_front(event);
                    if self.backlog.len() > MAX_BACKLOG {
                        tracing::error!("the hub does not take media events; the oldest is lost");
                        self.backlog.pop_front();
                    }
                    break;
                }
                Err(TrySendError::Closed(_)) => self.backlog.clear(),
            }
        }
    }

    fn publish(&mut self, now: Instant) {
        if now.saturating_duration_since(self.published) >= PUBLISH {
            self.published = now;
            let sockets = self.sockets.iter().map(Socket::counters);
            let metrics = Metrics::new(self.core.metrics(), sockets);
            *self.metrics.lock().unwrap_or_else(PoisonError::into_inner) = metrics;
        }
    }
}

/// Keeps this thread on one core, so that its keys and rings stay in that core's cache.
fn pin(index: usize) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    // SAFETY: `cpu_set_t` is plain data, all zeroes is the empty set; CPU_SET stays within it because
    // the index is below the number of cores, and the set lives over the call.
    let failed = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(index % cores, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set)
    };
    if failed != 0 {
        tracing::warn!(worker = index, error = %io::Error::last_os_error(), "a media worker is not pinned");
    }
}

/// An idle worker looks around this often.
const IDLE: Duration = Duration::from_secs(1);
const ORDERS_AT_ONCE: usize = 64;
/// Sixteen messages each, before the next socket gets its turn.
const BATCHES_AT_ONCE: usize = 8;
/// Seat and track events of a large hub for minutes.
const MAX_BACKLOG: usize = 65_536;
const PUBLISH: Duration = Duration::from_secs(1);
