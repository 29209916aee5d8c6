//! Waking a worker that waits for datagrams: an eventfd beside its sockets.

use std::{
    io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use crate::udp::Socket;

/// Wakes; shared by all who send commands to one worker.
#[derive(Debug)]
pub(crate) struct Wake {
    fd: OwnedFd,
    /// Somebody has woken it since it last looked around.
    nudged: AtomicBool,
}

impl Wake {
    /// A wake that is not pending.
    pub fn new() -> io::Result<Self> {
        // SAFETY: eventfd has no preconditions; the result is checked before it is owned.
        let fd = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is open and nobody else owns it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Self { fd, nudged: AtomicBool::new(false) })
    }

    /// Wakes the worker. Fails only when it is pending already, which is as good.
    pub fn wake(&self) {
        let one = 1_u64.to_ne_bytes();
        // SAFETY: eight bytes are readable at `one`, as eventfd wants.
        unsafe { libc::write(self.fd.as_raw_fd(), one.as_ptr().cast(), one.len()) };
    }

    /// Wakes the worker unless somebody did since it last looked around: for those who write often.
    pub fn nudge(&self) {
        if !self.nudged.swap(true, Ordering::SeqCst) {
            self.wake();
        }
    }

    /// The worker is about to look at everything: whatever is written from now on needs a new nudge.
    pub fn look_around(&self) {
        self.nudged.store(false, Ordering::SeqCst);
    }

    /// Makes it not pending.
    fn clear(&self) {
        let mut count = [0_u8; 8];
        // SAFETY: eight bytes are writable at `count`.
        unsafe { libc::read(self.fd.as_raw_fd(), count.as_mut_ptr().cast(), count.len()) };
    }
}

/// Waits until the wake, a socket or one of the `connections` has something, or for `timeout`. A socket
/// with a backlog is also waited for until it takes more.
pub(crate) fn wait(
    wake: &Wake,
    sockets: &[Socket],
    connections: Option<RawFd>,
    timeout: Duration,
) -> io::Result<()> {
    let mut fds = Vec::with_capacity(2 + sockets.len());
    fds.push(libc::pollfd { fd: wake.fd.as_raw_fd(), events: libc::POLLIN, revents: 0 });
    fds.extend(sockets.iter().map(|socket| {
        let events = if socket.has_backlog() { libc::POLLIN | libc::POLLOUT } else { libc::POLLIN };
        libc::pollfd { fd: socket.as_raw_fd(), events, revents: 0 }
    }));
    fds.extend(connections.map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 }));
    let timeout = libc::timespec {
        tv_sec: libc::time_t::try_from(timeout.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    };
    // SAFETY: `fds` and `timeout` live over the call, the length is that of `fds`, and a null signal
    // mask changes nothing.
    let count =
        unsafe { libc::ppoll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, &timeout, std::ptr::null()) };
    if count < 0 {
        let error = io::Error::last_os_error();
        return if error.kind() == io::ErrorKind::Interrupted { Ok(()) } else { Err(error) };
    }
    if fds.first().is_some_and(|fd| fd.revents != 0) {
        wake.clear();
    }
    Ok(())
}
