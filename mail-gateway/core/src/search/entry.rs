//! What the index holds of one letter.

use mail_parser::{HeaderName, Message};

use super::terms::terms;
use crate::{
    extract::{self, Budget},
    message::{Address, address, parse},
};

/// The indexed words of a letter by field, each preceded by one space.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// Of the author's name and address.
    pub from: String,
    /// Of the recipients.
    pub to: String,
    /// Of the recipients of a copy.
    pub cc: String,
    /// Of the hidden recipients.
    pub bcc: String,
    /// Of the subject.
    pub subject: String,
    /// Of the text, and of the names and the text of attached files.
    pub body: String,
}

impl Entry {
    /// Reads `raw`, attached files included. Takes as long as their size asks for: tens of
    /// milliseconds for a large one.
    pub fn of(raw: &[u8]) -> Self {
        let message = parse::parse(raw);
        Self::read(&message, &parse::plain_text(&message))
    }

    /// The same of a letter that is parsed already, whose text is `plain`.
    pub(crate) fn read(message: &Message<'_>, plain: &str) -> Self {
        let people = |name| {
            let list = message.header(name).and_then(|value| value.as_address()).map(address::flat);
            people(&list.unwrap_or_default())
        };
        Self {
            from: people(HeaderName::From),
            to: people(HeaderName::To),
            cc: people(HeaderName::Cc),
            bcc: people(HeaderName::Bcc),
            subject: terms(message.subject().unwrap_or_default(), TEXT),
            body: body(message, plain),
        }
    }
}

impl Entry {
    /// Octets of all its words.
    pub fn octets(&self) -> usize {
        let Self { from, to, cc, bcc, subject, body } = self;
        [from, to, cc, bcc, subject, body].iter().map(|words| words.len()).sum()
    }
}

/// An address gives its parts: what stands between dots, hyphens and the at sign.
fn people(list: &[Address]) -> String {
    let mut words = String::new();
    for one in list {
        words.push_str(&terms(one.name.as_deref().unwrap_or_default(), TEXT));
        words.push_str(&terms(&one.email, TEXT));
    }
    words
}

fn body(message: &Message<'_>, plain: &str) -> String {
    let mut body = terms(plain, TEXT);
    for part in message.attachments().take(MAX_NAMES) {
        body.push_str(&terms(&parse::file_name(part).unwrap_or_default(), TEXT));
    }
    let mut budget = Budget { text: FILES, ..Budget::default() };
    body.push_str(&terms(&extract::attachments(message, &mut budget).text, FILES));
    body
}

/// Octets of a letter's own text that are indexed; beyond this it is a data dump.
const TEXT: usize = 256 * 1024;
/// Octets of text indexed of all files of a letter.
const FILES: usize = 512 * 1024;
/// Names of attachments that are searched.
const MAX_NAMES: usize = 200;
