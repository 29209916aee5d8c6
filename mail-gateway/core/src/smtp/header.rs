//! The header rules of acceptance: trace fields (RFC 5321 §4.4), loops (§6.3), and what a submission
//! server completes or takes out (RFC 6409 §8).

use std::net::IpAddr;

use base::{Timestamp, random::Random};
use mail_parser::{DateTime, MessageParser};

use super::{Account, Address, Reply, Role};
use crate::message::Priority;

/// What the trace fields tell about a letter's arrival.
#[derive(Debug, Clone, Copy)]
pub struct Trace<'a> {
    /// Our own domain.
    pub domain: &'a str,
    /// Envelope sender.
    pub sender: Option<&'a Address>,
    /// The recipient when there is just one: naming several would disclose them to each other.
    pub recipient: Option<&'a Address>,
    /// The peer's name of itself.
    pub helo: &'a str,
    /// The peer's address; absent for people's own programs, whose whereabouts are nobody's business.
    pub peer: Option<IpAddr>,
    /// `ESMTPSA` and the like (RFC 3848, RFC 6531 §4.3).
    pub protocol: &'a str,
    /// When.
    pub now: Timestamp,
}

/// The date of `now` as letters spell it (RFC 5322 §3.3), in Vietnam's zone.
pub fn date(now: Timestamp) -> String {
    DateTime::from_timestamp(now.as_seconds()).to_timezone(7 * 3600).to_rfc822()
}

/// A new Message-ID without brackets (RFC 5322 §3.6.4).
pub fn message_id(domain: &str, now: Timestamp, random: &mut dyn Random) -> String {
    format!("{:x}.{:016x}@{domain}", now.as_micros(), random.next_u64())
}

/// Checks and completes the header of an accepted letter.
///
/// `block` is the letter up to and including its first empty line (or all of it). The answer begins
/// with `Return-Path` and `Received`; relaying removes the former (see [`without_return_path`]).
///
/// # Errors
/// The reply that refuses the letter.
pub fn prepare(
    block: &[u8],
    role: Role,
    account: Option<&Account>,
    trace: &Trace,
    random: &mut dyn Random,
) -> Result<Vec<u8>, Reply> {
    let (fields, rest) = split(block);
    // RFC 5321 §6.3 asks for a threshold of at least 100 hops.
    if count(&fields, "received") > MAX_HOPS {
        return Err(Reply::both(
            554,
            "5.4.6",
            "Thư chạy vòng giữa các máy chủ",
            "Mail loop: too many Received fields",
        ));
    }
    if count(&fields, "from") > 1 {
        return Err(Reply::both(550, "5.6.0", "Thư có nhiều dòng From", "More than one From field"));
    }
    let writer = match account {
        Some(account) => check_author(&fields, account)?,
        None => None,
    };
    let mut out = Vec::with_capacity(block.len() + 512);
    let sender = trace.sender.map_or("", Address::as_str);
    out.extend_from_slice(format!("Return-Path: <{sender}>\r\n").as_bytes());
    out.extend_from_slice(received(trace, random).as_bytes());
    if role == Role::Relay {
        out.extend_from_slice(format!("{MARK}: {}; outside\r\n", trace.domain).as_bytes());
    }
    for field in &fields {
        let private = role == Role::Submission && (field.is("bcc") || field.is("resent-bcc"));
        if !private && !field.is("return-path") && !field.claims_our_verdict(trace.domain) {
            out.extend_from_slice(field.whole);
        }
    }
    if let Some(writer) = writer {
        out.extend_from_slice(format!("Sender: <{writer}>\r\n").as_bytes());
    }
    if role == Role::Submission {
        if count(&fields, "date") == 0 {
            out.extend_from_slice(format!("Date: {}\r\n", date(trace.now)).as_bytes());
        }
        if count(&fields, "message-id") == 0 {
            let id = message_id(trace.domain, trace.now, random);
            out.extend_from_slice(format!("Message-ID: <{id}>\r\n").as_bytes());
        }
    }
    if !rest.starts_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(rest);
    Ok(out)
}

/// The field that tells readers and filter rules the `score` of the spam filter.
pub fn spam_mark(domain: &str, score: f64) -> String {
    format!("{MARK}: {domain}; spam={score:.1}\r\n")
}

/// The letter without a leading `Return-Path`, which only final delivery writes (RFC 5321 §4.4).
pub fn without_return_path(letter: &[u8]) -> &[u8] {
    let (first, rest) = match letter.windows(2).position(|pair| pair == b"\r\n") {
        Some(end) => letter.split_at(end + 2),
        None => return letter,
    };
    if first.len() >= 12 && first.get(..12).is_some_and(|name| name.eq_ignore_ascii_case(b"return-path:")) {
        rest
    } else {
        letter
    }
}

/// The highest urgency that a field of the header `block` asks for.
pub fn priority(block: &[u8]) -> Priority {
    let (fields, _) = split(block);
    let of_field = |field: &Field<'_>| {
        let value = field.whole.get(field.whole.iter().position(|&b| b == b':')? + 1..)?;
        let name = std::str::from_utf8(field.name).ok()?;
        Priority::of_field(name, &String::from_utf8_lossy(value))
    };
    fields.iter().filter_map(of_field).max().unwrap_or_default()
}

