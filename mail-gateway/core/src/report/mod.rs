//! The delivery-failure letter (RFC 3464 in a `multipart/report` of RFC 6522), in Vietnamese and English.

use std::fmt::Write;

use base::{Timestamp, random::Random};
use base64::{Engine, engine::general_purpose::STANDARD};
use mail_parser::{DateTime, MessageParser};

use crate::queue::Answer;

/// One recipient that was not reached.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The address as the sender wrote it.
    pub recipient: String,
    /// Why.
    pub answer: Answer,
}

/// What a report tells.
#[derive(Debug)]
pub struct Report<'a> {
    /// Our domain.
    pub domain: &'a str,
    /// Who sent the letter and is told.
    pub sender: &'a str,
    /// Recipients that were not reached; at least one.
    pub failures: &'a [Failure],
    /// The header of the letter that failed (or the whole letter: only its header is used).
    pub letter: &'a [u8],
    /// When we accepted the letter.
    pub accepted_at: Timestamp,
    /// Now.
    pub now: Timestamp,
}

impl Report<'_> {
    /// The letter to the sender; its envelope sender must be the null sender (RFC 3464 §2).
    pub fn build(&self, random: &mut dyn Random) -> Vec<u8> {
        let boundary = format!("=_{:016x}{:016x}", random.next_u64(), random.next_u64());
        let parsed = MessageParser::new().parse_headers(header_of(self.letter));
        let subject = parsed.as_ref().and_then(|letter| letter.subject()).unwrap_or("").to_owned();
        let original = parsed.as_ref().and_then(|letter| letter.message_id()).filter(|id| plain(id));
        let international = !self.sender.is_ascii() || self.failures.iter().any(|f| !f.recipient.is_ascii());
        let mut out = self.header(&boundary, original, random);
        let _ = write!(
            out,
            "--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
            wrapped(&self.words(&subject))
        );
        // RFC 6533: addresses beyond ASCII need the global form.
        let (kind, encoding) =
            if international { ("global-delivery-status", "8bit") } else { ("delivery-status", "7bit") };
        let _ = write!(
            out,
            "--{boundary}\r\nContent-Type: message/{kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{}",
            self.status(international)
        );
        let header = header_of(self.letter);
        let encoding = if header.is_ascii() { "7bit" } else { "8bit" };
        let _ = write!(
            out,
            "--{boundary}\r\nContent-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
        );
        let mut bytes = out.into_bytes();
        bytes.extend_from_slice(header);
        bytes.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        bytes
    }

    fn header(&self, boundary: &str, original: Option<&str>, random: &mut dyn Random) -> String {
        let id = format!("{:x}.{:016x}", self.now.as_micros(), random.next_u64());
        let mut out = String::new();
        let _ = write!(
            out,
            "Return-Path: <>\r\nFrom: {} <mailer-daemon@{}>\r\nTo: <{}>\r\nSubject: {}\r\nDate: {}\r\n\
             Message-ID: <{id}@{}>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n",
            encoded_words("Hệ thống thư điện tử"),
            self.domain,
            self.sender,
            encoded_words("Không gửi được thư / Delivery failure"),
            date(self.now),
            self.domain,
        );
        if let Some(original) = original {
            let _ = write!(out, "In-Reply-To: <{original}>\r\nReferences: <{original}>\r\n");
        }
        let _ = write!(
            out,
            "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"{boundary}\"\r\n\r\n"
        );
        out
    }

    /// What a person reads.
    fn words(&self, subject: &str) -> String {
        let mut list = String::new();
        for failure in self.failures {
            let _ = writeln!(list, "  {}\n      {}", failure.recipient, reason(&failure.answer));
        }
        let accepted = date(self.accepted_at);
        format!(
            "Không gửi được thư đến các địa chỉ sau:\n\n{list}\n\
             Trích yếu: {subject}\nThời điểm gửi: {accepted}\n\n\
             Hệ thống không thử gửi lại thư này nữa. Đề nghị kiểm tra lại địa chỉ người nhận rồi gửi lại; \
             nếu địa chỉ đã đúng, đề nghị báo bộ phận kỹ thuật kèm theo thư này.\n\n\
             ----\n\n\
             Your letter could not be delivered to the addresses above.\n\
             Subject: {subject}\nAccepted: {accepted}\n\n\
             It will not be tried again. Please check the addresses and send it anew; if they are right, \
             pass this letter on to your technical staff.\n"
        )
    }

    /// RFC 3464 §2.2 and §2.3.
    fn status(&self, international: bool) -> String {
        let kind = if international { "utf-8" } else { "rfc822" };
        let mut out = format!(
            "Reporting-MTA: dns; {}\r\nArrival-Date: {}\r\n\r\n",
            self.domain,
            date(self.accepted_at)
        );
        for failure in self.failures {
            let _ = write!(
                out,
                "Final-Recipient: {kind}; {}\r\nAction: failed\r\nStatus: {}\r\n",
                failure.recipient, failure.answer.status
            );
            if let Some(server) = &failure.answer.server {
                let _ = write!(out, "Remote-MTA: dns; {}\r\n", ascii(server));
            }
            let _ = write!(
                out,
                "Diagnostic-Code: {}; {}\r\n\r\n",
                if failure.answer.server.is_some() { "smtp" } else { "x-lienthong" },
                ascii(&failure.answer.text)
            );
        }
        out
    }
}

