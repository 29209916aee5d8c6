//! How long packets wait on the way: delay above the smallest seen. The trend sees queues that grow,
//! this one sees those that stand.

/// µs of the two windows whose smallest delay counts.
const WINDOW: u64 = 30_000_000;
/// µs: delay above this is a queue to be emptied.
pub(super) const LONG: u64 = 120_000;
/// A queue that stands this long although less is sent is no queue: the way has become longer.
const PATIENCE: u64 = 6_000_000;

/// The delay above the base of one way.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// Smallest delay of this window and of the one before; the clocks differ, so negative is possible.
    smallest: Option<i64>,
    before: Option<i64>,
    began: u64,
    long_since: Option<u64>,
    queue: u64,
}

impl Standing {
    /// The smallest delay (arrival − sending, µs, any offset) of one feedback.
    pub fn handle_delay(&mut self, now: u64, delay: i64) {
        if now.saturating_sub(self.began) >= WINDOW {
            self.before = self.smallest.take();
            self.began = now;
        }
        self.smallest = Some(self.smallest.map_or(delay, |smallest| smallest.min(delay)));
        let base = self.before.into_iter().chain(self.smallest).min().unwrap_or(delay);
        self.queue = u64::try_from(delay - base).unwrap_or(0);
        if self.queue <= LONG {
            self.long_since = None;
        } else if now.saturating_sub(*self.long_since.get_or_insert(now)) >= PATIENCE {
            *self = Self { smallest: Some(delay), began: now, ..Self::default() };
        }
    }

    /// µs that packets wait now.
    pub fn queue(&self) -> u64 {
        self.queue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_measured_and_a_longer_way_becomes_the_base() {
        let mut standing = Standing::default();
        standing.handle_delay(0, -5_000_000);
        standing.handle_delay(100_000, -4_700_000);
        assert_eq!(standing.queue(), 300_000);
        for step in 2..80 {
            standing.handle_delay(step * 100_000, -4_700_000);
        }
        assert_eq!(standing.queue(), 0);
    }
}
