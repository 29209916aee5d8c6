//! LIST with its extensions (RFC 9051 §6.3.9, RFC 5258, 5819, 6154, 8440), LSUB, STATUS, SELECT.

use super::{
    super::command::{Command, List, Resync, SelectParameters, StatusItem},
    Parsed,
    cursor::Cursor,
};

pub(super) fn list(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    let mut list = List::default();
    cursor.space()?;
    if cursor.peek() == Some(b'(') {
        list.is_extended = true;
        for option in cursor.list(|cursor| cursor.atom())? {
            match option.to_ascii_uppercase().as_str() {
                "SUBSCRIBED" => (list.only_subscribed, list.return_subscribed) = (true, true),
                "SPECIAL-USE" => list.only_special = true,
                "RECURSIVEMATCH" => list.recursive_match = true,
                // There are no mailboxes on other servers.
                "REMOTE" => {}
                _ => return Err("unknown selection option"),
            }
        }
        // RFC 5258 §3.1: it modifies another option and is none itself.
        if list.recursive_match && !list.only_subscribed && !list.only_special {
            return Err("RECURSIVEMATCH needs another option");
        }
        cursor.space()?;
    }
    list.reference = cursor.mailbox()?;
    cursor.space()?;
    if cursor.peek() == Some(b'(') {
        list.is_extended = true;
        list.patterns = cursor.list(Cursor::pattern)?;
        if list.patterns.len() > MAX_PATTERNS {
            return Err("too many patterns");
        }
    } else {
        list.patterns = vec![cursor.pattern()?];
    }
    if cursor.skip(b' ') {
        if !cursor.skip_word("RETURN") {
            return Err("RETURN expected");
        }
        list.is_extended = true;
        cursor.space()?;
        return_options(cursor, &mut list)?;
    }
    Ok(Command::List(list))
}

fn return_options(cursor: &mut Cursor<'_>, list: &mut List) -> Parsed<()> {
    cursor
        .list(|cursor| {
            match cursor.atom()?.to_ascii_uppercase().as_str() {
                "SUBSCRIBED" => list.return_subscribed = true,
                "MYRIGHTS" => list.my_rights = true,
                // Always told.
                "CHILDREN" | "SPECIAL-USE" => {}
                "STATUS" => {
                    cursor.space()?;
                    list.status = Some(status_items(cursor)?);
                }
                _ => return Err("unknown return option"),
            }
            Ok(())
        })
        .map(drop)
}

pub(super) fn lsub(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    cursor.space()?;
    let reference = cursor.mailbox()?;
    cursor.space()?;
    Ok(Command::Lsub { reference, pattern: cursor.pattern()? })
}

pub(super) fn status(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    cursor.space()?;
    let name = cursor.mailbox()?;
    cursor.space()?;
    Ok(Command::Status { name, items: status_items(cursor)? })
}

fn status_items(cursor: &mut Cursor<'_>) -> Parsed<Vec<StatusItem>> {
    cursor.list(|cursor| {
        Ok(match cursor.atom()?.to_ascii_uppercase().as_str() {
            "MESSAGES" => StatusItem::Messages,
            "RECENT" => StatusItem::Recent,
            "UIDNEXT" => StatusItem::UidNext,
            "UIDVALIDITY" => StatusItem::UidValidity,
            "UNSEEN" => StatusItem::Unseen,
            "DELETED" => StatusItem::Deleted,
            "SIZE" => StatusItem::Size,
            "HIGHESTMODSEQ" => StatusItem::HighestModseq,
            "MAILBOXID" => StatusItem::MailboxId,
            "APPENDLIMIT" => StatusItem::AppendLimit,
            _ => return Err("unknown status item"),
        })
    })
}

pub(super) fn select(cursor: &mut Cursor<'_>, read_only: bool) -> Parsed<Command> {
    cursor.space()?;
    let name = cursor.mailbox()?;
    let mut parameters = SelectParameters::default();
    if cursor.skip(b' ') {
        cursor.list(|cursor| {
            match cursor.atom()?.to_ascii_uppercase().as_str() {
                "CONDSTORE" => parameters.condstore = true,
                "QRESYNC" => {
                    cursor.space()?;
                    parameters.qresync = Some(resync(cursor)?);
                }
                _ => return Err("unknown parameter"),
            }
            Ok(())
        })?;
    }
    Ok(Command::Select { name, parameters, read_only })
}

/// `(uidvalidity modseq [known-uids] [(sequence-set uid-set)])` (RFC 7162 §3.2.5).
fn resync(cursor: &mut Cursor<'_>) -> Parsed<Resync> {
    cursor.expect(b'(', "a list is missing")?;
    let uid_validity = cursor.number_32()?;
    cursor.space()?;
    let modseq = cursor.modseq()?;
    let mut known = None;
    while cursor.skip(b' ') {
        if cursor.skip(b'(') {
            // The match data only shorten the answer; every UID that is gone is told without them.
            cursor.set()?;
            cursor.space()?;
            cursor.set()?;
            cursor.expect(b')', "a list does not end")?;
        } else {
            known = Some(cursor.set()?);
        }
    }
    cursor.expect(b')', "a list does not end")?;
    Ok(Resync { uid_validity, modseq, known })
}

const MAX_PATTERNS: usize = 20;
