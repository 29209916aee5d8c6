//! A mail address as it stands in an envelope (RFC 5321 §4.1.2, RFC 6531 §3.3).

use std::fmt;

/// `local@domain`, always legal: no control character, no space outside quotes, domain in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    text: String,
    at: usize,
}

impl Address {
    /// Parses `text`; `None` when it could not stand between `<` and `>` in an SMTP command.
    pub fn parse(text: &str) -> Option<Self> {
        let at = text.rfind('@')?;
        let (local, domain) = (text.get(..at)?, text.get(at + 1..)?);
        // RFC 5321 §4.5.3.1: local part 64 octets, domain 255, path 256.
        if local.is_empty() || local.len() > 64 || domain.is_empty() || domain.len() > 255 {
            return None;
        }
        if text.len() > 254 || !legal_local(local) || !legal_domain(domain) {
            return None;
        }
        Some(Self { text: format!("{local}@{}", domain.to_lowercase()), at })
    }

    /// The part before `@`.
    pub fn local(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    /// The part after `@`, in lower case.
    pub fn domain(&self) -> &str {
        self.text.get(self.at + 1..).unwrap_or_default()
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it needs SMTPUTF8 (RFC 6531).
    pub fn is_international(&self) -> bool {
        !self.text.is_ascii()
    }

    /// Whether both name the same mailbox here: our local parts ignore case.
    pub fn same_as(&self, other: &Self) -> bool {
        self.text.to_lowercase() == other.text.to_lowercase()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Dot-atom or quoted string (RFC 5322 §3.4.1), UTF-8 allowed (RFC 6532).
fn legal_local(local: &str) -> bool {
    if let Some(quoted) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        let mut escaped = false;
        for c in quoted.chars() {
            match c {
                _ if c.is_control() => return false,
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => return false,
                _ => {}
            }
        }
        return !escaped;
    }
    local.split('.').all(|atom| {
        !atom.is_empty()
            && atom
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || legal_utf8(c))
    })
}

/// Host name labels, or an address literal in brackets (RFC 5321 §4.1.3).
fn legal_domain(domain: &str) -> bool {
    if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return !literal.is_empty()
            && literal.chars().all(|c| c.is_ascii_alphanumeric() || ".:-".contains(c));
    }
    domain.split('.').all(|label| {
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_' || legal_utf8(c))
    })
}

fn legal_utf8(c: char) -> bool {
    !c.is_ascii() && !c.is_control() && !c.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn what_may_stand_in_a_command_and_what_may_not() {
        for good in ["an@x.example", "\"a b\"@x.example", "a@[127.0.0.1]", "hạnh@tỉnh.example", "a+b@x"] {
            assert!(Address::parse(good).is_some(), "{good}");
        }
        for bad in
            ["", "an", "@x", "an@", "a b@x", "a\r\n@x", "a>b@x", "a..b@x", "a@x..y", "\"a\"b\"@x", "a@x y"]
        {
            assert!(Address::parse(bad).is_none(), "{bad:?}");
        }
        assert_eq!(Address::parse("An@X.Example").unwrap().as_str(), "An@x.example");
    }
}
