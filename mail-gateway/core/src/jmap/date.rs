//! `UTCDate` and `Date` (RFC 8620 §1.4) to and from our timestamps.

use base::Timestamp;
use mail_parser::DateTime;

/// `2014-10-30T06:12:00Z`.
pub fn utc(at: Timestamp) -> String {
    DateTime::from_timestamp(at.as_seconds()).to_rfc3339()
}

/// The moment `text` (RFC 3339, any offset) names.
pub fn parse(text: &str) -> Option<Timestamp> {
    let shaped = text.len() >= 20
        && text.as_bytes().get(10).is_some_and(|b| matches!(b, b'T' | b't'))
        && text.is_ascii();
    if !shaped {
        return None;
    }
    let date = DateTime::parse_rfc3339(text).filter(DateTime::is_valid)?;
    Some(Timestamp::from_seconds(date.to_timestamp()))
}
