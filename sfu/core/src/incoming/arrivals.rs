//! Arrival times of a peer's packets by transport-wide sequence number, for its own congestion
//! control (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3).

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::rtp::{SequenceNumber, Unwrapper};

/// One feedback's content: consecutive numbers from `first`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrivalReport {
    /// Number of the first packet.
    pub first: u16,
    /// When each packet came, since the log began; nothing for the missing.
    pub arrivals: Vec<Option<Duration>>,
    /// Running number of the feedback.
    pub count: u8,
}

/// What arrived since the last feedback.
#[derive(Debug)]
pub struct Arrivals {
    start: Instant,
    unwrapper: Unwrapper,
    /// Extended number and arrival of every packet not reported yet, at most [`MAX_PENDING`].
    pending: VecDeque<(u64, Duration)>,
    /// The number after the highest reported.
    next: Option<u64>,
    count: u8,
}

impl Arrivals {
    /// A log that begins `now`.
    pub fn new(now: Instant) -> Self {
        Self { start: now, unwrapper: Unwrapper::default(), pending: VecDeque::new(), next: None, count: 0 }
    }

    /// A packet came. Padding and retransmissions count as well.
    pub fn handle_packet(&mut self, now: Instant, number: u16) {
        // When full, the newest is left out: it looks lost to the sender, who will slow down.
        if self.pending.len() < MAX_PENDING {
            let number = self.unwrapper.unwrap(SequenceNumber(number));
            self.pending.push_back((number, now.saturating_duration_since(self.start)));
        }
    }

    /// The next feedback; nothing when nothing came. Call until it says so.
    pub fn report(&mut self) -> Option<ArrivalReport> {
        let lowest = self.pending.iter().map(|(number, _)| *number).min()?;
        // What overtook the last feedback is reported late rather than never.
        let first = self.next.map_or(lowest, |next| if lowest < next { lowest } else { next });
        let first = if lowest - first > MAX_SPAN { lowest } else { first };
        let highest = self.pending.iter().map(|(number, _)| *number).max()?.min(first + MAX_SPAN - 1);
        let length = usize::try_from(highest - first + 1).ok()?;
        let mut arrivals = vec![None; length];
        self.pending.retain(|(number, at)| {
            let place = usize::try_from(*number - first).ok().and_then(|i| arrivals.get_mut(i));
            place.map(|place| *place = Some(*at)).is_none()
        });
        self.next = Some(self.next.unwrap_or(0).max(highest + 1));
        let count = self.count;
        self.count = self.count.wrapping_add(1);
        Some(ArrivalReport { first: first as u16, arrivals, count })
    }
}

/// A tenth of a second at 40 Mbit/s.
const MAX_PENDING: usize = 512;
/// Numbers one feedback covers, so that it fits a datagram.
const MAX_SPAN: u64 = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_said_and_latecomers_follow() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut log = Arrivals::new(start);
        for (ms, number) in [(1, 65_534), (2, 65_535), (3, 1)] {
            log.handle_packet(at(ms), number);
        }
        let report = log.report().unwrap();
        let ms = |n| Some(Duration::from_millis(n));
        assert_eq!((report.first, report.count), (65_534, 0));
        assert_eq!(report.arrivals, [ms(1), ms(2), None, ms(3)]);
        assert_eq!(log.report(), None);
        log.handle_packet(at(4), 0);
        log.handle_packet(at(5), 2);
        let late = log.report().unwrap();
        assert_eq!((late.first, late.count), (0, 1));
        assert_eq!(late.arrivals, [ms(4), None, ms(5)]);
        log.handle_packet(at(6), 4);
        assert_eq!(log.report().unwrap().arrivals, [None, ms(6)]);
    }

    #[test]
    fn a_jump_does_not_blow_the_feedback_up() {
        let start = Instant::now();
        let mut log = Arrivals::new(start);
        log.handle_packet(start, 10);
        log.report().unwrap();
        log.handle_packet(start, 30_000);
        let report = log.report().unwrap();
        assert_eq!((report.first, report.arrivals.len()), (30_000, 1));
    }
}
