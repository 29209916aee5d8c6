//! The rate that delays allow: down at once by what was proven to get through, up by a share a second,
//! gently near the rate where the line was full before (draft-ietf-rmcat-gcc-02 §5.5).

use super::{standing, trend::Usage};

/// Bit/s before anything is known: a face, a slide, a voice.
pub(super) const START: u32 = 300_000;
/// Bit/s: one voice with its headers.
pub(super) const FLOOR: u32 = 40_000;
/// Bit/s: beyond twelve pictures and a screen an estimate means nothing.
pub(super) const CEILING: u32 = 40_000_000;
/// §5.5: the factor of a decrease.
const BETA: f64 = 0.85;
/// §5.5: growth a second far from the last full line.
const GROWTH: f64 = 1.08;
/// µs between decreases: the last one must have had its effect.
const DECREASE_EVERY: u64 = 250_000;
/// Bits a second by which the rate grows near the last full line: one packet a round.
const NEAR_GROWTH: f64 = 40_000.0;

/// What one feedback tells the controller.
#[derive(Debug, Clone, Copy)]
pub(super) struct Observation {
    /// µs since the leg's start.
    pub now: u64,
    /// The trend of delay.
    pub usage: Usage,
    /// µs that packets wait.
    pub queue: u64,
    /// Bit/s that arrived.
    pub acked: Option<u32>,
    /// The same while it was most.
    pub peak: Option<u32>,
    /// Bit/s that were sent.
    pub sent: Option<u32>,
}

/// The controller.
#[derive(Debug)]
pub(super) struct Rate {
    estimate: f64,
    /// Mean of what got through when the line was full, and when that was.
    full: Option<f64>,
    updated: u64,
    decreased: Option<u64>,
    /// Probes work on this line.
    probed: bool,
}

impl Default for Rate {
    fn default() -> Self {
        Self { estimate: f64::from(START), full: None, updated: 0, decreased: None, probed: false }
    }
}

impl Rate {
    /// Takes one feedback's observation.
    pub fn handle(&mut self, seen: Observation) {
        let elapsed = seen.now.saturating_sub(self.updated).min(1_000_000) as f64 / 1e6;
        self.updated = seen.now;
        let is_long = seen.queue > standing::LONG;
        match seen.usage {
            Usage::Over => self.decrease(seen),
            _ if is_long => self.decrease(seen),
            // Queues drain: what was found too much before must not be tried again yet.
            Usage::Under => {}
            Usage::Normal => self.increase(seen, elapsed),
        }
        self.estimate = self.estimate.clamp(f64::from(FLOOR), f64::from(CEILING));
    }

    fn decrease(&mut self, seen: Observation) {
        if self.decreased.is_some_and(|at| seen.now.saturating_sub(at) < DECREASE_EVERY) {
            return;
        }
        self.decreased = Some(seen.now);
        // A burst may have filled the line for a moment: then that moment tells its width.
        let acked = seen.peak.map_or(self.estimate, f64::from);
        // When little is sent, what arrives says little about the line: jitter alone must not talk the
        // estimate down to it. A queue that really stands is no jitter.
        let idle = seen.sent.is_some_and(|sent| f64::from(sent) < 0.6 * self.estimate);
        let proven = if idle && seen.queue < standing::LONG { self.estimate } else { acked };
        if !idle {
            let full = self.full.map_or(acked, |full| 0.8 * full + 0.2 * acked);
            self.full = Some(full);
        }
        self.estimate = self.estimate.min(BETA * proven);
    }

    fn increase(&mut self, seen: Observation, elapsed: f64) {
        let Some(acked) = seen.acked.map(f64::from) else { return };
        if self
            .full
            .is_some_and(|full| acked > 1.3 * full || acked < 0.5 * full && self.estimate < 0.5 * full)
        {
            self.full = None;
        }
        let near = self.full.is_some_and(|full| (0.8..1.2).contains(&(self.estimate / full)));
        let grown = match near {
            true => self.estimate + NEAR_GROWTH * elapsed,
            false => self.estimate * GROWTH.powf(elapsed),
        };
        // Nobody knows that a line carries much more than it was given; where probes can tell, they do.
        let faith = if self.probed { 1.2 } else { 1.5 };
        let believable = (faith * acked + 10_000.0).max(self.estimate);
        self.estimate = grown.min(believable);
    }

    /// A probe measured what the line carries.
    pub fn set(&mut self, rate: u32) {
        self.probed = true;
        self.estimate = f64::from(rate.clamp(FLOOR, CEILING));
        if self.full.is_some_and(|full| self.estimate > 1.2 * full) {
            self.full = None;
        }
    }

    /// No word from the receiver although packets were sent.
    pub fn halve(&mut self) {
        self.estimate = (self.estimate / 2.0).max(f64::from(FLOOR));
    }

    /// Bit/s.
    pub fn estimate(&self) -> u32 {
        self.estimate as u32
    }

    /// When the rate went down last.
    pub fn decreased(&self) -> Option<u64> {
        self.decreased
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(now: u64, usage: Usage, queue: u64, rate: u32) -> Observation {
        Observation { now, usage, queue, acked: Some(rate), peak: Some(rate), sent: Some(rate) }
    }

    #[test]
    fn overuse_takes_the_rate_below_what_arrives() {
        let mut rate = Rate::default();
        rate.set(1_000_000);
        rate.handle(seen(1_000_000, Usage::Over, 50_000, 700_000));
        assert_eq!(rate.estimate(), 595_000);
    }

    #[test]
    fn a_quiet_line_keeps_its_estimate_unless_a_queue_stands() {
        let mut rate = Rate::default();
        rate.set(3_000_000);
        for second in 1..20 {
            rate.handle(seen(second * 1_000_000, Usage::Normal, 0, 60_000));
        }
        assert_eq!(rate.estimate(), 3_000_000);
        rate.handle(seen(21_000_000, Usage::Over, 10_000, 60_000));
        assert_eq!(rate.estimate(), 2_550_000);
        rate.handle(seen(22_000_000, Usage::Over, 400_000, 60_000));
        assert_eq!(rate.estimate(), 51_000);
    }

    #[test]
    fn what_is_used_grows() {
        let mut rate = Rate::default();
        for step in 0..100 {
            let estimate = rate.estimate();
            rate.handle(seen(step * 100_000, Usage::Normal, 0, estimate));
        }
        assert!((600_000..700_000).contains(&rate.estimate()), "{}", rate.estimate());
    }
}
