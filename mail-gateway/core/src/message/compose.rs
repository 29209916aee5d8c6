//! Writing letters: a described letter becomes bytes that every mail server accepts
//! (RFC 5322, MIME; never a bare CR or LF, never a header smuggled into a value).

use std::borrow::Cow;

use base::Timestamp;
use mail_builder::{
    MessageBuilder,
    headers::{
        HeaderType, address as built, content_type::ContentType, message_id::MessageId, raw::Raw, text::Text,
        url::URL,
    },
    mime::{BodyPart, MimePart},
};

use super::Address;

/// A letter to be written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Draft {
    /// Header fields in order, without MIME's.
    pub fields: Vec<(String, Field)>,
    /// The body.
    pub body: Option<Part>,
}

/// The value of a header field.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// Words.
    Text(String),
    /// Addresses.
    Addresses(Vec<Address>),
    /// Message ids without brackets.
    MessageIds(Vec<String>),
    /// A date in RFC 5322 form.
    Date(String),
    /// URLs without brackets.
    Urls(Vec<String>),
    /// Written as it is.
    Raw(String),
}

/// A MIME part.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// `type/subtype`.
    pub media_type: String,
    /// The file name.
    pub name: Option<String>,
    /// `inline` or `attachment`.
    pub disposition: Option<String>,
    /// The id that HTML refers to as `cid:…`.
    pub cid: Option<String>,
    /// What it holds.
    pub content: Content,
}

/// What a part holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Parts.
    Parts(Vec<Part>),
}

/// A value would break the letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwritable(pub String);

impl Draft {
    /// The letter's bytes. `message_id` and `now` are used when the draft does not say.
    ///
    /// # Errors
    /// [`Unwritable`] names the field that cannot be written.
    pub fn write(self, message_id: &str, now: Timestamp) -> Result<Vec<u8>, Unwritable> {
        let mut builder = MessageBuilder::new();
        let has = |name: &str| self.fields.iter().any(|(field, _)| field.eq_ignore_ascii_case(name));
        let (has_id, has_date) = (has("Message-ID"), has("Date"));
        for (name, field) in self.fields {
            if !super::header::is_field_name(&name) {
                return Err(Unwritable(name));
            }
            let value = field.header().ok_or_else(|| Unwritable(name.clone()))?;
            // The builder looks for its own spelling of these two.
            let name = match name.to_ascii_lowercase().as_str() {
                "message-id" => "Message-ID".to_owned(),
                "date" => "Date".to_owned(),
                _ => name,
            };
            builder = builder.header(name, value);
        }
        if !has_id {
            builder = builder.message_id(message_id.to_owned());
        }
        if !has_date {
            builder = builder.date(now.as_seconds());
        }
        let empty = Part::text("text/plain", String::new());
        let body = self.body.unwrap_or(empty).mime(MAX_DEPTH)?;
        builder.body(body).write_to_vec().map_err(|_| Unwritable("body".to_owned()))
    }
}

impl Part {
    /// A text part.
    pub fn text(media_type: &str, text: String) -> Self {
        Self {
            media_type: media_type.to_owned(),
            name: None,
            disposition: None,
            cid: None,
            content: Content::Text(text),
        }
    }

    /// A multipart.
    pub fn multipart(subtype: &str, parts: Vec<Self>) -> Self {
        Self { content: Content::Parts(parts), ..Self::text(&format!("multipart/{subtype}"), String::new()) }
    }

    /// The body of the usual kinds of letter (RFC 8621 §4.6): text, HTML or both, pictures that the
    /// HTML shows beside it, files at the end.
    pub fn usual(text: Option<Self>, html: Option<Self>, attachments: Vec<Self>) -> Self {
        let (related, files): (Vec<_>, Vec<_>) = attachments
            .into_iter()
            .partition(|part| part.cid.is_some() && part.disposition.as_deref() == Some("inline"));
        let shown = match (html, related.is_empty()) {
            (Some(html), false) => {
                Some(Self::multipart("related", std::iter::once(html).chain(related).collect()))
            }
            (None, false) => Some(Self::multipart("mixed", related)),
            (html, true) => html,
        };
        let body = match (text, shown) {
            (Some(text), Some(shown)) => Self::multipart("alternative", vec![text, shown]),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => Self::text("text/plain", String::new()),
        };
        if files.is_empty() {
            body
        } else {
            Self::multipart("mixed", std::iter::once(body).chain(files).collect())
        }
    }

