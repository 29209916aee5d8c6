//! SEARCH, SORT and THREAD (RFC 9051 §6.4.4, RFC 5256).

use super::{
    super::{
        command::{Algorithm, Command, Comparison, Field, Key, ResultOption, SortBy, SortKey},
        write,
    },
    Parsed,
    cursor::Cursor,
    date,
};

/// Said of a charset that is not known; it has a response code of its own.
pub(super) const BAD_CHARSET: &str = "unknown charset";

pub(super) fn search(cursor: &mut Cursor<'_>, by_uid: bool) -> Parsed<Command> {
    cursor.space()?;
    let results = results(cursor)?;
    let mut charset = None;
    if cursor.skip_word("CHARSET") {
        cursor.space()?;
        charset = Some(known_charset(cursor)?);
        cursor.space()?;
    }
    Ok(Command::Search { by_uid, results, charset, key: program(cursor)? })
}

pub(super) fn sort(cursor: &mut Cursor<'_>, by_uid: bool) -> Parsed<Command> {
    cursor.space()?;
    let results = results(cursor)?;
    let mut reverse = false;
    let order = cursor.list(|cursor| {
        let word = cursor.atom()?.to_ascii_uppercase();
        let by = match word.as_str() {
            "REVERSE" => {
                reverse = true;
                return Ok(None);
            }
            "ARRIVAL" => SortBy::Arrival,
            "DATE" => SortBy::Date,
            "SIZE" => SortBy::Size,
            "SUBJECT" => SortBy::Subject,
            "FROM" => SortBy::From,
            "TO" => SortBy::To,
            "CC" => SortBy::Cc,
            "DISPLAYFROM" => SortBy::DisplayFrom,
            "DISPLAYTO" => SortBy::DisplayTo,
            _ => return Err("unknown order"),
        };
        Ok(Some(SortKey { reverse: std::mem::take(&mut reverse), by }))
    })?;
    let order: Vec<SortKey> = order.into_iter().flatten().collect();
    if reverse || order.is_empty() {
        return Err("an order is missing");
    }
    cursor.space()?;
    let charset = known_charset(cursor)?;
    cursor.space()?;
    Ok(Command::Sort { by_uid, results, order, charset, key: program(cursor)? })
}

pub(super) fn thread(cursor: &mut Cursor<'_>, by_uid: bool) -> Parsed<Command> {
    cursor.space()?;
    let algorithm = match cursor.atom()?.to_ascii_uppercase().as_str() {
        "ORDEREDSUBJECT" => Algorithm::OrderedSubject,
        "REFERENCES" => Algorithm::References,
        _ => return Err("unknown algorithm"),
    };
    cursor.space()?;
    let charset = known_charset(cursor)?;
    cursor.space()?;
    Ok(Command::Thread { by_uid, algorithm, charset, key: program(cursor)? })
}

fn known_charset(cursor: &mut Cursor<'_>) -> Parsed<String> {
    let charset = cursor.astring_text()?.to_ascii_uppercase();
    if matches!(charset.as_str(), "UTF-8" | "US-ASCII") { Ok(charset) } else { Err(BAD_CHARSET) }
}

/// `RETURN (MIN MAX)`; an empty list means ALL (RFC 4731 §3.1).
fn results(cursor: &mut Cursor<'_>) -> Parsed<Option<Vec<ResultOption>>> {
    if !cursor.skip_word("RETURN") {
        return Ok(None);
    }
    cursor.space()?;
    let mut options = cursor.list(|cursor| {
        Ok(match cursor.atom()?.to_ascii_uppercase().as_str() {
            "MIN" => ResultOption::Min,
            "MAX" => ResultOption::Max,
            "ALL" => ResultOption::All,
            "COUNT" => ResultOption::Count,
            "SAVE" => ResultOption::Save,
            _ => return Err("unknown result option"),
        })
    })?;
    if options.is_empty() {
        options.push(ResultOption::All);
    }
    cursor.space()?;
    Ok(Some(options))
}

/// One key or several, all of which must hold.
fn program(cursor: &mut Cursor<'_>) -> Parsed<Key> {
    let mut keys = vec![key(cursor)?];
    while !cursor.is_at_end() {
        cursor.space()?;
        if keys.len() >= MAX_KEYS {
            return Err("too many search keys");
        }
        keys.push(key(cursor)?);
    }
    Ok(one_or_all(keys))
}

fn one_or_all(mut keys: Vec<Key>) -> Key {
    match (keys.pop(), keys.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => {
            keys.push(last);
            Key::And(keys)
        }
        (None, _) => Key::All,
    }
}

