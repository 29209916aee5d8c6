//! The trunks between worker threads: one bounded ring for every ordered pair of workers, so that each
//! has one writer and one reader.
//!
//! The rings are the standard library's bounded channels: an array allocated once, whose fast path
//! takes no lock. **Full**: packets are dropped and the core asks for a key frame, because a worker
//! that is behind is not helped by more; what must arrive waits in order in front of the ring, and
//! beyond [`WAITING`] messages the other worker is told everything anew.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
};

use sfu_core::TrunkMessage;

use crate::wake::Wake;

/// A worker's ends of its trunks.
#[derive(Default)]
pub(crate) struct Ends {
    /// By the other worker's number; nothing at its own.
    pub to: Vec<Option<Outgoing<TrunkMessage>>>,
    /// With the number of who writes.
    pub from: Vec<(u8, Receiver<TrunkMessage>)>,
}

/// The ends of all trunks between workers that are woken so.
pub(crate) fn mesh(wakes: &[Arc<Wake>]) -> Vec<Ends> {
    let mut ends: Vec<Ends> = wakes.iter().map(|_| Ends::default()).collect();
    for writer in 0..wakes.len() {
        for (reader, wake) in wakes.iter().enumerate() {
            let (sender, receiver) = sync_channel(RING);
            let is_other = reader != writer;
            if let Some(end) = ends.get_mut(writer) {
                end.to.push(is_other.then(|| Outgoing::new(sender, Arc::clone(wake))));
            }
            if let Some(end) = ends.get_mut(reader).filter(|_| is_other) {
                // Workers are at most sixty-four.
                end.from.push((writer as u8, receiver));
            }
        }
    }
    ends
}

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pushed<M> {
    /// It is on its way, or waits for it.
    Taken,
    /// There is no room for packets.
    Lost(M),
    /// Too much waits; all of it was dropped, and the state must be told anew.
    Behind,
}

/// The writing end.
pub(crate) struct Outgoing<M> {
    ring: SyncSender<M>,
    wake: Arc<Wake>,
    /// What must arrive and found no room.
    waiting: VecDeque<M>,
}

impl<M> Outgoing<M> {
    fn new(ring: SyncSender<M>, wake: Arc<Wake>) -> Self {
        Self { ring, wake, waiting: VecDeque::new() }
    }

    /// Sends a message that may be lost.
    pub fn push_media(&mut self, message: M) -> Pushed<M> {
        self.flush();
        if !self.waiting.is_empty() {
            return Pushed::Lost(message);
        }
        match self.ring.try_send(message) {
            Ok(()) => {
                self.wake.nudge();
                Pushed::Taken
            }
            Err(TrySendError::Full(message)) => Pushed::Lost(message),
            // Its worker has stopped: so will this one.
            Err(TrySendError::Disconnected(_)) => Pushed::Taken,
        }
    }

    /// Sends a message that must arrive, after those before it.
    pub fn push(&mut self, message: M) -> Pushed<M> {
        self.waiting.push_back(message);
        self.flush();
        if self.waiting.len() <= WAITING {
            return Pushed::Taken;
        }
        self.waiting.clear();
        Pushed::Behind
    }

    /// Sends what waits, as far as there is room; whether nothing waits any more.
    pub fn flush(&mut self) -> bool {
        while let Some(message) = self.waiting.pop_front() {
            match self.ring.try_send(message) {
                Ok(()) => self.wake.nudge(),
                Err(TrySendError::Full(message)) => {
                    self.waiting.push_front(message);
                    return false;
                }
                Err(TrySendError::Disconnected(_)) => self.waiting.clear(),
            }
        }
        true
    }
}

/// Places in a ring: a tenth of a second of a large meeting's batches.
const RING: usize = 1_024;
/// Messages that wait in front of a full ring: several times what all peers of a worker have to tell.
const WAITING: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;

    fn trunk(places: usize) -> (Outgoing<usize>, Receiver<usize>) {
        let (ring, reader) = sync_channel(places);
        (Outgoing::new(ring, Arc::new(Wake::new().unwrap())), reader)
    }

    #[test]
    fn a_full_ring_loses_packets_and_keeps_the_rest_in_order() {
        let (mut trunk, reader) = trunk(2);
        assert_eq!(trunk.push_media(1), Pushed::Taken);
        assert_eq!(trunk.push(2), Pushed::Taken);
        assert_eq!(trunk.push_media(3), Pushed::Lost(3));
        assert_eq!([trunk.push(4), trunk.push(5)], [Pushed::Taken, Pushed::Taken]);
        assert_eq!(reader.try_recv(), Ok(1));
        // There is room again, but what waits goes first.
        assert_eq!(trunk.push_media(6), Pushed::Lost(6));
        assert_eq!([reader.recv(), reader.recv()], [Ok(2), Ok(4)]);
        assert!(trunk.flush());
        assert_eq!(trunk.push_media(7), Pushed::Taken);
        assert_eq!([reader.recv(), reader.recv()], [Ok(5), Ok(7)]);
    }

    #[test]
    fn a_reader_that_is_hopelessly_behind_is_told_anew() {
        let (mut trunk, reader) = trunk(1);
        let told = (0..WAITING + 2).map(|number| trunk.push(number)).filter(|p| *p == Pushed::Behind).count();
        assert_eq!(told, 1);
        assert_eq!(reader.recv(), Ok(0));
        assert_eq!(trunk.push(9), Pushed::Taken);
        assert_eq!(reader.recv(), Ok(9), "and it goes on from there");
    }
}
