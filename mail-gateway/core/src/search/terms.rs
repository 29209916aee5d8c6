//! Text as the index sees it: folded words one space apart, and the abbreviations that officials would
//! write for the units it names.

use std::collections::BTreeSet;

use base::fold;

/// The folded words of `text`, each preceded by one space; abbreviations stand at the end, where they
/// do not come between the words of a phrase.
pub(super) fn terms(text: &str, limit: usize) -> String {
    let text = text.get(..text.floor_char_boundary(limit)).unwrap_or_default();
    let mut out = String::with_capacity(text.len());
    let folded = fold::fold(text);
    for word in folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        out.push(' ');
        out.push_str(word);
    }
    for short in abbreviations(text) {
        out.push(' ');
        out.push_str(&short);
    }
    out
}

/// "Sở Thông tin và Truyền thông" and "Sở TT&TT" both give `stttt` and `tttt`; "SNN&PTNT" gives
/// `snnptnt`.
fn abbreviations(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for piece in
        text.split(|c: char| !c.is_alphanumeric() && !is_mark(c) && !matches!(c, ' ' | '&' | '\r' | '\n'))
    {
        let words: Vec<&str> = piece.split_whitespace().take(MAX_WORDS).collect();
        for (at, word) in words.iter().enumerate() {
            if word.contains('&') {
                found.insert(joined(word));
            }
            if is_head(word) {
                heads(words.get(at..).unwrap_or_default(), &mut found);
            }
            if found.len() >= MAX_ABBREVIATIONS {
                return found;
            }
        }
    }
    found.retain(|short| short.chars().count() >= 3);
    found
}

/// The beginnings of the initials of a unit's name, with and without the word it begins with.
fn heads(words: &[&str], found: &mut BTreeSet<String>) {
    let mut initials = String::new();
    for (at, word) in words.iter().take(LONGEST).enumerate() {
        let folded = joined(word);
        // "và" has no letter in an abbreviation: STTTT.
        if folded == "va" {
            continue;
        }
        let is_short = word.chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase) && folded.len() > 1;
        if is_short {
            initials.push_str(&folded);
        } else {
            initials.extend(folded.chars().next());
        }
        if at > 1 || is_short {
            found.insert(initials.clone());
            found.extend(initials.get(1..).filter(|_| initials.len() > 3).map(str::to_owned));
        }
    }
}

/// Words that begin the names of units.
fn is_head(word: &str) -> bool {
    const HEADS: [&str; 17] = [
        "so", "ban", "uy", "hoi", "van", "chi", "trung", "phong", "cong", "bo", "cuc", "tong", "mat",
        "huyen", "tinh", "thanh", "dang",
    ];
    word.chars().next().is_some_and(char::is_uppercase) && HEADS.contains(&fold::fold(word).as_str())
}

/// The letters and digits of `word`, folded, without what stands between.
pub(super) fn joined(word: &str) -> String {
    fold::fold(word).chars().filter(|c| c.is_alphanumeric()).collect()
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036f}')
}

/// Words of the longest unit name that is abbreviated.
const LONGEST: usize = 9;
/// Words of one sentence that are looked at.
const MAX_WORDS: usize = 2000;
/// Abbreviations of one text.
const MAX_ABBREVIATIONS: usize = 300;
