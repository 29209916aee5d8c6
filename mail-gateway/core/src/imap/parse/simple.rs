//! Commands with few arguments or none.

use super::{super::command::Command, Parsed, cursor::Cursor};

pub(super) fn simple(verb: &str, cursor: &mut Cursor<'_>) -> Parsed<Command> {
    Ok(match verb {
        "CAPABILITY" => Command::Capability,
        "NOOP" => Command::Noop,
        "LOGOUT" => Command::Logout,
        "CHECK" => Command::Check,
        "STARTTLS" => Command::StartTls,
        "IDLE" => Command::Idle,
        "NAMESPACE" => Command::Namespace,
        "CLOSE" => Command::Close,
        "UNSELECT" => Command::Unselect,
        "UNAUTHENTICATE" => Command::Unauthenticate,
        "EXPUNGE" => Command::Expunge { uids: None },
        "ID" => id(cursor)?,
        "LOGIN" => {
            cursor.space()?;
            let user = cursor.astring()?;
            cursor.space()?;
            Command::Login { user, password: cursor.astring()? }
        }
        "AUTHENTICATE" => authenticate(cursor)?,
        "ENABLE" => enable(cursor)?,
        "COMPRESS" => {
            cursor.space()?;
            match cursor.atom()?.to_ascii_uppercase().as_str() {
                "DEFLATE" => Command::Compress,
                _ => return Err("only DEFLATE is known"),
            }
        }
        _ => return of_mailbox(verb, cursor),
    })
}

fn of_mailbox(verb: &str, cursor: &mut Cursor<'_>) -> Parsed<Command> {
    if matches!(verb, "SETACL" | "DELETEACL" | "SETQUOTA") {
        while !cursor.is_at_end() {
            cursor.space()?;
            if cursor.peek() == Some(b'(') {
                cursor.list(|cursor| cursor.astring())?;
            } else {
                cursor.astring()?;
            }
        }
        return Ok(Command::OfTheDirectory);
    }
    let known = [
        "CREATE",
        "DELETE",
        "RENAME",
        "SUBSCRIBE",
        "UNSUBSCRIBE",
        "GETQUOTA",
        "GETQUOTAROOT",
        "MYRIGHTS",
        "LISTRIGHTS",
        "GETACL",
    ];
    if !known.contains(&verb) {
        return Err("unknown command");
    }
    cursor.space()?;
    let name = cursor.mailbox()?;
    Ok(match verb {
        "CREATE" => {
            // RFC 6154 §3: a special use may be asked for; ours are fixed.
            if cursor.skip(b' ') {
                return Err("the special uses of folders are fixed here");
            }
            Command::Create { name }
        }
        "DELETE" => Command::Delete { name },
        "SUBSCRIBE" => Command::Subscribe { name },
        "UNSUBSCRIBE" => Command::Unsubscribe { name },
        "GETQUOTA" => Command::GetQuota { root: name },
        "GETQUOTAROOT" => Command::GetQuotaRoot { name },
        "MYRIGHTS" => Command::MyRights { name },
        "GETACL" => Command::GetAcl { name },
        "LISTRIGHTS" => {
            cursor.space()?;
            Command::ListRights { name, who: cursor.astring_text()? }
        }
        _ => {
            cursor.space()?;
            Command::Rename { from: name, to: cursor.mailbox()? }
        }
    })
}

/// RFC 2971: what the client says of itself is read and not kept.
fn id(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    cursor.space()?;
    if !cursor.skip_word("NIL") {
        cursor.list(|cursor| if cursor.skip_word("NIL") { Ok(()) } else { cursor.string().map(drop) })?;
    }
    Ok(Command::Id)
}

fn authenticate(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    cursor.space()?;
    let mechanism = cursor.atom()?.to_ascii_uppercase();
    let initial = if cursor.skip(b' ') { Some(cursor.atom()?.into_bytes()) } else { None };
    Ok(Command::Authenticate { mechanism, initial })
}

fn enable(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    let mut names = Vec::new();
    while cursor.skip(b' ') {
        names.push(cursor.atom()?.to_ascii_uppercase());
        if names.len() > 50 {
            return Err("too many extensions");
        }
    }
    if names.is_empty() { Err("an extension is missing") } else { Ok(Command::Enable(names)) }
}
