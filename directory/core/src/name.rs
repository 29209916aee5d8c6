//! Names in Vietnamese order: people by given name, texts by the Vietnamese alphabet.

use std::cmp::Ordering;

use unicode_normalization::UnicodeNormalization;

/// The given name (*tên*): the last word of the whole name.
pub fn given_name(name: &str) -> &str {
    name.split_whitespace().next_back().unwrap_or("")
}

/// What text is ordered by: letters, then tones.
type TextKey = (Vec<u32>, Vec<u8>);

/// Orders people by given name, then family name, then middle names, as every Vietnamese list does.
pub fn compare_people(left: &str, right: &str) -> Ordering {
    people_key(left).cmp(&people_key(right))
}

/// The key behind [`compare_people`], for sorting long lists.
pub fn people_key(name: &str) -> (TextKey, TextKey) {
    (sort_key(given_name(name)), sort_key(name))
}

/// Orders text by the Vietnamese alphabet (a ă â b … d đ e ê … o ô ơ … u ư …), then by tone
/// (level, *huyền, hỏi, ngã, sắc, nặng*); case does not count.
pub fn compare_text(left: &str, right: &str) -> Ordering {
    sort_key(left).cmp(&sort_key(right))
}

/// Letters first, tones only between equal letters: "ma < mà < mạ < mắ".
fn sort_key(text: &str) -> TextKey {
    let mut letters: Vec<char> = Vec::new();
    let mut tones: Vec<u8> = Vec::new();
    for c in text.nfd().flat_map(char::to_lowercase) {
        match c {
            '\u{0302}' | '\u{0306}' | '\u{031b}' => {
                if let Some(last) = letters.last_mut() {
                    *last = modified(*last, c);
                }
            }
            '\u{0300}' | '\u{0309}' | '\u{0303}' | '\u{0301}' | '\u{0323}' => {
                if let Some(tone) = tones.last_mut() {
                    *tone = TONES.iter().position(|mark| *mark == c).map_or(0, |at| at as u8 + 1);
                }
            }
            _ => {
                letters.push(c);
                tones.push(0);
            }
        }
    }
    (letters.into_iter().map(weight).collect(), tones)
}

fn modified(letter: char, mark: char) -> char {
    match (letter, mark) {
        ('a', '\u{0306}') => 'ă',
        ('a', '\u{0302}') => 'â',
        ('e', '\u{0302}') => 'ê',
        ('o', '\u{0302}') => 'ô',
        ('o', '\u{031b}') => 'ơ',
        ('u', '\u{031b}') => 'ư',
        (other, _) => other,
    }
}

/// Spaces and signs, then digits, then the alphabet, then every other script.
fn weight(letter: char) -> u32 {
    match ALPHABET.chars().position(|known| known == letter) {
        Some(at) => 1_000 + at as u32,
        None if letter.is_ascii() => u32::from(letter),
        None => 10_000 + u32::from(letter),
    }
}

const ALPHABET: &str = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz";
/// *Huyền, hỏi, ngã, sắc, nặng*.
const TONES: [char; 5] = ['\u{0300}', '\u{0309}', '\u{0303}', '\u{0301}', '\u{0323}'];

#[cfg(test)]
mod tests {
    use super::{compare_people, compare_text, given_name};

    #[test]
    fn text_follows_the_alphabet_and_the_tones() {
        for ordered in [
            ["ma", "mà", "mả", "mã", "má", "mạ"],
            ["a", "ă", "â", "b", "d", "đ"],
            ["e", "ê", "o", "ô", "ơ", "p"],
            ["An Thủy", "Ân", "Đồng Hới", "E", "Ưu", "Vinh"],
        ] {
            let mut shuffled = ordered;
            shuffled.reverse();
            shuffled.sort_by(|a, b| compare_text(a, b));
            assert_eq!(shuffled, ordered);
        }
    }

    #[test]
    fn people_are_ordered_by_given_name_then_family() {
        let mut people =
            ["Trần Thị Dung", "Nguyễn Quang Dũng", "Bùi Thị Lan Anh", "Lê Thị Dung", "Cao Văn Ân"];
        people.sort_by(|a, b| compare_people(a, b));
        assert_eq!(
            people,
            ["Bùi Thị Lan Anh", "Cao Văn Ân", "Lê Thị Dung", "Trần Thị Dung", "Nguyễn Quang Dũng"]
        );
        assert_eq!(given_name("Nguyễn Thị Mỹ Hạnh"), "Hạnh");
    }
}
