//! How good a participant's line is, in words somebody can act on, without flicker: one bad second is not told,
//! and a line is well again only when it has been for a while.

use std::time::Duration;

use base::Timestamp;

/// How good a line is; the worse the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineGrade {
    /// Nothing to notice.
    Good,
    /// Pictures become smaller or are off, sound has gaps now and then.
    Weak,
    /// Hard to follow.
    Poor,
    /// Nothing has been heard of it for a while.
    Lost,
}

/// A line's second in figures. Shares are 256ths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineFigures {
    /// Lost on the way to the hub.
    pub lost_up: u8,
    /// Lost on the way to the participant.
    pub lost_down: u8,
    /// There and back, where measured.
    pub round_trip: Option<Duration>,
    /// Bit/s to the hub.
    pub up: u32,
    /// Bit/s to the participant.
    pub down: u32,
    /// Bit/s that the way to the participant would carry; nothing when nothing is known to limit it.
    pub estimate: Option<u32>,
    /// Pictures that are off for the line's sake.
    pub saving: u8,
}

impl LineFigures {
    /// What this second alone says.
    fn grade(&self) -> LineGrade {
        let lost = self.lost_up.max(self.lost_down);
        let trip = self.round_trip.unwrap_or_default();
        if lost > POOR_LOSS || trip > POOR_TRIP {
            LineGrade::Poor
        } else if lost > WEAK_LOSS || trip > WEAK_TRIP || self.saving > 0 {
            LineGrade::Weak
        } else {
            LineGrade::Good
        }
    }
}

/// Watches one line.
#[derive(Debug, Clone, Copy)]
pub struct LineWatch {
    grade: LineGrade,
    figures: LineFigures,
    heard: Timestamp,
    /// Reports in a row that were worse or better than what is told.
    worse: u32,
    better: u32,
}

impl LineWatch {
    /// A line that has just begun: good until it shows otherwise.
    pub fn new(now: Timestamp) -> Self {
        let figures = LineFigures::default();
        Self { grade: LineGrade::Good, figures, heard: now, worse: 0, better: 0 }
    }

    /// What is told.
    pub fn grade(&self) -> LineGrade {
        self.grade
    }

    /// The last second's figures.
    pub fn figures(&self) -> &LineFigures {
        &self.figures
    }

    /// Takes a second's figures; whether what is told changed.
    pub fn take(&mut self, now: Timestamp, figures: LineFigures) -> bool {
        (self.heard, self.figures) = (now, figures);
        let grade = figures.grade();
        match grade.cmp(&self.grade) {
            std::cmp::Ordering::Greater => (self.worse, self.better) = (self.worse + 1, 0),
            std::cmp::Ordering::Less => (self.worse, self.better) = (0, self.better + 1),
            std::cmp::Ordering::Equal => (self.worse, self.better) = (0, 0),
        }
        let settled =
            self.grade == LineGrade::Lost || self.worse >= WORSE_AFTER || self.better >= BETTER_AFTER;
        settled && self.settle(grade)
    }

    /// Looks at the clock; whether what is told changed.
    pub fn look(&mut self, now: Timestamp) -> bool {
        now >= self.heard.plus(SILENCE) && self.settle(LineGrade::Lost)
    }

    fn settle(&mut self, grade: LineGrade) -> bool {
        (self.worse, self.better) = (0, 0);
        std::mem::replace(&mut self.grade, grade) != grade
    }
}

/// 3 and 10 per cent: the browsers' own hint has the same limits.
const WEAK_LOSS: u8 = 8;
const POOR_LOSS: u8 = 26;
const WEAK_TRIP: Duration = Duration::from_millis(400);
const POOR_TRIP: Duration = Duration::from_millis(800);
/// Reports come once a second.
const WORSE_AFTER: u32 = 2;
const BETTER_AFTER: u32 = 5;
const SILENCE: Duration = Duration::from_secs(4);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn lost(share: u8) -> LineFigures {
        LineFigures { lost_down: share, ..LineFigures::default() }
    }

    /// What is told after each of these seconds' shares of loss.
    fn told(shares: &[u8]) -> Vec<LineGrade> {
        let mut watch = LineWatch::new(at(0));
        let after = |(second, share): (i64, &u8)| {
            watch.take(at(second), lost(*share));
            watch.grade()
        };
        (1..).zip(shares).map(after).collect()
    }

    #[test]
    fn one_bad_second_is_not_told_and_two_are() {
        use LineGrade::{Good, Poor, Weak};
        assert_eq!(told(&[0, 20, 0, 20, 0]), [Good; 5]);
        assert_eq!(told(&[20, 20, 60, 60]), [Good, Weak, Weak, Poor]);
    }

    #[test]
    fn a_line_is_good_again_after_five_good_seconds() {
        use LineGrade::{Good, Weak};
        let shares = [20, 20, 0, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0];
        let told = told(&shares);
        assert_eq!(told[..11], [&[Good][..], &[Weak; 10]].concat());
        assert_eq!(told[11..], [Good; 2]);
    }

    #[test]
    fn silence_is_told_once_and_the_first_word_ends_it() {
        let mut watch = LineWatch::new(at(0));
        assert!(!watch.look(at(3)));
        assert!(watch.look(at(4)) && !watch.look(at(5)));
        assert_eq!(watch.grade(), LineGrade::Lost);
        assert!(watch.take(at(6), lost(0)));
        assert_eq!(watch.grade(), LineGrade::Good);
    }

    #[test]
    fn a_long_way_and_pictures_that_are_off_count_too() {
        let far = |millis| LineFigures {
            round_trip: Some(Duration::from_millis(millis)),
            ..LineFigures::default()
        };
        assert_eq!(far(399).grade(), LineGrade::Good);
        assert_eq!(far(500).grade(), LineGrade::Weak);
        assert_eq!(far(900).grade(), LineGrade::Poor);
        let saving = LineFigures { saving: 1, ..LineFigures::default() };
        assert_eq!(saving.grade(), LineGrade::Weak);
        assert_eq!(LineFigures { lost_up: 30, ..LineFigures::default() }.grade(), LineGrade::Poor);
    }
}
