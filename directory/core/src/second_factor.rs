//! The second factor of a sign-in: one-time codes by the clock (TOTP, RFC 6238) from a telephone, and
//! recovery codes on paper for the day it is lost.

use base::{Redacted, Timestamp, random::Random};
use totp_rs::{Builder, Secret, Totp};

use crate::password::{DIGITS, LOWER, pick};

/// How many recovery codes are given out together.
pub const RECOVERY_CODES: usize = 10;

/// What hub and telephone share: 160 random bits (RFC 4226 §4 R6).
#[derive(Debug, Clone)]
pub struct SecondFactorKey(Redacted<[u8; KEY_OCTETS]>);

impl SecondFactorKey {
    /// A new key.
    pub fn new(random: &mut dyn Random) -> Self {
        let mut octets = [0; KEY_OCTETS];
        random.fill(&mut octets);
        Self(Redacted::new(octets))
    }

    /// The key written as `text` in base32 (RFC 4648 §6); `None` for anything else.
    pub fn from_base32(text: &str) -> Option<Self> {
        let secret = Secret::try_from_base32(text).ok()?;
        Some(Self(Redacted::new(secret.as_bytes().try_into().ok()?)))
    }

    /// As people type it into a telephone: 32 letters and digits.
    pub fn base32(&self) -> String {
        Secret::new_stack(*self.0.expose()).to_base32()
    }

    /// The link that authenticator programs read from a picture: `otpauth://totp/…`, with `issuer` and
    /// `login` as what they show.
    pub fn link(&self, issuer: &str, login: &str) -> String {
        let (issuer, login) = (escaped(issuer), escaped(login));
        format!("otpauth://totp/{issuer}:{login}?secret={}&issuer={issuer}", self.base32())
    }

    /// The code shown at `at`.
    pub fn code(&self, at: Timestamp) -> String {
        self.totp().generate(seconds(at)).to_string()
    }

    /// The step of the clock whose code `code` is: the present one or a neighbour, because telephones' clocks
    /// differ (RFC 6238 §5.2, §6). Whoever accepts it remembers the step, so that no code works twice.
    pub fn step_of(&self, code: &str, at: Timestamp) -> Option<i64> {
        let step = self.totp().check(&typed(code), seconds(at))?;
        i64::try_from(step).ok()
    }

    fn totp(&self) -> Totp {
        // 6 digits every 30 seconds by SHA-1, one step of tolerance: what every authenticator program reads.
        Builder::new().with_secret(Secret::new_stack(*self.0.expose())).with_skew(1).build_noncompliant()
    }
}

/// A recovery code: `abcd-efgh-jk23`, 59 bits, used once.
pub fn recovery_code(random: &mut dyn Random) -> String {
    let alphabet = [LOWER, DIGITS].concat();
    let mut group = || (0..4).map(|_| pick(&alphabet, random)).collect::<String>();
    [group(), group(), group()].join("-")
}

/// The recovery code a person meant by `text`; `None` when it cannot be one.
pub fn as_recovery_code(text: &str) -> Option<String> {
    let letters = typed(text).to_lowercase();
    let legal = |byte: u8| LOWER.contains(&byte) || DIGITS.contains(&byte);
    if letters.len() != 12 || !letters.bytes().all(legal) {
        return None;
    }
    Some([&letters[..4], &letters[4..8], &letters[8..]].join("-"))
}

/// Without the blanks and hyphens people put between groups.
fn typed(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
}

/// Percent-encoded as a part of a URI (RFC 3986 §2.1).
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

fn seconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_micros() / 1_000_000).unwrap_or(0)
}

const KEY_OCTETS: usize = 20;

#[cfg(test)]
mod tests {
    use base::{Timestamp, random::Seeded};

    use super::{SecondFactorKey, as_recovery_code, recovery_code};

    /// RFC 6238 appendix B, the last six digits of its SHA-1 rows.
    #[test]
    fn codes_are_those_of_the_standard() {
        let key = SecondFactorKey::from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
        for (at, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(key.code(Timestamp::from_seconds(at)), code);
        }
    }

    #[test]
    fn a_code_is_good_for_its_step_and_the_neighbours_only() {
        let key = SecondFactorKey::new(&mut Seeded::new(7));
        let at = |step: i64| Timestamp::from_seconds(step * 30 + 5);
        let code = key.code(at(100));
        assert_eq!(key.step_of(&code, at(99)), Some(100));
        assert_eq!(key.step_of(&format!(" {} {}", &code[..3], &code[3..]), at(101)), Some(100));
        assert_eq!(key.step_of(&code, at(102)), None);
        for other in ["", "12345", "1234567", "abcdef", "１２３４５６"] {
            assert_eq!(key.step_of(other, at(100)), None, "{other}");
        }
    }

    #[test]
    fn the_link_carries_names_of_any_letters() {
        let key = SecondFactorKey::from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
        assert_eq!(
            key.link("Tỉnh A & B", "an@tinh.example"),
            "otpauth://totp/T%E1%BB%89nh%20A%20%26%20B:an%40tinh.example\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=T%E1%BB%89nh%20A%20%26%20B"
        );
        assert!(SecondFactorKey::from_base32("GEZDGNBV").is_none());
    }

    #[test]
    fn recovery_codes_are_read_as_people_type_them() {
        let code = recovery_code(&mut Seeded::new(1));
        assert_eq!(as_recovery_code(&code), Some(code.clone()));
        assert_eq!(as_recovery_code(&code.replace('-', " ").to_uppercase()), Some(code));
        for other in ["123456", "", "abcd-efgh-jk2", "abcd-efgh-jkl1"] {
            assert_eq!(as_recovery_code(other), None, "{other}");
        }
    }
}
