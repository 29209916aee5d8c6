//! Where every part of a letter lies in its bytes (RFC 2045, 2046): what IMAP needs to answer
//! `BODY[2.1]` with exactly the octets that were sent, which a parser that decodes cannot.
//!
//! Hostile letters are bounded: [`MAX_DEPTH`], [`MAX_PARTS`]; what lies deeper is one opaque part.

pub mod addresses;
pub mod envelope;
pub mod facts;
pub mod field;
pub mod section;
pub mod structure;

use std::ops::Range;

use field::{Parameters, Token};

/// One part: the letter itself, a part of a multipart, or the letter inside a `message/rfc822`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its header with the empty line that ends it.
    pub header: Range<usize>,
    /// What follows.
    pub body: Range<usize>,
    /// The type before the slash, lower case.
    pub media: String,
    /// The type after the slash, lower case.
    pub subtype: String,
    /// Parameters of the type, as they stand.
    pub parameters: Parameters,
    /// What it holds.
    pub content: Content,
}

/// What a part holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Octets.
    Leaf,
    /// Parts side by side.
    Multipart(Vec<Part>),
    /// A letter.
    Message(Box<Part>),
}

impl Part {
    /// Reads the structure of the letter `raw`.
    pub fn of(raw: &[u8]) -> Self {
        Reader { raw, parts: 0 }.read(0..raw.len(), false, 0)
    }

    /// Only where the header of `raw` ends, for what asks nothing of its parts.
    pub fn shallow(raw: &[u8]) -> Self {
        let end = field::header_length(raw);
        Self {
            header: 0..end,
            body: end..raw.len(),
            media: "text".to_owned(),
            subtype: "plain".to_owned(),
            parameters: Vec::new(),
            content: Content::Leaf,
        }
    }

    /// Its header's octets.
    pub fn header_bytes<'a>(&self, raw: &'a [u8]) -> &'a [u8] {
        raw.get(self.header.clone()).unwrap_or_default()
    }

    /// Its body's octets, still encoded.
    pub fn body_bytes<'a>(&self, raw: &'a [u8]) -> &'a [u8] {
        raw.get(self.body.clone()).unwrap_or_default()
    }
}

struct Reader<'a> {
    raw: &'a [u8],
    parts: usize,
}

impl Reader<'_> {
    fn read(&mut self, range: Range<usize>, in_digest: bool, depth: usize) -> Part {
        self.parts += 1;
        let bytes = self.raw.get(range.clone()).unwrap_or_default();
        let header = range.start..range.start + field::header_length(bytes);
        let body = header.end..range.end;
        let header_bytes = self.raw.get(header.clone()).unwrap_or_default();
        let Token { value, parameters } = field::value_of(header_bytes, "content-type")
            .and_then(Token::parse)
            .unwrap_or_else(|| Token::bare(if in_digest { "message/rfc822" } else { "text/plain" }));
        // RFC 2045 §5.2: a type that cannot be read counts as plain text.
        let (media, subtype) = value.split_once('/').unwrap_or(("text", "plain"));
        let (media, subtype) = (media.to_ascii_lowercase(), subtype.to_ascii_lowercase());
        let content = self.content(&media, &subtype, &parameters, header_bytes, &body, depth);
        let mut part = Part { header, body, media, subtype, parameters, content };
        if part.content == Content::Leaf && matches!(part.media.as_str(), "multipart" | "message") {
            part.call_opaque();
        }
        part
    }

    fn content(
        &mut self,
        media: &str,
        subtype: &str,
        parameters: &Parameters,
        header: &[u8],
        body: &Range<usize>,
        depth: usize,
    ) -> Content {
        if depth >= MAX_DEPTH || self.parts >= MAX_PARTS {
            return Content::Leaf;
        }
        if media == "message" && matches!(subtype, "rfc822" | "global") {
            // RFC 2046 §5.2.1: it is not encoded; what is anyway cannot be looked into.
            let encoding = field::encoding(header);
            if matches!(encoding.as_str(), "7BIT" | "8BIT" | "BINARY") {
                return Content::Message(Box::new(self.read(body.clone(), false, depth + 1)));
            }
        }
        let boundary = parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case("boundary"));
        match boundary {
            Some((_, boundary)) if media == "multipart" && !boundary.is_empty() => {
                let ranges = self.split(body.clone(), boundary.as_bytes());
                let mut parts = Vec::with_capacity(ranges.len());
                for range in ranges {
                    if self.parts >= MAX_PARTS {
                        break;
                    }
                    parts.push(self.read(range, subtype == "digest", depth + 1));
                }
                if parts.is_empty() { Content::Leaf } else { Content::Multipart(parts) }
            }
            _ => Content::Leaf,
        }
    }

    /// The parts between the delimiter lines of `boundary` (RFC 2046 §5.1.1).
    fn split(&self, body: Range<usize>, boundary: &[u8]) -> Vec<Range<usize>> {
        let bytes = self.raw.get(body.clone()).unwrap_or_default();
        let mut ranges = Vec::new();
        let mut open: Option<usize> = None;
        let mut at = 0;
        while at < bytes.len() {
            let rest = bytes.get(at..).unwrap_or_default();
            let line_end = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |n| n + 1);
            if let Some(is_last) = delimiter(rest.get(..line_end).unwrap_or_default(), boundary) {
                if let Some(start) = open.take() {
                    ranges.push(body.start + start..body.start + without_line_end(bytes, start, at));
                }
                if is_last || ranges.len() >= MAX_PARTS {
                    return ranges;
                }
                open = Some(at + line_end);
            }
            at += line_end;
        }
        // A letter that was cut off: its last part is what came.
        ranges.extend(open.map(|start| body.start + start..body.end));
        ranges
    }
}

impl Part {
    /// What cannot be looked into is not called a structure (RFC 9051 §7.5.2 has no words for it).
    fn call_opaque(&mut self) {
        if self.media == "multipart" && self.body.is_empty() {
            (self.media, self.subtype) = ("text".to_owned(), "plain".to_owned());
        } else if self.media == "multipart" || matches!(self.subtype.as_str(), "rfc822" | "global") {
            (self.media, self.subtype) = ("application".to_owned(), "octet-stream".to_owned());
        }
    }
}

/// Whether `line` delimits; `Some(true)` for the closing delimiter.
fn delimiter(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?;
    let (rest, is_last) = match rest.strip_prefix(b"--") {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    rest.iter().all(|b| b" \t\r\n".contains(b)).then_some(is_last)
}

/// RFC 2046 §5.1.1: the line end before a delimiter belongs to the delimiter.
fn without_line_end(bytes: &[u8], start: usize, end: usize) -> usize {
    match bytes.get(start..end) {
        Some([.., b'\r', b'\n']) => end - 2,
        Some([.., b'\n']) => end - 1,
        _ => end,
    }
}

/// Parts within parts that are looked into.
const MAX_DEPTH: usize = 32;
/// Parts of one letter that are told apart.
const MAX_PARTS: usize = 10_000;

#[cfg(test)]
mod tests;
