//! One client: its stream, its socket, and what goes between them.

use std::{
    collections::BTreeMap,
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use base::{Timestamp, id::SeatId, random::System};
use sfu_core::turn::{Act, Frames, Issuer, Places, Refusal, Session};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    net::UdpSocket,
    time::sleep_until,
};

use super::{
    queue::Queue,
    quota::{Guest, Relays, Stranger},
};

/// Why a connection was closed before its client closed it.
#[derive(Debug)]
pub(super) enum Closed {
    /// It carried something else than TURN.
    Broken,
    /// Its client did what nobody with a seat does.
    Unwelcome,
    /// It showed no pass, was not refreshed, or takes nothing any more.
    Idle,
    /// The line failed.
    Line(io::Error),
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken => f.write_str("what came is not TURN"),
            Self::Unwelcome => f.write_str("its client has no pass, or does what is not allowed"),
            Self::Idle => f.write_str("nothing came or went in time"),
            Self::Line(cause) => write!(f, "the line failed: {cause}"),
        }
    }
}

/// Where announced addresses are on this machine.
pub(super) struct Routes {
    places: Places,
    local: Vec<IpAddr>,
    /// The announced address of every place that something was sent to; as many as there are places.
    announced: BTreeMap<SocketAddr, SocketAddr>,
}

impl Routes {
    pub fn new(places: Places, local: Vec<IpAddr>) -> Self {
        Self { places, local, announced: BTreeMap::new() }
    }

    /// Where to send what is for an announced address: an address that is a NAT's leads to loopback, for
    /// then the workers listen everywhere.
    fn to(&mut self, peer: SocketAddr) -> SocketAddr {
        let is_ours = peer.ip().is_loopback() || self.local.contains(&peer.ip());
        let host = if is_ours { peer.ip() } else { loopback(peer.is_ipv6()) };
        let place = SocketAddr::new(host, peer.port());
        self.announced.insert(place, peer);
        place
    }
}

fn loopback(is_ipv6: bool) -> IpAddr {
    if is_ipv6 { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() }
}

/// The socket of a client that was let in.
struct Relayed {
    socket: UdpSocket,
    _guest: Guest,
}

pub(super) struct Connection {
    session: Session,
    relays: Arc<Relays>,
    routes: Routes,
    remote: SocketAddr,
    relayed: Option<Relayed>,
    /// Until it is relayed.
    _stranger: Option<Stranger>,
    queue: Queue,
    /// When the line last took something, or nothing waited.
    moved: Instant,
}

impl Connection {
    pub fn new(issuer: Issuer, relays: Arc<Relays>, routes: Routes, came: (SocketAddr, Stranger)) -> Self {
        let now = Instant::now();
        let (remote, stranger) = came;
        Self {
            session: Session::new(now, issuer, remote, &mut System),
            relays,
            routes,
            remote,
            relayed: None,
            _stranger: Some(stranger),
            queue: Queue::default(),
            moved: now,
        }
    }

