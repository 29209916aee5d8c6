//! The relay's thread: who sends, what is under way, when it arrives.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    io,
    net::{SocketAddr, UdpSocket},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender},
    time::{Duration, Instant},
};

use base::random::Seeded;

use super::{Seen, Way};
use crate::link::{Link, Shape};

/// What a relay is told.
pub(super) enum Order {
    /// A direction of the line changes.
    Reshape(Way, Shape),
    /// Other ports towards the target.
    Rebind,
    /// Tell what was seen, up and down.
    Measure(Sender<[Seen; 2]>),
}

/// One direction of one client's line, and what is on it: no more than its shape lets wait.
struct Direction {
    link: Link,
    under_way: BinaryHeap<Reverse<(Instant, u64, Vec<u8>)>>,
    count: u64,
    seen: Seen,
}

impl Direction {
    fn new(shape: Shape) -> Self {
        Self { link: Link::new(shape), under_way: BinaryHeap::new(), count: 0, seen: Seen::default() }
    }

    fn put(&mut self, now: Instant, datagram: &[u8], random: &mut Seeded) {
        let bytes = datagram.len() + BELOW;
        let waits = self.link.queue(now);
        let Some(at) = self.link.carry(now, bytes, random) else {
            self.seen.lost += 1;
            return;
        };
        self.seen.longest_wait = self.seen.longest_wait.max(waits);
        self.seen.bytes += bytes as u64;
        self.count += 1;
        self.under_way.push(Reverse((at, self.count, datagram.to_vec())));
    }

    fn take(&mut self, now: Instant) -> Option<Vec<u8>> {
        let Reverse((at, ..)) = self.under_way.peek()?;
        if *at > now {
            return None;
        }
        self.under_way.pop().map(|Reverse((.., datagram))| datagram)
    }
}

struct Client {
    address: SocketAddr,
    /// Towards the target, from an address of its own.
    upstream: UdpSocket,
    up: Direction,
    down: Direction,
}

impl Client {
    fn direction(&mut self, way: Way) -> &mut Direction {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }
}

/// All that the thread owns.
pub(super) struct Crossing {
    socket: UdpSocket,
    target: SocketAddr,
    /// At most [`MOST_CLIENTS`].
    clients: Vec<Client>,
    /// Up and down.
    shapes: [Shape; 2],
    random: Seeded,
}

impl Crossing {
    /// Nobody sends yet, and both directions are perfect.
    pub(super) fn new(socket: UdpSocket, target: SocketAddr, seed: u64) -> Self {
        Self { socket, target, clients: Vec::new(), shapes: [Shape::default(); 2], random: Seeded::new(seed) }
    }

    /// Carries until nobody can give orders any more.
    pub(super) fn run(mut self, orders: &Receiver<Order>) {
        let mut buffer = [0; 2_048];
        loop {
            match orders.recv_timeout(LOOK) {
                Ok(order) => self.obey(order),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.collect(&mut buffer);
            self.deliver();
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Reshape(way, shape) => {
                let now = Instant::now();
                self.shapes[way as usize] = shape;
                for direction in self.clients.iter_mut().map(|client| client.direction(way)) {
                    direction.link.reshape(now, shape);
                    direction.seen = Seen::default();
                }
            }
            Order::Rebind => {
                let Self { clients, socket, target, .. } = self;
                for client in clients {
                    // A port that cannot be had leaves the old one, and the test finds nothing changed.
                    if let Ok(upstream) = upstream(socket, *target) {
                        client.upstream = upstream;
                    }
                }
            }
            Order::Measure(reply) => {
                let mut seen = [Seen::default(); 2];
                for client in &mut self.clients {
                    for way in [Way::Up, Way::Down] {
                        seen[way as usize] =
                            seen[way as usize].with(std::mem::take(&mut client.direction(way).seen));
                    }
                }
                // Whoever asked may have given up.
                let _ = reply.send(seen);
            }
        }
    }

    /// Puts on the lines what has come. An error of a socket (a port that closed) is a loss.
    fn collect(&mut self, buffer: &mut [u8]) {
        let now = Instant::now();
        while let Ok((len, from)) = self.socket.recv_from(buffer) {
            let Some(at) = self.client(from) else { continue };
            if let (Some(client), Some(datagram)) = (self.clients.get_mut(at), buffer.get(..len)) {
                client.up.put(now, datagram, &mut self.random);
            }
        }
        for client in &mut self.clients {
            while let Ok(len) = client.upstream.recv(buffer) {
                if let Some(datagram) = buffer.get(..len) {
                    client.down.put(now, datagram, &mut self.random);
                }
            }
        }
    }

    fn client(&mut self, address: SocketAddr) -> Option<usize> {
        let known = self.clients.iter().position(|client| client.address == address);
        if known.is_some() || self.clients.len() >= MOST_CLIENTS {
            return known;
        }
        let upstream = upstream(&self.socket, self.target).ok()?;
        let [up, down] = self.shapes.map(Direction::new);
        self.clients.push(Client { address, upstream, up, down });
        Some(self.clients.len() - 1)
    }

    fn deliver(&mut self) {
        let now = Instant::now();
        for client in &mut self.clients {
            while let Some(datagram) = client.up.take(now) {
                let _ = client.upstream.send(&datagram);
            }
            while let Some(datagram) = client.down.take(now) {
                let _ = self.socket.send_to(&datagram, client.address);
            }
        }
    }
}

impl Seen {
    fn with(self, other: Self) -> Self {
        Self {
            longest_wait: self.longest_wait.max(other.longest_wait),
            bytes: self.bytes + other.bytes,
            lost: self.lost + other.lost,
        }
    }
}

fn upstream(beside: &UdpSocket, target: SocketAddr) -> io::Result<UdpSocket> {
    let upstream = UdpSocket::bind(SocketAddr::new(beside.local_addr()?.ip(), 0))?;
    upstream.connect(target)?;
    upstream.set_nonblocking(true)?;
    Ok(upstream)
}

/// IPv4 and UDP use the line as well.
const BELOW: usize = 28;
/// How often datagrams are looked for and delivered.
const LOOK: Duration = Duration::from_millis(1);
/// Addresses of a test's browsers; further ones are ignored.
const MOST_CLIENTS: usize = 64;
