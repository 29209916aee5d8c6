//! Header fields in the forms a client may ask for and write (RFC 8621 §4.1.2, §4.1.3).

use mail_parser::{HeaderForm, HeaderName, HeaderValue, Message};
use serde_json::{Value, json};

use super::{address, text};

/// The form of a header value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it stands in the letter.
    Raw,
    /// Decoded and unfolded.
    Text,
    /// Addresses.
    Addresses,
    /// Addresses with their groups.
    GroupedAddresses,
    /// Message ids.
    MessageIds,
    /// A date.
    Date,
    /// URLs in angle brackets.
    Urls,
}

/// A property such as `header:List-Id:asText:all`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderProperty {
    /// The field.
    pub name: String,
    /// Its form.
    pub form: Form,
    /// Every instance, not only the last.
    pub all: bool,
}

impl HeaderProperty {
    /// Parses the property name.
    pub fn parse(property: &str) -> Option<Self> {
        let mut pieces = property.strip_prefix("header:")?.split(':');
        let name = pieces.next().filter(|name| is_field_name(name))?;
        let mut parsed = Self { name: name.to_owned(), form: Form::Raw, all: false };
        let mut next = pieces.next();
        if let Some(form) = next.and_then(|piece| piece.strip_prefix("as")) {
            parsed.form = match form {
                "Raw" => Form::Raw,
                "Text" => Form::Text,
                "Addresses" => Form::Addresses,
                "GroupedAddresses" => Form::GroupedAddresses,
                "MessageIds" => Form::MessageIds,
                "Date" => Form::Date,
                "URLs" => Form::Urls,
                _ => return None,
            };
            next = pieces.next();
        }
        if next == Some("all") {
            parsed.all = true;
            next = pieces.next();
        }
        next.is_none().then_some(parsed)
    }

    /// Its value in `message`: the last instance, or all of them.
    pub fn value(&self, message: &Message<'_>) -> Value {
        let Some(name) = HeaderName::parse(self.name.as_str()) else { return Value::Null };
        let values: Vec<Value> = if self.form == Form::Raw {
            message.headers().iter().filter(|h| h.name == name).map(|h| raw_value(message, h)).collect()
        } else {
            message.header_as(name, self.form.parser()).into_iter().map(|v| self.form.json(v)).collect()
        };
        if self.all {
            Value::Array(values)
        } else {
            // RFC 8621 §4.1.3: the last instance counts.
            values.into_iter().next_back().unwrap_or(Value::Null)
        }
    }
}

/// Every field of the letter as `{name, value}` (RFC 8621 §4.1.4, `headers`).
pub fn all(message: &Message<'_>) -> Value {
    let fields = message.headers().iter().take(MAX_FIELDS);
    fields.map(|h| json!({ "name": h.name(), "value": raw_value(message, h) })).collect()
}

fn raw_value(message: &Message<'_>, header: &mail_parser::Header<'_>) -> Value {
    let range = usize::try_from(header.offset_start()).ok().zip(usize::try_from(header.offset_end()).ok());
    let bytes = range.and_then(|(from, to)| message.raw_message.get(from..to)).unwrap_or_default();
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    Value::String(String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}"))
}

impl Form {
    const fn parser(self) -> HeaderForm {
        match self {
            Self::Raw => HeaderForm::Raw,
            Self::Text => HeaderForm::Text,
            Self::Addresses => HeaderForm::Addresses,
            Self::GroupedAddresses => HeaderForm::GroupedAddresses,
            Self::MessageIds => HeaderForm::MessageIds,
            Self::Date => HeaderForm::Date,
            Self::Urls => HeaderForm::URLs,
        }
    }

    fn json(self, value: HeaderValue<'_>) -> Value {
        match (self, value) {
            (Self::Text | Self::Raw, HeaderValue::Text(text)) => json!(text::nfc(&text)),
            (Self::Text | Self::Raw, HeaderValue::TextList(list)) => json!(text::nfc(&list.join(", "))),
            (Self::Text | Self::Raw, _) => json!(""),
            (Self::Addresses, HeaderValue::Address(list)) => json!(address::flat(&list)),
            (Self::GroupedAddresses, HeaderValue::Address(list)) => json!(address::grouped(&list)),
            (Self::MessageIds, HeaderValue::Text(id)) => json!([id]),
            (Self::MessageIds, HeaderValue::TextList(ids)) => json!(ids),
            (Self::Date, HeaderValue::DateTime(date)) if date.is_valid() => json!(date.to_rfc3339()),
            (Self::Urls, HeaderValue::Address(list)) => {
                let urls: Vec<_> = list.iter().filter_map(|one| one.address.as_deref()).collect();
                json!(urls)
            }
            (Self::Addresses | Self::GroupedAddresses, _) => json!([]),
            (Self::MessageIds | Self::Date | Self::Urls, _) => Value::Null,
        }
    }
}

/// RFC 5322 §2.2: printable ASCII without the colon.
pub fn is_field_name(name: &str) -> bool {
    (1..=76).contains(&name.len()) && name.bytes().all(|b| (0x21..=0x7e).contains(&b) && b != b':')
}

/// Fields shown of one letter.
const MAX_FIELDS: usize = 1000;
