//! When held packets leave: all together, at the moment the first of them must. What leaves together
//! shares a wake of the thread, a call of the kernel and, towards one receiver, a message.
//!
//! A busy worker goes further and looks at its sockets only every few milliseconds: a wake costs as much
//! as a dozen packets.

use std::time::{Duration, Instant};

use super::Worker;

/// How busy a worker is, counted in batches of packets of one layer.
#[derive(Debug, Default)]
pub(super) struct Gather {
    /// Since when batches are counted, and how many left since.
    window: Option<(Instant, u32)>,
    pays: bool,
}

impl Gather {
    fn left(&mut self, now: Instant, batches: usize) {
        let (_, count) = self.window.get_or_insert((now, 0));
        *count = count.saturating_add(u32::try_from(batches).unwrap_or(u32::MAX));
    }

    /// Whether several batches come in the time of one rest.
    fn pays(&mut self, now: Instant) -> bool {
        let (since, count) = *self.window.get_or_insert((now, 0));
        let elapsed = now.saturating_duration_since(since);
        if elapsed >= JUDGED {
            let come = f64::from(count) * REST.as_secs_f64() / elapsed.as_secs_f64();
            self.pays = come >= if self.pays { STAY } else { BEGIN };
            self.window = Some((now, 0));
        }
        self.pays
    }
}

impl Worker {
    /// Forwards what is complete or has waited long enough, and with it what else is held. Call after
    /// every batch.
    pub fn flush(&mut self, now: Instant) {
        if self.held_until().is_none_or(|at| at > now) {
            return;
        }
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.retain(|address| self.layer(*address).is_some_and(|layer| layer.held_since.is_some()));
        self.gather.left(now, dirty.len());
        for address in dirty.drain(..) {
            self.forward(now, address);
        }
        self.dirty = dirty;
    }

    /// When held packets must leave.
    pub(super) fn held_until(&self) -> Option<Instant> {
        self.dirty.iter().filter_map(|address| self.layer(*address)?.leaves()).min()
    }

    /// For how long after a look at the sockets another look would bring little but the wake.
    pub fn rest(&mut self, now: Instant) -> Option<Duration> {
        self.gather.pays(now).then_some(REST)
    }
}

/// Half of it is added to a packet's way, in the mean.
const REST: Duration = Duration::from_millis(3);
/// Batches in the time of a rest from which on, and down to which, it pays.
const BEGIN: f64 = 1.2;
const STAY: f64 = 0.9;
/// How long they are counted.
const JUDGED: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_worker_rests_and_an_idle_one_is_awake_for_each_packet() {
        let start = Instant::now();
        let mut gather = Gather::default();
        let mut now = start;
        let mut run = |rate: u32, seconds: u64| {
            let end = now + Duration::from_secs(seconds);
            let mut rested = 0;
            while now < end {
                now += Duration::from_secs(1) / rate;
                gather.left(now, 1);
                rested += u32::from(gather.pays(now));
            }
            (rested, gather.pays(now))
        };
        assert_eq!(run(200, 3), (0, false), "a few people who talk");
        assert!(run(1_000, 3).1);
        assert!(run(350, 3).1, "it does not waver");
        assert!(!run(200, 3).1);
        assert!(run(1_000, 1).1);
        assert!(!gather.pays(now + Duration::from_secs(1)), "everybody left");
    }
}
