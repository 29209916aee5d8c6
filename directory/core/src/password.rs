//! The password policy of Vietnamese agencies: at least eight characters with upper and lower case,
//! digit and special character, without parts of the person's name.

use std::time::Duration;

use base::{Timestamp, fold, random::Random};
use unicode_normalization::UnicodeNormalization;

use crate::Account;

/// Fewest characters of a password.
pub const MIN_PASSWORD: usize = 8;
/// Most characters; more would only cost hashing time.
const MAX_PASSWORD: usize = 128;

/// What is wrong with a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordProblem {
    /// Under [`MIN_PASSWORD`] characters.
    TooShort,
    /// Over 128 characters.
    TooLong,
    /// No upper-case letter.
    NoUpper,
    /// No lower-case letter.
    NoLower,
    /// No digit.
    NoDigit,
    /// No special character.
    NoSpecial,
    /// Holds a part of the person's name, or the sign-in name.
    ContainsName,
    /// The same as the current one.
    SameAsCurrent,
    /// One of the last ones.
    UsedBefore,
}

impl PasswordProblem {
    /// The stable word for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooShort => "tooShort",
            Self::TooLong => "tooLong",
            Self::NoUpper => "noUpper",
            Self::NoLower => "noLower",
            Self::NoDigit => "noDigit",
            Self::NoSpecial => "noSpecial",
            Self::ContainsName => "containsName",
            Self::SameAsCurrent => "sameAsCurrent",
            Self::UsedBefore => "usedBefore",
        }
    }

    /// The sentence for the person.
    pub const fn message(self) -> &'static str {
        match self {
            Self::TooShort => "Mật khẩu mới quá ngắn. Đề nghị nhập ít nhất 8 ký tự.",
            Self::TooLong => "Mật khẩu mới quá dài. Đề nghị nhập tối đa 128 ký tự.",
            Self::NoUpper => "Mật khẩu mới chưa có chữ hoa. Đề nghị thêm ít nhất một chữ hoa.",
            Self::NoLower => "Mật khẩu mới chưa có chữ thường. Đề nghị thêm ít nhất một chữ thường.",
            Self::NoDigit => "Mật khẩu mới chưa có chữ số. Đề nghị thêm ít nhất một chữ số.",
            Self::NoSpecial => {
                "Mật khẩu mới chưa có ký tự đặc biệt. Đề nghị thêm ít nhất một ký tự như @, #, -, !."
            }
            Self::ContainsName => {
                "Mật khẩu mới chứa họ tên hoặc tên đăng nhập. Đề nghị chọn mật khẩu không có họ tên."
            }
            Self::SameAsCurrent => "Mật khẩu mới trùng mật khẩu hiện tại. Đề nghị chọn mật khẩu khác.",
            Self::UsedBefore => {
                "Mật khẩu mới trùng một mật khẩu đã dùng gần đây. Đề nghị chọn mật khẩu khác."
            }
        }
    }
}

/// How long a password lasts, and which old ones may not come back: the province decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordRules {
    /// A password this old must be changed at the next sign-in; `None`: never.
    pub life: Option<Duration>,
    /// The current password and those before it, together so many, may not be chosen again.
    pub remembered: u16,
}

impl Default for PasswordRules {
    fn default() -> Self {
        Self { life: Some(Duration::from_secs(90 * 86_400)), remembered: 5 }
    }
}

/// Why a password must be changed before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordDue {
    /// The IT staff gave it out.
    Temporary,
    /// It has reached its age.
    Expired,
}

impl PasswordDue {
    /// The sentence for the person.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Temporary => "Đây là mật khẩu tạm. Đề nghị đổi mật khẩu trước khi sử dụng.",
            Self::Expired => "Mật khẩu đã quá thời hạn sử dụng. Đề nghị đổi mật khẩu trước khi sử dụng.",
        }
    }
}

impl PasswordRules {
    /// How many passwords before the current one may not be chosen again.
    pub fn before_current(&self) -> i64 {
        i64::from(self.remembered.saturating_sub(1))
    }

    /// When the account's password reaches its age. `None` when it never does, or is a temporary one.
    pub fn expires(&self, account: &Account) -> Option<Timestamp> {
        if account.must_change {
            return None;
        }
        self.life.map(|life| account.password_changed.plus(life))
    }

    /// Whether the password must be changed by whoever signs in at `at`. Asked of a session with the
    /// moment it began, so that nobody is thrown out of a running meeting.
    pub fn due(&self, account: &Account, at: Timestamp) -> Option<PasswordDue> {
        if account.must_change {
            return Some(PasswordDue::Temporary);
        }
        self.expires(account).filter(|expires| at >= *expires).map(|_| PasswordDue::Expired)
    }
}

/// The form in which passwords are hashed and compared: a Mac writes `ế` in two code points,
/// Windows in one, and both are the same password.
pub fn normalise_password(password: &str) -> String {
    password.nfc().collect()
}

/// Whether `password` may be the new password of the person `name` who signs in as `login`.
///
/// # Errors
/// The first rule it breaks.
pub fn check_password(password: &str, name: &str, login: &str) -> Result<(), PasswordProblem> {
    let password = normalise_password(password);
    let length = password.chars().count();
    let has = |test: fn(char) -> bool| password.chars().any(test);
    if length < MIN_PASSWORD {
        Err(PasswordProblem::TooShort)
    } else if length > MAX_PASSWORD {
        Err(PasswordProblem::TooLong)
    } else if !has(char::is_uppercase) {
        Err(PasswordProblem::NoUpper)
    } else if !has(char::is_lowercase) {
        Err(PasswordProblem::NoLower)
    } else if !has(|c| c.is_ascii_digit()) {
        Err(PasswordProblem::NoDigit)
    } else if !has(|c| !c.is_alphanumeric()) {
        Err(PasswordProblem::NoSpecial)
    } else if contains_name(&password, name, login) {
        Err(PasswordProblem::ContainsName)
    } else {
        Ok(())
    }
}

