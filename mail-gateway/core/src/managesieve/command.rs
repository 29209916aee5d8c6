//! The commands of a ManageSieve client and their grammar (RFC 5804 §4).

use crate::sieve::MAX_SCRIPT;

/// A command, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// Mechanism and initial response.
    Authenticate(String, Option<String>),
    StartTls,
    Logout,
    Capability,
    HaveSpace(String, u64),
    PutScript(String, String),
    ListScripts,
    /// Empty deactivates.
    SetActive(String),
    GetScript(String),
    DeleteScript(String),
    RenameScript(String, String),
    CheckScript(String),
    Noop(Option<String>),
    Unauthenticate,
}

/// What the octets so far are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading<T> {
    /// More is needed.
    More,
    /// Understood; so many octets belong to it.
    Done(T, usize),
    /// Not understood; so many octets belong to it.
    Wrong(&'static str, usize),
    /// Where this ends cannot be known: the connection is of no use any more.
    Lost(&'static str),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Atom(String),
    Text(String),
    Number(u64),
}

/// Reads one command from the front of `input`.
pub(super) fn command(input: &[u8]) -> Reading<Command> {
    match words(input) {
        Reading::More => Reading::More,
        Reading::Wrong(why, used) => Reading::Wrong(why, used),
        Reading::Lost(why) => Reading::Lost(why),
        Reading::Done(words, used) => match understand(words) {
            Some(command) => Reading::Done(command, used),
            None => Reading::Wrong("không hiểu lệnh / not a command", used),
        },
    }
}

/// Reads the one string with which a client answers a challenge.
pub(super) fn response(input: &[u8]) -> Reading<String> {
    match words(input) {
        Reading::More => Reading::More,
        Reading::Wrong(why, used) => Reading::Wrong(why, used),
        Reading::Lost(why) => Reading::Lost(why),
        Reading::Done(words, used) => match words.as_slice() {
            [Word::Text(text)] => Reading::Done(text.clone(), used),
            _ => Reading::Wrong("không phải câu trả lời / not a response", used),
        },
    }
}

fn understand(words: Vec<Word>) -> Option<Command> {
    let mut words = words.into_iter();
    let Some(Word::Atom(verb)) = words.next() else { return None };
    let rest: Vec<Word> = words.collect();
    Some(match (verb.to_ascii_uppercase().as_str(), rest.as_slice()) {
        ("AUTHENTICATE", [Word::Text(name)]) => Command::Authenticate(name.clone(), None),
        ("AUTHENTICATE", [Word::Text(name), Word::Text(initial)]) => {
            Command::Authenticate(name.clone(), Some(initial.clone()))
        }
        ("STARTTLS", []) => Command::StartTls,
        ("LOGOUT", []) => Command::Logout,
        ("CAPABILITY", []) => Command::Capability,
        ("HAVESPACE", [Word::Text(name), Word::Number(size)]) => Command::HaveSpace(name.clone(), *size),
        ("PUTSCRIPT", [Word::Text(name), Word::Text(script)]) => {
            Command::PutScript(name.clone(), script.clone())
        }
        ("LISTSCRIPTS", []) => Command::ListScripts,
        ("SETACTIVE", [Word::Text(name)]) => Command::SetActive(name.clone()),
        ("GETSCRIPT", [Word::Text(name)]) => Command::GetScript(name.clone()),
        ("DELETESCRIPT", [Word::Text(name)]) => Command::DeleteScript(name.clone()),
        ("RENAMESCRIPT", [Word::Text(old), Word::Text(new)]) => {
            Command::RenameScript(old.clone(), new.clone())
        }
        ("CHECKSCRIPT", [Word::Text(script)]) => Command::CheckScript(script.clone()),
        ("NOOP", []) => Command::Noop(None),
        ("NOOP", [Word::Text(tag)]) => Command::Noop(Some(tag.clone())),
        ("UNAUTHENTICATE", []) => Command::Unauthenticate,
        _ => return None,
    })
}

/// The words up to the end of a line that no literal contains.
fn words(input: &[u8]) -> Reading<Vec<Word>> {
    let mut words = Vec::new();
    let mut at = 0;
    loop {
        match input.get(at) {
            None => return more(input),
            Some(b' ') => at += 1,
            Some(b'\r') if input.get(at + 1).is_none() => return more(input),
            Some(b'\r') if input.get(at + 1) == Some(&b'\n') => return Reading::Done(words, at + 2),
            Some(b'"') => match quoted(input, at + 1) {
                Some(Ok((text, end))) => {
                    words.push(Word::Text(text));
                    at = end;
                }
                Some(Err(TOO_LONG)) => return Reading::Lost(TOO_LONG),
                Some(Err(why)) => return wrong_line(input, at, why),
                None => return more(input),
            },
            Some(b'{') => match literal(input, at + 1) {
                Reading::Done(text, end) => {
                    words.push(Word::Text(text));
                    at = end;
                }
                Reading::More => {
                    return if input.len() > LONGEST { Reading::Lost(TOO_LONG) } else { Reading::More };
                }
                Reading::Wrong(why, end) => return Reading::Wrong(why, end),
                Reading::Lost(why) => return Reading::Lost(why),
            },
            Some(_) => {
                let rest = input.get(at..).unwrap_or_default();
                let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
                let Some(word) = rest.get(..length).filter(|word| !word.is_empty()) else {
                    return wrong_line(input, at, "ký tự không hợp lệ / illegal character");
                };
                let word = String::from_utf8_lossy(word).into_owned();
                words.push(word.parse().map(Word::Number).unwrap_or(Word::Atom(word)));
                at += length;
            }
        }
        if words.len() > MAX_WORDS {
            return wrong_line(input, at, "quá nhiều tham số / too many arguments");
        }
    }
}

fn more<T>(input: &[u8]) -> Reading<T> {
    if input.len() > LONGEST { Reading::Lost(TOO_LONG) } else { Reading::More }
}

/// A line that is wrong ends where it ends.
fn wrong_line<T>(input: &[u8], from: usize, why: &'static str) -> Reading<T> {
    match input.get(from..).and_then(|rest| rest.iter().position(|&byte| byte == b'\n')) {
        Some(end) => Reading::Wrong(why, from + end + 1),
        None => more(input),
    }
}

/// A quoted string: `\"` and `\\` are escaped, lines do not end in it.
fn quoted(input: &[u8], from: usize) -> Option<Result<(String, usize), &'static str>> {
    let mut bytes = Vec::new();
    let mut at = from;
    loop {
        // §4: 1024 octets; a longer string is sent as a literal, which is not read again and again
        // while its octets trickle in.
        if bytes.len() > MAX_QUOTED {
            return Some(Err(TOO_LONG));
        }
        match input.get(at)? {
            b'"' => break,
            b'\\' => {
                bytes.push(*input.get(at + 1)?);
                at += 2;
            }
            b'\r' | b'\n' | 0 => return Some(Err("chuỗi chưa đóng / the string is not closed")),
            other => {
                bytes.push(*other);
                at += 1;
            }
        }
    }
    Some(String::from_utf8(bytes).map(|text| (text, at + 1)).map_err(|_| NOT_UTF8))
}

