//! One peer's connection: frames in, frames out, and no more memory than agreed.

use std::{
    io::{self, Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

use mio::net::TcpStream;
use sfu_core::transport::framing::{Deframer, write_frame};

/// How reading ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Nothing more waits.
    Drained,
    /// There may be more; others get their turn first.
    More,
    /// The connection is over.
    Over,
}

/// The stream, and what waits on either side of it.
#[derive(Debug)]
pub(super) struct Connection {
    pub stream: TcpStream,
    pub remote: SocketAddr,
    deframer: Deframer,
    out: Vec<u8>,
    /// When something last went out, or nothing waited.
    moved: Instant,
}

impl Connection {
    pub fn new(now: Instant, stream: TcpStream, remote: SocketAddr) -> Self {
        // Media does not wait for more of it (RFC 6544 §10.2); a connection that refuses is only slower.
        let _ = stream.set_nodelay(true);
        // What waits in the kernel is late already.
        let _ = socket2::SockRef::from(&stream).set_send_buffer_size(KERNEL_OUT);
        Self { stream, remote, deframer: Deframer::default(), out: Vec::new(), moved: now }
    }

    /// Takes bytes of the stream; false when it cannot be followed any more.
    pub fn take(&mut self, bytes: &[u8], frame: impl FnMut(&mut [u8])) -> bool {
        self.deframer.push(bytes, frame).is_ok()
    }

    /// Reads what waits, within a budget.
    pub fn read(&mut self, buffer: &mut [u8], mut frame: impl FnMut(&mut [u8])) -> Reading {
        for _ in 0..READS_AT_ONCE {
            match self.stream.read(buffer) {
                Ok(0) => return Reading::Over,
                Ok(count) => {
                    if !self.take(buffer.get(..count).unwrap_or_default(), &mut frame) {
                        return Reading::Over;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Reading::Drained,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Reading::Over,
            }
        }
        Reading::More
    }

    /// Puts a datagram behind what waits. False: there is no room, it is lost like on any full line.
    pub fn push(&mut self, datagram: &[u8]) -> bool {
        self.out.len() + datagram.len() <= MAX_OUT && write_frame(&mut self.out, datagram)
    }

    /// Writes what waits as far as the kernel takes it; false when the connection is over.
    pub fn flush(&mut self, now: Instant) -> bool {
        let mut written = 0;
        let is_open = loop {
            let rest = self.out.get(written..).unwrap_or_default();
            if rest.is_empty() {
                break true;
            }
            match self.stream.write(rest) {
                Ok(0) => break false,
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break false,
            }
        };
        self.out.drain(..written);
        if written > 0 || self.out.is_empty() {
            self.moved = now;
        }
        is_open
    }

    /// Whether the far end has taken nothing for long although something waits for it.
    pub fn is_stuck(&self, now: Instant) -> bool {
        !self.out.is_empty() && now.saturating_duration_since(self.moved) >= STUCK
    }
}

/// A quarter of a second at 4 Mbit/s; more would only be late.
const MAX_OUT: usize = 128 << 10;
const KERNEL_OUT: usize = 64 << 10;
/// Buffers of one connection before the next gets its turn.
const READS_AT_ONCE: usize = 4;
/// Consent lasts longer (RFC 7675), but a far end whose line is this dead connects anew.
const STUCK: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (Connection, std::net::TcpStream) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let far = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (near, remote) = listener.accept().unwrap();
        near.set_nonblocking(true).unwrap();
        (Connection::new(Instant::now(), TcpStream::from_std(near), remote), far)
    }

    #[test]
    fn who_does_not_read_loses_packets_and_then_the_connection_but_costs_no_more_memory() {
        let (mut near, _far) = pair();
        let now = Instant::now();
        let mut lost = 0;
        while lost < 1_000 {
            lost += usize::from(!near.push(&[0x80; 1_100]));
            assert!(near.flush(now));
            assert!(near.out.len() <= MAX_OUT + 2);
        }
        assert!(!near.is_stuck(now + STUCK / 2));
        assert!(near.is_stuck(now + STUCK));
    }

    #[test]
    fn frames_arrive_whole_though_the_line_is_slow() {
        let (mut near, mut far) = pair();
        let now = Instant::now();
        let mut sent = 0_u32;
        while near.push(&sent.to_be_bytes()) && sent < 50_000 {
            sent += 1;
        }
        far.set_nonblocking(true).unwrap();
        let (mut deframer, mut next) = (Deframer::default(), 0_u32);
        let mut buffer = [0; 777];
        while next < sent {
            assert!(near.flush(now));
            let Ok(count) = far.read(&mut buffer) else { continue };
            let check = |frame: &mut [u8]| {
                assert_eq!(frame, next.to_be_bytes());
                next += 1;
            };
            deframer.push(&buffer[..count], check).unwrap();
        }
        assert!(!near.is_stuck(now + 2 * STUCK), "nothing waits");
    }

    #[test]
    fn a_far_end_that_goes_or_talks_nonsense_ends_the_connection() {
        let mut buffer = [0; 4_096];
        let (mut near, far) = pair();
        assert_eq!(near.read(&mut buffer, |_| {}), Reading::Drained);
        drop(far);
        while near.read(&mut buffer, |_| {}) == Reading::Drained {}
        let (mut near, mut far) = pair();
        far.write_all(&[0xff; 64]).unwrap();
        let mut ended = Reading::Drained;
        while ended == Reading::Drained {
            ended = near.read(&mut buffer, |_| panic!("no frame"));
        }
        assert_eq!(ended, Reading::Over);
    }
}
