//! The place of a letter that answers a query, marked for showing (RFC 8621 §5).

use base::fold;

use super::Words;

/// A piece of `text` around the first words of the query, as HTML: escaped, matches in `<mark>`, at
/// most `length` characters of text. `None` when nothing in it matches.
pub fn snippet(words: &Words, text: &str, length: usize) -> Option<String> {
    let text = text.get(..text.floor_char_boundary(MAX_TEXT)).unwrap_or_default();
    let pieces = pieces(text);
    let found: Vec<bool> = pieces.iter().map(|piece| piece.is_word && matches(words, piece.text)).collect();
    let first = found.iter().position(|found| *found)?;
    // Some words before the first match, so that it stands in its sentence.
    let (mut from, mut before) = (first, 0);
    while from > 0 && before < length / 4 {
        from -= 1;
        before += pieces.get(from).map_or(0, |piece| piece.text.chars().count());
    }
    let mut out = String::new();
    let mut left = length;
    for (piece, found) in pieces.iter().zip(&found).skip(from) {
        let size = piece.text.chars().count();
        if size > left {
            break;
        }
        left -= size;
        let shown = escaped(piece.text);
        if *found {
            out.push_str(&format!("<mark>{shown}</mark>"));
        } else {
            out.push_str(&shown);
        }
    }
    // Two matches with a blank between are one.
    Some(out.replace("</mark> <mark>", " ").trim().to_owned())
}

struct Piece<'a> {
    text: &'a str,
    is_word: bool,
}

/// Words and what stands between them.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let of_word = |c: char| c.is_alphanumeric() || matches!(c, '\u{0300}'..='\u{036f}');
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let mut from = 0;
    let mut last = None;
    for (at, c) in text.char_indices() {
        let is_word = of_word(c);
        if last.is_some_and(|last| last != is_word) {
            pieces.push(Piece { text: text.get(from..at).unwrap_or_default(), is_word: !is_word });
            from = at;
        }
        last = Some(is_word);
    }
    if let Some(is_word) = last {
        pieces.push(Piece { text: text.get(from..).unwrap_or_default(), is_word });
    }
    pieces
}

fn matches(words: &Words, word: &str) -> bool {
    let word = fold::fold(word);
    words.terms.iter().any(|term| {
        let last = term.phrase.len().saturating_sub(1);
        term.instead.as_ref() == Some(&word)
            || term.phrase.iter().enumerate().any(|(at, wanted)| {
                *wanted == word || term.is_beginning && at == last && word.starts_with(wanted.as_str())
            })
    })
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_whitespace() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Octets of text that are looked through.
const MAX_TEXT: usize = 256 * 1024;
