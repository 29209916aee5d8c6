//! Reading hostile MIME within bounds.

use mail_parser::{HeaderName, Message, MessageParser, MimeHeaders, PartType};

/// Parses `raw`; anything that is not a letter becomes a letter without headers.
pub fn parse(raw: &[u8]) -> Message<'_> {
    let bounded = if nests_too_deep(raw) { headers_of(raw) } else { raw };
    let mut message = MessageParser::default().parse(bounded).unwrap_or_default();
    if message.parts.is_empty() {
        // `Message::root_part` indexes the first part.
        message.parts.push(mail_parser::MessagePart::default());
    }
    message
}

/// Whether `raw` might hold letters within letters deeper than the stack bears: they are freed
/// recursively. Every level needs one of these words, so counting them is a safe bound.
fn nests_too_deep(raw: &[u8]) -> bool {
    let word = |from: Option<usize>, word: &[u8]| {
        let found = from.and_then(|from| raw.get(from..from + word.len()));
        found.is_some_and(|found| found.eq_ignore_ascii_case(word))
    };
    // Looked for by the rarest letter of each.
    let nests = |at: &usize| match raw.get(*at) {
        Some(b'8') => word(at.checked_sub(3), b"rfc822"),
        _ => word(Some(*at), b"global") || word(at.checked_sub(2), b"digest"),
    };
    memchr::memchr3_iter(b'8', b'g', b'G', raw).filter(nests).nth(MAX_NESTED).is_some()
}

/// The header section of `raw`, with its empty line.
pub fn headers_of(raw: &[u8]) -> &[u8] {
    let mut from = 0;
    while let Some(end) = raw.get(from..).and_then(|rest| rest.iter().position(|b| *b == b'\n')) {
        let line = raw.get(from..from + end).unwrap_or_default();
        from += end + 1;
        if line.is_empty() || line == b"\r" {
            break;
        }
        if from >= raw.len() {
            break;
        }
    }
    raw.get(..from).filter(|headers| !headers.is_empty()).unwrap_or(raw)
}

/// The plain text of a letter, HTML reduced to its words; `limit` bytes at most per part.
pub fn plain_text(message: &Message<'_>) -> String {
    let mut out = String::new();
    for id in message.text_body.iter().take(MAX_TEXT_PARTS) {
        let Some(part) = message.part(*id) else { continue };
        match &part.body {
            PartType::Text(text) => out.push_str(text),
            PartType::Html(html) => out.push_str(&mail_parser::decoders::html::html_to_text(html)),
            _ => {}
        }
        out.push('\n');
    }
    out
}

/// Whether a person would say the letter has an attachment: files, not the pictures shown inside
/// its HTML (RFC 8621 §4.1.4, `hasAttachment`).
pub fn has_attachment(message: &Message<'_>) -> bool {
    message.attachments().any(|part| {
        let inline = part.content_disposition().is_some_and(|d| d.is_inline()) || part.content_id().is_some();
        !inline || part.content_disposition().is_some_and(|d| d.is_attachment())
    })
}

/// The media type of a part, lower case; `text/plain` when it does not say (RFC 2045 §5.2).
pub fn media_type(part: &mail_parser::MessagePart<'_>) -> String {
    match part.content_type() {
        Some(kind) => {
            format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or("octet-stream")).to_ascii_lowercase()
        }
        None if part.is_message() => "message/rfc822".to_owned(),
        None => "text/plain".to_owned(),
    }
}

/// The file name of a part in NFC, without what a path or a terminal would interpret.
pub fn file_name(part: &mail_parser::MessagePart<'_>) -> Option<String> {
    let name = part.attachment_name()?;
    let clean: String = super::text::nfc(name)
        .chars()
        .filter(|c| !c.is_control() && !is_bidi_control(*c))
        .take(255)
        .collect();
    (!clean.trim().is_empty()).then_some(clean)
}

/// Characters that would show "exe.pdf" for "fdp.exe".
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The ids of a header such as `References`, without angle brackets.
pub fn message_ids(message: &Message<'_>, name: HeaderName<'static>) -> Option<Vec<String>> {
    let value = message.header(name)?;
    let ids: Vec<String> = match value {
        mail_parser::HeaderValue::Text(id) => vec![id.to_string()],
        mail_parser::HeaderValue::TextList(ids) => {
            ids.iter().take(MAX_IDS).map(ToString::to_string).collect()
        }
        _ => return None,
    };
    (!ids.is_empty()).then_some(ids)
}

/// Letters within letters that are looked into.
const MAX_NESTED: usize = 500;
/// Body parts that are read as text.
const MAX_TEXT_PARTS: usize = 100;
/// Ids read from one header.
const MAX_IDS: usize = 200;