/// The answer in words a clerk understands, then the answer itself.
fn reason(answer: &Answer) -> String {
    let words = match answer.status.as_str() {
        "5.1.1" | "5.1.6" => "Địa chỉ không tồn tại",
        "5.1.2" | "5.1.10" | "5.4.4" => "Tên miền không tồn tại hoặc không nhận thư",
        "5.2.2" => "Hộp thư người nhận đã đầy",
        "5.3.4" | "5.2.3" => "Thư vượt quá dung lượng bên nhận cho phép",
        "5.6.7" | "5.6.3" => "Máy chủ bên nhận không đọc được dạng thư này",
        status if status.starts_with("5.7") => "Máy chủ bên nhận từ chối thư",
        status if status.starts_with("4.") => "Hết thời gian thử gửi mà máy chủ bên nhận vẫn chưa nhận",
        _ => "Máy chủ bên nhận không chấp nhận thư",
    };
    let server = answer.server.as_deref().map_or_else(String::new, |server| format!("{server}: "));
    format!("{words} ({server}{})", answer.text.replace('\n', " "))
}

fn date(at: Timestamp) -> String {
    DateTime::from_timestamp(at.as_seconds()).to_timezone(7 * 3600).to_rfc822()
}

fn header_of(letter: &[u8]) -> &[u8] {
    let end = letter.windows(4).position(|four| four == b"\r\n\r\n").map_or(letter.len(), |at| at + 2);
    letter.get(..end).unwrap_or(letter)
}

fn plain(id: &str) -> bool {
    id.len() < 500 && id.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>')
}

/// One line of printable ASCII, as RFC 3464 fields need it.
fn ascii(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { ' ' }).take(800).collect()
}

/// RFC 2047: words of at most 75 characters, cut between characters.
fn encoded_words(text: &str) -> String {
    let mut words: Vec<String> = vec![String::new()];
    for c in text.chars() {
        if words.last().is_some_and(|word| word.len() + c.len_utf8() > 42) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    let encoded: Vec<String> =
        words.iter().map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word))).collect();
    encoded.join("\r\n ")
}

/// Base64 in lines of 76 (RFC 2045 §6.8), line ends of `text` made CRLF.
fn wrapped(text: &str) -> String {
    let encoded = STANDARD.encode(text.replace('\n', "\r\n"));
    let mut out = String::with_capacity(encoded.len() + encoded.len() / 38 + 2);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(76));
        out.push_str(line);
        out.push_str("\r\n");
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests;
