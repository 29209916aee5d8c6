//! Sequence sets (RFC 9051 §9, `sequence-set`): `1,3:5,9:*`, and sets of numbers written back short.

use std::fmt::Write;

/// A set as the client wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Set {
    /// First and last of each range; `None` is `*`.
    pub ranges: Vec<(Option<u32>, Option<u32>)>,
    /// `$`: the saved result (RFC 5182).
    pub is_saved: bool,
}

impl Set {
    /// Parses; `None` when it is no set or absurdly long.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "$" {
            return Some(Self { ranges: Vec::new(), is_saved: true });
        }
        let mut ranges = Vec::new();
        for piece in text.split(',') {
            if ranges.len() >= MAX_RANGES {
                return None;
            }
            let (first, last) = piece.split_once(':').unwrap_or((piece, piece));
            ranges.push((bound(first)?, bound(last)?));
        }
        Some(Self { ranges, is_saved: false })
    }

    /// The ranges in ascending order without overlap, `*` being `largest`.
    pub fn resolve(&self, largest: u32) -> Vec<(u32, u32)> {
        let mut ranges: Vec<(u32, u32)> = self
            .ranges
            .iter()
            .map(|(first, last)| {
                let (first, last) = (first.unwrap_or(largest), last.unwrap_or(largest));
                // RFC 9051 §9: 3:2 means 2:3.
                (first.min(last), first.max(last))
            })
            .collect();
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        merged
    }
}

fn bound(text: &str) -> Option<Option<u32>> {
    if text == "*" {
        return Some(None);
    }
    let digits = !text.is_empty() && text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit());
    let number: u32 = digits.then(|| text.parse().ok()).flatten()?;
    (number > 0).then_some(Some(number))
}

/// Whether `number` lies in one of the resolved `ranges`.
pub fn contains(ranges: &[(u32, u32)], number: u32) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= number);
    after.checked_sub(1).and_then(|n| ranges.get(n)).is_some_and(|(_, last)| number <= *last)
}

/// Ascending `numbers` as a set: `1:3,7`.
pub fn written(numbers: impl IntoIterator<Item = u32>) -> String {
    let mut out = String::new();
    let mut open: Option<(u32, u32)> = None;
    for number in numbers {
        match &mut open {
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            _ => {
                close(&mut out, open);
                open = Some((number, number));
            }
        }
    }
    close(&mut out, open);
    out
}

fn close(out: &mut String, range: Option<(u32, u32)>) {
    let Some((first, last)) = range else { return };
    if !out.is_empty() {
        out.push(',');
    }
    // Writing to a string cannot fail.
    let _ = if first == last { write!(out, "{first}") } else { write!(out, "{first}:{last}") };
}

/// Ranges of one set: a client that names every letter of a huge mailbox singly is refused.
const MAX_RANGES: usize = 20_000;
