//! How well a found letter answers a query: who types marks wants letters with these marks first.

use base::fold;
use unicode_normalization::UnicodeNormalization;

use super::Words;

/// From no more than found to exactly so; later is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Likeness {
    /// All words are somewhere.
    #[default]
    Scattered,
    /// They stand together in the text, marks aside.
    Text,
    /// They stand together in the text as typed.
    ExactText,
    /// They stand together in subject or names, marks aside.
    Heading,
    /// They stand together in subject or names as typed.
    ExactHeading,
}

/// Compares `words` with what a letter says; `text` is empty when only the heading is known.
pub fn likeness(words: &Words, headings: &[&str], text: &str) -> Likeness {
    let (exact, folded) = (exact(&words.typed), folded(&words.typed));
    let within = |text: &str, is_exact: bool| {
        if is_exact { self::exact(text).contains(&exact) } else { self::folded(text).contains(&folded) }
    };
    if headings.iter().any(|heading| within(heading, true)) {
        Likeness::ExactHeading
    } else if headings.iter().any(|heading| within(heading, false)) {
        Likeness::Heading
    } else if text.is_empty() {
        Likeness::Scattered
    } else if within(text, true) {
        Likeness::ExactText
    } else if within(text, false) {
        Likeness::Text
    } else {
        Likeness::Scattered
    }
}

/// Folded words, a space before each: the end stays open because the last word may be unfinished.
fn folded(text: &str) -> String {
    fold::words(text).iter().flat_map(|word| [" ", word]).collect()
}

/// Lower-case words with their marks, a space before each; the tone stands at the end of its word, so
/// that "hòa" and "hoà" are one.
fn exact(text: &str) -> String {
    let mut out = String::new();
    let mut tone = None;
    let mut in_word = false;
    for c in text.nfd().flat_map(char::to_lowercase) {
        if is_tone(c) {
            tone = Some(c);
        } else if c.is_alphanumeric() || matches!(c, '\u{0300}'..='\u{036f}') {
            if !in_word {
                out.push(' ');
                in_word = true;
            }
            out.push(c);
        } else {
            in_word = false;
            out.extend(tone.take());
        }
    }
    out.extend(tone);
    out
}

/// Grave, acute, tilde, hook above, dot below. Marks that make another vowel stay where they are.
fn is_tone(c: char) -> bool {
    matches!(c, '\u{0300}' | '\u{0301}' | '\u{0303}' | '\u{0309}' | '\u{0323}')
}
