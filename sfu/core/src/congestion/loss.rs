//! The rate that losses allow (draft-ietf-rmcat-gcc-02 §6), with one addition: radio links lose packets
//! however little is sent. What is still lost after the rate went down for seconds is the link's own
//! loss and no longer counts.

/// Loss is judged over this many µs at least.
const PERIOD: u64 = 500_000;
/// And over this many packets.
const PACKETS: u32 = 20;
/// Above the link's own loss: the line is full.
const HIGH: f64 = 0.10;
/// Below: room for more.
const LOW: f64 = 0.02;
/// Periods after which the smallest loss among them is the link's own.
const MEMORY: usize = 8;

/// The controller.
#[derive(Debug)]
pub(super) struct Loss {
    arrived: u32,
    lost: u32,
    began: u64,
    recent: [f64; MEMORY],
    periods: usize,
    limit: u32,
}

impl Default for Loss {
    fn default() -> Self {
        Self { arrived: 0, lost: 0, began: 0, recent: [0.0; MEMORY], periods: 0, limit: u32::MAX }
    }
}

impl Loss {
    /// What one feedback said of packets not judged before; when a period is over, the share it lost.
    pub fn handle_feedback(
        &mut self,
        now: u64,
        arrived: u32,
        lost: u32,
        estimate: u32,
        acked: Option<u32>,
    ) -> Option<f64> {
        self.arrived += arrived;
        self.lost += lost;
        let total = self.arrived + self.lost;
        if total < PACKETS || now.saturating_sub(self.began) < PERIOD {
            return None;
        }
        let loss = f64::from(self.lost) / f64::from(total);
        (self.arrived, self.lost, self.began) = (0, 0, now);
        if let Some(place) = self.recent.get_mut(self.periods % MEMORY) {
            *place = loss;
        }
        self.periods += 1;
        let own = self.recent.iter().copied().fold(f64::MAX, f64::min);
        let excess = loss - own;
        if excess > HIGH {
            let lowered = f64::from(estimate) * (1.0 - 0.5 * excess);
            // What arrives proves that the line carries as much.
            let proven = acked.map_or(0.0, |acked| f64::from(acked) * (1.0 - excess));
            self.limit = self.limit.min(estimate).min(lowered.max(proven) as u32);
        } else if excess < LOW && self.limit != u32::MAX {
            // §6: 5 % more each time; far above the estimate a limit means nothing.
            self.limit = self.limit.saturating_add(self.limit / 20 + 1_000);
            if self.limit > estimate.saturating_mul(2) {
                self.limit = u32::MAX;
            }
        }
        Some(loss)
    }

    /// A probe proved that the line carries more.
    pub fn raise(&mut self, rate: u32) {
        if self.limit != u32::MAX {
            self.limit = self.limit.max(rate);
        }
    }

    /// Bit/s; `u32::MAX` when losses say nothing.
    pub fn limit(&self) -> u32 {
        self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(loss: &mut Loss, from: u64, periods: u64, lost: u32) -> u32 {
        let mut estimate = 1_000_000;
        for period in from..from + periods {
            loss.handle_feedback(period * PERIOD, 100 - lost, lost, estimate, None);
            estimate = estimate.min(loss.limit());
        }
        estimate
    }

    #[test]
    fn a_full_line_lowers_the_rate_and_a_few_losses_do_not() {
        assert!(run(&mut Loss::default(), 1, 4, 30) < 600_000);
        assert_eq!(run(&mut Loss::default(), 1, 20, 5), 1_000_000);
    }

    #[test]
    fn a_link_that_always_loses_is_not_starved() {
        let mut loss = Loss::default();
        let first = run(&mut loss, 1, 10, 15);
        assert!(first > 300_000, "{first}");
        let limit = loss.limit();
        for period in 11..30 {
            loss.handle_feedback(period * PERIOD, 85, 15, limit, None);
        }
        assert!(loss.limit() > limit);
    }
}
