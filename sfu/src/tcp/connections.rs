//! The connections of one worker's peers. What a quiet one costs is memory only: the kernel tells which
//! have something, and the worker waits for one descriptor beside its sockets.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    os::fd::{AsRawFd, RawFd},
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token};
use sfu_core::{Path, Worker};

use super::{
    accept::Accepted,
    connection::{Connection, Reading},
};

/// All of them.
pub(crate) struct Connections {
    poll: Poll,
    events: Events,
    /// A token is a place here.
    places: Vec<Option<Connection>>,
    by_remote: HashMap<SocketAddr, usize>,
    /// Those from which more may be read.
    ready: Vec<usize>,
    /// Those that were given something to send in this round.
    touched: Vec<usize>,
    buffer: Box<[u8]>,
    swept: Instant,
}

impl Connections {
    /// None yet.
    pub fn new(now: Instant) -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(256),
            places: Vec::new(),
            by_remote: HashMap::new(),
            ready: Vec::new(),
            touched: Vec::new(),
            buffer: vec![0; BUFFER].into(),
            swept: now,
        })
    }

    /// What to wait for besides; nothing while there is no connection.
    pub fn descriptor(&self) -> Option<RawFd> {
        (!self.by_remote.is_empty()).then(|| self.poll.as_raw_fd())
    }

    /// Takes a connection over, if its first check proves that it is a peer's. Their number is bounded by
    /// the paths that a peer may have.
    pub fn add(&mut self, now: Instant, core: &mut Worker, accepted: Accepted) {
        let Accepted { stream, remote, read } = accepted;
        if self.by_remote.contains_key(&remote) {
            // The same far end at another address of ours; its paths could not be told apart.
            return;
        }
        let path = path(remote);
        let mut connection = Connection::new(now, stream, remote);
        let follows = connection.take(&read, |frame| core.handle_datagram(now, path, frame));
        if !follows || !core.knows(path) {
            tracing::debug!(%remote, "a media connection proved to be nobody's");
            return core.handle_closed(path);
        }
        let place = self.places.iter().position(Option::is_none).unwrap_or(self.places.len());
        let interest = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = self.poll.registry().register(&mut connection.stream, Token(place), interest) {
            tracing::warn!(%error, "a media connection cannot be waited for");
            return core.handle_closed(path);
        }
        if place == self.places.len() {
            self.places.push(None);
        }
        if let Some(free) = self.places.get_mut(place) {
            *free = Some(connection);
        }
        self.by_remote.insert(remote, place);
        self.ready.push(place);
    }

    /// Gives the core what came. True: there may be more at once.
    pub fn receive(&mut self, now: Instant, core: &mut Worker) -> bool {
        if self.by_remote.is_empty() {
            return false;
        }
        if let Err(error) = self.poll.poll(&mut self.events, Some(Duration::ZERO)) {
            tracing::debug!(%error, "media connections could not be looked at");
        }
        for event in &self.events {
            let place = event.token().0;
            if event.is_writable() {
                self.touched.push(place);
            }
            let is_news = event.is_readable() || event.is_read_closed() || event.is_error();
            if is_news && !self.ready.contains(&place) {
                self.ready.push(place);
            }
        }
        for place in std::mem::take(&mut self.ready) {
            let Some(Some(connection)) = self.places.get_mut(place) else { continue };
            let path = path(connection.remote);
            match connection.read(&mut self.buffer, |frame| core.handle_datagram(now, path, frame)) {
                Reading::Drained => {}
                Reading::More => self.ready.push(place),
                Reading::Over => self.close(core, place),
            }
        }
        !self.ready.is_empty()
    }

    /// Sends what the core has for connections, everything of one in a piece.
    pub fn send(&mut self, now: Instant, core: &mut Worker) {
        if self.by_remote.is_empty() {
            return;
        }
        for (path, bytes) in core.transmits().iter().filter(|(path, _)| path.local == Path::TCP) {
            let Some(&place) = self.by_remote.get(&path.remote) else { continue };
            let Some(Some(connection)) = self.places.get_mut(place) else { continue };
            connection.push(bytes);
            if self.touched.last() != Some(&place) {
                self.touched.push(place);
            }
        }
        for place in std::mem::take(&mut self.touched) {
            let Some(Some(connection)) = self.places.get_mut(place) else { continue };
            if !connection.flush(now) {
                self.close(core, place);
            }
        }
    }

    /// Closes those whose peer is gone or that take nothing any more.
    pub fn sweep(&mut self, now: Instant, core: &mut Worker) {
        if now.saturating_duration_since(self.swept) < SWEEP {
            return;
        }
        self.swept = now;
        for place in 0..self.places.len() {
            let Some(Some(connection)) = self.places.get(place) else { continue };
            if connection.is_stuck(now) || !core.knows(path(connection.remote)) {
                self.close(core, place);
            }
        }
    }

    fn close(&mut self, core: &mut Worker, place: usize) {
        let Some(mut connection) = self.places.get_mut(place).and_then(Option::take) else { return };
        self.by_remote.remove(&connection.remote);
        // Closing the descriptor does it as well.
        let _ = self.poll.registry().deregister(&mut connection.stream);
        core.handle_closed(path(connection.remote));
    }
}

fn path(remote: SocketAddr) -> Path {
    Path { local: Path::TCP, remote }
}

/// Read at once.
const BUFFER: usize = 16 << 10;
const SWEEP: Duration = Duration::from_secs(1);
