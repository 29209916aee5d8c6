//! UDP as the kernel is cheapest with it: many datagrams a call, runs of equal ones to one address as a
//! single message (`UDP_SEGMENT`, `UDP_GRO`), large buffers. The only `unsafe` code of the media plane
//! is in this module's two files, around `sendmmsg` and `recvmmsg`.
//!
//! What the kernel does not take at once waits in a bounded [`backlog`]; media that waits longer than
//! that is worthless, so the oldest is dropped and counted.

mod backlog;
mod receive;
mod send;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use socket2::{Domain, Protocol, Type};

pub use receive::Inbox;

/// Kernel buffers asked for in each direction; the kernel grants what `net.core.{r,w}mem_max` allow.
const BUFFER: usize = 16 << 20;

/// What a socket did so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Datagrams given to the kernel.
    pub sent: u64,
    /// Messages they went in; fewer than datagrams where runs were segmented by the kernel.
    pub messages: u64,
    /// Datagrams the kernel refused for good: no route, forbidden, too long.
    pub failed: u64,
    /// Datagrams dropped because the backlog was full.
    pub dropped: u64,
}

/// A bound, non-blocking socket of one worker.
#[derive(Debug)]
pub struct Socket {
    socket: socket2::Socket,
    address: SocketAddr,
    /// The kernel cuts runs into datagrams for us.
    segments: bool,
    batch: send::Batch,
    backlog: backlog::Backlog,
    counters: Counters,
}

impl Socket {
    /// Binds to `address`; port 0 takes any free one.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = socket2::Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        // Smaller buffers than asked for lose packets in bursts but are no reason to refuse service.
        let _ = socket.set_recv_buffer_size(BUFFER);
        let _ = socket.set_send_buffer_size(BUFFER);
        let address = socket.local_addr()?.as_socket().ok_or(io::ErrorKind::AddrNotAvailable)?;
        receive::enable_coalescing(&socket);
        let segments = send::can_segment(&socket);
        tracing::debug!(
            %address,
            segments,
            receive_buffer = socket.recv_buffer_size().unwrap_or(0),
            send_buffer = socket.send_buffer_size().unwrap_or(0),
            "media socket bound"
        );
        Ok(Self {
            socket,
            address,
            segments,
            batch: send::Batch::default(),
            backlog: backlog::Backlog::default(),
            counters: Counters::default(),
        })
    }

    /// Where it is bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it did so far.
    pub fn counters(&self) -> Counters {
        Counters { dropped: self.backlog.dropped(), ..self.counters }
    }

    /// Whether datagrams wait for the kernel; then call [`Socket::flush`] when it is writable.
    pub fn has_backlog(&self) -> bool {
        !self.backlog.is_empty()
    }

    /// Sends datagrams in order. Consecutive ones to one address, equally long but for a shorter last,
    /// share a message.
    pub fn send<'a>(&mut self, datagrams: impl Iterator<Item = (SocketAddr, &'a [u8])>) {
        self.flush();
        if self.backlog.is_empty() {
            self.transmit(datagrams);
        } else {
            datagrams.for_each(|(remote, bytes)| self.backlog.push(remote, bytes));
        }
    }

    /// Sends what waits, as far as the kernel takes it.
    pub fn flush(&mut self) {
        if !self.backlog.is_empty() {
            let waiting = self.backlog.take();
            self.transmit(waiting.iter().map(|(remote, bytes)| (*remote, &**bytes)));
        }
    }

    /// Receives what there is, as much as `inbox` holds; how many messages, zero when nothing waits.
    pub fn receive(&self, inbox: &mut Inbox) -> io::Result<usize> {
        inbox.fill(self.socket.as_raw_fd())
    }

    /// Never asks the kernel to segment again.
    #[cfg(test)]
    fn without_segments(mut self) -> Self {
        self.segments = false;
        self
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}
