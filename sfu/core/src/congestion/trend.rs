//! Whether a queue grows somewhere on the way: groups of packets, the slope of their delay, an
//! adaptive threshold (draft-ietf-rmcat-gcc-02 §5, with a regression line in place of the filter).

use std::collections::VecDeque;

/// What the delay says about the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Usage {
    /// Queues drain.
    Under,
    /// Nothing changes.
    #[default]
    Normal,
    /// Queues grow.
    Over,
}

/// Packets sent within 5 ms are one group (draft-ietf-rmcat-gcc-02 §5.2).
const BURST: i64 = 5_000;
/// Points of the regression line.
const WINDOW: usize = 20;
/// Weight of the past in the smoothed delay.
const SMOOTHING: f64 = 0.9;
/// What a slope is multiplied with before it is compared.
const GAIN: f64 = 4.0;
/// A slope counts fully from this many groups on.
const SETTLED: f64 = 60.0;
/// ms: over the threshold this long is overuse (§5.4).
const OVERUSE: f64 = 10.0;
/// Speeds at which the threshold follows up and down (§5.4).
const FOLLOW_UP: f64 = 0.0087;
const FOLLOW_DOWN: f64 = 0.039;

/// Packets sent together.
#[derive(Debug, Clone, Copy)]
struct Group {
    first_sent: i64,
    last_sent: i64,
    first_arrival: i64,
    last_arrival: i64,
}

/// The detector. Times are µs, of sender's and receiver's clock.
#[derive(Debug)]
pub(super) struct Trend {
    current: Option<Group>,
    previous: Option<Group>,
    /// Arrival and smoothed delay, both in ms.
    points: VecDeque<(f64, f64)>,
    origin: Option<i64>,
    delay: f64,
    smoothed: f64,
    groups: f64,
    slope_before: f64,
    threshold: f64,
    adapted: f64,
    over_for: Option<f64>,
    over_count: u32,
    usage: Usage,
}

impl Default for Trend {
    fn default() -> Self {
        Self {
            current: None,
            previous: None,
            points: VecDeque::with_capacity(WINDOW),
            origin: None,
            delay: 0.0,
            smoothed: 0.0,
            groups: 0.0,
            slope_before: 0.0,
            threshold: 12.5,
            adapted: 0.0,
            over_for: None,
            over_count: 0,
            usage: Usage::Normal,
        }
    }
}

impl Trend {
    /// A packet sent at `sent` arrived at `arrival`; packets in the order they were sent.
    pub fn handle_packet(&mut self, sent: u64, arrival: u64) {
        let (sent, arrival) = (sent as i64, arrival as i64);
        let Some(group) = &mut self.current else {
            self.current = Some(Group::new(sent, arrival));
            return;
        };
        // Overtaken by its own group: it would turn time back.
        if sent < group.first_sent {
            return;
        }
        if group.takes(sent, arrival) {
            group.last_sent = group.last_sent.max(sent);
            group.last_arrival = group.last_arrival.max(arrival);
            return;
        }
        let done = std::mem::replace(group, Group::new(sent, arrival));
        if let Some(previous) = self.previous.replace(done) {
            let sent = (done.last_sent - previous.last_sent) as f64 / 1e3;
            let arrived = (done.last_arrival - previous.last_arrival) as f64 / 1e3;
            self.handle_delta(arrived - sent, sent, done.last_arrival);
        }
    }

    /// What the newest group said.
    pub fn usage(&self) -> Usage {
        self.usage
    }

    fn handle_delta(&mut self, delta: f64, sent: f64, arrival: i64) {
        let origin = *self.origin.get_or_insert(arrival);
        let time = (arrival - origin) as f64 / 1e3;
        self.groups = (self.groups + 1.0).min(1_000.0);
        self.delay += delta;
        self.smoothed = SMOOTHING * self.smoothed + (1.0 - SMOOTHING) * self.delay;
        if self.points.len() == WINDOW {
            self.points.pop_front();
        }
        self.points.push_back((time, self.smoothed));
        if self.points.len() == WINDOW {
            let slope = slope(&self.points).unwrap_or(self.slope_before);
            self.judge(slope, sent, time);
        }
    }

    fn judge(&mut self, slope: f64, sent: f64, time: f64) {
        let trend = self.groups.min(SETTLED) * slope * GAIN;
        if trend > self.threshold {
            let over_for = self.over_for.map_or(sent / 2.0, |before| before + sent);
            self.over_for = Some(over_for);
            self.over_count += 1;
            if over_for > OVERUSE && self.over_count > 1 && slope >= self.slope_before {
                self.over_for = Some(0.0);
                self.over_count = 0;
                self.usage = Usage::Over;
            }
        } else {
            self.over_for = None;
            self.over_count = 0;
            self.usage = if trend < -self.threshold { Usage::Under } else { Usage::Normal };
        }
        self.slope_before = slope;
        self.adapt(trend, time);
    }

    /// §5.4: the threshold follows, so that TCP beside us does not starve us; outliers do not count.
    fn adapt(&mut self, trend: f64, time: f64) {
        let elapsed = (time - self.adapted).clamp(0.0, 100.0);
        self.adapted = time;
        if trend.abs() <= self.threshold + 15.0 {
            let speed = if trend.abs() < self.threshold { FOLLOW_DOWN } else { FOLLOW_UP };
            self.threshold =
                (self.threshold + speed * (trend.abs() - self.threshold) * elapsed).clamp(6.0, 600.0);
        }
    }
}

impl Group {
    fn new(sent: i64, arrival: i64) -> Self {
        Self { first_sent: sent, last_sent: sent, first_arrival: arrival, last_arrival: arrival }
    }

    /// §5.2: sent together, or arriving together because something on the way held them back.
    fn takes(&self, sent: i64, arrival: i64) -> bool {
        if sent - self.first_sent <= BURST {
            return true;
        }
        let (apart, slower) = (arrival - self.last_arrival, sent - self.last_sent);
        apart < slower && apart <= BURST && arrival - self.first_arrival < 100_000
    }
}

/// Least squares.
fn slope(points: &VecDeque<(f64, f64)>) -> Option<f64> {
    let count = points.len() as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let (mut over, mut under) = (0.0, 0.0);
    for (x, y) in points {
        over += (x - mean_x) * (y - mean_y);
        under += (x - mean_x) * (x - mean_x);
    }
    (under > 0.0).then(|| over / under)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets every 10 ms whose delay grows by `step` µs each.
    fn after(count: u64, step: i64, jitter: impl Fn(u64) -> i64) -> Trend {
        let mut trend = Trend::default();
        for packet in 0..count {
            let sent = packet * 10_000;
            let delay = 50_000 + step * packet as i64 + jitter(packet);
            trend.handle_packet(sent, sent.wrapping_add_signed(delay));
        }
        trend
    }

    #[test]
    fn a_growing_queue_is_seen_and_a_steady_one_is_not() {
        assert_eq!(after(100, 2_000, |_| 0).usage(), Usage::Over);
        assert_eq!(after(100, 0, |_| 0).usage(), Usage::Normal);
        assert_eq!(after(100, -400, |_| 0).usage(), Usage::Under);
    }

    #[test]
    fn jitter_is_no_queue() {
        let noise = |packet: u64| (packet * 7_919 % 13) as i64 * 700;
        assert_ne!(after(300, 0, noise).usage(), Usage::Over);
    }
}
