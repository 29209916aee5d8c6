//! What a person typed into a search field (RFC 8621 §4.4.1, the text of a filter).

use base::fold;

use super::terms::joined;

/// A query: every term must be found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    /// The terms, in the order they were typed.
    pub terms: Vec<Term>,
    /// The text as it was typed, for deciding how exactly a letter answers it.
    pub typed: String,
}

/// Words that stand beside each other, or one word that says the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The folded words.
    pub phrase: Vec<String>,
    /// One word that is found instead: "TT&TT" is also `tttt`.
    pub instead: Option<String>,
    /// Whether the last word may be the beginning of one.
    pub is_beginning: bool,
}

impl Words {
    /// Reads `text`: what stands in quotes, or is written without blanks ("123/GM-UBND", an address),
    /// is a phrase; the last word may be unfinished, because people search while they type.
    pub fn parse(text: &str) -> Self {
        let text = text.get(..text.floor_char_boundary(MAX_LENGTH)).unwrap_or_default();
        let mut words = Self { terms: Vec::new(), typed: text.trim().to_owned() };
        for (at, piece) in text.split('"').enumerate() {
            if at % 2 == 1 {
                words.add(piece, None);
            } else {
                for chunk in piece.split_whitespace() {
                    words.add(chunk, chunk.contains('&').then(|| joined(chunk)));
                }
            }
        }
        let ends_open = !text.ends_with('"') && !text.ends_with(char::is_whitespace);
        if let Some(last) = words.terms.last_mut() {
            let length = last.phrase.last().map_or(0, |word| word.chars().count());
            last.is_beginning = ends_open && length >= SHORTEST_BEGINNING;
        }
        words
    }

    fn add(&mut self, text: &str, instead: Option<String>) {
        let mut phrase = fold::words(text);
        phrase.truncate(MAX_WORDS);
        if !phrase.is_empty() && self.terms.len() < MAX_WORDS {
            self.terms.push(Term { phrase, instead, is_beginning: false });
        }
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The query as one phrase of its words.
    pub fn as_phrase(&self) -> Self {
        let phrase: Vec<String> = self.terms.iter().flat_map(|term| term.phrase.clone()).collect();
        let is_beginning = self.terms.last().is_some_and(|term| term.is_beginning);
        let term = Term { phrase, instead: None, is_beginning };
        Self { terms: vec![term], typed: self.typed.clone() }
    }
}

/// Octets of one query.
const MAX_LENGTH: usize = 500;
/// Terms of one query, and words of one phrase.
const MAX_WORDS: usize = 16;
/// Letters of the shortest beginning that is looked up as one.
const SHORTEST_BEGINNING: usize = 2;