    /// Until the client closes; how much media the line was too thin for.
    pub async fn run<S>(mut self, stream: S) -> Result<u64, Closed>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let mut frames = Frames::default();
        let mut bytes = vec![0; READ];
        let mut datagram = vec![0; DATAGRAM];
        loop {
            let until = self.until();
            let Self { relayed, queue, .. } = &mut self;
            tokio::select! {
                read = reader.read(&mut bytes), if !queue.is_congested() => {
                    let count = read.map_err(Closed::Line)?;
                    if count == 0 {
                        return Ok(queue.dropped);
                    }
                    if !self.take(&mut frames, bytes.get(..count).unwrap_or_default()).await? {
                        return Ok(self.queue.dropped);
                    }
                }
                received = receive(relayed.as_ref(), &mut datagram) => {
                    self.take_datagrams(received, &mut datagram);
                }
                step = queue.step(&mut writer), if !queue.is_idle() => {
                    step.map_err(Closed::Line)?;
                    self.moved = Instant::now();
                }
                () = sleep_until(until.into()) => return Err(Closed::Idle),
            }
        }
    }

    /// When it is over unless something happens.
    fn until(&self) -> Instant {
        let expires = self.session.expires_at();
        if self.queue.is_idle() { expires } else { expires.min(self.moved + STUCK) }
    }

    /// What came from the client; false when he is done.
    async fn take(&mut self, frames: &mut Frames, bytes: &[u8]) -> Result<bool, Closed> {
        if self.queue.is_idle() {
            self.moved = Instant::now();
        }
        let mut all = Vec::new();
        let is_whole = frames.push(bytes, |frame| all.push(frame.to_vec()));
        for frame in all {
            let (now, time) = (Instant::now(), Timestamp::now());
            match self.session.handle(now, time, &self.routes.places, &frame) {
                Act::Nothing => {}
                Act::Answer(answer) => self.queue.answer(&answer),
                Act::Relay { peer, datagram } => self.relay(peer, &datagram),
                Act::Open { seat, is_ipv6 } => {
                    let answer = match self.open(seat, is_ipv6).await {
                        Ok(address) => self.session.opened(address),
                        Err(why) => self.session.refused(why),
                    };
                    self.queue.answer(&answer);
                }
                Act::Finish(_) => return Ok(false),
                Act::Close => return Err(Closed::Unwelcome),
            }
        }
        is_whole.map(|()| true).map_err(|_| Closed::Broken)
    }

    fn relay(&mut self, peer: SocketAddr, datagram: &[u8]) {
        let place = self.routes.to(peer);
        if let Some(relayed) = &self.relayed
            && let Err(error) = relayed.socket.try_send_to(datagram, place)
        {
            // Lost, as on any line.
            tracing::debug!(%place, %error, "turn: a datagram was not taken");
        }
    }

    async fn open(&mut self, seat: SeatId, is_ipv6: bool) -> Result<SocketAddr, Refusal> {
        let socket = UdpSocket::bind((loopback(is_ipv6), 0)).await.map_err(|error| {
            tracing::warn!(%error, "turn: no socket can be opened");
            Refusal::Capacity
        })?;
        let own = socket.local_addr().map_err(|_| Refusal::Capacity)?;
        let guest = self.relays.admit(seat, self.remote.ip(), own).inspect_err(|why| {
            tracing::info!(%seat, peer = %self.remote.ip(), ?why, "turn: one more is refused");
        })?;
        self.relayed = Some(Relayed { socket, _guest: guest });
        self._stranger = None;
        tracing::debug!(%seat, peer = %self.remote, "turn: a seat is relayed");
        // What the workers see: an address that looked better would make browsers take the relay for a direct way
        // (RFC 8445 §7.2.5.3.1) and prefer it.
        Ok(own)
    }

    /// A datagram of a worker, and those behind it, within a budget.
    fn take_datagrams(&mut self, first: io::Result<(usize, SocketAddr)>, buffer: &mut [u8]) {
        let now = Instant::now();
        if self.queue.is_idle() {
            self.moved = now;
        }
        let mut received = first;
        for _ in 0..DATAGRAMS_AT_ONCE {
            // Nothing more waits, or a worker's port is closed: then its peers are gone.
            let Ok((count, from)) = received else { return };
            self.deliver(now, from, buffer.get(..count).unwrap_or_default());
            let Some(relayed) = &self.relayed else { return };
            received = relayed.socket.try_recv_from(buffer);
        }
        if let Ok((count, from)) = received {
            self.deliver(now, from, buffer.get(..count).unwrap_or_default());
        }
    }

    /// Puts what a worker sent into the client's queue; what comes from elsewhere is dropped.
    fn deliver(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) {
        let Some(peer) = self.routes.announced.get(&from) else { return };
        let mut frame = Vec::with_capacity(datagram.len() + 8);
        if self.session.handle_peer(now, *peer, datagram, &mut frame) {
            self.queue.media(frame);
        }
    }
}

/// The next datagram for a client; never without a socket.
async fn receive(relayed: Option<&Relayed>, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
    match relayed {
        Some(relayed) => relayed.socket.recv_from(buffer).await,
        None => std::future::pending().await,
    }
}

/// A TLS record.
const READ: usize = 16 << 10;
/// Media stays below an Ethernet frame.
const DATAGRAM: usize = 2_048;
/// Datagrams before the client gets its turn.
const DATAGRAMS_AT_ONCE: usize = 32;
/// Consent lasts longer (RFC 7675), but a far end whose line is this dead connects anew.
const STUCK: Duration = Duration::from_secs(10);
