//! Vietnamese text folded for search: case, tone and vowel marks, `đ`, tone placement and
//! composition form all disappear ("Hòa", "Hoà", "HOÀ" in NFD and "hoa" fold alike).

use std::{ops::RangeInclusive, sync::LazyLock};

use unicode_normalization::UnicodeNormalization;

/// The folded form of `text`: lower case, no marks, `đ`→`d`.
///
/// Every letter that is stored is folded, so the letters of Vietnamese are looked up in a table that the
/// slow way made once.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let plain = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
        if plain > 0 {
            out.extend(rest.bytes().take(plain).map(|byte| char::from(byte.to_ascii_lowercase())));
            rest = rest.get(plain..).unwrap_or_default();
            continue;
        }
        match known(first) {
            Some(folded) => {
                out.extend(folded);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
            None => {
                // Up to a letter, not to a mark: what stands on both sides of one may change places.
                let end = rest.char_indices().find(|(_, c)| c.is_ascii() || known(*c).flatten().is_some());
                let (foreign, after) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
                slowly(foreign, &mut out);
                rest = after;
            }
        }
    }
    out
}

/// Decomposing and dropping combining marks is not enough: `đ` has no decomposition.
fn slowly(text: &str, out: &mut String) {
    let folded = text
        .nfkd()
        .filter(|c| !MARKS.contains(c))
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'đ' { 'd' } else { c });
    out.extend(folded);
}

/// What `c` becomes, when the table has it: one letter, or nothing for a mark.
fn known(c: char) -> Option<Option<char>> {
    if MARKS.contains(&c) {
        return Some(None);
    }
    let code = u32::from(c);
    let (letters, from) = LETTERS.iter().find(|(letters, _)| letters.contains(&code))?;
    let at = from + usize::try_from(code - letters.start()).ok()?;
    TABLE.get(at).copied().flatten().map(Some)
}

/// The blocks Latin-1 to Latin Extended-B, and Latin Extended Additional, and where they begin in [`TABLE`].
const LETTERS: [(RangeInclusive<u32>, usize); 2] = [(0xc0..=0x24f, 0), (0x1e00..=0x1eff, 0x190)];
/// Combining Diacritical Marks.
const MARKS: RangeInclusive<char> = '\u{0300}'..='\u{036f}';

/// The letters that fold to one letter, by [`LETTERS`].
static TABLE: LazyLock<Vec<Option<char>>> = LazyLock::new(|| {
    let codes = LETTERS.iter().flat_map(|(letters, _)| letters.clone());
    let one = |code| {
        let mut folded = String::new();
        slowly(char::from_u32(code)?.encode_utf8(&mut [0; 4]), &mut folded);
        let mut letters = folded.chars();
        letters.next().filter(|_| letters.next().is_none())
    };
    codes.map(one).collect()
});

/// The folded words of `text`: maximal runs of letters and digits.
pub fn words(text: &str) -> Vec<String> {
    fold(text).split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// The first letters of the folded words: "Sở Thông tin và Truyền thông" → "sttvtt".
pub fn initials(text: &str) -> String {
    words(text).iter().filter_map(|w| w.chars().next()).collect()
}

#[cfg(test)]
mod tests {
    use super::{fold, initials, slowly, words};

    #[test]
    fn every_spelling_of_a_name_folds_alike() {
        for spelling in ["Hòa", "Hoà", "HOÀ", "Hoa\u{0300}", "hoa"] {
            assert_eq!(fold(spelling), "hoa", "{spelling}");
        }
        assert_eq!(fold("Đồng Hới"), "dong hoi");
        assert_eq!(fold("Ưỡn ẹo Nguyễn Thuỳ Ngữ"), "uon eo nguyen thuy ngu");
    }

    #[test]
    fn the_table_folds_as_the_slow_way_does() {
        let every: String = ('\0'..=char::MAX).collect();
        let mixed = "Ti\u{1ebf}ng Vi\u{1ec7}t a\u{0323}\u{0302} \u{212b} e\u{0301}\u{05b0}\u{0323}\u{1e9e}ﬁ½\u{0344}\u{0360}x ДЁ";
        let backwards: String = every.chars().rev().collect();
        for text in [every.as_str(), mixed, &backwards] {
            let mut slow = String::new();
            slowly(text, &mut slow);
            assert!(fold(text) == slow, "{}", text.chars().take(60).collect::<String>());
        }
    }

    #[test]
    fn words_cut_addresses_and_punctuation() {
        assert_eq!(words("hanhttm.stttt@quangbinh.example"), ["hanhttm", "stttt", "quangbinh", "example"]);
        assert_eq!(initials("Ủy ban nhân dân"), "ubnd");
    }
}
