//! FETCH, STORE, COPY and MOVE (RFC 9051 §6.4.5–6.4.8).

use super::{
    super::command::{Command, FlagChange, How, Item, SectionName},
    Parsed,
    cursor::Cursor,
};
use crate::message::mime::section::{Section, Text};

pub(super) fn copy(cursor: &mut Cursor<'_>, by_uid: bool, moves: bool) -> Parsed<Command> {
    cursor.space()?;
    let set = cursor.set()?;
    cursor.space()?;
    let name = cursor.mailbox()?;
    Ok(if moves { Command::Move { by_uid, set, name } } else { Command::Copy { by_uid, set, name } })
}

pub(super) fn store(cursor: &mut Cursor<'_>, by_uid: bool) -> Parsed<Command> {
    cursor.space()?;
    let set = cursor.set()?;
    cursor.space()?;
    let mut unchanged_since = None;
    if cursor.skip(b'(') {
        // RFC 7162 §3.1.3.
        if !cursor.skip_word("UNCHANGEDSINCE") {
            return Err("unknown modifier");
        }
        cursor.space()?;
        unchanged_since = Some(cursor.modseq()?);
        cursor.expect(b')', "a list does not end")?;
        cursor.space()?;
    }
    let how = match cursor.peek() {
        Some(b'+') => How::Add,
        Some(b'-') => How::Remove,
        _ => How::Replace,
    };
    if how != How::Replace {
        cursor.skip(if how == How::Add { b'+' } else { b'-' });
    }
    let silent = match cursor.keyword()?.as_str() {
        "FLAGS" => false,
        "FLAGS.SILENT" => true,
        _ => return Err("FLAGS expected"),
    };
    cursor.space()?;
    let flags = if cursor.peek() == Some(b'(') {
        cursor.list(Cursor::flag)?
    } else {
        let mut flags = vec![cursor.flag()?];
        while cursor.skip(b' ') {
            flags.push(cursor.flag()?);
        }
        flags
    };
    Ok(Command::Store { by_uid, set, unchanged_since, change: FlagChange { how, silent, flags } })
}

pub(super) fn fetch(cursor: &mut Cursor<'_>, by_uid: bool) -> Parsed<Command> {
    cursor.space()?;
    let set = cursor.set()?;
    cursor.space()?;
    let mut items = match cursor.peek() {
        Some(b'(') => cursor.list(item)?,
        _ => vec![item(cursor)?],
    }
    .concat();
    let (mut changed_since, mut vanished) = (None, false);
    if cursor.skip(b' ') {
        cursor.list(|cursor| {
            match cursor.atom()?.to_ascii_uppercase().as_str() {
                "CHANGEDSINCE" => {
                    cursor.space()?;
                    changed_since = Some(cursor.modseq()?);
                }
                "VANISHED" => vanished = true,
                _ => return Err("unknown modifier"),
            }
            Ok(())
        })?;
    }
    // RFC 7162 §3.2.6: VANISHED is for UID FETCH with CHANGEDSINCE.
    if vanished && (!by_uid || changed_since.is_none()) {
        return Err("VANISHED needs UID FETCH and CHANGEDSINCE");
    }
    if changed_since.is_some() && !items.contains(&Item::Modseq) {
        items.push(Item::Modseq);
    }
    Ok(Command::Fetch { by_uid, set, items, changed_since, vanished })
}

