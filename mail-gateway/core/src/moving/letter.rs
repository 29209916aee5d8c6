//! Bytes and keywords of a letter that was kept in a file.

use std::collections::BTreeSet;

/// The letter with lines that end as RFC 5322 §2.1 has them; mbox and Maildir end them with LF alone.
pub fn with_crlf(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len() + octets.len() / 32);
    let mut before = 0;
    for byte in octets {
        if *byte == b'\n' && before != b'\r' {
            out.push(b'\r');
        }
        out.push(*byte);
        before = *byte;
    }
    out
}

/// What the header says of a letter in an mbox: `Status` and `X-Status` of mutt, Dovecot and others,
/// `X-Mozilla-Status` of Thunderbird. A letter that says nothing was read: who kept it in a file had it open.
pub fn keywords_in(octets: &[u8]) -> BTreeSet<String> {
    let mut keywords = BTreeSet::new();
    let mut says_anything = false;
    for (name, value) in fields(octets) {
        let found: &[(&str, bool)] = if name.eq_ignore_ascii_case("Status") {
            // R is “read”, O is “old”.
            &[("$seen", value.contains('R'))]
        } else if name.eq_ignore_ascii_case("X-Status") {
            &[("$answered", value.contains('A')), ("$flagged", value.contains('F'))]
        } else if let Some(bits) = mozilla(name, value) {
            &[
                ("$seen", bits & READ != 0),
                ("$answered", bits & REPLIED != 0),
                ("$flagged", bits & MARKED != 0),
                ("$forwarded", bits & FORWARDED != 0),
            ]
        } else {
            continue;
        };
        says_anything = true;
        keywords.extend(found.iter().filter(|(_, is_set)| *is_set).map(|(keyword, _)| (*keyword).to_owned()));
    }
    if !says_anything {
        keywords.insert("$seen".to_owned());
    }
    keywords
}

/// Whether Thunderbird deleted the letter and only has not compacted the file yet.
pub fn is_expunged(octets: &[u8]) -> bool {
    fields(octets).any(|(name, value)| mozilla(name, value).is_some_and(|bits| bits & EXPUNGED != 0))
}

fn mozilla(name: &str, value: &str) -> Option<u16> {
    name.eq_ignore_ascii_case("X-Mozilla-Status").then(|| u16::from_str_radix(value, 16).ok()).flatten()
}

/// The header's unfolded fields; what is not one is passed over.
fn fields(octets: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    let lines = octets.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines.take_while(|line| !line.is_empty()).filter_map(|line| {
        let (name, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
        Some((name, value.trim()))
    })
}

const READ: u16 = 0x0001;
const REPLIED: u16 = 0x0002;
const MARKED: u16 = 0x0004;
const EXPUNGED: u16 = 0x0008;
const FORWARDED: u16 = 0x1000;
