//! A worker's thread: waits for datagrams, orders or the time, lets the core decide, sends.
//!
//! Nothing here is async and nothing waits for another thread. Events that the hub does not take
//! gather in a bounded backlog; levels are dropped first, they are stale in a tenth of a second.

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, TryRecvError},
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
    sdp::{Offer, OfferError},
    transport::dtls::Certificate,
    transport::ice::Credentials,
};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};

use crate::{
    Metrics, Ways,
    address::{self, Bound},
    tcp::{Accepted, Connections},
    trunk::{Ends, Pushed},
    turn::Relays,
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
    /// New ICE credentials for a peer that stays.
    Restart {
        /// Whose.
        seat: SeatId,
        /// The other side's new user fragment.
        remote: Credentials,
        /// Who waits for ours; nothing when there is no such peer here.
        reply: oneshot::Sender<Option<Credentials>>,
    },
    /// Somebody who connected says that he is a peer of this worker.
    Connection(Accepted),
    /// Anything that has no answer.
    Command(Command),
    /// The end of the thread.
    Stop,
}

/// The way to a worker's thread.
#[derive(Clone)]
pub(crate) struct Mailbox {
    pub orders: SyncSender<Order>,
    pub wake: Arc<Wake>,
}

impl Mailbox {
    /// Full: the caller waits for the worker, which empties the queue in microseconds and never waits
    /// for anybody. A worker that has stopped takes no orders, and needs none: then it is false.
    pub fn send(&self, order: Order) -> bool {
        let sent = self.orders.send(order).is_ok();
        self.wake.nudge();
        sent
    }
}

/// All that a worker owns from its start to its end.
pub(crate) struct Start {
    pub index: usize,
    /// How many workers share the meetings.
    pub workers: usize,
    pub pinned: bool,
    pub max_peers: usize,
    pub unlimited: bool,
    pub certificate: Certificate,
    pub bound: Bound,
    /// Announced beside them.
    pub tcp_port: Option<u16>,
    pub connections: Connections,
    pub orders: Receiver<Order>,
    pub wake: Arc<Wake>,
    pub events: mpsc::Sender<Event>,
    pub metrics: Arc<Mutex<Metrics>>,
    /// Peers, for those who place new ones.
    pub load: Arc<AtomicUsize>,
    pub trunks: Ends,
    /// Whose addresses are relayed clients.
    pub relays: Arc<Relays>,
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
    connections: Connections,
    inbox: Inbox,
    orders: Receiver<Order>,
    wake: Arc<Wake>,
    events: mpsc::Sender<Event>,
    backlog: VecDeque<Event>,
    metrics: Arc<Mutex<Metrics>>,
    load: Arc<AtomicUsize>,
    trunks: Ends,
    relays: Arc<Relays>,
    published: Instant,
    /// When the sockets were looked at last.
    looked_in: Instant,
    /// What is announced, when it follows the machine's addresses.
    followed: Option<Vec<SocketAddr>>,
    looked: Instant,
}

impl Thread {
    fn new(start: Start) -> Self {
        let now = Instant::now();
        let config = WorkerConfig {
            certificate: start.certificate,
            candidates: start.bound.candidates.clone(),
            tcp_port: start.tcp_port,
            max_peers: start.max_peers,
            unlimited: start.unlimited,
            epoch: (now, Timestamp::now()),
        };
        Self {
            // Workers are at most sixty-four.
            core: Worker::new(config, Box::new(System)).with_trunks(start.index as u8, start.workers as u8),
            sockets: start.bound.sockets,
            connections: start.connections,
            inbox: Inbox::default(),
            orders: start.orders,
            wake: start.wake,
            events: start.events,
            backlog: VecDeque::new(),
            metrics: start.metrics,
            load: start.load,
            trunks: start.trunks,
            relays: start.relays,
            published: now,
            looked_in: now,
            followed: start.bound.follows.then_some(start.bound.candidates),
            looked: now,
        }
    }

    fn run(mut self) {
        loop {
            let now = Instant::now();
            let rest = if self.flush_trunks() { IDLE } else { RETRY };
            let due = self.core.poll_timeout().map_or(rest, |at| at.saturating_duration_since(now).min(rest));
            if let Err(error) = self.wait(now, due.min(IDLE)) {
                // The descriptors are ours and open; the kernel being out of memory passes.
                tracing::error!(%error, "a media worker cannot wait for datagrams");
                std::thread::sleep(Duration::from_millis(10));
            }
            self.wake.look_around();
            let now = Instant::now();
            if !self.obey(now) {
                break;
            }
            self.looked_in = now;
            self.hear_trunks(now);
            self.receive(now);
            if self.connections.receive(now, &mut self.core) {
                self.wake.nudge();
            }
            self.core.handle_timeout(now);
            self.tell_trunks(now);
            self.send(now);
            self.connections.sweep(now, &mut self.core);
            self.emit();
            self.publish(now);
            self.follow(now);
            self.load.store(self.core.members(), Ordering::Relaxed);
        }
        self.core.close();
        self.send(Instant::now());
        self.emit();
    }

