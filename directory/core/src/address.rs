//! A mail address that is legal by construction (RFC 5321 §4.1.2 `Mailbox`).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// `local@domain`, the domain in lower case.
///
/// The local part is a dot-string or a quoted string of printable ASCII, at most 64 bytes; the domain
/// is host labels or an address literal, at most 255 bytes (RFC 5321 §4.5.3.1.1 and .2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// The text was not a mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidAddress;

impl EmailAddress {
    /// The part before the `@`, as written.
    pub fn local(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The part after the `@`, in lower case.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which our own mailboxes are found: wholly lower case. Only the host that owns
    /// the domain may fold a local part (RFC 5321 §2.4); use this for local addresses alone.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for EmailAddress {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidAddress)?;
        if !legal_local(local) || !legal_domain(domain) {
            return Err(InvalidAddress);
        }
        Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, InvalidAddress> {
        text.parse()
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for InvalidAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a mail address")
    }
}

impl std::error::Error for InvalidAddress {}

/// RFC 5321 §4.1.2: `Dot-string / Quoted-string`.
fn legal_local(local: &str) -> bool {
    if local.is_empty() || local.len() > 64 {
        return false;
    }
    if let Some(inner) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return legal_quoted(inner);
    }
    local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atext))
}

/// RFC 5321 §4.1.2: `*QcontentSMTP`.
fn legal_quoted(inner: &str) -> bool {
    let mut escaped = false;
    for byte in inner.bytes() {
        if !(32..=126).contains(&byte) || (!escaped && byte == b'"') {
            return false;
        }
        escaped = !escaped && byte == b'\\';
    }
    !escaped
}

/// RFC 5322 §3.2.3 `atext`.
fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

/// RFC 5321 §4.1.2 `Domain / address-literal`.
fn legal_domain(domain: &str) -> bool {
    if domain.is_empty() || domain.len() > 255 {
        return false;
    }
    if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address = literal.strip_prefix("IPv6:").unwrap_or(literal);
        return address.parse::<std::net::IpAddr>().is_ok();
    }
    domain.split('.').all(|label| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::EmailAddress;

    #[test]
    fn legal_addresses_keep_their_local_part_and_lower_their_domain() {
        let address: EmailAddress = "HanhTTM.STTTT@QuangBinh.Example".parse().unwrap();
        assert_eq!((address.local(), address.domain()), ("HanhTTM.STTTT", "quangbinh.example"));
        assert_eq!(address.key(), "hanhttm.stttt@quangbinh.example");
        for legal in ["\"a b\\\"@\"@x.example", "a@[127.0.0.1]", "a@[IPv6:::1]", "a+b/c@localhost"] {
            assert!(legal.parse::<EmailAddress>().is_ok(), "{legal}");
        }
    }

    #[test]
    fn what_could_break_an_smtp_line_is_refused() {
        let long = format!("{}@x.example", "a".repeat(65));
        for bad in [
            "",
            "@",
            "a@",
            "@b",
            "a b@c",
            "a@b c",
            "a\r\nRCPT TO:<x>@c",
            "a..b@c",
            ".a@c",
            "a@-b",
            "a@b..c",
            "a@b>",
            "đ@x.example",
            "\"a\"b\"@c",
            "\"a\\\"@c",
            &long,
        ] {
            assert!(bad.parse::<EmailAddress>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_parses_prints_and_parses_again(text in "\\PC{0,40}@?\\PC{0,40}") {
            if let Ok(address) = text.parse::<EmailAddress>() {
                prop_assert_eq!(address.as_str().parse::<EmailAddress>().unwrap(), address);
            }
        }
    }
}
