//! The parameters of MAIL and RCPT that are taken as they stand: DSN (RFC 3461 §4). The grammar crate
//! decodes them and forgets the address type, but the next server must get what the sender wrote.

use crate::message::{
    Wishes,
    delivery::{Notify, from_xtext},
};

/// The `KEY=value` words behind the path of a MAIL or RCPT line.
fn words(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.get(path_end(line)..).unwrap_or_default().split(' ').filter_map(|word| word.split_once('='))
}

/// Where the path ends: at the first `>` outside a quoted local part.
fn path_end(line: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in line.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '>' if !quoted => return at + 1,
            _ => {}
        }
    }
    line.len()
}

fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    words(line).find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value)
}

/// The `ENVID` of a MAIL line; empty when there is none.
///
/// # Errors
/// The name of the parameter that is not legal.
pub(super) fn envelope_id(line: &str) -> Result<String, &'static str> {
    let Some(id) = value(line, "ENVID") else { return Ok(String::new()) };
    // RFC 3461 §4.4: at most 100 characters once decoded.
    match from_xtext(id) {
        Some(text) if !text.is_empty() && text.len() <= 100 => Ok(id.to_owned()),
        _ => Err("ENVID"),
    }
}

/// `NOTIFY` and `ORCPT` of a RCPT line.
///
/// # Errors
/// The name of the parameter that is not legal.
pub(super) fn wishes(line: &str) -> Result<Wishes, &'static str> {
    let mut wishes = Wishes::default();
    if let Some(events) = value(line, "NOTIFY") {
        wishes.notify = Some(Notify::parse(events).ok_or("NOTIFY")?);
    }
    if let Some(original) = value(line, "ORCPT") {
        // RFC 3461 §4.2: at most 500 characters; RFC 6533 §3 adds a type whose text is not all ASCII.
        let legal = original.split_once(';').is_some_and(|(kind, address)| {
            let text = if kind.eq_ignore_ascii_case("utf-8") {
                !address.chars().any(|c| c.is_control() || c.is_whitespace())
            } else {
                from_xtext(address).is_some()
            };
            let atom = kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            !kind.is_empty() && atom && !address.is_empty() && text
        });
        if !legal || original.len() > 500 {
            return Err("ORCPT");
        }
        original.clone_into(&mut wishes.original);
    }
    Ok(wishes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_server_gets_what_the_sender_wrote() {
        let line = "RCPT TO:<\"a>b\"@x.example> NOTIFY=success,DELAY ORCPT=rfc822;Bob+2B1@x.example";
        let found = wishes(line).unwrap();
        assert_eq!(found.original, "rfc822;Bob+2B1@x.example");
        assert_eq!(found.notify, Some(Notify { success: true, failure: false, delay: true }));
        assert_eq!(envelope_id("MAIL FROM:<a@b> RET=FULL ENVID=hi+20there"), Ok("hi+20there".to_owned()));
        assert_eq!(wishes("RCPT TO:<a@b>"), Ok(Wishes::default()));
    }

    #[test]
    fn what_is_not_legal_is_named() {
        for (line, name) in [
            ("RCPT TO:<a@b> NOTIFY=NEVER,SUCCESS", "NOTIFY"),
            ("RCPT TO:<a@b> ORCPT=a@b", "ORCPT"),
            ("RCPT TO:<a@b> ORCPT=rfc822;a+4x@b", "ORCPT"),
            ("RCPT TO:<a@b> ORCPT=;a", "ORCPT"),
        ] {
            assert_eq!(wishes(line), Err(name), "{line}");
        }
        assert!(envelope_id("MAIL FROM:<> ENVID=a+").is_err());
        assert!(envelope_id(&format!("MAIL FROM:<> ENVID={}", "x".repeat(101))).is_err());
    }

    #[test]
    fn fuzz_parameters_of_any_line_are_legal_or_refused() {
        bolero::check!().with_type::<String>().for_each(|line| {
            if let Ok(found) = wishes(line) {
                assert!(found.original.len() <= 500 && !found.original.contains([' ', '\r', '\n']));
            }
            if let Ok(id) = envelope_id(line) {
                assert!(id.bytes().all(|b| b.is_ascii_graphic()));
            }
        });
    }
}