    /// Waits for something to do. A busy worker that has just looked at its sockets waits for orders only:
    /// what comes meanwhile is handled together, timers too.
    fn wait(&mut self, now: Instant, due: Duration) -> io::Result<()> {
        match self.core.rest(now).map(|rest| (self.looked_in + rest).saturating_duration_since(now)) {
            Some(Duration::ZERO) => Ok(()),
            Some(rest) => wake::wait(&self.wake, &[], None, rest),
            None => wake::wait(&self.wake, &self.sockets, self.connections.descriptor(), due),
        }
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
                Ok(Order::Restart { seat, remote, reply }) => {
                    let _ = reply.send(self.core.restart_ice(now, seat, remote));
                }
                Ok(Order::Connection(accepted)) => self.connections.add(now, &mut self.core, accepted),
                Ok(Order::Command(command)) => self.core.handle_command(now, command),
                Ok(Order::Stop) | Err(TryRecvError::Disconnected) => return false,
                Err(TryRecvError::Empty) => return true,
            }
        }
        self.wake.wake();
        true
    }

    fn hear_trunks(&mut self, now: Instant) {
        let Self { core, trunks, wake, .. } = self;
        for (from, ring) in &trunks.from {
            let taken =
                ring.try_iter().take(MESSAGES_AT_ONCE).map(|m| core.handle_trunk(now, *from, m)).count();
            if taken == MESSAGES_AT_ONCE {
                // There may be more; the sockets get their turn first.
                wake.nudge();
            }
        }
    }

    fn tell_trunks(&mut self, now: Instant) {
        while let Some((to, message)) = self.core.poll_trunk() {
            let Some(Some(trunk)) = self.trunks.to.get_mut(usize::from(to)) else { continue };
            let pushed = if message.is_media() { trunk.push_media(message) } else { trunk.push(message) };
            match pushed {
                Pushed::Taken => {}
                Pushed::Lost(message) => self.core.handle_trunk_loss(now, &message),
                Pushed::Behind => {
                    tracing::warn!(worker = to, "a media worker is far behind and is told everything anew");
                    self.core.resync_trunk(to);
                }
            }
        }
    }

    /// Whether nothing waits for another worker.
    fn flush_trunks(&mut self) -> bool {
        let mut is_clear = true;
        for trunk in self.trunks.to.iter_mut().flatten() {
            is_clear &= trunk.flush();
        }
        is_clear
    }

    fn receive(&mut self, now: Instant) {
        let Self { core, sockets, inbox, .. } = self;
        for (local, socket) in (0_u8..).zip(sockets.iter()) {
            for _ in 0..BATCHES_AT_ONCE {
                match socket.receive(inbox) {
                    Ok(count) => {
                        inbox.for_each(|remote, datagram| {
                            core.handle_datagram(now, Path { local, remote }, datagram);
                        });
                        // Less than there was room for: nothing waits.
                        if count < Inbox::MESSAGES {
                            break;
                        }
                    }
                    Err(error) => {
                        // ICMP errors of peers that are gone come here as well.
                        tracing::debug!(%error, "a media socket failed to receive");
                        break;
                    }
                }
            }
        }
    }

    fn send(&mut self, now: Instant) {
        let Self { core, sockets, connections, .. } = self;
        for (local, socket) in (0_u8..).zip(sockets.iter_mut()) {
            let of_socket = core.transmits().iter().filter(|(path, _)| path.local == local);
            socket.send(of_socket.map(|(path, bytes)| (path.remote, bytes)));
        }
        connections.send(now, core);
        core.transmits().clear();
    }

    fn emit(&mut self) {
        while let Some(event) = self.core.poll_event() {
            // What is told again in a moment is not worth waiting.
            if self.backlog.is_empty() || !matches!(event, Event::Levels { .. } | Event::Legs { .. }) {
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

    /// New addresses of this machine are used, and those that are gone announced no more.
    fn follow(&mut self, now: Instant) {
        let Some(candidates) = &mut self.followed else { return };
        if now.saturating_duration_since(self.looked) < LOOK {
            return;
        }
        self.looked = now;
        if Bound::follow(&mut self.sockets, candidates, &address::local_addresses()) {
            tracing::info!(?candidates, "this machine's addresses changed");
            self.core.set_candidates(candidates.clone());
        }
    }

    fn publish(&mut self, now: Instant) {
        if now.saturating_duration_since(self.published) >= PUBLISH {
            self.published = now;
            let sockets = self.sockets.iter().map(Socket::counters);
            let ways = Ways::count(self.core.paths(), |remote| self.relays.has(remote));
            let metrics = Metrics::new(self.core.metrics(), ways, self.core.members(), sockets);
            *self.metrics.lock().unwrap_or_else(PoisonError::into_inner) = metrics;
        }
    }
}

/// Keeps this thread on one core, so that its keys and rings stay in that core's cache.
fn pin(index: usize) {
    // SAFETY: `cpu_set_t` is plain data, all zeroes is the empty set; the macros stay within it because
    // they are given numbers below its size, and the sets live over the calls.
    let failed = unsafe {
        let mut allowed: libc::cpu_set_t = std::mem::zeroed();
        libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &mut allowed);
        // A container's cores need not be the machine's first.
        let cores: Vec<usize> =
            (0..libc::CPU_SETSIZE as usize).filter(|c| libc::CPU_ISSET(*c, &allowed)).collect();
        let Some(core) = index.checked_rem(cores.len()).and_then(|i| cores.get(i)) else { return };
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(*core, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set)
    };
    if failed != 0 {
        tracing::warn!(worker = index, error = %io::Error::last_os_error(), "a media worker is not pinned");
    }
}

/// An idle worker looks around this often.
const IDLE: Duration = Duration::from_secs(1);
/// A trunk that was full is tried again this soon.
const RETRY: Duration = Duration::from_millis(1);
const ORDERS_AT_ONCE: usize = 64;
/// Batches of one other worker before the sockets get their turn.
const MESSAGES_AT_ONCE: usize = 256;
/// Sixteen messages each, before the next socket gets its turn.
const BATCHES_AT_ONCE: usize = 8;
/// Seat and track events of a large hub for minutes.
const MAX_BACKLOG: usize = 65_536;
/// How soon a new address of the machine is noticed.
const LOOK: Duration = Duration::from_secs(5);
const PUBLISH: Duration = Duration::from_secs(1);