/// One item; the macros become what they stand for.
fn item(cursor: &mut Cursor<'_>) -> Parsed<Vec<Item>> {
    let name = cursor.keyword()?;
    let whole = |text, name, peek| {
        vec![Item::Section { section: Section { path: Vec::new(), text }, peek, partial: None, name }]
    };
    Ok(match name.as_str() {
        "FLAGS" => vec![Item::Flags],
        "ENVELOPE" => vec![Item::Envelope],
        "INTERNALDATE" => vec![Item::InternalDate],
        "RFC822.SIZE" => vec![Item::Size],
        "UID" => vec![Item::Uid],
        "BODYSTRUCTURE" => vec![Item::Structure],
        "MODSEQ" => vec![Item::Modseq],
        "EMAILID" => vec![Item::EmailId],
        "THREADID" => vec![Item::ThreadId],
        "PREVIEW" => {
            // RFC 8970 §3.1: LAZY may be ignored, previews are at hand.
            if cursor.skip_preview_modifier()? {
                vec![Item::Preview]
            } else {
                return Err("unknown modifier");
            }
        }
        "ALL" => vec![Item::Flags, Item::InternalDate, Item::Size, Item::Envelope],
        "FAST" => vec![Item::Flags, Item::InternalDate, Item::Size],
        "FULL" => vec![Item::Flags, Item::InternalDate, Item::Size, Item::Envelope, Item::Body],
        "RFC822" => whole(None, SectionName::Rfc822, false),
        "RFC822.HEADER" => whole(Some(Text::Header), SectionName::Rfc822Header, true),
        "RFC822.TEXT" => whole(Some(Text::Text), SectionName::Rfc822Text, false),
        "BODY" if cursor.peek() != Some(b'[') => vec![Item::Body],
        "BODY" | "BODY.PEEK" => {
            let section = section(cursor)?;
            let partial = partial(cursor)?;
            vec![Item::Section { section, peek: name == "BODY.PEEK", partial, name: SectionName::Body }]
        }
        "BINARY" | "BINARY.PEEK" => {
            let section = numbers_only(section(cursor)?)?;
            vec![Item::Binary { section, peek: name == "BINARY.PEEK", partial: partial(cursor)? }]
        }
        "BINARY.SIZE" => vec![Item::BinarySize(numbers_only(section(cursor)?)?)],
        _ => return Err("unknown item"),
    })
}

impl Cursor<'_> {
    /// ` (LAZY)` after PREVIEW; `false` when something else stands there.
    fn skip_preview_modifier(&mut self) -> Parsed<bool> {
        if self.peek() != Some(b' ') || !self.follows(b" (") {
            return Ok(true);
        }
        self.space()?;
        let words = self.list(|cursor| cursor.atom())?;
        Ok(words.iter().all(|word| word.eq_ignore_ascii_case("LAZY")))
    }
}

fn numbers_only(section: Section) -> Parsed<Section> {
    if section.text.is_none() { Ok(section) } else { Err("part numbers only") }
}

/// `[1.2.HEADER.FIELDS (From To)]`.
fn section(cursor: &mut Cursor<'_>) -> Parsed<Section> {
    cursor.expect(b'[', "[ expected")?;
    let mut section = Section::default();
    loop {
        if cursor.skip(b']') {
            return Ok(section);
        }
        if cursor.peek().is_some_and(|b| b.is_ascii_digit()) {
            let number = cursor.number_32()?;
            if number == 0 || section.path.len() >= MAX_PATH {
                return Err("no such part");
            }
            section.path.push(number);
            if !cursor.skip(b'.') && cursor.peek() != Some(b']') {
                return Err("] expected");
            }
            continue;
        }
        section.text = Some(text(cursor)?);
        if section.text == Some(Text::Mime) && section.path.is_empty() {
            return Err("MIME needs a part number");
        }
        cursor.expect(b']', "] expected")?;
        return Ok(section);
    }
}

fn text(cursor: &mut Cursor<'_>) -> Parsed<Text> {
    Ok(match cursor.keyword()?.as_str() {
        "HEADER" => Text::Header,
        "TEXT" => Text::Text,
        "MIME" => Text::Mime,
        "HEADER.FIELDS" => Text::Fields(field_names(cursor)?),
        "HEADER.FIELDS.NOT" => Text::FieldsNot(field_names(cursor)?),
        _ => return Err("unknown section"),
    })
}

fn field_names(cursor: &mut Cursor<'_>) -> Parsed<Vec<String>> {
    cursor.space()?;
    cursor.list(Cursor::astring_text)
}

/// `<first.count>`.
fn partial(cursor: &mut Cursor<'_>) -> Parsed<Option<(u32, u32)>> {
    if !cursor.skip(b'<') {
        return Ok(None);
    }
    let first = cursor.number_32()?;
    cursor.expect(b'.', ". expected")?;
    let count = cursor.number_32()?;
    cursor.expect(b'>', "> expected")?;
    if count == 0 { Err("nothing is asked for") } else { Ok(Some((first, count))) }
}

/// Part numbers of one section.
const MAX_PATH: usize = 50;
