//! Which simulcast layer a slot shows: the smallest that is as high as it is drawn, of those that
//! arrive, and lower when the receiver's line complains.
//!
//! The line's part is deliberately simple: loss, and with it the receiver's own estimate (REMB), move
//! one ceiling per peer, down at once and up slowly.

use std::time::{Duration, Instant};

/// What is known of one layer of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LayerView {
    /// Packets arrive.
    pub alive: bool,
    /// Picture height of the last key frame.
    pub height: Option<u16>,
    /// Measured, in bit/s.
    pub bitrate: u32,
}

/// The index of the layer to show at `height` within `budget` bit/s; nothing when none arrives.
pub fn choose(layers: &[LayerView], height: u16, budget: u32) -> Option<usize> {
    let alive = || layers.iter().enumerate().filter(|(_, layer)| layer.alive);
    let fits = |layer: &LayerView| layer.bitrate <= budget;
    let high_enough = |(index, layer): &(usize, &LayerView)| {
        // A tenth of scaling up cannot be seen; 180 lines serve a box of 200.
        let nominal = NOMINAL_HEIGHTS.get(*index).copied().unwrap_or(720);
        u32::from(layer.height.unwrap_or(nominal)) * 10 >= u32::from(height) * 9
    };
    let wanted = alive().find(high_enough).or_else(|| alive().next_back())?;
    // Never nothing: the lowest layer is shown even on a line that is too thin for it.
    alive()
        .rfind(|(index, layer)| *index <= wanted.0 && fits(layer))
        .or_else(|| alive().next())
        .map(|(index, _)| index)
}

/// Heights of the layers of a 720-line camera, until a key frame says better.
const NOMINAL_HEIGHTS: [u16; 3] = [180, 360, 720];

/// One receiver's line.
#[derive(Debug, Clone)]
pub struct Line {
    /// Bit/s for all video slots together.
    ceiling: u32,
    changed: Option<Instant>,
    lost: Option<Instant>,
}

impl Default for Line {
    fn default() -> Self {
        Self { ceiling: u32::MAX, changed: None, lost: None }
    }
}

impl Line {
    /// The receiver lost `fraction` 256ths of what it was sent at `sent` bit/s.
    pub fn handle_loss(&mut self, now: Instant, fraction: u8, sent: u32) {
        if fraction >= LOSS_LOW {
            self.lost = Some(now);
        }
        let since = self.changed.map_or(Duration::MAX, |at| now.saturating_duration_since(at));
        if fraction > LOSS_HIGH && since >= STEP_DOWN {
            // 30 % less than what did not get through.
            self.ceiling = self.ceiling.min(sent / 10 * 7).max(FLOOR);
            self.changed = Some(now);
        } else if fraction < LOSS_LOW && self.ceiling != u32::MAX && since >= STEP_UP {
            self.ceiling = self.ceiling.saturating_add(self.ceiling / 2);
            if self.ceiling > OPEN {
                self.ceiling = u32::MAX;
            }
            self.changed = Some(now);
        }
    }

    /// The receiver's own estimate came. It counts only beside loss: it never exceeds by much what
    /// was sent, so on a quiet line it says nothing about the width, and a busy computer looks to it
    /// like a full line.
    pub fn handle_estimate(&mut self, now: Instant, estimate: u32, sent: u32) {
        let lossy = self.lost.is_some_and(|at| now.saturating_duration_since(at) < STEP_DOWN * 2);
        if lossy && estimate < sent && estimate < self.ceiling {
            self.ceiling = estimate.max(FLOOR);
            self.changed = Some(now);
        }
    }

    /// Bit/s for all video slots together.
    pub fn ceiling(&self) -> u32 {
        self.ceiling
    }
}

/// 10 % lost: the line is full. (2 % is what radio links lose when they are well.)
const LOSS_HIGH: u8 = 26;
/// 2 % lost: room for more.
const LOSS_LOW: u8 = 5;
const STEP_DOWN: Duration = Duration::from_secs(2);
const STEP_UP: Duration = Duration::from_secs(4);
/// One thumbnail always passes.
const FLOOR: u32 = 150_000;
/// Above this a ceiling means nothing to twelve slots.
const OPEN: u32 = 30_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(alive: [bool; 3]) -> Vec<LayerView> {
        let of = |i: usize, height, bitrate| LayerView { alive: alive[i], height: Some(height), bitrate };
        vec![of(0, 180, 100_000), of(1, 360, 400_000), of(2, 720, 1_500_000)]
    }

    #[test]
    fn the_smallest_layer_that_is_high_enough_is_shown() {
        let all = layers([true; 3]);
        let at = |height| choose(&all, height, u32::MAX);
        assert_eq!(
            [at(90), at(180), at(200), at(360), at(400), at(720), at(1080)].map(Option::unwrap),
            [0, 0, 0, 1, 1, 2, 2]
        );
    }

    #[test]
    fn only_layers_that_arrive_are_chosen() {
        assert_eq!(choose(&layers([true, false, false]), 720, u32::MAX), Some(0));
        assert_eq!(choose(&layers([false, true, true]), 90, u32::MAX), Some(1));
        assert_eq!(choose(&layers([false; 3]), 90, u32::MAX), None);
    }

    #[test]
    fn a_thin_line_gets_a_lower_layer_but_never_none() {
        assert_eq!(choose(&layers([true; 3]), 720, 500_000), Some(1));
        assert_eq!(choose(&layers([true; 3]), 720, 10_000), Some(0));
    }

    #[test]
    fn loss_lowers_the_ceiling_at_once_and_calm_raises_it_slowly() {
        let start = Instant::now();
        let mut line = Line::default();
        line.handle_loss(start, 60, 2_000_000);
        assert_eq!(line.ceiling(), 1_400_000);
        line.handle_loss(start + Duration::from_secs(1), 0, 1_000_000);
        assert_eq!(line.ceiling(), 1_400_000);
        line.handle_loss(start + Duration::from_secs(5), 0, 1_000_000);
        assert_eq!(line.ceiling(), 2_100_000);
    }

    #[test]
    fn an_estimate_without_loss_is_not_believed() {
        let start = Instant::now();
        let mut line = Line::default();
        line.handle_estimate(start, 200_000, 1_000_000);
        assert_eq!(line.ceiling(), u32::MAX);
        line.handle_loss(start, 10, 1_000_000);
        line.handle_estimate(start, 200_000, 1_000_000);
        assert_eq!(line.ceiling(), 200_000);
    }
}
