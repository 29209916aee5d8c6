//! A line without transport-wide feedback, deliberately simple: loss, and with it the receiver's own
//! estimate (REMB), move one ceiling, down at once and up slowly.

use std::time::{Duration, Instant};

/// One receiver's line.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Bit/s for everything together.
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
        if fraction > LOSS_HIGH && since(self.changed, now) >= STEP_DOWN {
            // 30 % less than what did not get through.
            self.ceiling = self.ceiling.min(sent / 10 * 7).max(FLOOR);
            self.changed = Some(now);
        }
    }

    /// Takes the time: where nothing was lost for a while there is room for more. That nobody speaks of
    /// loss is enough, for while no picture is sent there is nothing to report on.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.ceiling != u32::MAX && since(self.changed.max(self.lost), now) >= STEP_UP {
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
        let lossy = since(self.lost, now) < STEP_DOWN * 2;
        if lossy && estimate < sent && estimate < self.ceiling {
            self.ceiling = estimate.max(FLOOR);
            self.changed = Some(now);
        }
    }

    /// Bit/s for everything together.
    pub fn ceiling(&self) -> u32 {
        self.ceiling
    }
}

fn since(at: Option<Instant>, now: Instant) -> Duration {
    at.map_or(Duration::MAX, |at| now.saturating_duration_since(at))
}

/// 10 % lost: the line is full. (2 % is what radio links lose when they are well.)
const LOSS_HIGH: u8 = 26;
/// 2 % lost: room for more.
const LOSS_LOW: u8 = 5;
const STEP_DOWN: Duration = Duration::from_secs(2);
const STEP_UP: Duration = Duration::from_secs(4);
/// One voice always passes.
const FLOOR: u32 = 60_000;
/// Above this a ceiling means nothing to twelve slots.
const OPEN: u32 = 30_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_lowers_the_ceiling_at_once_and_calm_raises_it_slowly() {
        let start = Instant::now();
        let mut line = Line::default();
        line.handle_loss(start, 60, 2_000_000);
        assert_eq!(line.ceiling(), 1_400_000);
        line.handle_timeout(start + Duration::from_secs(3));
        assert_eq!(line.ceiling(), 1_400_000);
        line.handle_timeout(start + Duration::from_secs(5));
        assert_eq!(line.ceiling(), 2_100_000);
        line.handle_loss(start + Duration::from_secs(6), 10, 1_000_000);
        line.handle_timeout(start + Duration::from_secs(9));
        assert_eq!(line.ceiling(), 2_100_000, "a little is lost");
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
