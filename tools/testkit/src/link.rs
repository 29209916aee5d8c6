//! A bad line as a pure function of time and chance: rate with a queue, delay, jitter, loss alone and in
//! bursts, reordering. One direction of one path; whoever carries the datagrams (a test in virtual
//! time, a relay between sockets) asks when each arrives.

use std::time::{Duration, Instant};

use base::random::Random;

/// How a line treats what is put on it. The default is a perfect one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Bit/s; `None`: as fast as it comes.
    pub rate: Option<u64>,
    /// What would wait longer than this is dropped.
    pub queue: Duration,
    /// Time on the way.
    pub delay: Duration,
    /// Up to this much more, evenly spread; order is kept.
    pub jitter: Duration,
    /// Share of datagrams lost, each by itself.
    pub loss: f64,
    /// Losses that come together.
    pub bursts: Option<Bursts>,
    /// Share of datagrams that are overtaken by the following ones.
    pub reordering: f64,
}

/// Losses in bursts: a line that is good or bad (Gilbert's model).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bursts {
    /// Chance per datagram of turning bad.
    pub begin: f64,
    /// Chance per datagram of turning good again.
    pub end: f64,
    /// Share lost while bad.
    pub loss: f64,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            rate: None,
            queue: Duration::from_millis(1_000),
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            loss: 0.0,
            bursts: None,
            reordering: 0.0,
        }
    }
}

impl Shape {
    /// A line of `rate` bit/s with `delay` on the way.
    pub fn of_rate(rate: u64, delay: Duration) -> Self {
        Self { rate: Some(rate), delay, ..Self::default() }
    }
}

/// One direction of a line.
#[derive(Debug, Clone)]
pub struct Link {
    shape: Shape,
    /// When the last datagram accepted will have left the queue.
    busy_until: Option<Instant>,
    /// The latest arrival promised, for order.
    latest: Option<Instant>,
    bad: bool,
}

impl Link {
    /// An idle line.
    pub fn new(shape: Shape) -> Self {
        Self { shape, busy_until: None, latest: None, bad: false }
    }

    /// The line changes; what waits in its queue leaves at the new rate.
    pub fn reshape(&mut self, now: Instant, shape: Shape) {
        let waiting = self.queue(now);
        self.busy_until = match (self.shape.rate, shape.rate) {
            (Some(old), Some(new)) => {
                Some(now + Duration::from_secs_f64(waiting.as_secs_f64() * old as f64 / new as f64))
            }
            _ => None,
        };
        self.shape = shape;
    }

    /// How it is.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// How long a datagram put on it now would wait.
    pub fn queue(&self, now: Instant) -> Duration {
        self.busy_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    /// Puts a datagram of `bytes` (with all its headers) on the line: when it arrives, or `None` when
    /// it is lost.
    pub fn carry(&mut self, now: Instant, bytes: usize, random: &mut dyn Random) -> Option<Instant> {
        let shape = self.shape;
        // A full queue drops before chance does; what is lost on the way has used the line.
        let left = match shape.rate {
            None => now,
            Some(_) if self.queue(now) > shape.queue => return None,
            Some(rate) => {
                let begins = self.busy_until.map_or(now, |until| until.max(now));
                begins + Duration::from_secs_f64(bytes as f64 * 8.0 / rate.max(1) as f64)
            }
        };
        if shape.rate.is_some() {
            self.busy_until = Some(left);
        }
        if let Some(bursts) = shape.bursts {
            let turns = if self.bad { bursts.end } else { bursts.begin };
            self.bad ^= chance(random, turns);
            if self.bad && chance(random, bursts.loss) {
                return None;
            }
        }
        if chance(random, shape.loss) {
            return None;
        }
        let jitter = shape.jitter.mul_f64(unit(random));
        let arrives = left + shape.delay + jitter;
        if chance(random, shape.reordering) {
            // Late enough for the next few to pass.
            return Some(arrives + Duration::from_millis(15));
        }
        let arrives = self.latest.map_or(arrives, |latest| latest.max(arrives));
        self.latest = Some(arrives);
        Some(arrives)
    }
}

/// 0 ≤ x < 1.
fn unit(random: &mut dyn Random) -> f64 {
    (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

fn chance(random: &mut dyn Random, share: f64) -> bool {
    share > 0.0 && unit(random) < share
}

#[cfg(test)]
mod tests {
    use base::random::Seeded;

    use super::*;

    #[test]
    fn a_narrow_line_delays_then_drops() {
        let now = Instant::now();
        let shape = Shape { queue: Duration::from_millis(100), ..Shape::of_rate(80_000, Duration::ZERO) };
        let mut link = Link::new(shape);
        let mut random = Seeded::new(1);
        let mut arrivals = (0..20).map(|_| link.carry(now, 1_000, &mut random));
        assert_eq!(arrivals.next().flatten(), Some(now + Duration::from_millis(100)));
        assert_eq!(arrivals.flatten().count(), 1);
        link.reshape(now, Shape { rate: Some(160_000), ..shape });
        assert_eq!(link.queue(now), Duration::from_millis(100), "the same bytes at twice the rate");
    }

    #[test]
    fn losses_come_as_often_as_said_and_bursts_come_together() {
        let now = Instant::now();
        let mut random = Seeded::new(2);
        let mut alone = Link::new(Shape { loss: 0.1, ..Shape::default() });
        let lost = (0..10_000).filter(|_| alone.carry(now, 100, &mut random).is_none()).count();
        assert!((850..1_150).contains(&lost), "{lost}");
        let bursts = Some(Bursts { begin: 0.01, end: 0.2, loss: 1.0 });
        let mut together = Link::new(Shape { bursts, ..Shape::default() });
        let fates: Vec<bool> = (0..10_000).map(|_| together.carry(now, 100, &mut random).is_none()).collect();
        let lost = fates.iter().filter(|lost| **lost).count();
        let pairs = fates.windows(2).filter(|w| w[0] && w[1]).count();
        assert!(lost > 200 && pairs * 10 > lost * 6, "{pairs} of {lost} losses follow another");
    }

    #[test]
    fn jitter_keeps_the_order_and_reordering_breaks_it() {
        let start = Instant::now();
        let mut random = Seeded::new(3);
        let mut arrivals = |shape: Shape| -> Vec<Instant> {
            let mut link = Link::new(shape);
            (0..500)
                .filter_map(|n| link.carry(start + Duration::from_millis(2 * n), 100, &mut random))
                .collect()
        };
        let jitter = Duration::from_millis(30);
        assert!(arrivals(Shape { jitter, ..Shape::default() }).is_sorted());
        assert!(!arrivals(Shape { reordering: 0.05, ..Shape::default() }).is_sorted());
    }
}
