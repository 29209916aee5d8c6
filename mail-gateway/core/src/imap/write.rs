//! The words of answers: strings, names, flags, dates (RFC 9051 §9).

use super::name;
use crate::message::mime::envelope::nstring;

/// The pseudo-keyword of `\Deleted`, which belongs to a letter in a folder, not to the letter.
pub const DELETED: &str = "\\deleted";

/// The keyword under which the store keeps `flag` (RFC 8621 §4.1.1).
pub fn keyword(flag: &str) -> String {
    let lower = flag.to_ascii_lowercase();
    match lower.as_str() {
        "\\seen" | "\\answered" | "\\flagged" | "\\draft" => lower.replacen('\\', "$", 1),
        _ => lower,
    }
}

/// The flag of a `keyword` of the store.
pub fn flag(keyword: &str) -> &str {
    match keyword {
        "$seen" => "\\Seen",
        "$answered" => "\\Answered",
        "$flagged" => "\\Flagged",
        "$draft" => "\\Draft",
        DELETED => "\\Deleted",
        "$forwarded" => "$Forwarded",
        "$mdnsent" => "$MDNSent",
        "$junk" => "$Junk",
        "$notjunk" => "$NotJunk",
        "$phishing" => "$Phishing",
        other => other,
    }
}

/// Whether a client may set `flag`: one of the five, or a keyword (RFC 9051 §2.3.2).
pub fn may_be_set(flag: &str) -> bool {
    match flag.strip_prefix('\\') {
        Some(system) => {
            ["Seen", "Answered", "Flagged", "Draft", "Deleted"].iter().any(|f| f.eq_ignore_ascii_case(system))
        }
        None => crate::mailbox::is_keyword(flag),
    }
}

/// `(\Seen $Forwarded)`.
pub fn flag_list<'a>(keywords: impl IntoIterator<Item = &'a str>) -> String {
    let flags: Vec<&str> = keywords.into_iter().map(flag).collect();
    format!("({})", flags.join(" "))
}

/// A string in quotes or as a literal.
pub fn string(text: &str) -> String {
    let mut out = String::new();
    nstring(&mut out, Some(text));
    out
}

/// A mailbox name: UTF-8 after `ENABLE UTF8=ACCEPT` or rev2, modified UTF-7 else.
pub fn mailbox(name: &str, utf8: bool) -> String {
    if !utf8 {
        return string(&name::encode(name));
    }
    // RFC 9051 §4.3: a quoted string may hold UTF-8 then.
    let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

/// Octets as a literal, or a quoted string when they are few and plain.
pub fn octets(out: &mut Vec<u8>, octets: &[u8], literal8: bool) {
    if literal8 && octets.contains(&0) {
        // RFC 3516 §7: only a literal8 may hold a NUL.
        out.extend_from_slice(format!("~{{{}}}\r\n", octets.len()).as_bytes());
        out.extend_from_slice(octets);
        return;
    }
    out.extend_from_slice(format!("{{{}}}\r\n", octets.len()).as_bytes());
    out.extend(octets.iter().map(|b| if *b == 0 { b'?' } else { *b }));
}

/// `"25-Nov-2026 01:08:30 +0000"`.
pub fn date_time(micros: i64) -> String {
    let seconds = micros.div_euclid(1_000_000);
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let name = usize::try_from(month - 1).ok().and_then(|n| MONTHS.get(n)).copied().unwrap_or("Jan");
    format!(
        "\"{day:2}-{name}-{year:04} {:02}:{:02}:{:02} +0000\"",
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60
    )
}

/// Year, month and day of a count of days since the epoch.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
