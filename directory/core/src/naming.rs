//! Addresses for people: given name, initials of the other names, a dot, the unit's code
//! (*Trần Thị Mỹ Hạnh*, Sở TT&TT → `hanhttm.stttt`); a number on collision; never a leaver's address.

use std::collections::HashSet;

use base::fold;

use crate::given_name;

/// The local part that the rule gives `name` in the unit with `mail_code`, before collisions.
pub fn person_local_part(name: &str, mail_code: &str) -> String {
    numbered(&stem(name), 1, mail_code)
}

/// Every local part ever given out, tombstones included.
#[derive(Debug, Clone, Default)]
pub struct AddressBook {
    taken: HashSet<String>,
}

impl AddressBook {
    /// A book in which `taken` local parts stand.
    pub fn new(taken: impl IntoIterator<Item = String>) -> Self {
        Self { taken: taken.into_iter().map(|local| local.to_lowercase()).collect() }
    }

    /// Enters `local`; false when it already stood there.
    pub fn claim(&mut self, local: &str) -> bool {
        self.taken.insert(local.to_lowercase())
    }

    /// Whether `local` was ever given out.
    pub fn is_taken(&self, local: &str) -> bool {
        self.taken.contains(&local.to_lowercase())
    }

    /// The first free local part for `name` in the unit with `mail_code`, entered at once.
    pub fn claim_for(&mut self, name: &str, mail_code: &str) -> String {
        let stem = stem(name);
        let mut number = 1;
        loop {
            let local = numbered(&stem, number, mail_code);
            if self.claim(&local) {
                return local;
            }
            number += 1;
        }
    }
}

/// Given name and initials of what stands before it, in ASCII.
fn stem(name: &str) -> String {
    let given = given_name(name);
    let before = name.trim().strip_suffix(given).unwrap_or("");
    let stem: String = fold::words(given).concat() + &fold::initials(before);
    let stem: String = stem.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    if stem.is_empty() { "canbo".to_owned() } else { stem }
}

fn numbered(stem: &str, number: u32, mail_code: &str) -> String {
    let number = if number == 1 { String::new() } else { number.to_string() };
    if mail_code.is_empty() { format!("{stem}{number}") } else { format!("{stem}{number}.{mail_code}") }
}

#[cfg(test)]
mod tests {
    use super::{AddressBook, person_local_part};

    #[test]
    fn the_rule_gives_given_name_initials_and_unit() {
        for (name, local) in [
            ("Trần Thị Mỹ Hạnh", "hanhttm.stttt"),
            ("Đinh Thị Bích Yến", "yendtb.stttt"),
            ("  Đặng   Hữu Nam ", "namdh.stttt"),
            ("Hồ", "ho.stttt"),
            ("Họ tên mẫu 01", "01htm.stttt"),
            ("李", "canbo.stttt"),
        ] {
            assert_eq!(person_local_part(name, "stttt"), local);
        }
    }

    #[test]
    fn namesakes_get_numbers_and_leavers_keep_their_address() {
        let mut book = AddressBook::new(["Dungtt.SNV".to_owned()]);
        assert!(book.is_taken("dungtt.snv"));
        assert_eq!(book.claim_for("Trần Thị Dung", "snv"), "dungtt2.snv");
        assert_eq!(book.claim_for("Trần Tiến Dũng", "snv"), "dungtt3.snv");
        assert_eq!(book.claim_for("Trần Thị Dung", "stc"), "dungtt.stc");
    }
}
