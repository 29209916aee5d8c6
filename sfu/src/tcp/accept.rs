//! The thread that accepts connections for all workers and finds out to whom they belong.

use std::{
    collections::BTreeMap,
    io::{self, Read},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use base::{Seldom, random::System};
use mio::{
    Events, Interest, Poll, Token, Waker,
    net::{TcpListener, TcpStream},
};
use sfu_core::{
    transport::framing::{MAX_FRAME, MAX_WAITING},
    transport::ice::{self, Check},
};

use crate::worker::{Mailbox, Order};

/// A connection whose first frame is a check for a peer of the worker that gets it.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub stream: TcpStream,
    pub remote: SocketAddr,
    /// What was read: the check, and perhaps the beginning of more.
    pub read: Vec<u8>,
}

/// The bound port.
#[derive(Debug)]
pub(crate) struct Listeners {
    listeners: Vec<TcpListener>,
    /// The same for all.
    pub port: u16,
}

impl Listeners {
    /// Binds `port` for these addresses, or for all of the machine when one of them is not its own or
    /// none is named; 0 lets the system choose.
    pub fn bind(addresses: &[IpAddr], local: &[IpAddr], mut port: u16) -> io::Result<Self> {
        let own = !addresses.is_empty() && addresses.iter().all(|address| local.contains(address));
        let everywhere = [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
        let mut listeners = Vec::new();
        for address in if own { addresses } else { everywhere.as_slice() } {
            let at = SocketAddr::new(*address, port);
            match listen(at) {
                Ok(listener) => {
                    port = listener.local_addr()?.port();
                    listeners.push(listener);
                }
                // A machine without IPv6.
                Err(_) if at.ip().is_unspecified() && at.is_ipv6() && !listeners.is_empty() => {}
                Err(error) => return Err(io::Error::new(error.kind(), format!("TCP {at}: {error}"))),
            }
        }
        Ok(Self { listeners, port })
    }
}

fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let domain = socket2::Domain::for_address(at);
    let socket = socket2::Socket::new(domain, socket2::Type::STREAM, Some(socket2::Protocol::TCP))?;
    if at.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // Connections of the hub that ended a moment ago do not keep the port.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&at.into())?;
    socket.listen(QUEUE)?;
    Ok(TcpListener::from_std(socket.into()))
}

/// Stops the thread.
pub(crate) struct Acceptor {
    waker: Waker,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Acceptor {
    /// Starts the thread; the mailboxes are those of the workers, in their order.
    pub fn start(listeners: Listeners, workers: Vec<Mailbox>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKER)?;
        let stop = Arc::new(AtomicBool::new(false));
        let mut accepting = Accepting::new(poll, listeners, workers, MAX_STRANGERS)?;
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("media-tcp".to_owned()).spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                accepting.turn();
            }
        })?;
        Ok(Self { waker, stop, thread })
    }

    /// Closes the port and waits for the thread.
    pub fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        // Otherwise it notices at its next look at the time.
        if let Err(error) = self.waker.wake() {
            tracing::debug!(%error, "the acceptor of media connections could not be woken");
        }
        if self.thread.join().is_err() {
            tracing::error!("the acceptor of media connections had panicked");
        }
    }
}

/// Somebody whose first frame is not complete.
struct Stranger {
    stream: TcpStream,
    remote: SocketAddr,
    since: Instant,
    read: Vec<u8>,
}

/// What became of a stranger.
enum Seen {
    /// More has to come.
    Waits,
    /// He is a peer of this worker, as he says.
    Peer(u8),
    /// He is none, or went.
    Nobody,
}

impl Stranger {
    fn look(&mut self) -> Seen {
        let mut part = [0; MAX_WAITING];
        loop {
            let room = part.get_mut(..MAX_WAITING - self.read.len()).unwrap_or_default();
            match self.stream.read(room) {
                Ok(0) => return Seen::Nobody,
                Ok(count) => self.read.extend_from_slice(part.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Seen::Waits,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return Seen::Nobody,
            }
            match first_frame(&self.read) {
                Ok(None) => {}
                Ok(Some(frame)) => {
                    let ufrag = Check::parse(frame).and_then(|check| check.local_ufrag());
                    return ufrag.and_then(|ufrag| ice::worker_of(&ufrag)).map_or(Seen::Nobody, Seen::Peer);
                }
                Err(NoCheck) => return Seen::Nobody,
            }
        }
    }
}

/// The stream begins with something else than a check.
struct NoCheck;

fn first_frame(stream: &[u8]) -> Result<Option<&[u8]>, NoCheck> {
    let Some((length, rest)) = stream.split_first_chunk() else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes(*length));
    // RFC 7983 §7: STUN begins with 0 to 3.
    let is_stun = rest.first().is_none_or(|first| *first <= 3);
    if length == 0 || length > MAX_FRAME || !is_stun {
        return Err(NoCheck);
    }
    Ok(rest.get(..length))
}

struct Accepting {
    poll: Poll,
    events: Events,
    listeners: Vec<TcpListener>,
    workers: Vec<Mailbox>,
    /// By token, and so by age. Full: the oldest goes, he had his time.
    strangers: BTreeMap<usize, Stranger>,
    limit: usize,
    next: usize,
    nonsense: Seldom,
}

