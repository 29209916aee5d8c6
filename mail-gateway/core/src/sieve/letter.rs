//! A letter as tests see it: decoded fields, addresses, text.

use mail_parser::{HeaderForm, HeaderName, HeaderValue, Message, MessagePart, PartType};

use super::program::{Index, Transform};
use crate::message::{self, text::nfc};

/// A parsed letter.
pub struct Letter<'a> {
    raw: &'a [u8],
    message: Message<'a>,
}

impl<'a> Letter<'a> {
    /// Reads a letter; anything that is none becomes one without fields.
    pub fn parse(raw: &'a [u8]) -> Self {
        Self { raw, message: message::parse::parse(raw) }
    }

    pub(super) fn size(&self) -> u64 {
        self.raw.len() as u64
    }

    pub(super) fn has(&self, name: &str) -> bool {
        HeaderName::parse(name).is_some_and(|name| self.message.headers().iter().any(|h| h.name == name))
    }

    /// The decoded, unfolded values of a field (§2.7.2), or the one chosen.
    pub(super) fn values(&self, name: &str, index: Option<Index>) -> Vec<String> {
        let all = self.read(name, HeaderForm::Text).into_iter().map(|value| match value {
            HeaderValue::Text(text) => clip(nfc(text.trim())),
            HeaderValue::TextList(list) => clip(nfc(list.join(", ").trim())),
            _ => String::new(),
        });
        chosen(all.collect(), index)
    }

    /// The addresses in a field, or in the one chosen.
    pub(super) fn addresses(&self, name: &str, index: Option<Index>) -> Vec<String> {
        let fields = chosen(self.read(name, HeaderForm::Addresses), index);
        let lists = fields.iter().filter_map(HeaderValue::as_address);
        let addresses = lists.flat_map(|list| list.iter().filter_map(|one| one.address.as_deref()));
        addresses.take(MAX_ADDRESSES).map(|address| clip(address.to_owned())).collect()
    }

    fn read<'s>(&'s self, name: &'s str, form: HeaderForm) -> Vec<HeaderValue<'s>> {
        HeaderName::parse(name).map(|name| self.message.header_as(name, form)).unwrap_or_default()
    }

    /// The `Message-ID` without angle brackets.
    pub(super) fn message_id(&self) -> Option<&str> {
        self.message.message_id()
    }

    /// What `body` looks at (RFC 5173 §5), each piece cut at [`MAX_BODY`] octets.
    pub(super) fn body(&self, transform: &Transform) -> Vec<String> {
        match transform {
            Transform::Raw => {
                let header = message::parse::headers_of(self.raw).len();
                let body = self.raw.get(header..).unwrap_or_default();
                vec![String::from_utf8_lossy(body.get(..MAX_BODY).unwrap_or(body)).into_owned()]
            }
            Transform::Text => vec![cut(message::parse::plain_text(&self.message))],
            Transform::Content(kinds) => {
                let parts = self.message.parts.iter().filter(|part| wanted(part, kinds)).take(MAX_PARTS);
                parts.filter_map(text_of).map(cut).collect()
            }
        }
    }
}

/// RFC 5173 §5.2: `""` any part, `"text"` any subtype of it, `"text/html"` just that.
fn wanted(part: &MessagePart<'_>, kinds: &[String]) -> bool {
    let kind = message::parse::media_type(part);
    kinds.iter().any(|wanted| {
        wanted.is_empty()
            || kind == *wanted
            || (!wanted.contains('/') && kind.split('/').next() == Some(wanted.as_str()))
    })
}

fn text_of(part: &MessagePart<'_>) -> Option<String> {
    match &part.body {
        PartType::Text(text) | PartType::Html(text) => Some(text.to_string()),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
            Some(String::from_utf8_lossy(bytes.get(..MAX_BODY).unwrap_or(bytes)).into_owned())
        }
        _ => None,
    }
}

fn chosen<T>(mut all: Vec<T>, index: Option<Index>) -> Vec<T> {
    let Some(index) = index else {
        all.truncate(MAX_FIELDS);
        return all;
    };
    let at = if index.from_last { all.len().checked_sub(index.number) } else { index.number.checked_sub(1) };
    match at {
        Some(at) if at < all.len() => vec![all.swap_remove(at)],
        _ => Vec::new(),
    }
}

fn clip(text: String) -> String {
    match text.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned(),
        None => text,
    }
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MAX_BODY));
    text
}

/// Fields of one name that are looked at.
const MAX_FIELDS: usize = 100;
/// Addresses of one name that are looked at.
const MAX_ADDRESSES: usize = 1000;
/// Characters of a field's value that are looked at.
const MAX_VALUE: usize = 8192;
/// Octets of a body that are looked at.
const MAX_BODY: usize = 256 * 1024;
/// Parts of a letter that are looked into.
const MAX_PARTS: usize = 50;
