//! How fast packets may leave one leg: a leaky bucket that everything fills and only video waits for.
//! On a line that is wide for what is sent it never fills and costs two comparisons.

/// The bucket leaks at this many halves of the estimate: a frame must overtake the mean, a key frame
/// must not become the line's queue.
const HALVES: u64 = 3;
/// µs of leaking that may be sent at once: small frames stay one send.
const BURST: u64 = 20_000;

/// A leaky bucket. Time is µs since the leg's start.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Bits not yet leaked out, times 10^6.
    level: u64,
    at: u64,
}

impl Pace {
    /// Whether a packet may leave now.
    pub fn may_send(&mut self, now: u64, estimate: u32) -> bool {
        self.leak(now, estimate);
        self.level <= rate(estimate) * BURST
    }

    /// A packet of `size` bytes left.
    pub fn charge(&mut self, size: u32) {
        self.level = self.level.saturating_add(u64::from(size) * 8_000_000);
    }

    /// When a packet may leave, if none may at `now`.
    pub fn next(&self, estimate: u32) -> u64 {
        let over = self.level.saturating_sub(rate(estimate) * BURST);
        self.at + over.div_ceil(rate(estimate).max(1))
    }

    fn leak(&mut self, now: u64, estimate: u32) {
        let elapsed = now.saturating_sub(self.at);
        self.at = now.max(self.at);
        self.level = self.level.saturating_sub(elapsed.saturating_mul(rate(estimate)));
    }
}

/// Bit/s at which the bucket leaks, also µs at which `bytes` leave it.
pub(super) fn rate(estimate: u32) -> u64 {
    u64::from(estimate) * HALVES / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_frame_leaves_at_one_and_a_half_times_the_estimate() {
        let mut pace = Pace::default();
        let (mut sent, mut now) = (0, 0);
        while sent < 30 {
            if pace.may_send(now, 400_000) {
                pace.charge(1_000);
                sent += 1;
            } else {
                assert!(pace.next(400_000) > now);
                now = pace.next(400_000);
            }
        }
        assert!((350_000..400_000).contains(&now), "240,000 bits in {now} µs");
    }

    #[test]
    fn on_a_wide_line_nothing_waits() {
        let mut pace = Pace::default();
        for packet in 0..100 {
            assert!(pace.may_send(packet * 1_000, 40_000_000));
            pace.charge(1_200);
        }
    }
}
