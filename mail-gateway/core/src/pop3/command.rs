//! The commands of a POP3 client.

/// A command line, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    Capa,
    Stls,
    Utf8,
    User(String),
    Pass(String),
    /// Mechanism and initial response; no mechanism asks for the list (RFC 5034 §4).
    Auth(Option<(String, Option<String>)>),
    Stat,
    List(Option<usize>),
    Uidl(Option<usize>),
    Retr(usize),
    /// Message and lines of its body.
    Top(usize, usize),
    Dele(usize),
    Noop,
    Rset,
    Quit,
}

impl Command {
    /// Reads a line without its end; the error is the sentence for the client.
    pub(super) fn parse(line: &[u8]) -> Result<Self, &'static str> {
        let line = std::str::from_utf8(line).map_err(|_| "not UTF-8")?;
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let mut words = rest.split(' ').filter(|word| !word.is_empty());
        let command = match verb.to_ascii_uppercase().as_str() {
            "CAPA" => Self::Capa,
            "STLS" => Self::Stls,
            "UTF8" => Self::Utf8,
            "STAT" => Self::Stat,
            "NOOP" => Self::Noop,
            "RSET" => Self::Rset,
            "QUIT" => Self::Quit,
            // RFC 1939 §7: everything after the one space is the name, or the password.
            "USER" if !rest.is_empty() => return Ok(Self::User(rest.to_owned())),
            "PASS" => return Ok(Self::Pass(rest.to_owned())),
            "AUTH" => Self::Auth(words.next().map(|name| (name.to_owned(), words.next().map(str::to_owned)))),
            "LIST" => Self::List(words.next().map(number).transpose()?),
            "UIDL" => Self::Uidl(words.next().map(number).transpose()?),
            "RETR" => Self::Retr(number(words.next().unwrap_or_default())?),
            "DELE" => Self::Dele(number(words.next().unwrap_or_default())?),
            "TOP" => Self::Top(
                number(words.next().unwrap_or_default())?,
                number(words.next().unwrap_or_default())?,
            ),
            _ => return Err("unknown command"),
        };
        if words.next().is_some() { Err("too many arguments") } else { Ok(command) }
    }
}

fn number(word: &str) -> Result<usize, &'static str> {
    if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("a number is missing");
    }
    // Larger than any maildrop is simply not there.
    Ok(word.parse().unwrap_or(usize::MAX))
}
