//! Receiving many datagrams a call: `recvmmsg`, each message a run of datagrams from one address that
//! the kernel joined (`UDP_GRO`).

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};

use socket2::{SockAddr, SockAddrStorage};

/// Messages a call.
const MESSAGES: usize = 16;
/// The longest run the kernel joins.
const LONGEST: usize = 65_536;

/// Room for the one control message we asked for, aligned as the kernel writes it.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Control([u8; 64]);

/// One message: datagrams of one sender, each `segment` long but for the last.
#[derive(Debug)]
struct Received {
    remote: SocketAddr,
    len: usize,
    segment: usize,
}

/// Buffers to receive into, reused for every call.
#[derive(Debug)]
pub struct Inbox {
    bytes: Vec<u8>,
    received: [Option<Received>; MESSAGES],
}

impl Default for Inbox {
    fn default() -> Self {
        Self { bytes: vec![0; MESSAGES * LONGEST], received: [const { None }; MESSAGES] }
    }
}

impl Inbox {
    /// Messages a call can bring.
    pub const MESSAGES: usize = MESSAGES;

    /// Gives every datagram of the last call to `handle`, which may work in place.
    pub fn for_each(&mut self, mut handle: impl FnMut(SocketAddr, &mut [u8])) {
        for (received, bytes) in self.received.iter_mut().zip(self.bytes.chunks_mut(LONGEST)) {
            let Some(Received { remote, len, segment }) = received.take() else { continue };
            for datagram in bytes.get_mut(..len).unwrap_or_default().chunks_mut(segment) {
                handle(remote, datagram);
            }
        }
    }

    pub(super) fn fill(&mut self, socket: RawFd) -> io::Result<usize> {
        let mut names: [SockAddrStorage; MESSAGES] = std::array::from_fn(|_| SockAddrStorage::zeroed());
        let mut controls = [Control([0; 64]); MESSAGES];
        let mut vectors: [libc::iovec; MESSAGES] =
            std::array::from_fn(|_| libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 });
        // SAFETY: `mmsghdr` is plain data for which all zeroes is a valid value.
        let mut messages: [libc::mmsghdr; MESSAGES] = unsafe { mem::zeroed() };
        for ((((message, name), control), vector), bytes) in messages
            .iter_mut()
            .zip(&mut names)
            .zip(&mut controls)
            .zip(&mut vectors)
            .zip(self.bytes.chunks_mut(LONGEST))
        {
            vector.iov_base = bytes.as_mut_ptr().cast();
            vector.iov_len = bytes.len();
            let header = &mut message.msg_hdr;
            header.msg_namelen = name.size_of();
            header.msg_name = (&raw mut *name).cast();
            header.msg_iov = vector;
            header.msg_iovlen = 1;
            header.msg_control = control.0.as_mut_ptr().cast();
            header.msg_controllen = control.0.len();
        }
        // SAFETY: every header points at a name, a vector, a control buffer and bytes that live until
        // the end of this function and carry their true lengths; the socket is open.
        let count = unsafe {
            libc::recvmmsg(
                socket,
                messages.as_mut_ptr(),
                MESSAGES as u32,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        let Ok(count) = usize::try_from(count) else {
            let error = io::Error::last_os_error();
            return match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(0),
                _ => Err(error),
            };
        };
        for ((message, name), received) in messages.iter().zip(names).zip(&mut self.received).take(count) {
            *received = read(message, name);
        }
        Ok(count)
    }
}

/// What one filled header says. `None`: cut short, empty, or of no internet address.
fn read(message: &libc::mmsghdr, name: SockAddrStorage) -> Option<Received> {
    let header = &message.msg_hdr;
    if header.msg_flags & libc::MSG_TRUNC != 0 || message.msg_len == 0 {
        return None;
    }
    let length = header.msg_namelen;
    // SAFETY: the storage was zeroed, which is a valid value, and the kernel wrote `length` bytes of an
    // address into it.
    let address = unsafe { SockAddr::new(name, length) };
    let len = message.msg_len as usize;
    let segment = segment_size(header).unwrap_or(len).max(1);
    Some(Received { remote: address.as_socket()?, len, segment })
}

fn segment_size(header: &libc::msghdr) -> Option<usize> {
    // SAFETY: `msg_control` and `msg_controllen` describe the buffer of this header, which the kernel
    // filled with whole control messages; the macros walk inside it.
    unsafe {
        let mut control = libc::CMSG_FIRSTHDR(header);
        while let Some(message) = control.as_ref() {
            if message.cmsg_level == libc::SOL_UDP && message.cmsg_type == libc::UDP_GRO {
                // The kernel puts an int; read it wherever it is aligned.
                let size = libc::CMSG_DATA(control).cast::<libc::c_int>().read_unaligned();
                return usize::try_from(size).ok();
            }
            control = libc::CMSG_NXTHDR(header, control);
        }
    }
    None
}

/// Asks the kernel to join runs of datagrams; without it each is a message of its own.
pub(super) fn enable_coalescing(socket: &socket2::Socket) {
    let on: libc::c_int = 1;
    // SAFETY: the option takes an int, whose address and size are given; failure changes nothing.
    let refused = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_UDP,
            libc::UDP_GRO,
            (&raw const on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if refused != 0 {
        tracing::debug!(error = %io::Error::last_os_error(), "the kernel does not join datagrams");
    }
}
