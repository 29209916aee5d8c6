//! Telling an operator seldom what happens often, with an id by which he and others find the line.

use std::time::{Duration, Instant};

use crate::random::Random;

/// Lets a line into the log now and then, and counts those it keeps back meanwhile.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seldom {
    said: Option<Instant>,
    kept: u64,
}

impl Seldom {
    /// When it is time for a line, how many alike were kept back since the last; nothing otherwise.
    pub fn say(&mut self, now: Instant) -> Option<u64> {
        let is_early = |said: Instant| now.saturating_duration_since(said) < PAUSE;
        if self.said.is_some_and(is_early) {
            self.kept += 1;
            return None;
        }
        self.said = Some(now);
        Some(std::mem::take(&mut self.kept))
    }
}

/// The id of a line: `HT-` and six letters or digits that are not taken for one another.
pub fn log_id(random: &mut dyn Random) -> String {
    const LETTERS: &[u8; 32] = b"23456789abcdefghjkmnpqrstuvwxyz0";
    let mut bytes = [0; 6];
    random.fill(&mut bytes);
    let text: String = bytes.iter().map(|b| char::from(LETTERS[usize::from(b % 32)])).collect();
    format!("HT-{text}")
}

/// A flood of a day is a page of the log.
const PAUSE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_a_line_a_minute_and_every_one_is_counted() {
        let (mut seldom, start) = (Seldom::default(), Instant::now());
        let flood = (0..=180_000).map(|ms| start + Duration::from_millis(ms));
        let said: Vec<u64> = flood.filter_map(|at| seldom.say(at)).collect();
        assert_eq!(said, [0, 59_999, 59_999, 59_999]);
    }
}
