//! The octets that `BODY[…]` and `BINARY[…]` name (RFC 9051 §6.4.5, RFC 3516).

use std::borrow::Cow;

use super::{Content, Part, field};

/// What stands between the brackets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Section {
    /// Part numbers, from the outside in.
    pub path: Vec<u32>,
    /// What of that part.
    pub text: Option<Text>,
}

/// What of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// The header of the letter.
    Header,
    /// Some fields of it.
    Fields(Vec<String>),
    /// All other fields of it.
    FieldsNot(Vec<String>),
    /// What follows the header.
    Text,
    /// The header of the part itself.
    Mime,
}

impl Section {
    /// The octets in `raw`; `None` when the letter has no such part.
    pub fn bytes<'a>(&self, raw: &'a [u8], root: &Part) -> Option<Cow<'a, [u8]>> {
        let part = find(root, &self.path)?;
        let Some(text) = &self.text else {
            let whole = if self.path.is_empty() { Some(raw) } else { raw.get(part.body.clone()) };
            return whole.map(Cow::Borrowed);
        };
        if *text == Text::Mime {
            return (!self.path.is_empty()).then(|| Cow::Borrowed(part.header_bytes(raw)));
        }
        // RFC 9051 §6.4.5: HEADER and TEXT of a numbered part speak of the letter inside it.
        let letter = match &part.content {
            Content::Message(inner) if !self.path.is_empty() => inner,
            _ if self.path.is_empty() => part,
            _ => return None,
        };
        let header = letter.header_bytes(raw);
        Some(match text {
            Text::Header => Cow::Borrowed(header),
            Text::Text => Cow::Borrowed(letter.body_bytes(raw)),
            Text::Fields(names) => Cow::Owned(chosen(header, names, true)),
            Text::FieldsNot(names) => Cow::Owned(chosen(header, names, false)),
            Text::Mime => return None,
        })
    }

    /// The octets with the transfer encoding undone; `Err` when the encoding is unknown.
    ///
    /// # Errors
    /// [`UnknownEncoding`] (RFC 3516 §4.3, `UNKNOWN-CTE`).
    pub fn decoded<'a>(&self, raw: &'a [u8], root: &Part) -> Result<Option<Cow<'a, [u8]>>, UnknownEncoding> {
        let Some(bytes) = self.bytes(raw, root) else { return Ok(None) };
        let Some(part) = find(root, &self.path).filter(|_| !self.path.is_empty()) else {
            return Ok(Some(bytes));
        };
        if part.content != Content::Leaf {
            return Ok(Some(bytes));
        }
        match field::encoding(part.header_bytes(raw)).as_str() {
            "7BIT" | "8BIT" | "BINARY" => Ok(Some(bytes)),
            "BASE64" => Ok(Some(Cow::Owned(base64_decoded(&bytes)))),
            "QUOTED-PRINTABLE" => Ok(Some(Cow::Owned(quoted_printable_decoded(&bytes)))),
            _ => Err(UnknownEncoding),
        }
    }

    /// Whether it is the whole letter, whose size is known without looking.
    pub fn is_whole(&self) -> bool {
        self.path.is_empty() && self.text.is_none()
    }
}

/// The transfer encoding of a part is not one of RFC 2045.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownEncoding;

fn find<'p>(root: &'p Part, path: &[u32]) -> Option<&'p Part> {
    let mut part = root;
    let mut is_letter = true;
    for number in path {
        let place = usize::try_from(number.checked_sub(1)?).ok()?;
        // A letter inside a part is passed through: its parts are numbered as the part's own.
        if let (false, Content::Message(inner)) = (is_letter, &part.content) {
            part = inner;
            is_letter = true;
        }
        match &part.content {
            Content::Multipart(parts) => {
                part = parts.get(place)?;
                is_letter = false;
            }
            // RFC 9051 §6.4.5: a letter that is not multipart has one part, number 1.
            _ if is_letter && place == 0 => is_letter = false,
            _ => return None,
        }
    }
    Some(part)
}

/// The fields whose names are among `names` (or are not), and the empty line.
fn chosen(header: &[u8], names: &[String], among: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, field) in field::fields(header) {
        if names.iter().any(|wanted| name.eq_ignore_ascii_case(wanted.as_bytes())) == among {
            out.extend_from_slice(field);
        }
    }
    if !out.is_empty() && !out.ends_with(b"\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out
}

/// Base64 of a letter: line ends and foreign characters are skipped (RFC 2045 §6.8).
fn base64_decoded(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0u32);
    for byte in bytes {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => break,
            _ => continue,
        };
        bits = (bits << 6 | u32::from(value)) & 0x00ff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    out
}

/// RFC 2045 §6.7; what is no escape stands as it is.
fn quoted_printable_decoded(bytes: &[u8]) -> Vec<u8> {
    let hex = |b: &u8| char::from(*b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'=' {
            out.push(*first);
            continue;
        }
        match after {
            [b'\r', b'\n', left @ ..] | [b'\n', left @ ..] => rest = left,
            [high, low, left @ ..] if hex(high).is_some() && hex(low).is_some() => {
                out.push(hex(high).unwrap_or(0) << 4 | hex(low).unwrap_or(0));
                rest = left;
            }
            _ => out.push(b'='),
        }
    }
    out
}