/// Words of one or two letters ("An", "Vũ") are let be: they occur in too many other words.
fn contains_name(password: &str, name: &str, login: &str) -> bool {
    let folded = fold::fold(password);
    fold::words(name)
        .iter()
        .chain(&fold::words(login))
        .any(|word| word.len() >= 3 && folded.contains(word.as_str()))
}

/// A temporary password for `name`: easy to read out over the telephone (none of `0 O 1 l I o i`),
/// 48 bits, within the policy. Form `Abcd-2345-efgh`.
pub fn temporary_password(name: &str, login: &str, random: &mut dyn Random) -> String {
    loop {
        let mut password = String::with_capacity(14);
        for class in TEMPLATE {
            password.push(match class {
                'A' => pick(UPPER, random),
                'a' => pick(LOWER, random),
                '2' => pick(DIGITS, random),
                other => other,
            });
        }
        // A name's letters may come up by chance; then the dice are thrown again.
        if check_password(&password, name, login).is_ok() {
            return password;
        }
    }
}

/// A secret for a mail program: `abcd-efgh-jk23-mnpq-4rst`, 99 bits, easy to copy by hand.
pub fn app_password(random: &mut dyn Random) -> String {
    let alphabet = [LOWER, DIGITS].concat();
    let mut secret = String::with_capacity(24);
    for place in 0..APP_PASSWORD_LETTERS {
        if place > 0 && place % 4 == 0 {
            secret.push('-');
        }
        secret.push(pick(&alphabet, random));
    }
    secret
}

/// Whether `text` has the form of an app password.
pub fn is_app_password(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let legal = |byte: u8| LOWER.contains(&byte) || DIGITS.contains(&byte);
    groups.len() == APP_PASSWORD_LETTERS / 4 && groups.iter().all(|g| g.len() == 4 && g.bytes().all(legal))
}

pub(crate) fn pick(alphabet: &[u8], random: &mut dyn Random) -> char {
    // The bias of a 64-bit remainder over two dozen letters is below 2⁻⁵⁹.
    let index = usize::try_from(random.next_u64() % alphabet.len() as u64).unwrap_or(0);
    alphabet.get(index).map_or('x', |byte| char::from(*byte))
}

const APP_PASSWORD_LETTERS: usize = 20;
const TEMPLATE: [char; 14] = ['A', 'a', 'a', 'a', '-', '2', '2', '2', '2', '-', 'a', 'a', 'a', 'a'];
const UPPER: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
pub(crate) const LOWER: &[u8] = b"abcdefghjkmnpqrstuvwxyz";
pub(crate) const DIGITS: &[u8] = b"23456789";

#[cfg(test)]
mod tests {
    use base::random::Seeded;

    use super::{
        PasswordProblem, app_password, check_password, is_app_password, normalise_password,
        temporary_password,
    };

    #[test]
    fn app_passwords_are_known_by_their_form() {
        let mut random = Seeded::new(1);
        let secret = app_password(&mut random);
        assert!(is_app_password(&secret), "{secret}");
        assert_ne!(secret, app_password(&mut random));
        for other in ["Lienthong@2026", "", "abcd-efgh-jk23-mnpq", "abcd-efgh-jk23-mnpq-4rs1"] {
            assert!(!is_app_password(other), "{other}");
        }
    }

    #[test]
    fn each_rule_is_named_when_broken() {
        use PasswordProblem::*;
        let cases = [
            ("Ab1@", Err(TooShort)),
            ("abcdefg1@", Err(NoUpper)),
            ("ABCDEFG1@", Err(NoLower)),
            ("Abcdefgh@", Err(NoDigit)),
            ("Abcdefgh1", Err(NoSpecial)),
            ("Hạnh@2026x", Err(ContainsName)),
            ("xHANH@2026x", Err(ContainsName)),
            ("Vanthu@2026", Err(ContainsName)),
            ("Đường dài 9", Ok(())),
            ("Lienket@2026", Ok(())),
        ];
        for (password, expected) in cases {
            assert_eq!(check_password(password, "Trần Thị Mỹ Hạnh", "vanthu.stttt"), expected, "{password}");
        }
        assert_eq!(check_password(&"Aa1@".repeat(40), "An", "x"), Err(TooLong));
    }

    #[test]
    fn composed_and_decomposed_typing_is_one_password() {
        assert_eq!(normalise_password("Tie\u{0302}\u{0301}ng1@"), normalise_password("Ti\u{1ebf}ng1@"));
    }

    #[test]
    fn temporary_passwords_are_readable_and_legal() {
        let mut random = Seeded::new(1);
        for _ in 0..500 {
            let password = temporary_password("Bùi Thị Lan Anh", "anhbtl.stttt", &mut random);
            assert_eq!(check_password(&password, "Bùi Thị Lan Anh", "anhbtl.stttt"), Ok(()));
            assert!(!password.contains(['0', 'O', '1', 'l', 'I', 'o', 'i']), "{password}");
        }
        assert_ne!(temporary_password("A", "a", &mut random), temporary_password("A", "a", &mut random));
    }
}
