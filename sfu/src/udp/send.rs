//! Sending many datagrams a call: `sendmmsg`, each message a run of datagrams to one address that the
//! kernel cuts apart (`UDP_SEGMENT`). Where it refuses to, they go one by one.

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};

use socket2::SockAddr;

use super::Socket;

/// Messages a call.
const MESSAGES: usize = 64;
/// Messages built before the first is sent; more receivers than that in one round go in several.
const PENDING: usize = 1_024;
/// Places of the table of addresses, a power of two.
const LATEST: usize = 4 * PENDING;
/// Datagrams a message: a longer burst would hurt a slow line more than it saves here.
const SEGMENTS: usize = 16;
/// Bytes a message, below the 65,507 an IPv4 datagram could hold.
const BYTES: usize = 60_000;

/// One `UDP_SEGMENT` control message, aligned as the kernel reads it.
#[repr(C, align(8))]
#[derive(Debug, Clone, Copy)]
struct Control([u8; CONTROL_LEN]);

/// `CMSG_SPACE` of a `u16`.
// SAFETY: the macro only computes a length.
const CONTROL_LEN: usize = unsafe { libc::CMSG_SPACE(size_of::<u16>() as u32) as usize };

/// A run of datagrams to one address.
#[derive(Debug)]
struct Message {
    remote: SocketAddr,
    name: SockAddr,
    /// Where the table of addresses knows it.
    place: usize,
    /// Its vectors, one a datagram: known once the batch is sealed.
    first: usize,
    count: usize,
    /// Length of every datagram but the last.
    segment: usize,
    bytes: usize,
    /// A shorter datagram ended the run.
    closed: bool,
}

impl Message {
    fn takes(&self, remote: SocketAddr, len: usize) -> bool {
        !self.closed
            && self.remote == remote
            && self.count < SEGMENTS
            && (1..=self.segment).contains(&len)
            && self.bytes + len <= BYTES
    }
}

/// A datagram and the message it belongs to.
#[derive(Debug)]
struct Item {
    message: usize,
    vector: libc::iovec,
}

/// What is sent together; kept for its memory. Forwarding gives one packet to every receiver before the
/// next, so the runs of many receivers grow side by side.
#[derive(Debug)]
pub(super) struct Batch {
    messages: Vec<Message>,
    items: Vec<Item>,
    /// The latest message to an address, at one of two places by the address's hash. Of three that
    /// collide one is forgotten, and begins a new message when it is met again.
    latest: Box<[u16; LATEST]>,
    vectors: Vec<libc::iovec>,
    controls: Vec<Control>,
    headers: Vec<libc::mmsghdr>,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            messages: Vec::new(),
            items: Vec::new(),
            latest: Box::new([0; LATEST]),
            vectors: Vec::new(),
            controls: Vec::new(),
            headers: Vec::new(),
        }
    }
}

// SAFETY: the pointers in `items`, `vectors` and `headers` are written and used within one call of
// `Socket::transmit` and cleared before it returns; between calls there is nothing to share.
unsafe impl Send for Batch {}

impl Batch {
    /// Adds a datagram. `false`: there is no room, submit first.
    fn add(&mut self, remote: SocketAddr, datagram: &[u8], segments: bool) -> bool {
        let places = [hash(remote), hash(remote) ^ 1];
        let known =
            places.into_iter().find(|&place| self.at(place).is_some_and(|last| last.remote == remote));
        let latest = known.and_then(|place| self.messages.get_mut(usize::from(self.latest[place])));
        let message = if let Some(message) =
            latest.filter(|message| segments && message.takes(remote, datagram.len()))
        {
            message.count += 1;
            message.bytes += datagram.len();
            message.closed = datagram.len() < message.segment;
            usize::from(self.latest[message.place])
        } else {
            let index = self.messages.len();
            if index == PENDING {
                return false;
            }
            let free = || places.into_iter().find(|&place| self.at(place).is_none());
            let place = known.or_else(free).unwrap_or(places[1]);
            let (name, segment) = (SockAddr::from(remote), datagram.len());
            self.messages.push(Message {
                remote,
                name,
                place,
                first: 0,
                count: 1,
                segment,
                bytes: segment,
                closed: false,
            });
            self.latest[place] = index as u16;
            index
        };
        let iov_base = datagram.as_ptr().cast_mut().cast();
        self.items.push(Item { message, vector: libc::iovec { iov_base, iov_len: datagram.len() } });
        true
    }

    /// The message a place of the table stands for; none when the entry is of an earlier batch.
    fn at(&self, place: usize) -> Option<&Message> {
        self.messages.get(usize::from(self.latest[place])).filter(|message| message.place == place)
    }