fn key(cursor: &mut Cursor<'_>) -> Parsed<Key> {
    if cursor.peek() == Some(b'(') {
        let keys = cursor.deeper(|cursor| cursor.list(key))?;
        return if keys.is_empty() { Err("a search key is missing") } else { Ok(one_or_all(keys)) };
    }
    if cursor.peek().is_some_and(|b| b.is_ascii_digit() || b == b'*' || b == b'$') {
        let set = cursor.set()?;
        return Ok(if set.is_saved { Key::Saved } else { Key::Sequence(set) });
    }
    let name = cursor.atom()?.to_ascii_uppercase();
    if let Some(key) = flag(&name) {
        return Ok(key);
    }
    match name.as_str() {
        "ALL" => return Ok(Key::All),
        // RFC 9051 has no \Recent, and here nothing ever has it.
        "RECENT" | "NEW" => return Ok(Key::Not(Box::new(Key::All))),
        "OLD" => return Ok(Key::All),
        _ => {}
    }
    cursor.space()?;
    with_argument(&name, cursor)
}

fn with_argument(name: &str, cursor: &mut Cursor<'_>) -> Parsed<Key> {
    use Comparison::{Before, On, Since};
    Ok(match name {
        "NOT" => Key::Not(Box::new(cursor.deeper(key)?)),
        "OR" => {
            let one = cursor.deeper(key)?;
            cursor.space()?;
            Key::Or(Box::new(one), Box::new(cursor.deeper(key)?))
        }
        "UID" => {
            let set = cursor.set()?;
            if set.is_saved { Key::Saved } else { Key::Uid(set) }
        }
        "BEFORE" => Key::Arrived(Before, date::day(cursor)?),
        "ON" => Key::Arrived(On, date::day(cursor)?),
        "SINCE" => Key::Arrived(Since, date::day(cursor)?),
        "SENTBEFORE" => Key::Sent(Before, date::day(cursor)?),
        "SENTON" => Key::Sent(On, date::day(cursor)?),
        "SENTSINCE" => Key::Sent(Since, date::day(cursor)?),
        "OLDER" => Key::Older(i64::from(cursor.number_32()?)),
        "YOUNGER" => Key::Younger(i64::from(cursor.number_32()?)),
        "LARGER" => Key::Larger(cursor.number()?),
        "SMALLER" => Key::Smaller(cursor.number()?),
        "FROM" => Key::People(Field::From, words(cursor)?),
        "TO" => Key::People(Field::To, words(cursor)?),
        "CC" => Key::People(Field::Cc, words(cursor)?),
        "BCC" => Key::People(Field::Bcc, words(cursor)?),
        "SUBJECT" => Key::People(Field::Subject, words(cursor)?),
        "BODY" => Key::Body(words(cursor)?),
        "TEXT" => Key::Text(words(cursor)?),
        "HEADER" => {
            let field = words(cursor)?;
            cursor.space()?;
            header(field, words(cursor)?)
        }
        "KEYWORD" => Key::Flag(write::keyword(&cursor.flag()?)),
        "UNKEYWORD" => Key::Not(Box::new(Key::Flag(write::keyword(&cursor.flag()?)))),
        "MODSEQ" => modseq(cursor)?,
        "EMAILID" => Key::EmailId(cursor.astring_text()?),
        "THREADID" => Key::ThreadId(cursor.astring_text()?),
        _ => return Err("unknown search key"),
    })
}

/// Fields of the envelope are searched decoded, whichever way they are named.
fn header(name: String, text: String) -> Key {
    let field = match name.to_ascii_lowercase().as_str() {
        "from" => Field::From,
        "to" => Field::To,
        "cc" => Field::Cc,
        "bcc" => Field::Bcc,
        "subject" => Field::Subject,
        _ => return Key::Header(name, text),
    };
    // RFC 9051 §6.4.4: an empty text asks whether the field is there.
    if text.is_empty() { Key::Header(name, text) } else { Key::People(field, text) }
}

fn words(cursor: &mut Cursor<'_>) -> Parsed<String> {
    let text = cursor.astring_text()?;
    if text.len() > MAX_WORDS { Err("a search text is too long") } else { Ok(text) }
}

/// `SEEN`, `UNSEEN` and the like.
fn flag(name: &str) -> Option<Key> {
    let (name, not) = match name.strip_prefix("UN") {
        Some(rest) if FLAGS.contains(&rest) => (rest, true),
        _ => (name, false),
    };
    if !FLAGS.contains(&name) {
        return None;
    }
    let key = Key::Flag(write::keyword(&format!("\\{name}")));
    Some(if not { Key::Not(Box::new(key)) } else { key })
}

/// `MODSEQ [entry type] n` (RFC 7162 §3.1.5): flags have no mod-sequences of their own here.
fn modseq(cursor: &mut Cursor<'_>) -> Parsed<Key> {
    if cursor.peek() == Some(b'"') {
        cursor.string()?;
        cursor.space()?;
        cursor.atom()?;
        cursor.space()?;
    }
    Ok(Key::Modseq(cursor.modseq()?))
}

const FLAGS: [&str; 5] = ["ANSWERED", "DELETED", "DRAFT", "FLAGGED", "SEEN"];
const MAX_KEYS: usize = 1000;
const MAX_WORDS: usize = 1000;
