//! The grammar of commands (RFC 9051 §9). A command arrives whole, its literals inside.

mod append;
mod cursor;
mod date;
mod fetch;
mod list;
mod search;
mod simple;

use super::command::{Command, Tagged};
use cursor::Cursor;

/// Why a command was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// Its tag, or `*` when there was none.
    pub tag: String,
    /// What is wrong, in English: it is for whoever wrote the client.
    pub why: &'static str,
    /// The response code, if there is one for this.
    pub code: Option<&'static str>,
}

type Parsed<T> = Result<T, &'static str>;

/// Reads one command.
///
/// # Errors
/// [`Bad`] with the tag to answer to.
pub fn parse(bytes: &[u8]) -> Result<Tagged, Bad> {
    let mut cursor = Cursor::new(bytes);
    let tag = match cursor.tag() {
        Ok(tag) => tag,
        Err(why) => return Err(Bad { tag: "*".to_owned(), why, code: None }),
    };
    let command = command(&mut cursor).and_then(|command| cursor.end().map(|()| command));
    match command {
        Ok(command) => Ok(Tagged { tag, command }),
        Err(why) if why == search::BAD_CHARSET => {
            Err(Bad { tag, why, code: Some("BADCHARSET (UTF-8 US-ASCII)") })
        }
        Err(why) => Err(Bad { tag, why, code: None }),
    }
}

/// The tag of a command that could not be kept whole.
pub fn tag_of(bytes: &[u8]) -> String {
    Cursor::new(bytes).tag().unwrap_or_else(|_| "*".to_owned())
}

fn command(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    cursor.space()?;
    let mut verb = cursor.atom()?.to_ascii_uppercase();
    let by_uid = verb == "UID";
    if by_uid {
        cursor.space()?;
        verb = cursor.atom()?.to_ascii_uppercase();
    }
    match verb.as_str() {
        "FETCH" => fetch::fetch(cursor, by_uid),
        "STORE" => fetch::store(cursor, by_uid),
        "COPY" | "MOVE" => fetch::copy(cursor, by_uid, verb == "MOVE"),
        "SEARCH" => search::search(cursor, by_uid),
        "SORT" => search::sort(cursor, by_uid),
        "THREAD" => search::thread(cursor, by_uid),
        "REPLACE" => append::replace(cursor, by_uid),
        "EXPUNGE" if by_uid => {
            cursor.space()?;
            Ok(Command::Expunge { uids: Some(cursor.set()?) })
        }
        _ if by_uid => Err("UID before a command that has none"),
        "APPEND" => append::append(cursor),
        "LIST" => list::list(cursor),
        "LSUB" => list::lsub(cursor),
        "STATUS" => list::status(cursor),
        "SELECT" | "EXAMINE" => list::select(cursor, verb == "EXAMINE"),
        verb => simple::simple(verb, cursor),
    }
}