    fn mime(self, depth: usize) -> Result<MimePart<'static>, Unwritable> {
        let depth = depth.checked_sub(1).ok_or_else(|| Unwritable("bodyStructure".to_owned()))?;
        if !is_media_type(&self.media_type) {
            return Err(Unwritable("type".to_owned()));
        }
        let mut kind = ContentType::new(self.media_type.to_ascii_lowercase());
        let content = match self.content {
            Content::Text(text) => {
                kind = kind.attribute("charset", "utf-8");
                BodyPart::Text(Cow::Owned(crlf(&text)))
            }
            Content::Bytes(bytes) => BodyPart::Binary(Cow::Owned(bytes)),
            Content::Parts(parts) => {
                let parts = parts.into_iter().map(|part| part.mime(depth)).collect::<Result<_, _>>()?;
                BodyPart::Multipart(parts)
            }
        };
        let name = self.name.map(|name| one_line(&name)).filter(|name| !name.is_empty());
        if let Some(name) = &name {
            kind = kind.attribute("name", name.clone());
        }
        let mut part = MimePart::new(kind, content);
        match (self.disposition.as_deref(), name) {
            (Some("inline"), Some(name)) => {
                let inline = ContentType::new("inline").attribute("filename", name);
                part = part.header("Content-Disposition", inline);
            }
            (Some("inline"), None) => part = part.inline(),
            (Some("attachment"), name) => part = part.attachment(name.unwrap_or_default()),
            (_, Some(name)) => part = part.attachment(name),
            (_, None) => {}
        }
        if let Some(cid) = self.cid {
            if !is_message_id(&cid) {
                return Err(Unwritable("cid".to_owned()));
            }
            part = part.cid(cid);
        }
        Ok(part)
    }
}

impl Field {
    fn header(self) -> Option<HeaderType<'static>> {
        Some(match self {
            Self::Text(text) => Text::new(one_line(&text)).into(),
            Self::Addresses(list) => {
                let list = list.into_iter().map(address).collect::<Option<Vec<_>>>()?;
                built::Address::new_list(list).into()
            }
            Self::MessageIds(ids) => {
                ids.iter().all(|id| is_message_id(id)).then(|| MessageId::from(ids))?.into()
            }
            Self::Date(date) => Raw::new(one_line(&date)).into(),
            Self::Urls(urls) => {
                let clean =
                    urls.iter().all(|url| url.bytes().all(|b| (0x21..=0x7e).contains(&b) && b != b'>'));
                clean.then(|| URL::from(urls))?.into()
            }
            // One line, so that nothing can follow it; the builder folds it.
            Self::Raw(raw) => Raw::new(one_line(&raw)).into(),
        })
    }
}

fn address(one: Address) -> Option<built::Address<'static>> {
    let email = one.email.trim().to_owned();
    let clean = !email.is_empty()
        && email.len() <= 320
        && !email.chars().any(|c| c.is_control() || c.is_whitespace() || "<>,;\"()".contains(c));
    let name = one.name.map(|name| one_line(&name)).filter(|name| !name.is_empty());
    clean.then(|| built::Address::new_address(name, email))
}

/// Text without line breaks and control characters.
fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.trim().to_owned()
}

/// Every line end as CRLF (RFC 5322 §2.3): bare CR and LF are how letters are smuggled.
fn crlf(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 40);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push_str("\r\n");
            }
            '\n' => out.push_str("\r\n"),
            '\0' => {}
            c => out.push(c),
        }
    }
    out
}

/// `type/subtype`, both tokens (RFC 2045 §5.1).
pub fn is_media_type(text: &str) -> bool {
    let token = |t: &str| {
        (1..=127).contains(&t.len())
            && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    text.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype))
}

pub(crate) fn is_message_id(id: &str) -> bool {
    (1..=900).contains(&id.len()) && id.bytes().all(|b| (0x21..=0x7e).contains(&b) && b != b'<' && b != b'>')
}

/// Parts within parts that are written.
const MAX_DEPTH: usize = 20;
