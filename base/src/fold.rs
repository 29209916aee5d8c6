//! Vietnamese text folded for search: case, tone and vowel marks, `đ`, tone placement and
//! composition form all disappear ("Hòa", "Hoà", "HOÀ" in NFD and "hoa" fold alike).

use unicode_normalization::UnicodeNormalization;

/// The folded form of `text`: lower case, no marks, `đ`→`d`.
///
/// Decomposing and dropping combining marks is not enough: `đ` has no decomposition.
pub fn fold(text: &str) -> String {
    text.nfkd()
        .filter(|c| !matches!(c, '\u{0300}'..='\u{036f}'))
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'đ' { 'd' } else { c })
        .collect()
}

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
    use super::{fold, initials, words};

    #[test]
    fn every_spelling_of_a_name_folds_alike() {
        for spelling in ["Hòa", "Hoà", "HOÀ", "Hoa\u{0300}", "hoa"] {
            assert_eq!(fold(spelling), "hoa", "{spelling}");
        }
        assert_eq!(fold("Đồng Hới"), "dong hoi");
        assert_eq!(fold("Ưỡn ẹo Nguyễn Thuỳ Ngữ"), "uon eo nguyen thuy ngu");
    }

    #[test]
    fn words_cut_addresses_and_punctuation() {
        assert_eq!(words("hanhttm.stttt@quangbinh.example"), ["hanhttm", "stttt", "quangbinh", "example"]);
        assert_eq!(initials("Ủy ban nhân dân"), "ubnd");
    }
}
