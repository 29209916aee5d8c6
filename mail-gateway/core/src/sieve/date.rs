//! Dates and their parts (RFC 5260 §4).

use mail_parser::DateTime;

/// A moment in some zone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Local {
    seconds: i64,
    offset: i32,
}

impl Local {
    pub(super) fn new(seconds: i64, offset: i32) -> Self {
        // Years of four digits, so that no arithmetic below overflows.
        Self {
            seconds: seconds.clamp(-62_135_596_800, 253_402_300_799),
            offset: offset.clamp(-86_400, 86_400),
        }
    }

    /// Reads a date field; `Received` has its date behind the last semicolon.
    pub(super) fn parse(field: &str) -> Option<Self> {
        let text = field.rsplit(';').next().unwrap_or(field).trim();
        let date = DateTime::parse_rfc822(text).filter(DateTime::is_valid)?;
        let offset = i32::from(date.tz_hour) * 3600 + i32::from(date.tz_minute) * 60;
        Some(Self::new(date.to_timestamp(), if date.tz_before_gmt { -offset } else { offset }))
    }

    pub(super) fn in_zone(self, offset: i32) -> Self {
        Self::new(self.seconds, offset)
    }

    /// The value of a date part; `None` for a part that does not exist.
    pub(super) fn part(self, name: &str) -> Option<String> {
        let local = self.seconds + i64::from(self.offset);
        let (days, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        // 1970-01-01 was a Thursday.
        let weekday = (days + 4).rem_euclid(7);
        let sign = if self.offset < 0 { '-' } else { '+' };
        let (zone_hour, zone_minute) = (self.offset.abs() / 3600, self.offset.abs() / 60 % 60);
        Some(match name.to_ascii_lowercase().as_str() {
            "year" => format!("{year:04}"),
            "month" => format!("{month:02}"),
            "day" => format!("{day:02}"),
            "date" => format!("{year:04}-{month:02}-{day:02}"),
            // The modified Julian day; 1970-01-01 is 40587.
            "julian" => (days + 40_587).to_string(),
            "hour" => format!("{hour:02}"),
            "minute" => format!("{minute:02}"),
            "second" => format!("{second:02}"),
            "time" => format!("{hour:02}:{minute:02}:{second:02}"),
            "iso8601" => format!(
                "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{sign}{zone_hour:02}:{zone_minute:02}"
            ),
            "std11" => {
                let name = WEEKDAYS.get(usize::try_from(weekday).unwrap_or(0)).copied().unwrap_or_default();
                let month = MONTHS.get(usize::try_from(month - 1).unwrap_or(0)).copied().unwrap_or_default();
                format!(
                    "{name}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} {sign}{zone_hour:02}{zone_minute:02}"
                )
            }
            "zone" => format!("{sign}{zone_hour:02}{zone_minute:02}"),
            "weekday" => weekday.to_string(),
            _ => return None,
        })
    }
}

/// Reads `"+0700"`: seconds east of Greenwich.
pub(super) fn zone(text: &str) -> Option<i32> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = digits.split_at(2);
    Some(sign * (hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60))
}

/// The civil date `days` after 1970-01-01 in the Gregorian calendar, by eras of 400 years.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Years are counted from March, so that the leap day is the last.
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
