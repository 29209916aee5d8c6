//! A letter re-encoded for a server that takes ASCII only (RFC 6152 §3, RFC 2045 §6): text becomes
//! quoted-printable, the rest base64. What is signed is never changed.

use base64::{Engine, engine::general_purpose::STANDARD};
use mail_parser::{MessagePart, MimeHeaders, PartType};

use super::{parse, strip::without_headers};

/// `letter` in lines of at most 998 octets of ASCII; `None` when that would break a signature or a
/// header beyond ASCII would be lost.
pub fn convert(letter: &[u8]) -> Option<Vec<u8>> {
    let converted = convert_at(letter, 0)?;
    is_seven_bit(&converted).then_some(converted)
}

fn convert_at(letter: &[u8], depth: u32) -> Option<Vec<u8>> {
    if is_seven_bit(letter) {
        return Some(letter.to_vec());
    }
    if depth > MAX_DEPTH {
        return None;
    }
    let message = parse::parse(letter);
    let mut out = Vec::with_capacity(letter.len() + letter.len() / 4);
    let mut done = 0;
    for part in &message.parts {
        let (start, body, end) = offsets(part)?;
        let header = letter.get(start..body)?;
        let content = letter.get(body..end)?;
        if start < done || !header.is_ascii() || is_seven_bit(content) {
            continue;
        }
        let (encoding, content) = match &part.body {
            PartType::Multipart(_) if is_signed(part) => return None,
            // Its parts follow in the list; only its own claim changes here.
            PartType::Multipart(_) => ("7bit", None),
            PartType::Message(_) => ("7bit", Some(convert_at(content, depth + 1)?)),
            PartType::Text(_) | PartType::Html(_) => ("quoted-printable", Some(quoted_printable(content))),
            PartType::Binary(_) | PartType::InlineBinary(_) => ("base64", Some(base64_lines(content))),
        };
        out.extend_from_slice(letter.get(done..start)?);
        out.extend(encoded_header(header, encoding, start == 0));
        done = body;
        if let Some(content) = content {
            out.extend(content);
            done = end;
        }
    }
    out.extend_from_slice(letter.get(done..)?);
    Some(out)
}

fn offsets(part: &MessagePart<'_>) -> Option<(usize, usize, usize)> {
    let to = |offset: u32| usize::try_from(offset).ok();
    Some((to(part.offset_header)?, to(part.offset_body)?, to(part.offset_end)?))
}

fn is_signed(part: &MessagePart<'_>) -> bool {
    part.content_type().and_then(|kind| kind.subtype()).is_some_and(|sub| sub.eq_ignore_ascii_case("signed"))
}

/// RFC 5321 §4.5.3.1.6 and RFC 5322 §2.1.1.
fn is_seven_bit(bytes: &[u8]) -> bool {
    bytes.is_ascii() && !bytes.contains(&0) && bytes.split(|b| *b == b'\n').all(|line| line.len() <= 999)
}

/// `header` (with its empty line) claiming `encoding`.
fn encoded_header(header: &[u8], encoding: &str, root: bool) -> Vec<u8> {
    let mut out = without_headers(header, &["content-transfer-encoding"]);
    let mut fields = format!("Content-Transfer-Encoding: {encoding}\r\n");
    let names_version =
        |line: &[u8]| line.get(..13).is_some_and(|n| n.eq_ignore_ascii_case(b"mime-version:"));
    if root && !header.split(|b| *b == b'\n').any(names_version) {
        // RFC 2045 §4: without it the encoding would mean nothing.
        fields.push_str("MIME-Version: 1.0\r\n");
    }
    let at = match out.as_slice() {
        whole if whole.ends_with(b"\r\n\r\n") => whole.len() - 2,
        b"\r\n" | b"\n" => 0,
        whole if whole.ends_with(b"\n\n") => whole.len() - 1,
        whole => whole.len(),
    };
    out.splice(at..at, fields.into_bytes());
    out
}

/// RFC 2045 §6.7.
fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 2);
    let mut column = 0;
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte == b'\r' && bytes.peek() == Some(&b'\n') {
            bytes.next();
            out.extend_from_slice(b"\r\n");
            column = 0;
            continue;
        }
        let ends_line = matches!(bytes.peek(), None | Some(b'\r'));
        let plain = match byte {
            b'=' => false,
            b' ' | b'\t' => !ends_line,
            _ => byte.is_ascii_graphic(),
        };
        let width = if plain { 1 } else { 3 };
        if column + width > 75 {
            out.extend_from_slice(b"=\r\n");
            column = 0;
        }
        if plain {
            out.push(byte);
        } else {
            out.extend_from_slice(format!("={byte:02X}").as_bytes());
        }
        column += width;
    }
    out
}

/// RFC 2045 §6.8.
fn base64_lines(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() / 2 * 3);
    for line in content.chunks(57) {
        out.extend_from_slice(STANDARD.encode(line).as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// Letters within letters that are converted.
const MAX_DEPTH: u32 = 20;

#[cfg(test)]
mod tests {
    use mail_parser::MessageParser;

    use super::*;

    #[test]
    fn text_and_files_survive_the_way_through_an_old_server() {
        let letter = "From: a@b\r\nContent-Type: multipart/mixed; boundary=x\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
                      --x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nKính gửi = đồng chí \r\n\
                      --x\r\nContent-Type: application/x-thing\r\nContent-Transfer-Encoding: binary\r\n\r\nđ\u{0}ê\n\r\n\
                      --x\r\nContent-Type: message/rfc822\r\n\r\nSubject: b\r\n\r\nThư kèm\r\n--x--\r\n";
        let converted = convert(letter.as_bytes()).unwrap();
        assert!(is_seven_bit(&converted));
        let parsed = MessageParser::new().parse(&converted).unwrap();
        assert_eq!(parsed.body_text(0).unwrap().trim_end_matches("\r\n"), "Kính gửi = đồng chí ");
        assert_eq!(parsed.attachment(0).unwrap().contents(), "đ\u{0}ê\n".as_bytes());
        let inner = parsed.attachment(1).unwrap().message().unwrap();
        assert_eq!(inner.body_text(0).unwrap().trim(), "Thư kèm");
    }

    #[test]
    fn what_is_signed_is_left_alone() {
        let letter = "Content-Type: multipart/signed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nđ\r\n--x--\r\n";
        assert_eq!(convert(letter.as_bytes()), None);
        let ascii = letter.replace('đ', "d");
        assert_eq!(convert(ascii.as_bytes()).as_deref(), Some(ascii.as_bytes()), "nothing to change");
        assert_eq!(convert("Subject: đ\r\n\r\nx".as_bytes()), None, "a header beyond ASCII");
    }

    #[test]
    fn fuzz_any_letter_becomes_ascii_or_stays() {
        bolero::check!().with_type::<Vec<u8>>().for_each(|bytes| {
            if let Some(converted) = convert(bytes) {
                assert!(is_seven_bit(&converted));
            }
        });
    }
}
