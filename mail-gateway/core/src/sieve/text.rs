//! Strings of a script: encoded characters (RFC 5228 §2.4.2.4) and variables (RFC 5229 §3).

/// A string with its variables still in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text(pub(super) Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Plain(String),
    /// `${name}`, lower case.
    Variable(String),
    /// `${1}`.
    Match(usize),
}

impl Text {
    /// Reads `source`; variables are looked for only where the script requires them.
    pub(super) fn parse(source: &str, encoded: bool, variables: bool) -> Self {
        let decoded = if encoded { decode(source) } else { source.to_owned() };
        if variables { Self(pieces(&decoded)) } else { Self(vec![Piece::Plain(decoded)]) }
    }

    /// The text when no variable stands in it.
    pub(super) fn fixed(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Plain(text)] => Some(text),
            _ => None,
        }
    }
}

/// `${hex:e1 ba bf}` and `${unicode:1ebf}`; what is malformed stands for itself.
fn decode(source: &str) -> String {
    let mut out = String::new();
    let mut bytes: Vec<u8> = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        let inner = from.get(2..).and_then(|inner| inner.split_once('}'));
        let decoded = inner.and_then(|(inner, _)| character(inner));
        if !before.is_empty() || decoded.is_none() {
            flush(&mut bytes, &mut out);
        }
        out.push_str(before);
        match (decoded, inner) {
            (Some(decoded), Some((_, after))) => {
                bytes.extend(decoded);
                rest = after;
            }
            _ => {
                out.push_str("${");
                rest = from.get(2..).unwrap_or_default();
            }
        }
    }
    flush(&mut bytes, &mut out);
    out.push_str(rest);
    out
}

/// A run of encoded octets becomes text together: one character may need several of them.
fn flush(bytes: &mut Vec<u8>, out: &mut String) {
    out.push_str(&String::from_utf8_lossy(bytes));
    bytes.clear();
}

fn character(inner: &str) -> Option<Vec<u8>> {
    let (kind, codes) = inner.split_once(':')?;
    let mut codes = codes.split_whitespace().peekable();
    codes.peek()?;
    match kind.to_ascii_lowercase().as_str() {
        "hex" => codes.map(|code| (code.len() <= 2).then(|| u8::from_str_radix(code, 16).ok())?).collect(),
        "unicode" => {
            let text: Option<String> =
                codes.map(|code| char::from_u32(u32::from_str_radix(code, 16).ok()?)).collect();
            text.map(String::into_bytes)
        }
        _ => None,
    }
}

fn pieces(source: &str) -> Vec<Piece> {
    let mut all = Vec::new();
    let mut plain = String::new();
    let mut rest = source;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let inner = from.get(2..).and_then(|inner| inner.split_once('}'));
        match inner.and_then(|(name, after)| Some((reference(name)?, after))) {
            Some((piece, after)) => {
                if !plain.is_empty() {
                    all.push(Piece::Plain(std::mem::take(&mut plain)));
                }
                all.push(piece);
                rest = after;
            }
            None => {
                plain.push_str("${");
                rest = from.get(2..).unwrap_or_default();
            }
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        all.push(Piece::Plain(plain));
    }
    all
}

/// RFC 5229 §3: a name, or the number of a match; anything else is not a variable.
fn reference(name: &str) -> Option<Piece> {
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Piece::Match(name.parse().unwrap_or(usize::MAX)));
    }
    is_name(name).then(|| Piece::Variable(name.to_ascii_lowercase()))
}

/// Whether `name` may name a variable.
pub(super) fn is_name(name: &str) -> bool {
    name.bytes().next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
