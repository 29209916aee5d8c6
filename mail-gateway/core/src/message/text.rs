//! Words of a letter: normal form and previews.

use unicode_normalization::UnicodeNormalization;

/// `text` in NFC: names typed on a Mac arrive decomposed.
pub fn nfc(text: &str) -> String {
    text.nfc().collect()
}

/// The first [`PREVIEW`] characters of `text` on one line (RFC 8621 §4.1.4).
pub fn preview(text: &str) -> String {
    let mut out = String::new();
    let mut left = PREVIEW;
    // The bound on the input keeps a letter of a million words cheap.
    for word in text.split_whitespace().take(PREVIEW) {
        if !out.is_empty() {
            out.push(' ');
            left = left.saturating_sub(1);
        }
        let length = word.chars().count();
        out.extend(word.chars().take(left));
        left = left.saturating_sub(length);
        if left == 0 {
            break;
        }
    }
    out
}

/// Characters of a preview: RFC 8621 §4.1.4 allows 256.
const PREVIEW: usize = 256;