/// `{n+}` CRLF and n octets; a client may leave the plus out.
fn literal(input: &[u8], from: usize) -> Reading<String> {
    let rest = input.get(from..).unwrap_or_default();
    let Some(close) = rest.iter().take(24).position(|&byte| byte == b'}') else {
        return if rest.len() < 24 { Reading::More } else { Reading::Lost("literal?") };
    };
    let digits = rest.get(..close).unwrap_or_default();
    let digits = digits.strip_suffix(b"+").unwrap_or(digits);
    let length = std::str::from_utf8(digits).ok().and_then(|text| text.parse::<usize>().ok());
    let Some(length) = length.filter(|length| *length <= MAX_LITERAL) else { return Reading::Lost(TOO_LONG) };
    let start = from + close + 1;
    match input.get(start..start + 2) {
        None => return Reading::More,
        Some(b"\r\n") => {}
        Some(_) => return Reading::Lost("literal?"),
    }
    let Some(bytes) = input.get(start + 2..start + 2 + length) else { return Reading::More };
    match std::str::from_utf8(bytes) {
        Ok(text) => Reading::Done(text.to_owned(), start + 2 + length),
        // Its end is known, so the rest of the line can be dropped with it.
        Err(_) => {
            match input.get(start + 2 + length..).and_then(|rest| rest.iter().position(|&b| b == b'\n')) {
                Some(end) => Reading::Wrong(NOT_UTF8, start + 2 + length + end + 1),
                None => Reading::More,
            }
        }
    }
}

const NOT_UTF8: &str = "không phải UTF-8 / not UTF-8";
const TOO_LONG: &str = "quá dài / too long";
const MAX_WORDS: usize = 4;
const MAX_QUOTED: usize = 1024;
/// One octet above the largest script, so that it is the check that refuses one.
const MAX_LITERAL: usize = MAX_SCRIPT + 1;
/// A whole command.
const LONGEST: usize = MAX_SCRIPT + 16 * 1024;
