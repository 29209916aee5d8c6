//! ENVELOPE: the structured facts of a header in IMAP's own words (RFC 9051 §7.5.2).

use super::{
    addresses::{self, Entry},
    field,
};

/// The ENVELOPE of `header`, ready to be sent. It is made once per body and kept, so that a list of
/// ten thousand letters opens no file.
pub fn envelope(header: &[u8]) -> String {
    let value = |name: &str| field::value_of(header, name);
    let mut out = String::from("(");
    nstring(&mut out, value("date").as_deref());
    out.push(' ');
    nstring(&mut out, value("subject").as_deref());
    let from = list(value("from"));
    for name in ["from", "sender", "reply-to", "to", "cc", "bcc"] {
        out.push(' ');
        let own = if name == "from" { from.clone() } else { list(value(name)) };
        // RFC 9051 §7.5.2: the server defaults sender and reply-to to from.
        let entries =
            if own.is_empty() && matches!(name, "sender" | "reply-to") { from.clone() } else { own };
        address_list(&mut out, &entries);
    }
    out.push(' ');
    nstring(&mut out, value("in-reply-to").as_deref());
    out.push(' ');
    nstring(&mut out, value("message-id").as_deref());
    out.push(')');
    out
}

fn list(value: Option<String>) -> Vec<Entry> {
    value.map(|value| addresses::parse(&value)).unwrap_or_default()
}

fn address_list(out: &mut String, entries: &[Entry]) {
    if entries.is_empty() {
        out.push_str("NIL");
        return;
    }
    out.push('(');
    for entry in entries {
        out.push('(');
        match entry {
            Entry::Mailbox { name, local, domain } => {
                nstring(out, name.as_deref());
                out.push_str(" NIL ");
                nstring(out, Some(local));
                out.push(' ');
                // A NIL host would mean a group.
                nstring(out, Some(domain));
            }
            Entry::GroupStart(name) => {
                out.push_str("NIL NIL ");
                nstring(out, Some(name));
                out.push_str(" NIL");
            }
            Entry::GroupEnd => out.push_str("NIL NIL NIL NIL"),
        }
        out.push(')');
    }
    out.push(')');
}

/// A string or NIL, as quoted string where that can be and as literal where it must (RFC 9051 §4.3).
pub fn nstring(out: &mut String, text: Option<&str>) {
    let Some(text) = text else { return out.push_str("NIL") };
    let plain = text.len() <= MAX_QUOTED && text.bytes().all(|b| (0x20..0x7f).contains(&b));
    if plain {
        out.push('"');
        for c in text.chars() {
            if matches!(c, '"' | '\\') {
                out.push('\\');
            }
            out.push(c);
        }
        out.push('"');
    } else {
        out.push_str(&format!("{{{}}}\r\n{text}", text.len()));
    }
}

/// Longer strings are literals: some clients read lines into small buffers.
const MAX_QUOTED: usize = 1000;
