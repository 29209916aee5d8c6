//! A bad line between real sockets, in user space, since not every kernel can make one: whoever sends to
//! the relay's address reaches the target behind it, and each direction is shaped by a [`Link`].
//!
//! One thread looks once a millisecond: that is finer than what is measured with it, and wakes nobody
//! inside a send call. What it measures is read by [`Relay::measure`].

mod crossing;

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    sync::mpsc::{Sender, channel},
    thread::JoinHandle,
    time::Duration,
};

use crate::link::Shape;
use crossing::{Crossing, Order};

/// A direction of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the target.
    Up,
    /// From the target.
    Down,
}

/// What one direction has seen since it was last measured, all clients together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// The longest that an accepted datagram waited for the line.
    pub longest_wait: Duration,
    /// Bytes accepted, with IP and UDP headers.
    pub bytes: u64,
    /// Datagrams lost, by a full queue or by chance.
    pub lost: u64,
}

/// A running relay; it ends when this is dropped.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// Listens on `listen` for whoever wants to reach `target`; the line is perfect at first. The same
    /// `seed` makes the same line of the same datagrams.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub fn start(listen: SocketAddr, target: SocketAddr, seed: u64) -> io::Result<Self> {
        let socket = UdpSocket::bind(listen)?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        let (orders, inbox) = channel();
        let crossing = Crossing::new(socket, target, seed);
        let thread = std::thread::Builder::new().name("relay".into()).spawn(move || crossing.run(&inbox))?;
        Ok(Self { address, orders: Some(orders), thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everybody's line in this direction changes; what was seen is forgotten.
    pub fn reshape(&self, way: Way, shape: Shape) {
        self.order(Order::Reshape(way, shape));
    }

    /// From now on the target sees other ports, as when a network address translator has forgotten whom it
    /// served. What comes to the old ones is lost.
    pub fn rebind(&self) {
        self.order(Order::Rebind);
    }

    /// What was seen since the last call or change, up and down; nothing when the relay has failed.
    pub fn measure(&self) -> Option<[Seen; 2]> {
        let (reply, answer) = channel();
        self.order(Order::Measure(reply));
        answer.recv().ok()
    }

    fn order(&self, order: Order) {
        // A thread that has ended panicked; the test will miss its datagrams.
        let _ = self.orders.as_ref().map(|orders| orders.send(order));
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
