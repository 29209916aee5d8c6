//! APPEND of one letter or several (RFC 9051 §6.3.12, RFC 3502, 6855) and REPLACE (RFC 8508).

use super::{
    super::command::{Append, Command},
    Parsed,
    cursor::Cursor,
    date,
};

pub(super) fn append(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    cursor.space()?;
    let name = cursor.mailbox()?;
    let mut letters = Vec::new();
    while cursor.skip(b' ') {
        if letters.len() >= MAX_LETTERS {
            return Err("too many letters at once");
        }
        letters.push(letter(cursor)?);
    }
    if letters.is_empty() { Err("a letter is missing") } else { Ok(Command::Append { name, letters }) }
}

pub(super) fn replace(cursor: &mut Cursor<'_>, by_uid: bool) -> Parsed<Command> {
    cursor.space()?;
    let set = cursor.set()?;
    // RFC 8508 §3: one letter is replaced by one.
    if !matches!(set.ranges.as_slice(), [(first, last)] if first == last) {
        return Err("one number is wanted");
    }
    cursor.space()?;
    let name = cursor.mailbox()?;
    cursor.space()?;
    Ok(Command::Replace { by_uid, set, name, letter: letter(cursor)? })
}

fn letter(cursor: &mut Cursor<'_>) -> Parsed<Append> {
    let mut letter = Append::default();
    if cursor.peek() == Some(b'(') {
        letter.flags = cursor.list(Cursor::flag)?;
        cursor.space()?;
    }
    if cursor.peek() == Some(b'"') {
        let text = String::from_utf8(cursor.string()?).map_err(|_| "a date is missing")?;
        letter.date = Some(date::moment(&text).ok_or("a date is missing")?);
        cursor.space()?;
    }
    // RFC 6855 §4: UTF8 (~{n}…).
    letter.octets = if cursor.skip_word("UTF8") {
        cursor.space()?;
        cursor.expect(b'(', "a list is missing")?;
        let octets = cursor.literal()?.to_vec();
        cursor.expect(b')', "a list does not end")?;
        octets
    } else {
        cursor.literal()?.to_vec()
    };
    Ok(letter)
}

const MAX_LETTERS: usize = 1000;
