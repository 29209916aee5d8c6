//! BODY and BODYSTRUCTURE (RFC 9051 §7.5.2): the tree of parts in IMAP's own words.

use super::{
    Content, Part,
    envelope::{envelope, nstring},
    field::{self, Parameters, Token},
};

/// The structure of `part`; with `extended`, the extension data that BODY leaves out.
pub fn structure(raw: &[u8], part: &Part, extended: bool) -> String {
    let mut out = String::new();
    write(&mut out, raw, part, extended);
    out
}

fn write(out: &mut String, raw: &[u8], part: &Part, extended: bool) {
    let header = part.header_bytes(raw);
    out.push('(');
    if let Content::Multipart(parts) = &part.content {
        for part in parts {
            write(out, raw, part, extended);
        }
        out.push(' ');
        upper(out, &part.subtype);
        if extended {
            out.push(' ');
            parameters(out, &part.parameters);
            extension(out, header);
        }
    } else {
        basic(out, part, header);
        match &part.content {
            Content::Message(inner) => {
                out.push(' ');
                out.push_str(&envelope(inner.header_bytes(raw)));
                out.push(' ');
                write(out, raw, inner, extended);
                lines(out, part.body_bytes(raw));
            }
            _ if part.media == "text" => lines(out, part.body_bytes(raw)),
            _ => {}
        }
        if extended {
            out.push(' ');
            nstring(out, field::value_of(header, "content-md5").as_deref());
            extension(out, header);
        }
    }
    out.push(')');
}

fn basic(out: &mut String, part: &Part, header: &[u8]) {
    upper(out, &part.media);
    out.push(' ');
    upper(out, &part.subtype);
    out.push(' ');
    parameters(out, &part.parameters);
    for name in ["content-id", "content-description"] {
        out.push(' ');
        nstring(out, field::value_of(header, name).as_deref());
    }
    out.push(' ');
    nstring(out, Some(&field::encoding(header)));
    out.push_str(&format!(" {}", part.body.len()));
}

/// Disposition, language, location.
fn extension(out: &mut String, header: &[u8]) {
    out.push(' ');
    match field::value_of(header, "content-disposition").and_then(Token::parse) {
        None => out.push_str("NIL"),
        Some(disposition) => {
            out.push('(');
            upper(out, &disposition.value);
            out.push(' ');
            parameters(out, &disposition.parameters);
            out.push(')');
        }
    }
    out.push(' ');
    match field::value_of(header, "content-language") {
        None => out.push_str("NIL"),
        Some(languages) => {
            out.push('(');
            for (n, language) in languages.split(',').map(str::trim).enumerate() {
                if n > 0 {
                    out.push(' ');
                }
                nstring(out, Some(language));
            }
            out.push(')');
        }
    }
    out.push(' ');
    nstring(out, field::value_of(header, "content-location").as_deref());
}

fn parameters(out: &mut String, parameters: &Parameters) {
    if parameters.is_empty() {
        return out.push_str("NIL");
    }
    out.push('(');
    for (n, (name, value)) in parameters.iter().enumerate() {
        if n > 0 {
            out.push(' ');
        }
        upper(out, name);
        out.push(' ');
        nstring(out, Some(value));
    }
    out.push(')');
}

fn upper(out: &mut String, text: &str) {
    nstring(out, Some(&text.to_ascii_uppercase()));
}

fn lines(out: &mut String, body: &[u8]) {
    let count = body.iter().filter(|b| **b == b'\n').count();
    out.push_str(&format!(" {count}"));
}