/// Where the header ends in `letter`: after its first empty line.
pub fn header_end(letter: &[u8]) -> Option<usize> {
    if letter.starts_with(b"\r\n") {
        return Some(2);
    }
    letter.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

fn received(trace: &Trace, random: &mut dyn Random) -> String {
    let peer = trace.peer.map_or_else(String::new, |address| format!(" ([{address}])"));
    let recipient = trace.recipient.map_or_else(String::new, |address| format!("\r\n\tfor <{address}>"));
    format!(
        "Received: from {}{peer}\r\n\tby {} with {} id {:012x}{recipient};\r\n\t{}\r\n",
        trace.helo,
        trace.domain,
        trace.protocol,
        random.next_u64() >> 16,
        date(trace.now)
    )
}

/// The author must be the account itself, or somebody it writes for: nobody writes in another's name
/// (RFC 6409 §6.1). Answers who is to be added as `Sender`, where that field is due and missing.
fn check_author<'a>(fields: &[Field], account: &'a Account) -> Result<Option<&'a Address>, Reply> {
    if count(fields, "from") == 0 {
        return Err(Reply::both(550, "5.6.0", "Thư thiếu dòng From", "The letter has no From field"));
    }
    let mut due: Option<&Address> = None;
    for author in authors(fields, "from")? {
        if !account.may_send_as(&author) {
            due = Some(account.writes_for(&author).ok_or_else(not_yours)?);
        }
    }
    if count(fields, "sender") == 0 {
        return Ok(due);
    }
    // RFC 5322 §3.6.2: there is one Sender; where somebody writes for another it is the writer.
    let senders = authors(fields, "sender")?;
    let honest = |sender: &Address| match due {
        Some(writer) => writer.same_as(sender),
        None => account.may_send_as(sender),
    };
    if senders.iter().all(honest) { Ok(None) } else { Err(not_yours()) }
}

/// The addresses in the fields called `name`; one without any address has no author.
fn authors(fields: &[Field], name: &str) -> Result<Vec<Address>, Reply> {
    let mut all = Vec::new();
    for field in fields.iter().filter(|field| field.is(name)) {
        let parsed = MessageParser::new().parse_headers(field.whole);
        let addresses = parsed
            .iter()
            .flat_map(|message| [message.from(), message.sender()])
            .flatten()
            .flat_map(mail_parser::Address::iter)
            .filter_map(|address| address.address());
        let addresses: Option<Vec<Address>> = addresses.map(Address::parse).collect();
        all.extend(addresses.filter(|addresses| !addresses.is_empty()).ok_or_else(not_yours)?);
    }
    Ok(all)
}

/// Refuses a sender address that the account does not have.
pub fn not_yours() -> Reply {
    Reply::both(
        550,
        "5.7.1",
        "Tài khoản không được gửi thư bằng địa chỉ này",
        "This account may not send as this address",
    )
}

struct Field<'a> {
    name: &'a [u8],
    /// Name, value and CRLFs.
    whole: &'a [u8],
}

impl Field<'_> {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

impl Field<'_> {
    /// RFC 8601 §5: results that claim to be ours, in whatever spelling, were written by somebody else.
    fn claims_our_verdict(&self, domain: &str) -> bool {
        if !self.is("authentication-results") && !self.is(MARK) {
            return false;
        }
        let value = self.whole.get(self.name.len() + 1..).unwrap_or_default();
        let value = String::from_utf8_lossy(value).to_lowercase();
        let mut depth = 0u32;
        let mut server = String::new();
        for c in value.trim_start_matches([':', ' ', '\t']).chars() {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                ';' if depth == 0 => break,
                '"' | '\\' => {}
                _ if depth == 0 && !c.is_whitespace() => server.push(c),
                _ => {}
            }
        }
        // The version number may follow the name (RFC 8601 §2.2), and what cannot be told apart goes too.
        server.starts_with(&domain.to_lowercase()) || server.is_empty()
    }
}

fn count(fields: &[Field], name: &str) -> usize {
    fields.iter().filter(|field| field.is(name)).count()
}

/// The fields of `block` and what follows them; a line that is no field begins the body.
fn split(block: &[u8]) -> (Vec<Field<'_>>, &[u8]) {
    let mut fields = Vec::new();
    let mut rest = block;
    while let Some((name, length)) = field_at(rest) {
        let (whole, after) = rest.split_at(length);
        fields.push(Field { name, whole });
        rest = after;
    }
    (fields, rest)
}

/// The name and whole length of the field that `bytes` begins with, folded lines included.
fn field_at(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let colon = bytes.iter().position(|&b| b == b':' || b == b'\r')?;
    let name = bytes.get(..colon)?.trim_ascii_end();
    if bytes.get(colon) != Some(&b':') || name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    let mut end = 0;
    loop {
        let line = bytes.get(end..)?;
        end += line.windows(2).position(|pair| pair == b"\r\n").map_or(line.len(), |at| at + 2);
        if !matches!(bytes.get(end), Some(b' ' | b'\t')) {
            return Some((name, end));
        }
    }
}

/// Says to readers that a letter came from another server, and its spam score; ours alone, whoever else wrote it.
const MARK: &str = "X-Lienthong-Mark";
const MAX_HOPS: usize = 100;