    /// Puts the datagrams of each message side by side, in the order they were added.
    fn arrange(&mut self) {
        let mut first = 0;
        for message in &mut self.messages {
            message.first = first;
            first += message.count;
            // Counted again below.
            message.count = 0;
        }
        let empty = libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 };
        self.vectors.clear();
        self.vectors.resize(self.items.len(), empty);
        for item in self.items.drain(..) {
            let Some(message) = self.messages.get_mut(item.message) else { continue };
            if let Some(place) = self.vectors.get_mut(message.first + message.count) {
                *place = item.vector;
                message.count += 1;
            }
        }
    }

    /// Builds the headers of all messages. Nothing may be added afterwards.
    fn seal(&mut self) {
        self.arrange();
        self.controls.clear();
        self.controls.extend(self.messages.iter().map(|message| segment_control(message.segment)));
        self.headers.clear();
        for (message, control) in self.messages.iter_mut().zip(&mut self.controls) {
            let Some(vectors) = self.vectors.get_mut(message.first..message.first + message.count) else {
                continue;
            };
            // SAFETY: `mmsghdr` is plain data for which all zeroes is a valid value.
            let mut header: libc::mmsghdr = unsafe { mem::zeroed() };
            header.msg_hdr.msg_name = message.name.as_ptr().cast_mut().cast();
            header.msg_hdr.msg_namelen = message.name.len();
            header.msg_hdr.msg_iov = vectors.as_mut_ptr();
            header.msg_hdr.msg_iovlen = vectors.len();
            if message.count > 1 {
                header.msg_hdr.msg_control = control.0.as_mut_ptr().cast();
                header.msg_hdr.msg_controllen = control.0.len();
            }
            self.headers.push(header);
        }
    }

    /// The datagrams of the messages from `from` on.
    ///
    /// # Safety
    /// The datagrams that were added must still live.
    unsafe fn datagrams<'a>(&self, from: usize, to: usize) -> impl Iterator<Item = (SocketAddr, &'a [u8])> {
        self.messages.iter().take(to).skip(from).flat_map(|message| {
            let vectors = self.vectors.get(message.first..message.first + message.count).unwrap_or_default();
            vectors.iter().map(|vector| {
                // SAFETY: made in `add` from a slice that lives, as the caller promises.
                let bytes =
                    unsafe { std::slice::from_raw_parts(vector.iov_base.cast::<u8>(), vector.iov_len) };
                (message.remote, bytes)
            })
        })
    }

    fn clear(&mut self) {
        self.messages.clear();
        self.items.clear();
        self.vectors.clear();
        self.headers.clear();
    }
}

impl Socket {
    /// Gives the kernel all it takes; the rest goes to the backlog.
    pub(super) fn transmit<'a>(&mut self, datagrams: impl Iterator<Item = (SocketAddr, &'a [u8])>) {
        let mut batch = mem::take(&mut self.batch);
        for (remote, datagram) in datagrams {
            if !self.backlog.is_empty() {
                self.backlog.push(remote, datagram);
            } else if !batch.add(remote, datagram, self.segments) {
                self.submit(&mut batch);
                if self.backlog.is_empty() {
                    batch.add(remote, datagram, self.segments);
                } else {
                    self.backlog.push(remote, datagram);
                }
            }
        }
        self.submit(&mut batch);
        self.batch = batch;
    }

    /// Sends a batch and empties it.
    fn submit(&mut self, batch: &mut Batch) {
        batch.seal();
        let mut done = 0;
        while let Some(headers) = batch.headers.get_mut(done..).filter(|headers| !headers.is_empty()) {
            // SAFETY: `seal` made every header point at the name, vectors and control of its message,
            // none of which moved since; the datagrams outlive `transmit`; the socket is open.
            let count = unsafe {
                libc::sendmmsg(
                    self.socket.as_raw_fd(),
                    headers.as_mut_ptr(),
                    headers.len().min(MESSAGES) as u32,
                    libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL,
                )
            };
            let Ok(count) = usize::try_from(count) else {
                match io::Error::last_os_error() {
                    error if error.kind() == io::ErrorKind::Interrupted => continue,
                    error if error.kind() == io::ErrorKind::WouldBlock => break,
                    error => self.refused(batch, done, &error),
                }
                done += 1;
                continue;
            };
            let sent = batch.messages.iter().skip(done).take(count);
            self.counters.sent += sent.map(|message| message.count as u64).sum::<u64>();
            self.counters.messages += count as u64;
            done += count;
        }
        // SAFETY: the datagrams outlive `transmit`, which called us.
        let rest = unsafe { batch.datagrams(done, PENDING) };
        rest.for_each(|(remote, datagram)| self.backlog.push(remote, datagram));
        batch.clear();
    }

    /// The kernel refused one message.
    fn refused(&mut self, batch: &Batch, at: usize, error: &io::Error) {
        let Some(message) = batch.messages.get(at) else { return };
        let unsegmented = matches!(error.raw_os_error(), Some(libc::EIO | libc::EINVAL | libc::EMSGSIZE));
        if message.count < 2 || !unsegmented {
            self.counters.failed += message.count as u64;
            tracing::debug!(%error, "a datagram was refused");
            return;
        }
        // EIO is the device's word: it cannot, ever. The others are about this path (its MTU) only.
        if error.raw_os_error() == Some(libc::EIO) && mem::take(&mut self.segments) {
            tracing::info!("the network device does not segment; datagrams go one by one");
        }
        // SAFETY: the datagrams outlive `transmit`, which called `submit`, which called us.
        for (remote, datagram) in unsafe { batch.datagrams(at, at + 1) } {
            match self.socket.send_to(datagram, &message.name) {
                Ok(_) => {
                    self.counters.sent += 1;
                    self.counters.messages += 1;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.backlog.push(remote, datagram)
                }
                Err(_) => self.counters.failed += 1,
            }
        }
    }
}

