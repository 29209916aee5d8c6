//! Header fields as bytes: where the header ends, what a field says, `value; name=value` fields.

/// Parameters in their order, names as they were written (RFC 2231 forms are left to the reader).
pub type Parameters = Vec<(String, String)>;

/// The length of the header of `bytes`, with the empty line that ends it.
pub fn header_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let end = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |n| n + 1);
        let line = rest.get(..end).unwrap_or_default();
        at += end;
        if line == b"\r\n" || line == b"\n" {
            break;
        }
    }
    at
}

/// The fields of `header` in order: name, and the whole field with its line ends.
pub fn fields(header: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = header;
    std::iter::from_fn(move || {
        loop {
            let length = field_length(rest);
            if length == 0 {
                return None;
            }
            let (field, after) = rest.split_at(length);
            rest = after;
            let Some(colon) = field.iter().position(|b| *b == b':') else { continue };
            let name = field.get(..colon).unwrap_or_default().trim_ascii_end();
            if !name.is_empty() {
                return Some((name, field));
            }
        }
    })
}

/// The octets of the first field of `rest`, folded lines included.
fn field_length(rest: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let Some(line) = rest.get(at..) else { return at };
        let Some(end) = line.iter().position(|b| *b == b'\n') else { return rest.len() };
        at += end + 1;
        // RFC 5322 §2.2.3: a line that begins with white space belongs to the one before.
        if !matches!(rest.get(at), Some(b' ' | b'\t')) {
            return at;
        }
    }
}

/// The value of the first field `name` (lower case), unfolded and trimmed.
pub fn value_of(header: &[u8], name: &str) -> Option<String> {
    let (_, field) = fields(header).find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))?;
    Some(value(field))
}

/// The value of a whole field, unfolded and trimmed; octets that are no UTF-8 become U+FFFD.
pub fn value(field: &[u8]) -> String {
    let colon = field.iter().position(|b| *b == b':').map_or(field.len(), |n| n + 1);
    let bytes: Vec<u8> = field
        .get(colon..)
        .unwrap_or_default()
        .iter()
        .copied()
        .filter(|b| !matches!(b, b'\r' | b'\n' | 0))
        .collect();
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

/// The transfer encoding of a part, upper case; `7BIT` when it does not say (RFC 2045 §6.1).
pub fn encoding(header: &[u8]) -> String {
    let value = value_of(header, "content-transfer-encoding").and_then(Token::parse).map(|t| t.value);
    value.filter(|value| !value.is_empty()).unwrap_or_else(|| "7BIT".to_owned()).to_ascii_uppercase()
}

/// A value with parameters: `text/plain; charset=utf-8` (RFC 2045 §5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What stands before the first semicolon.
    pub value: String,
    /// What stands after it.
    pub parameters: Parameters,
}

impl Token {
    /// A value alone.
    pub fn bare(value: &str) -> Self {
        Self { value: value.to_owned(), parameters: Vec::new() }
    }

    /// Reads an unfolded field value; `None` when there is nothing before the parameters.
    pub fn parse(text: impl AsRef<str>) -> Option<Self> {
        let text = without_comments(text.as_ref());
        let mut pieces = pieces(&text).into_iter();
        let value: String = pieces.next()?.chars().filter(|c| !c.is_whitespace()).collect();
        if value.is_empty() {
            return None;
        }
        let parameters = pieces
            .take(MAX_PARAMETERS)
            .filter_map(|piece| {
                let (name, value) = piece.split_once('=')?;
                let name = name.trim();
                (!name.is_empty()).then(|| (name.to_owned(), unquoted(value.trim())))
            })
            .collect();
        Some(Self { value, parameters })
    }
}

/// `text` cut at semicolons outside quotes.
fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => {
                pieces.push(text.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(text.get(start..).unwrap_or_default());
    pieces
}

/// A quoted string without its quotes and escapes.
fn unquoted(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"') else { return text.to_owned() };
    let mut out = String::with_capacity(inner.len());
    let mut escaped = false;
    for c in inner.chars() {
        match c {
            _ if escaped => {
                out.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => break,
            c => out.push(c),
        }
    }
    out
}

/// `text` without `(comments)` (RFC 5322 §3.2.2).
fn without_comments(text: &str) -> String {
    let (mut out, mut depth, mut quoted, mut escaped) = (String::new(), 0usize, false, false);
    for c in text.chars() {
        let keep = depth == 0;
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' if depth == 0 => quoted = !quoted,
            '(' if !quoted => {
                depth += 1;
                continue;
            }
            ')' if !quoted && depth > 0 => {
                depth -= 1;
                continue;
            }
            _ => {}
        }
        if keep {
            out.push(c);
        }
    }
    out
}

/// Parameters read of one field.
const MAX_PARAMETERS: usize = 100;
