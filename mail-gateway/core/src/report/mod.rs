//! The letter that reports failure, delay or success of delivery (RFC 3464 in a `multipart/report` of
//! RFC 6522), in Vietnamese and English.

mod words;

use std::fmt::Write;

use base::{Timestamp, random::Random};
use base64::{Engine, engine::general_purpose::STANDARD};
use mail_parser::{DateTime, MessageParser};

use crate::{message::delivery::from_xtext, queue::Answer};
use words::Kind;

/// What became of one recipient (RFC 3464 §2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Given up.
    Failed,
    /// Not reached yet; it is still tried.
    Delayed,
    /// In the mailbox.
    Delivered,
    /// Handed to a server that does not report further.
    Relayed,
}

impl Action {
    fn keyword(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Delayed => "delayed",
            Self::Delivered => "delivered",
            Self::Relayed => "relayed",
        }
    }
}

/// One recipient and what became of it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The address.
    pub recipient: String,
    /// The recipient as the first sender named it, `type;xtext`; empty when not given.
    pub original: String,
    /// What became of it.
    pub action: Action,
    /// Why, or with which answer.
    pub answer: Answer,
}

/// What a report tells.
#[derive(Debug)]
pub struct Report<'a> {
    /// Our domain.
    pub domain: &'a str,
    /// Who sent the letter and is told.
    pub sender: &'a str,
    /// The recipients it is about; at least one.
    pub entries: &'a [Entry],
    /// The letter. Its header goes back, and all of it when `whole`.
    pub letter: &'a [u8],
    /// The sender asked for the whole letter (RFC 3461 §4.3), and something failed.
    pub whole: bool,
    /// The sender's name of the sending, xtext; empty when not given.
    pub envelope_id: &'a str,
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
        let international = !self.sender.is_ascii() || self.entries.iter().any(|e| !e.recipient.is_ascii());
        let mut out = self.header(&boundary, original, random);
        let _ = write!(
            out,
            "--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
            wrapped(&words::text(self, &subject))
        );
        // RFC 6533: addresses beyond ASCII need the global form.
        let (kind, encoding) =
            if international { ("global-delivery-status", "8bit") } else { ("delivery-status", "7bit") };
        let _ = write!(
            out,
            "--{boundary}\r\nContent-Type: message/{kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{}",
            self.status(international)
        );
        let (kind, returned) = if self.whole {
            ("message/rfc822", self.letter)
        } else {
            ("text/rfc822-headers", header_of(self.letter))
        };
        let encoding = if returned.is_ascii() { "7bit" } else { "8bit" };
        let _ = write!(
            out,
            "--{boundary}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
        );
        let mut bytes = out.into_bytes();
        bytes.extend_from_slice(returned);
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
            encoded_words(Kind::of(self.entries).subject()),
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

    /// RFC 3464 §2.2 and §2.3.
    fn status(&self, international: bool) -> String {
        let kind = if international { "utf-8" } else { "rfc822" };
        let mut out = String::new();
        if let Some(id) = from_xtext(self.envelope_id).filter(|id| !id.is_empty()) {
            let _ = write!(out, "Original-Envelope-Id: {}\r\n", ascii(&id));
        }
        let _ = write!(
            out,
            "Reporting-MTA: dns; {}\r\nArrival-Date: {}\r\n\r\n",
            self.domain,
            date(self.accepted_at)
        );
        for entry in self.entries {
            if let Some((of, address)) = entry.original.split_once(';') {
                let address = from_xtext(address).unwrap_or_else(|| address.to_owned());
                let _ = write!(out, "Original-Recipient: {of}; {}\r\n", ascii(&address));
            }
            let _ = write!(
                out,
                "Final-Recipient: {kind}; {}\r\nAction: {}\r\nStatus: {}\r\n",
                entry.recipient,
                entry.action.keyword(),
                entry.answer.status
            );
            if let Some(server) = &entry.answer.server {
                let _ = write!(out, "Remote-MTA: dns; {}\r\n", ascii(server));
            }
            let _ = write!(
                out,
                "Diagnostic-Code: {}; {}\r\n\r\n",
                if entry.answer.server.is_some() { "smtp" } else { "x-lienthong" },
                ascii(&entry.answer.text)
            );
        }
        out
    }
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
