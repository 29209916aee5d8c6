//! What waits to be written to one socket: bounded, so that a slow line costs only itself.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::Notify;

/// Events that may wait. When one more comes, all waiting events and levels are dropped and the
/// socket gets a fresh snapshot once it has taken what remains.
const EVENTS: usize = 256;
/// Frames that may wait in all. Answers are never dropped; a socket with this many gets closed.
const FRAMES: usize = 1024;
/// Levels are worthless when late: they are dropped when this many frames wait.
const LEVELS: usize = 16;

/// RFC 6455 §7.4.1: normal closure.
pub(crate) const CLOSE_NORMAL: u16 = 1000;
/// RFC 6455 §7.4.1: message too big.
pub(crate) const CLOSE_TOO_BIG: u16 = 1009;
/// RFC 6455 §7.4.1: policy violation.
pub(crate) const CLOSE_POLICY: u16 = 1008;
/// IANA WebSocket close code registry: service restart; clients come back by themselves.
pub(crate) const CLOSE_RESTART: u16 = 1012;
/// IANA WebSocket close code registry: try again later.
pub(crate) const CLOSE_OVERLOAD: u16 = 1013;
/// Ours: the sign-in is no longer valid.
pub(crate) const CLOSE_REVOKED: u16 = 4401;

/// What a frame is, for when the queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Part of the numbered list: replaced by a snapshot.
    Event,
    /// Who is heard at this moment.
    Levels,
    /// Everything else.
    Answer,
}

/// What the socket's loop does next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Write this.
    Frame(Utf8Bytes),
    /// Ask for a fresh snapshot.
    Behind,
    /// Close with this code.
    Close(u16),
}

/// The queue between a meeting and one socket.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    inner: Mutex<Inner>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    frames: VecDeque<(Kind, Utf8Bytes)>,
    /// Events were dropped and no snapshot has come since.
    behind: bool,
    /// The loop knows it is behind.
    told: bool,
    close: Option<u16>,
}

impl Outgoing {
    /// Queues a frame; never waits.
    pub(crate) fn push(&self, kind: Kind, text: Utf8Bytes) {
        let mut inner = self.lock();
        if inner.close.is_some() {
            return;
        }
        match kind {
            Kind::Levels if inner.frames.len() >= LEVELS => return,
            Kind::Event if inner.behind => return,
            Kind::Event if inner.frames.len() >= EVENTS => {
                inner.frames.retain(|(kind, _)| *kind == Kind::Answer);
                inner.behind = true;
            }
            _ if inner.frames.len() >= FRAMES => {
                inner.frames.clear();
                inner.close = Some(CLOSE_OVERLOAD);
            }
            _ => inner.frames.push_back((kind, text)),
        }
        drop(inner);
        self.wake.notify_one();
    }

    /// Queues the snapshot that makes up for dropped events.
    pub(crate) fn push_snapshot(&self, text: Utf8Bytes) {
        let mut inner = self.lock();
        inner.behind = false;
        inner.told = false;
        drop(inner);
        self.push(Kind::Answer, text);
    }

    /// Closes the socket after what is queued.
    pub(crate) fn close(&self, code: u16) {
        self.lock().close.get_or_insert(code);
        self.wake.notify_one();
    }

    /// What to do next; safe to drop while waiting.
    pub(crate) async fn next(&self) -> Next {
        loop {
            if let Some(next) = self.take() {
                return next;
            }
            self.wake.notified().await;
        }
    }

    fn take(&self) -> Option<Next> {
        let mut inner = self.lock();
        if let Some((_, text)) = inner.frames.pop_front() {
            return Some(Next::Frame(text));
        }
        if let Some(code) = inner.close {
            return Some(Next::Close(code));
        }
        if inner.behind && !inner.told {
            inner.told = true;
            return Some(Next::Behind);
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere leaves the queue whole: every change to it is a single step.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_socket_loses_events_but_no_answer_and_asks_for_a_snapshot() {
        let outgoing = Outgoing::default();
        for _ in 0..EVENTS {
            outgoing.push(Kind::Event, "event".into());
        }
        outgoing.push(Kind::Answer, "answer".into());
        outgoing.push(Kind::Event, "one too many".into());
        outgoing.push(Kind::Event, "dropped as well".into());
        assert_eq!(outgoing.next().await, Next::Frame("answer".into()));
        assert_eq!(outgoing.next().await, Next::Behind);
        outgoing.push(Kind::Event, "older than the snapshot".into());
        outgoing.push_snapshot("snapshot".into());
        outgoing.push(Kind::Event, "newer".into());
        assert_eq!(outgoing.next().await, Next::Frame("snapshot".into()));
        assert_eq!(outgoing.next().await, Next::Frame("newer".into()));
    }

    #[tokio::test]
    async fn what_was_queued_before_a_close_is_still_written() {
        let outgoing = Outgoing::default();
        outgoing.push(Kind::Answer, "goodbye".into());
        outgoing.close(CLOSE_NORMAL);
        outgoing.push(Kind::Answer, "too late".into());
        assert_eq!(outgoing.next().await, Next::Frame("goodbye".into()));
        assert_eq!(outgoing.next().await, Next::Close(CLOSE_NORMAL));
    }
}
