//! Dates in commands: `25-Nov-2026` and `"25-Nov-2026 08:30:00 +0700"` (RFC 9051 §9).

use super::{Parsed, cursor::Cursor};

/// A day, in days since 1970-01-01, quoted or not.
pub(super) fn day(cursor: &mut Cursor<'_>) -> Parsed<i64> {
    parse_day(&cursor.astring_text()?).ok_or("a date is missing")
}

/// A moment in µs since the epoch.
pub(super) fn moment(text: &str) -> Option<i64> {
    let mut words = text.split_ascii_whitespace();
    let day = parse_day(words.next()?)?;
    let mut clock = words.next()?.split(':').map(two_digits);
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let zone = words.next()?;
    let (sign, digits) = zone.split_at_checked(1)?;
    let offset = two_digits(digits.get(..2)?)? * 60 + two_digits(digits.get(2..)?)?;
    let offset = match sign {
        "+" => offset,
        "-" => -offset,
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 60 || words.next().is_some() {
        return None;
    }
    Some((day * 86_400 + hour * 3600 + minute * 60 + second - offset * 60) * 1_000_000)
}

fn two_digits(text: &str) -> Option<i64> {
    let number = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    number.then(|| text.parse().ok()).flatten()
}

fn parse_day(text: &str) -> Option<i64> {
    let mut pieces = text.trim().split('-');
    let (day, month, year) = (pieces.next()?, pieces.next()?, pieces.next()?);
    if pieces.next().is_some() || day.len() > 2 || year.len() != 4 {
        return None;
    }
    let month = MONTHS.iter().position(|known| known.eq_ignore_ascii_case(month))?;
    let (day, year): (i64, i64) = (day.parse().ok()?, year.parse().ok()?);
    let valid = (1..=31).contains(&day) && (1..=9999).contains(&year);
    valid.then(|| days(year, i64::try_from(month).unwrap_or(0) + 1, day))
}

/// Days since the epoch of a day of the Gregorian calendar, counted in years that begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
