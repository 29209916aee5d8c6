//! Comparing a value with a key (RFC 5228 §2.7, RFC 4790, RFC 5231), within a budget.

use std::cmp::Ordering;

use unicode_normalization::UnicodeNormalization;

use super::program::{Comparator, MatchKind, Matching, Relation};

/// What `*` and `?` stood for; the whole value comes first (RFC 5229 §3.2).
pub(super) type Captures = Vec<String>;

/// Whether `value` matches `key`; `spend` is charged with the work and says when there was too much.
pub(super) fn matches<E>(
    how: Matching,
    value: &str,
    key: &str,
    spend: &mut impl FnMut(usize) -> Result<(), E>,
) -> Result<Option<Captures>, E> {
    spend(1 + value.len() / 64)?;
    let found = match how.kind {
        MatchKind::Is => compare(how.comparator, value, key) == Ordering::Equal,
        MatchKind::Value(relation) => holds(relation, compare(how.comparator, value, key)),
        // Counting is done over all values at once, see `count`.
        MatchKind::Count(_) => false,
        MatchKind::Contains => {
            spend(value.len() / 16)?;
            folded(how.comparator, value).contains(&folded(how.comparator, key))
        }
        MatchKind::Matches => return wildcards(how.comparator, value, key, spend),
    };
    Ok(found.then(Vec::new))
}

/// Whether `count` stands in the relation to `key` (RFC 5231 §4.2).
pub(super) fn count(how: Matching, relation: Relation, count: usize, key: &str) -> bool {
    holds(relation, compare(how.comparator, &count.to_string(), key))
}

fn holds(relation: Relation, order: Ordering) -> bool {
    match relation {
        Relation::Greater => order.is_gt(),
        Relation::GreaterOrEqual => order.is_ge(),
        Relation::Less => order.is_lt(),
        Relation::LessOrEqual => order.is_le(),
        Relation::Equal => order.is_eq(),
        Relation::NotEqual => order.is_ne(),
    }
}

fn folded(comparator: Comparator, text: &str) -> String {
    match comparator {
        Comparator::Octet | Comparator::AsciiNumeric => text.to_owned(),
        Comparator::AsciiCasemap => text.to_ascii_lowercase(),
        // RFC 5051: decomposed and composed spellings are one word.
        Comparator::UnicodeCasemap => text.nfc().flat_map(char::to_lowercase).collect(),
    }
}

fn compare(comparator: Comparator, value: &str, key: &str) -> Ordering {
    match comparator {
        Comparator::AsciiNumeric => compare_numbers(digits(value), digits(key)),
        other => folded(other, value).cmp(&folded(other, key)),
    }
}

/// RFC 4790 §9.1.1: the digits a string begins with; one without is larger than any number.
fn digits(text: &str) -> Option<&str> {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.get(..end).filter(|digits| !digits.is_empty()).map(|digits| digits.trim_start_matches('0'))
}

fn compare_numbers(value: Option<&str>, key: Option<&str>) -> Ordering {
    match (value, key) {
        (Some(value), Some(key)) => value.len().cmp(&key.len()).then_with(|| value.cmp(key)),
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
    }
}

/// One element of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    Any,
    One,
    Exactly(char),
}

fn pattern(key: &str) -> Vec<Element> {
    let mut elements = Vec::new();
    let mut characters = key.chars();
    while let Some(next) = characters.next() {
        elements.push(match next {
            '*' => Element::Any,
            '?' => Element::One,
            '\\' => characters.next().map_or(Element::Exactly('\\'), Element::Exactly),
            other => Element::Exactly(other),
        });
    }
    elements
}

fn same(comparator: Comparator, a: char, b: char) -> bool {
    match comparator {
        Comparator::Octet | Comparator::AsciiNumeric => a == b,
        Comparator::AsciiCasemap => a.eq_ignore_ascii_case(&b),
        Comparator::UnicodeCasemap => a == b || a.to_lowercase().eq(b.to_lowercase()),
    }
}

/// `*` stands for as little as possible (RFC 5229 §3.2), so what lies between two of them is looked for
/// from the left, and only the last `*` is ever made longer: no exponential search.
fn wildcards<E>(
    comparator: Comparator,
    value: &str,
    key: &str,
    spend: &mut impl FnMut(usize) -> Result<(), E>,
) -> Result<Option<Captures>, E> {
    let text: Vec<char> = if comparator == Comparator::UnicodeCasemap {
        value.nfc().collect()
    } else {
        value.chars().collect()
    };
    let elements = pattern(key);
    // Ranges of the text for each wildcard met so far.
    let mut stood: Vec<(usize, usize)> = Vec::new();
    let (mut at, mut element) = (0, 0);
    // The last `*`: its element, its place in `stood`, and where it ends now.
    let mut star: Option<(usize, usize, usize)> = None;
    let mut work = 0usize;
    loop {
        work += 1;
        if work.is_multiple_of(256) {
            spend(16)?;
        }
        match (elements.get(element), text.get(at)) {
            (Some(Element::Any), _) => {
                star = Some((element, stood.len(), at));
                stood.push((at, at));
                element += 1;
            }
            (Some(Element::One), Some(_)) => {
                stood.push((at, at + 1));
                at += 1;
                element += 1;
            }
            (Some(Element::Exactly(wanted)), Some(found)) if same(comparator, *wanted, *found) => {
                at += 1;
                element += 1;
            }
            (None, None) => break,
            _ => match star {
                Some((place, known, end)) if end < text.len() => {
                    stood.truncate(known + 1);
                    if let Some(range) = stood.last_mut() {
                        range.1 = end + 1;
                    }
                    star = Some((place, known, end + 1));
                    at = end + 1;
                    element = place + 1;
                }
                _ => return Ok(None),
            },
        }
    }
    let mut captures = vec![text.iter().take(CAPTURED).collect()];
    for (from, to) in stood.iter().take(MAX_CAPTURES) {
        captures.push(text.get(*from..*to).unwrap_or_default().iter().take(CAPTURED).collect());
    }
    Ok(Some(captures))
}

/// Wildcards that are remembered; RFC 5229 §3.2 asks for nine at least.
const MAX_CAPTURES: usize = 19;
/// Characters of one match.
const CAPTURED: usize = 4000;
