//! Replies (RFC 5321 §4.2, RFC 2034): writing ours, reading a peer's.

use std::fmt::Write;

/// One reply: code, enhanced code, text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The three digits.
    pub code: u16,
    /// The enhanced status code (`5.1.1`), empty where RFC 2034 §4 has none.
    pub enhanced: String,
    /// What a person may read; several lines are separated by `\n`.
    pub text: String,
}

impl Reply {
    /// A reply in one language: protocol talk that only programs read.
    pub fn new(code: u16, enhanced: &str, text: impl Into<String>) -> Self {
        Self { code, enhanced: enhanced.to_owned(), text: text.into() }
    }

    /// A reply that ends up before a person: Vietnamese first, then English.
    pub fn both(code: u16, enhanced: &str, vietnamese: &str, english: &str) -> Self {
        Self::new(code, enhanced, format!("{vietnamese} / {english}"))
    }

    /// Whether the peer accepted.
    pub fn is_positive(&self) -> bool {
        self.code < 400
    }

    /// Whether trying again later makes sense.
    pub fn is_temporary(&self) -> bool {
        (400..500).contains(&self.code)
    }

    /// Appends the wire form. Without `international` every mark is taken off the letters:
    /// RFC 6531 §3.7.4.2 allows UTF-8 in replies only to clients that asked for SMTPUTF8.
    pub fn write(&self, international: bool, out: &mut Vec<u8>) {
        let text = if international { self.text.clone() } else { unmarked(&self.text) };
        let lines: Vec<&str> = text.split('\n').collect();
        for (index, line) in lines.iter().enumerate() {
            let separator = if index + 1 == lines.len() { ' ' } else { '-' };
            let mut wire = format!("{}{separator}", self.code);
            if !self.enhanced.is_empty() {
                let _ = write!(wire, "{} ", self.enhanced);
            }
            wire.extend(line.chars().filter(|c| !c.is_control()).take(MAX_LINE_TEXT));
            out.extend_from_slice(wire.trim_end().as_bytes());
            if wire.trim_end().len() == 3 {
                out.push(b' ');
            }
            out.extend_from_slice(b"\r\n");
        }
    }
}

/// `text` in ASCII: Vietnamese letters lose their marks and keep their case, the rest becomes `?`.
fn unmarked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
            continue;
        }
        let folded = base::fold::fold(c.encode_utf8(&mut [0; 4]));
        for plain in folded.chars() {
            match plain {
                _ if !plain.is_ascii() => out.push('?'),
                _ if c.is_uppercase() => out.push(plain.to_ascii_uppercase()),
                _ => out.push(plain),
            }
        }
    }
    out
}

/// RFC 5321 §4.5.3.1.5 ends a reply line at 512 octets; characters may take four.
const MAX_LINE_TEXT: usize = 450;

/// Collects a peer's reply from lines as they arrive.
#[derive(Debug, Default)]
pub struct Parser {
    lines: Vec<String>,
}

impl Parser {
    /// Takes one line without its CRLF; the reply when it was the last one.
    ///
    /// # Errors
    /// When the line is not part of an SMTP reply, or the reply never ends.
    pub fn handle_line(&mut self, line: &[u8]) -> Result<Option<Reply>, NotAReply> {
        let text = String::from_utf8_lossy(line);
        let code =
            text.get(..3).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit())).ok_or(NotAReply)?;
        let code: u16 = code.parse().map_err(|_| NotAReply)?;
        if !(200..600).contains(&code) || self.lines.len() >= MAX_REPLY_LINES {
            return Err(NotAReply);
        }
        let rest = text.get(3..).unwrap_or_default();
        let last = match rest.bytes().next() {
            Some(b'-') => false,
            Some(b' ') | None => true,
            Some(_) => return Err(NotAReply),
        };
        self.lines.push(rest.get(1..).unwrap_or_default().to_owned());
        if !last {
            return Ok(None);
        }
        let lines = std::mem::take(&mut self.lines);
        let mut enhanced = String::new();
        let texts: Vec<&str> = lines
            .iter()
            .map(|line| match line.split_once(' ').unwrap_or((line, "")) {
                (status, rest) if is_enhanced(status) => {
                    status.clone_into(&mut enhanced);
                    rest
                }
                _ => line.as_str(),
            })
            .collect();
        Ok(Some(Reply { code, enhanced: enhanced.clone(), text: texts.join("\n") }))
    }
}

/// `class.subject.detail` (RFC 3463 §2).
fn is_enhanced(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    matches!(parts.as_slice(), [class, subject, detail]
    if matches!(*class, "2" | "4" | "5") && [subject, detail].iter().all(|n| {
        (1..=3).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit())
    }))
}

/// The peer did not speak SMTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAReply;

/// Lines one reply may have; EHLO answers have about fifteen.
const MAX_REPLY_LINES: usize = 100;

#[cfg(test)]
mod tests {
    use super::{Parser, Reply};

    fn wire(reply: &Reply, international: bool) -> String {
        let mut out = Vec::new();
        reply.write(international, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn vietnamese_reaches_only_clients_that_read_it() {
        let reply = Reply::both(550, "5.1.1", "Địa chỉ không tồn tại", "No such mailbox");
        assert_eq!(wire(&reply, true), "550 5.1.1 Địa chỉ không tồn tại / No such mailbox\r\n");
        assert_eq!(wire(&reply, false), "550 5.1.1 Dia chi khong ton tai / No such mailbox\r\n");
    }

    #[test]
    fn a_reply_never_carries_a_line_break_of_its_text() {
        let reply = Reply::new(550, "5.1.1", "<a\rb>\n250 ok");
        assert_eq!(wire(&reply, false), "550-5.1.1 <ab>\r\n550 5.1.1 250 ok\r\n");
    }

    #[test]
    fn several_lines_make_one_reply() {
        let mut parser = Parser::default();
        assert_eq!(parser.handle_line(b"550-5.1.1 no"), Ok(None));
        assert_eq!(parser.handle_line(b"550 5.1.1 such"), Ok(Some(Reply::new(550, "5.1.1", "no\nsuch"))));
        assert_eq!(parser.handle_line(b"250"), Ok(Some(Reply::new(250, "", ""))));
        assert!(parser.handle_line(b"HTTP/1.1 200 OK").is_err());
        assert!(parser.handle_line(b"999 x").is_err());
    }
}
