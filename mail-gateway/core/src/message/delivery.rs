//! What a sender asks about the delivery of a letter: reports (RFC 3461), encryption all the way
//! (RFC 8689) and urgency (RFC 6710). SMTP reads and writes it, the queue and the reports obey it.

/// What is asked about the letter as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Handling {
    /// What a report carries of the letter.
    pub returned: Returned,
    /// The sender's own name of this sending, in the xtext form of RFC 3461 §4.4; empty when not given.
    pub envelope_id: String,
    /// Never in clear text, never to a server that does not promise the same (RFC 8689 §3).
    pub require_tls: bool,
    /// The body may hold any octets in lines of any length (RFC 3030 §3).
    pub binary: bool,
    /// How urgent it is.
    pub priority: Priority,
}

/// What a report carries of the letter (RFC 3461 §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Returned {
    /// The sender did not say; the header will do.
    #[default]
    Unsaid,
    /// The header.
    Header,
    /// All of it.
    Full,
}

impl Returned {
    /// The keyword of `RET=`; empty when the sender did not say.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Unsaid => "",
            Self::Header => "HDRS",
            Self::Full => "FULL",
        }
    }

    /// The reverse of [`Returned::keyword`].
    pub fn parse(keyword: &str) -> Self {
        match keyword {
            "HDRS" => Self::Header,
            "FULL" => Self::Full,
            _ => Self::Unsaid,
        }
    }
}

/// Which events of one recipient the sender wants to hear of (RFC 3461 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notify {
    /// It was delivered.
    pub success: bool,
    /// It was given up.
    pub failure: bool,
    /// It takes longer than usual.
    pub delay: bool,
}

impl Notify {
    /// Nothing at all.
    pub const NEVER: Self = Self { success: false, failure: false, delay: false };
    /// What holds when the sender did not say (RFC 3461 §4.1: failure, and delay at our choice).
    pub const USUAL: Self = Self { success: false, failure: true, delay: true };

    /// The value of `NOTIFY=`.
    pub fn keyword(self) -> String {
        let events = [(self.success, "SUCCESS"), (self.failure, "FAILURE"), (self.delay, "DELAY")];
        let words: Vec<&str> = events.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
        if words.is_empty() { "NEVER".to_owned() } else { words.join(",") }
    }

    /// The reverse of [`Notify::keyword`]; `None` for anything else.
    pub fn parse(value: &str) -> Option<Self> {
        if value.eq_ignore_ascii_case("NEVER") {
            return Some(Self::NEVER);
        }
        let mut notify = Self::NEVER;
        for word in value.split(',') {
            match word.to_ascii_uppercase().as_str() {
                "SUCCESS" => notify.success = true,
                "FAILURE" => notify.failure = true,
                "DELAY" => notify.delay = true,
                _ => return None,
            }
        }
        Some(notify)
    }
}

/// What is asked about one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wishes {
    /// What to report; `None` when the sender did not say.
    pub notify: Option<Notify>,
    /// The recipient as the first sender named it, `type;xtext` (RFC 3461 §4.2); empty when not given.
    pub original: String,
}

impl Wishes {
    /// What to report.
    pub fn notify(&self) -> Notify {
        self.notify.unwrap_or(Notify::USUAL)
    }
}

/// How urgent a letter is: the four degrees of official papers, as levels of RFC 6710.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Priority {
    /// *Thường*.
    #[default]
    Normal,
    /// *Khẩn*.
    Urgent,
    /// *Thượng khẩn*.
    VeryUrgent,
    /// *Hỏa tốc*.
    Express,
}

impl Priority {
    /// The level of RFC 6710 §5, −9 to 9.
    pub fn level(self) -> i64 {
        match self {
            Self::Normal => 0,
            Self::Urgent => 3,
            Self::VeryUrgent => 6,
            Self::Express => 9,
        }
    }

    /// The degree of a level; what is less than normal is normal here.
    pub fn of_level(level: i64) -> Self {
        match level {
            ..3 => Self::Normal,
            3..6 => Self::Urgent,
            6..9 => Self::VeryUrgent,
            _ => Self::Express,
        }
    }

    /// What a header field says of urgency; `None` for other fields.
    ///
    /// `MT-Priority` is RFC 6758's, `Priority` RFC 2156's; `X-Priority` and `Importance` are what mail
    /// programs write. A program knows no more than "high", which is *khẩn*.
    pub fn of_field(name: &str, value: &str) -> Option<Self> {
        let value = value.trim();
        let first = value.split(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "mt-priority" => first.parse().ok().map(Self::of_level),
            "x-priority" => {
                first.parse::<u8>().ok().map(|n| if n <= 2 { Self::Urgent } else { Self::Normal })
            }
            "priority" => {
                Some(if first.eq_ignore_ascii_case("urgent") { Self::Urgent } else { Self::Normal })
            }
            "importance" => {
                Some(if first.eq_ignore_ascii_case("high") { Self::Urgent } else { Self::Normal })
            }
            _ => None,
        }
    }
}

/// Reads xtext (RFC 3461 §4): `+41` is `A`. `None` when it is not xtext.
pub fn from_xtext(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => {
                let (high, low) = (hex(bytes.next()?)?, hex(bytes.next()?)?);
                out.push(high << 4 | low);
            }
            b'=' => return None,
            _ if byte.is_ascii_graphic() => out.push(byte),
            _ => return None,
        }
    }
    String::from_utf8(out).ok()
}

/// Writes xtext.
pub fn to_xtext(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && byte != b'+' && byte != b'=' {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("+{byte:02X}"));
        }
    }
    out
}

/// RFC 3461 §4: upper case only.
fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_written_as_they_were_read() {
        for value in ["NEVER", "SUCCESS", "FAILURE,DELAY", "SUCCESS,FAILURE,DELAY"] {
            assert_eq!(Notify::parse(value).unwrap().keyword(), value);
        }
        assert!(["", "NEVER,DELAY", "ALWAYS", "SUCCESS,"].iter().all(|bad| Notify::parse(bad).is_none()));
        for returned in [Returned::Unsaid, Returned::Header, Returned::Full] {
            assert_eq!(Returned::parse(returned.keyword()), returned);
        }
    }

    #[test]
    fn urgency_is_read_from_what_programs_write() {
        assert_eq!(Priority::of_field("MT-Priority", " 9 (hỏa tốc)"), Some(Priority::Express));
        assert_eq!(Priority::of_field("X-Priority", "1 (Highest)"), Some(Priority::Urgent));
        assert_eq!(Priority::of_field("importance", "High"), Some(Priority::Urgent));
        assert_eq!(Priority::of_field("Priority", "normal"), Some(Priority::Normal));
        assert_eq!(Priority::of_field("Subject", "1"), None);
        for degree in [Priority::Normal, Priority::Urgent, Priority::VeryUrgent, Priority::Express] {
            assert_eq!(Priority::of_level(degree.level()), degree);
        }
    }

    #[test]
    fn fuzz_xtext_comes_back() {
        bolero::check!().with_type::<String>().for_each(|text| {
            assert_eq!(from_xtext(&to_xtext(text)).as_deref(), Some(text.as_str()));
            let _ = from_xtext(text);
            let _ = Notify::parse(text);
        });
    }
}
