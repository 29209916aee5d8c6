//! A robot's socket: cheap to read from, because two hundred robots share two cores with the hub.
//!
//! The kernel hands over runs of datagrams as it got them (`UDP_GRO`) and says when they came
//! (`SO_TIMESTAMPNS`), so that a robot that is late itself does not make the hub look late.

use std::{
    io, mem,
    net::SocketAddr,
    os::fd::{AsRawFd, RawFd},
    time::Duration,
};

use socket2::{Domain, Protocol, Type};

/// Room for the longest run.
const LONGEST: usize = 65_536;

/// What one call received.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// Bytes of all datagrams.
    pub len: usize,
    /// Bytes of each but the last.
    pub segment: usize,
    /// When it came, in nanoseconds since 1970.
    pub at: u64,
}

/// Room for a run; one serves a whole fleet.
pub struct Buffer(Vec<u8>);

impl Default for Buffer {
    fn default() -> Self {
        Self(vec![0; LONGEST])
    }
}

impl Buffer {
    /// The datagrams of a run.
    pub fn datagrams(&mut self, run: Run) -> impl Iterator<Item = &mut [u8]> {
        self.0[..run.len].chunks_mut(run.segment)
    }
}

/// A socket connected to the hub.
pub struct Socket(socket2::Socket);

impl Socket {
    /// Connects from an address of its own.
    pub fn connect(hub: SocketAddr) -> io::Result<Self> {
        let socket = socket2::Socket::new(Domain::for_address(hub), Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_nonblocking(true)?;
        socket.connect(&hub.into())?;
        socket.set_recv_buffer_size(4 << 20)?;
        switch_on(&socket, libc::SOL_UDP, libc::UDP_GRO)?;
        switch_on(&socket, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS)?;
        Ok(Self(socket))
    }

    /// Sends; what the kernel refuses is lost, as on any network.
    pub fn send(&self, datagram: &[u8]) {
        let _ = self.0.send(datagram);
    }

    /// The next run, if there is one.
    pub fn receive(&self, buffer: &mut Buffer) -> Option<Run> {
        let mut control = [0_u64; 16];
        let mut vector = libc::iovec { iov_base: buffer.0.as_mut_ptr().cast(), iov_len: buffer.0.len() };
        // SAFETY: `msghdr` is plain data for which all zeroes is a valid value.
        let mut header: libc::msghdr = unsafe { mem::zeroed() };
        header.msg_iov = &raw mut vector;
        header.msg_iovlen = 1;
        header.msg_control = control.as_mut_ptr().cast();
        header.msg_controllen = mem::size_of_val(&control) as _;
        // SAFETY: the vector and the control buffer live over the call and carry their true lengths.
        let len = unsafe { libc::recvmsg(self.0.as_raw_fd(), &raw mut header, libc::MSG_DONTWAIT) };
        let len = usize::try_from(len).ok().filter(|len| *len > 0)?;
        let mut run = Run { len, segment: len, at: 0 };
        // SAFETY: the kernel filled the control buffer with whole messages; the macros walk inside it.
        unsafe {
            let mut message = libc::CMSG_FIRSTHDR(&raw const header);
            while let Some(head) = message.as_ref() {
                let data = libc::CMSG_DATA(message);
                match (head.cmsg_level, head.cmsg_type) {
                    (libc::SOL_UDP, libc::UDP_GRO) => {
                        run.segment = data.cast::<libc::c_int>().read_unaligned().max(1) as usize;
                    }
                    (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) => {
                        let at = data.cast::<libc::timespec>().read_unaligned();
                        run.at = at.tv_sec as u64 * 1_000_000_000 + at.tv_nsec as u64;
                    }
                    _ => {}
                }
                message = libc::CMSG_NXTHDR(&raw const header, message);
            }
        }
        Some(run)
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

fn switch_on(socket: &socket2::Socket, level: libc::c_int, option: libc::c_int) -> io::Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: both options take an int, whose address and size are given.
    let refused = unsafe {
        libc::setsockopt(socket.as_raw_fd(), level, option, (&raw const on).cast(), size_of_val(&on) as _)
    };
    if refused == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Waits for many sockets at once.
pub struct Poll {
    epoll: RawFd,
    events: Vec<libc::epoll_event>,
}

impl Poll {
    /// Watches nothing yet.
    pub fn new() -> io::Result<Self> {
        // SAFETY: no preconditions; the result is checked.
        let epoll = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if epoll < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { epoll, events: vec![libc::epoll_event { events: 0, u64: 0 }; 256] })
    }

    /// Watches `socket`, which `wait` calls `number`.
    pub fn watch(&self, socket: &Socket, number: usize) -> io::Result<()> {
        let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: number as u64 };
        // SAFETY: both descriptors are open, the event lives over the call.
        let refused =
            unsafe { libc::epoll_ctl(self.epoll, libc::EPOLL_CTL_ADD, socket.as_raw_fd(), &raw mut event) };
        if refused == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// The numbers of those that have something, after `timeout` or [`LOOK`], whichever is shorter.
    ///
    /// It sleeps by the clock and then looks: a robot that waited for its socket would be woken inside
    /// the hub's send call, and the hub would pay for it. The kernel has noted when packets came.
    pub fn wait(&mut self, timeout: Duration) -> Vec<usize> {
        std::thread::sleep(timeout.min(LOOK));
        // SAFETY: the events are writable and as many as said.
        let count =
            unsafe { libc::epoll_wait(self.epoll, self.events.as_mut_ptr(), self.events.len() as i32, 0) };
        self.events.iter().take(usize::try_from(count).unwrap_or(0)).map(|event| event.u64 as usize).collect()
    }
}

/// How often robots look.
const LOOK: Duration = Duration::from_millis(1);

impl Drop for Poll {
    fn drop(&mut self) {
        // SAFETY: the descriptor is ours and closed once.
        unsafe { libc::close(self.epoll) };
    }
}
