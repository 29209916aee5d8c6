//! Asking a sender for what did not arrive (RFC 4585 §6.2.1): which numbers are missing, when to ask
//! for them (again), and when to give up and wish for a key frame.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::rtp::{SequenceNumber, Unwrapper};

/// Missing numbers watched at a time. Full: the picture is lost anyway, so all are forgotten and a
/// key frame is wished for.
const MAX_MISSING: usize = 256;
/// Wait this long before the first request: networks reorder.
const PATIENCE: Duration = Duration::from_millis(10);
/// Between two requests for one packet, or a round trip when that is longer.
const RETRY: Duration = Duration::from_millis(40);
/// Requests for one packet before it is given up.
const MAX_REQUESTS: u8 = 6;
/// What is missing longer than this comes too late to be shown.
const MAX_AGE: Duration = Duration::from_millis(1_000);

#[derive(Debug, Clone, Copy)]
struct Missing {
    number: u64,
    since: Instant,
    due: Instant,
    requests: u8,
}

/// What a look at the missing packets brought besides the numbers to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Something is lost for good: only a key frame heals the picture.
    pub key_frame_wanted: bool,
}

/// The gaps of one incoming stream.
#[derive(Debug, Default)]
pub struct Nacks {
    unwrapper: Unwrapper,
    missing: VecDeque<Missing>,
    hopeless: bool,
}

impl Nacks {
    /// A packet arrived, in whatever order, new or repeated.
    pub fn received(&mut self, sequence: SequenceNumber, now: Instant) {
        let before = self.unwrapper.highest();
        let number = self.unwrapper.unwrap(sequence);
        let Some(highest) = before else { return };
        if number <= highest {
            if let Ok(at) = self.missing.binary_search_by_key(&number, |missing| missing.number) {
                self.missing.remove(at);
            }
            return;
        }
        let gap = number - highest - 1;
        if self.missing.len() as u64 + gap > MAX_MISSING as u64 {
            self.missing.clear();
            self.hopeless = true;
            return;
        }
        let due = now + PATIENCE;
        let gap = (highest + 1..number).map(|number| Missing { number, since: now, due, requests: 0 });
        self.missing.extend(gap);
    }

    /// Fills `out` with the numbers to ask for at `now`, in order.
    pub fn due(&mut self, now: Instant, round_trip: Duration, out: &mut Vec<SequenceNumber>) -> Outcome {
        out.clear();
        let mut lost = std::mem::take(&mut self.hopeless);
        self.missing.retain_mut(|missing| {
            if missing.due > now {
                return true;
            }
            if missing.requests == MAX_REQUESTS || now.saturating_duration_since(missing.since) >= MAX_AGE {
                lost = true;
                return false;
            }
            missing.requests += 1;
            missing.due = now + RETRY.max(round_trip);
            out.push(SequenceNumber(missing.number as u16));
            true
        });
        Outcome { key_frame_wanted: lost }
    }

    /// A key frame came: what is missing before it is of no use any more.
    pub fn forget_before(&mut self, sequence: SequenceNumber) {
        let number = self.unwrapper.peek(sequence);
        self.missing.retain(|missing| missing.number >= number);
    }

    /// When [`Nacks::due`] should be called next.
    pub fn next_timeout(&self, now: Instant) -> Option<Instant> {
        if self.hopeless { Some(now) } else { self.missing.iter().map(|missing| missing.due).min() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIP: Duration = Duration::from_millis(60);

    fn due(nacks: &mut Nacks, now: Instant) -> (Vec<u16>, bool) {
        let mut out = Vec::new();
        let outcome = nacks.due(now, TRIP, &mut out);
        (out.iter().map(|sequence| sequence.0).collect(), outcome.key_frame_wanted)
    }

    fn with_gap(numbers: &[u16]) -> (Nacks, Instant) {
        let now = Instant::now();
        let mut nacks = Nacks::default();
        for &number in numbers {
            nacks.received(SequenceNumber(number), now);
        }
        (nacks, now)
    }

    #[test]
    fn a_gap_over_the_wrap_is_asked_for_after_a_moment_of_patience() {
        let (mut nacks, now) = with_gap(&[65_533, 65_534, 1]);
        assert_eq!(due(&mut nacks, now), (vec![], false));
        assert_eq!(nacks.next_timeout(now), Some(now + PATIENCE));
        assert_eq!(due(&mut nacks, now + PATIENCE), (vec![65_535, 0], false));
        assert_eq!(due(&mut nacks, now + PATIENCE + TRIP / 2), (vec![], false), "the answer is under way");
        nacks.received(SequenceNumber(0), now + TRIP);
        assert_eq!(due(&mut nacks, now + PATIENCE + TRIP), (vec![65_535], false));
    }

    #[test]
    fn reordering_asks_for_nothing() {
        let (mut nacks, now) = with_gap(&[5, 7, 6, 8, 8, 6]);
        assert_eq!(due(&mut nacks, now + MAX_AGE), (vec![], false));
        assert_eq!(nacks.next_timeout(now), None);
    }

    #[test]
    fn what_never_comes_is_given_up_for_a_key_frame() {
        let (mut nacks, now) = with_gap(&[5, 7]);
        let mut requests = 0;
        let mut wanted = 0;
        for ms in (0..3_000).step_by(5) {
            let (numbers, key_frame) = due(&mut nacks, now + Duration::from_millis(ms));
            requests += numbers.len();
            wanted += usize::from(key_frame);
        }
        assert_eq!((requests, wanted), (usize::from(MAX_REQUESTS), 1));
        assert_eq!(nacks.next_timeout(now), None);
    }

    #[test]
    fn a_gap_beyond_repair_wants_a_key_frame_at_once() {
        let (mut nacks, now) = with_gap(&[5, 1_000]);
        assert_eq!(nacks.next_timeout(now), Some(now));
        assert_eq!(due(&mut nacks, now), (vec![], true));
        assert_eq!(due(&mut nacks, now), (vec![], false), "once");
        nacks.received(SequenceNumber(1_002), now);
        assert_eq!(due(&mut nacks, now + PATIENCE), (vec![1_001], false), "and it goes on from there");
    }

    #[test]
    fn nothing_is_asked_for_that_precedes_a_key_frame() {
        let (mut nacks, now) = with_gap(&[5, 7, 9]);
        nacks.forget_before(SequenceNumber(7));
        assert_eq!(due(&mut nacks, now + PATIENCE), (vec![8], false));
    }
}
