//! Mailbox names on the wire: modified UTF-7 (RFC 3501 §5.1.3), UTF-8 after `ENABLE`, and patterns.

/// `name` in modified UTF-7.
pub fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut foreign: Vec<u16> = Vec::new();
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            flush(&mut out, &mut foreign);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            foreign.extend_from_slice(c.encode_utf16(&mut [0; 2]));
        }
    }
    flush(&mut out, &mut foreign);
    out
}

fn flush(out: &mut String, foreign: &mut Vec<u16>) {
    if foreign.is_empty() {
        return;
    }
    out.push('&');
    let (mut bits, mut count) = (0u32, 0u32);
    for unit in foreign.drain(..) {
        bits = bits << 16 | u32::from(unit);
        count += 16;
        while count >= 6 {
            count -= 6;
            out.push(digit(bits >> count & 63));
        }
        bits &= (1 << count) - 1;
    }
    if count > 0 {
        out.push(digit(bits << (6 - count) & 63));
    }
    out.push('-');
}

fn digit(value: u32) -> char {
    char::from(ALPHABET.get(value as usize).copied().unwrap_or(b'+'))
}

/// What modified UTF-7 says; what is not valid stands as it is, so that UTF-8 passes through.
pub fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let inside = after.get(1..).unwrap_or_default();
        let Some(end) = inside.find('-') else {
            out.push_str(after);
            return out;
        };
        let (run, left) = (inside.get(..end).unwrap_or_default(), inside.get(end + 1..).unwrap_or_default());
        match decode_run(run) {
            Some(decoded) => out.push_str(&decoded),
            None => out.push_str(after.get(..end + 2).unwrap_or_default()),
        }
        rest = left;
    }
    out.push_str(rest);
    out
}

fn decode_run(run: &str) -> Option<String> {
    if run.is_empty() {
        return Some("&".to_owned());
    }
    let (mut units, mut bits, mut count) = (Vec::new(), 0u32, 0u32);
    for byte in run.bytes() {
        let value = ALPHABET.iter().position(|known| *known == byte)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        count += 6;
        if count >= 16 {
            count -= 16;
            units.push(u16::try_from(bits >> count & 0xffff).ok()?);
            bits &= (1 << count) - 1;
        }
    }
    String::from_utf16(&units).ok()
}

/// Whether `name` matches `pattern`: `*` anything, `%` anything within one level (RFC 9051 §6.3.9).
pub fn matches(pattern: &str, name: &str) -> bool {
    // Positions of the pattern that are reachable after each character: linear in both, whatever
    // a client writes.
    let pattern: Vec<char> = pattern.chars().collect();
    let mut reachable = vec![false; pattern.len() + 1];
    if let Some(first) = reachable.first_mut() {
        *first = true;
    }
    spread(&pattern, &mut reachable);
    for c in name.chars() {
        let mut next = vec![false; pattern.len() + 1];
        for (at, wanted) in pattern.iter().enumerate() {
            if !reachable.get(at).copied().unwrap_or(false) {
                continue;
            }
            let stays = *wanted == '*' || (*wanted == '%' && c != SEPARATOR);
            let target = if stays {
                at
            } else if *wanted == c {
                at + 1
            } else {
                continue;
            };
            if let Some(slot) = next.get_mut(target) {
                *slot = true;
            }
        }
        spread(&pattern, &mut next);
        reachable = next;
    }
    reachable.last().copied().unwrap_or(false)
}

/// A wildcard also matches nothing.
fn spread(pattern: &[char], reachable: &mut [bool]) {
    for (at, wanted) in pattern.iter().enumerate() {
        if matches!(wanted, '*' | '%')
            && reachable.get(at).copied().unwrap_or(false)
            && let Some(slot) = reachable.get_mut(at + 1)
        {
            *slot = true;
        }
    }
}

/// What separates the levels of a name.
pub const SEPARATOR: char = '/';
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