impl Accepting {
    fn new(poll: Poll, bound: Listeners, workers: Vec<Mailbox>, limit: usize) -> io::Result<Self> {
        let mut listeners = bound.listeners;
        for (token, listener) in listeners.iter_mut().enumerate() {
            poll.registry().register(listener, Token(token), Interest::READABLE)?;
        }
        let (events, next) = (Events::with_capacity(256), listeners.len());
        let (strangers, nonsense) = (BTreeMap::new(), Seldom::default());
        Ok(Self { poll, events, listeners, workers, strangers, limit, next, nonsense })
    }

    /// Waits for something to happen and sees to it.
    fn turn(&mut self) {
        let interrupted = |error: &io::Error| error.kind() == io::ErrorKind::Interrupted;
        if let Err(error) = self.poll.poll(&mut self.events, Some(LOOK))
            && !interrupted(&error)
        {
            tracing::error!(%error, "media connections cannot be waited for");
            std::thread::sleep(Duration::from_millis(10));
        }
        // Every listener every time: an accept that failed for want of descriptors is not announced anew.
        for token in 0..self.listeners.len() {
            self.accept(token);
        }
        let tokens: Vec<usize> = self.events.iter().map(|event| event.token().0).collect();
        for token in tokens {
            self.look(token);
        }
        let now = Instant::now();
        self.strangers.retain(|_, stranger| now.saturating_duration_since(stranger.since) < PATIENCE);
    }

    fn accept(&mut self, listener: usize) {
        while let Some(Ok((mut stream, remote))) = self.listeners.get(listener).map(TcpListener::accept) {
            let token = self.next;
            self.next += 1;
            if let Err(error) = self.poll.registry().register(&mut stream, Token(token), Interest::READABLE) {
                tracing::warn!(%error, "a media connection is refused");
                continue;
            }
            while self.strangers.len() >= self.limit {
                self.strangers.pop_first();
            }
            let remote = SocketAddr::new(remote.ip(), remote.port());
            self.strangers
                .insert(token, Stranger { stream, remote, since: Instant::now(), read: Vec::new() });
            // What came before it was registered is not announced.
            self.look(token);
        }
    }

    fn look(&mut self, token: usize) {
        let Some(stranger) = self.strangers.get_mut(&token) else { return };
        let worker = match stranger.look() {
            Seen::Waits => return,
            Seen::Peer(worker) => Some(worker),
            Seen::Nobody => None,
        };
        let Some(Stranger { mut stream, remote, read, .. }) = self.strangers.remove(&token) else { return };
        let mailbox = worker.and_then(|worker| self.workers.get(usize::from(worker)));
        let Some(mailbox) = mailbox else {
            if let Some(alike) = self.nonsense.say(Instant::now()) {
                let (id, what) = (base::log_id(&mut System), "its first bytes are no ICE check");
                tracing::info!(id, from = %remote, what, alike, "media: a TCP connection was closed");
            }
            return;
        };
        if self.poll.registry().deregister(&mut stream).is_ok() {
            mailbox.send(Order::Connection(Accepted { stream, remote, read }));
        }
    }
}

/// Apart from all listeners and strangers.
const WAKER: Token = Token(usize::MAX);
/// Connections that the kernel accepts ahead of us.
const QUEUE: i32 = 512;
/// Strangers at one time, two kilobytes each at most.
const MAX_STRANGERS: usize = 1_024;
/// A browser sends its check with the connection's first packet.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn accepting(limit: usize) -> (Accepting, SocketAddr) {
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST)];
        let listeners = Listeners::bind(&loopback, &loopback, 0).unwrap();
        let at = SocketAddr::new(loopback[0], listeners.port);
        (Accepting::new(Poll::new().unwrap(), listeners, Vec::new(), limit).unwrap(), at)
    }

    fn until(accepting: &mut Accepting, done: impl Fn(&Accepting) -> bool) {
        while !done(accepting) {
            accepting.turn();
        }
    }

    #[test]
    fn of_too_many_strangers_the_oldest_go() {
        let (mut accepting, at) = accepting(3);
        let mut all: Vec<_> = (0..10).map(|_| std::net::TcpStream::connect(at).unwrap()).collect();
        let newest = all.last().unwrap().local_addr().unwrap();
        let has = |accepting: &Accepting, who| accepting.strangers.values().any(|s| s.remote == who);
        until(&mut accepting, |accepting| has(accepting, newest));
        assert_eq!(accepting.strangers.len(), 3);
        assert_eq!(all[0].read(&mut [0]).unwrap(), 0, "the oldest was shown out");
    }

    #[test]
    fn who_speaks_another_protocol_is_shown_out_at_once() {
        let (mut accepting, at) = accepting(3);
        for greeting in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0, 0], &[0, 4, 22, 3, 1, 0], &[0, 4, 0, 1, 0, 0]] {
            let mut stranger = std::net::TcpStream::connect(at).unwrap();
            stranger.write_all(greeting).unwrap();
            stranger.set_nonblocking(true).unwrap();
            let mut read = || stranger.read(&mut [0]);
            while read().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock) {
                accepting.turn();
            }
            assert!(matches!(read(), Ok(0) | Err(_)), "nothing is said to a stranger");
        }
    }

    #[test]
    fn a_port_in_use_is_named() {
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST)];
        let first = Listeners::bind(&loopback, &loopback, 0).unwrap();
        let error = Listeners::bind(&loopback, &loopback, first.port).unwrap_err();
        assert!(error.to_string().starts_with("TCP 127.0.0.1:"));
    }
}
