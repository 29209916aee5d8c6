//! Which simulcast layers of a track anybody needs, to be told to a sender that can switch them off.
//!
//! Off is quick, for every layer costs the sender's uplink and processor; on is at once, but makes key
//! frames of all layers, so that after it nothing is switched off for a while.

use std::time::{Duration, Instant};

/// Layers of a track at most.
pub(crate) const MAX_LAYERS: usize = 3;

/// What the sender of one track was told.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Demand {
    off: [bool; MAX_LAYERS],
    unneeded: [Option<Instant>; MAX_LAYERS],
    /// Nothing is switched off before.
    calm: Option<Instant>,
    woken: Option<Instant>,
}

impl Demand {
    /// Takes which layers are needed `now`, lowest first; what is to be told, if that is news. The
    /// lowest is always needed: a camera without any packet would be taken for lost.
    pub fn update(&mut self, now: Instant, needed: [bool; MAX_LAYERS]) -> Option<[bool; MAX_LAYERS]> {
        // A camera that just started: its viewers are still finding out what they need.
        let calm = *self.calm.get_or_insert(now + AFTER_START);
        let before = self.off;
        for (layer, needed) in needed.into_iter().enumerate() {
            let (Some(off), Some(unneeded)) = (self.off.get_mut(layer), self.unneeded.get_mut(layer)) else {
                continue;
            };
            if needed || layer == 0 {
                *unneeded = None;
                if std::mem::take(off) {
                    self.calm = Some(now + AFTER_WAKING);
                    self.woken = Some(now);
                }
            } else if now.saturating_duration_since(*unneeded.get_or_insert(now)) >= UNNEEDED && now >= calm {
                *off = true;
            }
        }
        (self.off != before).then(|| self.off.map(|off| !off))
    }

    /// Whether a layer that sends nothing at `now` would send if it were needed.
    pub fn may_come(&self, layer: usize, now: Instant) -> bool {
        self.off.get(layer).copied().unwrap_or(false)
            || self.woken.is_some_and(|at| now.saturating_duration_since(at) < WAKING)
    }
}

/// A layer without a viewer this long goes off.
const UNNEEDED: Duration = Duration::from_millis(150);
const AFTER_START: Duration = Duration::from_secs(1);
const AFTER_WAKING: Duration = Duration::from_secs(3);
/// A woken layer that sends nothing for so long will not: its sender has reasons of its own.
const WAKING: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unneeded_layers_go_off_within_300_ms_and_come_back_at_once() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut demand = Demand::default();
        assert_eq!(demand.update(at(0), [true; 3]), None);
        let off = (2_000..2_300).step_by(50).find_map(|ms| demand.update(at(ms), [true, false, false]));
        assert_eq!(off, Some([true, false, false]));
        assert!(demand.may_come(2, at(9_000)));
        assert_eq!(demand.update(at(9_000), [true, false, true]), Some([true, false, true]));
        assert!(demand.may_come(2, at(9_100)) && !demand.may_come(2, at(12_000)));
    }

    #[test]
    fn after_waking_nothing_goes_off_for_a_while_and_the_lowest_never_does() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut demand = Demand::default();
        let mut told = 0;
        // A viewer that changes its mind twice a second.
        for ms in (0..10_000).step_by(50) {
            told += usize::from(demand.update(at(ms), [false, false, ms % 1_000 < 500]).is_some());
        }
        assert!(told <= 6, "{told} changes in 10 s");
        assert!(!demand.may_come(0, at(10_000)) || !demand.off[0]);
    }
}
