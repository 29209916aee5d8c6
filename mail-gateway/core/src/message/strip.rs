//! Taking headers out of a letter without touching any other byte (signatures stay valid).

/// `raw` without the header fields called one of `names` (ASCII, any case), continuation lines
/// included. The body is untouched.
pub fn without_headers(raw: &[u8], names: &[&str]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    let mut dropping = false;
    while !rest.is_empty() {
        let end = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |at| at + 1);
        let (line, after) = rest.split_at(end);
        if line == b"\r\n" || line == b"\n" {
            break;
        }
        // RFC 5322 §2.2.3: a line that begins with white space continues the field before it.
        if !matches!(line.first(), Some(b' ' | b'\t')) {
            dropping = names.iter().any(|name| is_field(line, name));
        }
        if !dropping {
            out.extend_from_slice(line);
        }
        rest = after;
    }
    out.extend_from_slice(rest);
    out
}

/// Whether `line` begins the field `name`; blanks before the colon are obsolete but exist
/// (RFC 5322 §4.5).
fn is_field(line: &[u8], name: &str) -> bool {
    let Some(colon) = line.iter().position(|b| *b == b':') else { return false };
    line.get(..colon).is_some_and(|field| field.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
}