/// Spreads addresses over the table. A peer that arranges collisions only loses its own runs' savings.
fn hash(remote: SocketAddr) -> usize {
    let host = match remote {
        SocketAddr::V4(address) => u64::from(address.ip().to_bits()),
        SocketAddr::V6(address) => address.ip().to_bits() as u64 ^ (address.ip().to_bits() >> 64) as u64,
    };
    let mixed = (host ^ u64::from(remote.port()) << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize % LATEST
}

/// The control message that asks for datagrams of `size`.
fn segment_control(size: usize) -> Control {
    let mut control = Control([0; CONTROL_LEN]);
    let header = libc::cmsghdr {
        // SAFETY: the macro only computes a length.
        cmsg_len: unsafe { libc::CMSG_LEN(size_of::<u16>() as u32) } as _,
        cmsg_level: libc::SOL_UDP,
        cmsg_type: libc::UDP_SEGMENT,
    };
    // SAFETY: the buffer is as large as a header with a `u16` behind it, aligned for both; `CMSG_DATA`
    // only computes the address behind the header.
    unsafe {
        let place = control.0.as_mut_ptr().cast::<libc::cmsghdr>();
        place.write(header);
        libc::CMSG_DATA(place).cast::<u16>().write_unaligned(size as u16);
    }
    control
}

/// Whether this kernel knows `UDP_SEGMENT` at all (Linux 4.18).
pub(super) fn can_segment(socket: &socket2::Socket) -> bool {
    knows_segments(socket.as_raw_fd())
}

fn knows_segments(socket: RawFd) -> bool {
    let mut size: libc::c_int = 0;
    let mut len = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the option gives an int into the place whose address and size are given.
    unsafe {
        libc::getsockopt(socket, libc::SOL_UDP, libc::UDP_SEGMENT, (&raw mut size).cast(), &raw mut len) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_cannot_cut_is_not_asked_again_and_nothing_is_lost() {
        let bind = || Socket::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let (mut sender, receiver) = (bind(), bind());
        let mut batch = Batch::default();
        assert!(batch.add(receiver.address(), b"one", true) && batch.add(receiver.address(), b"two", true));
        assert_eq!(batch.messages.len(), 1);
        batch.seal();
        sender.refused(&batch, 0, &io::Error::from_raw_os_error(libc::EIO));
        assert!(!sender.segments);
        assert_eq!(sender.counters().sent, 2);
    }

    #[test]
    fn addresses_that_collide_keep_their_order_and_two_of_them_their_runs() {
        let remote = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let ports = [9, 9 + LATEST as u16, 9 + 2 * LATEST as u16];
        assert!(ports.iter().all(|&port| hash(remote(port)) == hash(remote(9))));
        for count in [2, 3] {
            let mut batch = Batch::default();
            // A longer datagram ends a run; a shorter one must not slip back into the run before.
            let lengths = [10, 20, 10, 20, 20];
            let datagrams: Vec<Vec<u8>> = (0..).zip(lengths).map(|(at, len)| vec![at; len]).collect();
            for datagram in &datagrams {
                ports[..count].iter().for_each(|&port| assert!(batch.add(remote(port), datagram, true)));
            }
            batch.seal();
            // Alone each address makes three messages: 10, then 20 with 10, then 20 with 20.
            assert!(count == 3 || batch.messages.len() == 2 * 3);
            for &port in &ports[..count] {
                // SAFETY: the datagrams live.
                let all = unsafe { batch.datagrams(0, PENDING) };
                let own = all.filter(|(to, _)| *to == remote(port)).map(|(_, bytes)| bytes);
                assert!(own.eq(datagrams.iter().map(|bytes| &bytes[..])));
            }
        }
    }

    #[test]
    fn a_message_carries_no_more_than_a_slow_line_can_take() {
        let mut batch = Batch::default();
        let remote = SocketAddr::from(([127, 0, 0, 1], 9));
        let datagram = [0; 1_200];
        let mut count = 0;
        while batch.add(remote, &datagram, true) {
            count += 1;
        }
        assert_eq!(count, PENDING * SEGMENTS);
        assert!(batch.messages.iter().all(|message| message.count == SEGMENTS));
    }
}
