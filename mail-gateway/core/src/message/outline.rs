//! A large letter without the inside of its large files: what its summary is made from, so that
//! reading a letter of 50 MB does not take 50 MB of memory.

use std::borrow::Cow;

/// `raw`, with the middle of every long run of base64 lines left out when the letter is large. The
/// structure, the names and the texts stay.
pub fn of(raw: &[u8]) -> Cow<'_, [u8]> {
    if raw.len() < LARGE {
        return Cow::Borrowed(raw);
    }
    let mut out = Vec::new();
    let mut run = 0usize;
    for line in raw.split_inclusive(|b| *b == b'\n') {
        run = if is_base64(line) { run + line.len() } else { 0 };
        if run <= KEPT {
            out.extend_from_slice(line);
        }
    }
    Cow::Owned(out)
}

/// A full line of base64 (RFC 2045 §6.8); words of a language have spaces.
fn is_base64(line: &[u8]) -> bool {
    let text = line.trim_ascii_end();
    text.len() >= 60 && text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
}

/// Octets from which a letter counts as large.
const LARGE: usize = 4 << 20;
/// Octets of a run of base64 that are kept.
const KEPT: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Summary, parse};

    #[test]
    fn a_large_letter_is_summed_up_from_a_little() {
        let file = format!("{}\r\n", "QUJD".repeat(19)).repeat(100_000);
        let letter = format!(
            "Subject: lon\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nChào\r\n\
             --x\r\nContent-Disposition: attachment; filename=ban-do.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n\
             {file}--x\r\nContent-Disposition: attachment; filename=cuoi.pdf\r\n\r\nhet\r\n--x--\r\n"
        );
        let outline = of(letter.as_bytes());
        assert!(outline.len() < 100_000, "{}", outline.len());
        let (whole, little) = (Summary::of(letter.as_bytes()), Summary::of(&outline));
        assert_eq!((whole.preview, whole.has_attachment), (little.preview, little.has_attachment));
        let outline = parse::parse(&outline);
        let names: Vec<_> = outline.attachments().filter_map(parse::file_name).collect();
        assert_eq!(names, ["ban-do.pdf", "cuoi.pdf"]);
        assert!(matches!(of(b"Subject: a\r\n\r\nx"), Cow::Borrowed(_)));
    }
}
