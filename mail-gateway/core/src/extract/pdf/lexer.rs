//! The objects of PDF syntax (ISO 32000-1 §7.2, §7.3).

use std::collections::BTreeMap;

/// One object, or an operator of a content stream.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Object {
    Null,
    Number(f64),
    Name(String),
    Text(Vec<u8>),
    List(Vec<Object>),
    Dictionary(Dictionary),
    Reference(u32),
    Word(String),
}

/// A dictionary.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Dictionary(pub(super) BTreeMap<String, Object>);

impl Dictionary {
    pub(super) fn get(&self, name: &str) -> Option<&Object> {
        self.0.get(name)
    }

    /// Whether the entry `name` is the name `value`.
    pub(super) fn is(&self, name: &str, value: &str) -> bool {
        matches!(self.get(name), Some(Object::Name(found)) if found == value)
    }

    /// The number `name`, when it stands there itself and is not negative.
    pub(super) fn size(&self, name: &str) -> Option<usize> {
        match self.get(name) {
            Some(Object::Number(number)) if (0.0..4e9).contains(number) => Some(*number as usize),
            _ => None,
        }
    }
}

/// Reads objects from bytes, one after the other.
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_blank(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|byte| byte != b'\n' && byte != b'\r') {
                    self.at += 1;
                }
            } else if is_blank(byte) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// The next object; `None` at the end.
    pub(super) fn object(&mut self) -> Option<Object> {
        self.nested(MAX_DEPTH)
    }

    fn nested(&mut self, depth: usize) -> Option<Object> {
        self.skip_blank();
        let byte = self.peek()?;
        if depth == 0 {
            return None;
        }
        match byte {
            b'/' => {
                self.at += 1;
                Some(Object::Name(self.name()))
            }
            b'(' => {
                self.at += 1;
                Some(Object::Text(self.literal()))
            }
            b'<' if self.bytes.get(self.at + 1) == Some(&b'<') => {
                self.at += 2;
                Some(Object::Dictionary(self.dictionary(depth - 1)))
            }
            b'<' => {
                self.at += 1;
                Some(Object::Text(self.hexadecimal()))
            }
            b'[' => {
                self.at += 1;
                Some(Object::List(self.list(depth - 1)))
            }
            b'>' | b')' | b']' | b'{' | b'}' => {
                self.at += 1;
                Some(Object::Word(char::from(byte).to_string()))
            }
            _ => Some(self.word()),
        }
    }

    fn list(&mut self, depth: usize) -> Vec<Object> {
        let mut items = Vec::new();
        while let Some(item) = self.nested(depth) {
            match item {
                Object::Word(word) if word == "]" => break,
                item => push(&mut items, item),
            }
            if items.len() > MAX_ITEMS {
                break;
            }
        }
        items
    }

    fn dictionary(&mut self, depth: usize) -> Dictionary {
        let mut items = Vec::new();
        while let Some(item) = self.nested(depth) {
            match item {
                Object::Word(word) if word == ">" => {
                    if self.peek() == Some(b'>') {
                        self.at += 1;
                    }
                    break;
                }
                // What should have closed the dictionary did not: the object is over all the same.
                Object::Word(word) if word == "endobj" || word == "stream" => {
                    self.at -= word.len();
                    break;
                }
                item => push(&mut items, item),
            }
            if items.len() > MAX_ITEMS {
                break;
            }
        }
        let mut dictionary = Dictionary::default();
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            if let Object::Name(key) = key {
                dictionary.0.insert(key, value);
            }
        }
        dictionary
    }

    fn name(&mut self) -> String {
        let mut out = Vec::new();
        while let Some(byte) = self.peek().filter(|byte| is_regular(*byte)) {
            self.at += 1;
            let coded = (byte == b'#').then(|| self.bytes.get(self.at..self.at + 2)).flatten();
            match coded.and_then(|two| Some(digit(*two.first()?)? * 16 + digit(*two.last()?)?)) {
                Some(value) => {
                    out.push(value);
                    self.at += 2;
                }
                None => out.push(byte),
            }
        }
        String::from_utf8_lossy(&out).into_owned()
    }

    /// ISO 32000-1 §7.3.4.2: parentheses balance, a backslash escapes.
    fn literal(&mut self) -> Vec<u8> {
        let (mut out, mut open) = (Vec::new(), 1usize);
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        break;
                    }
                }
                b'\\' => {
                    out.extend(self.escaped());
                    continue;
                }
                _ => {}
            }
            out.push(byte);
        }
        out
    }

    fn escaped(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        match byte {
            b'n' => Some(b'\n'),
            b'r' => Some(b'\r'),
            b't' => Some(b'\t'),
            b'b' => Some(8),
            b'f' => Some(12),
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
                None
            }
            b'\n' => None,
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(next @ b'0'..=b'7') = self.peek() else { break };
                    value = value * 8 + u32::from(next - b'0');
                    self.at += 1;
                }
                // §7.3.4.2: high-order overflow is ignored.
                Some((value & 0xff) as u8)
            }
            other => Some(other),
        }
    }

    fn hexadecimal(&mut self) -> Vec<u8> {
        let mut digits = Vec::new();
        while let Some(byte) = self.peek() {
            self.at += 1;
            if byte == b'>' {
                break;
            }
            digits.extend(digit(byte));
        }
        let pair = |two: &[u8]| two.first().unwrap_or(&0) * 16 + two.get(1).unwrap_or(&0);
        digits.chunks(2).map(pair).collect()
    }

    fn word(&mut self) -> Object {
        let from = self.at;
        while self.peek().is_some_and(is_regular) {
            self.at += 1;
        }
        // A byte that begins nothing must not stop the reading.
        self.at = self.at.max(from + 1);
        let word = String::from_utf8_lossy(self.bytes.get(from..self.at).unwrap_or_default()).into_owned();
        match word.parse::<f64>() {
            Ok(number)
                if number.is_finite()
                    && word
                        .starts_with(['+', '-', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) =>
            {
                Object::Number(number)
            }
            _ if word == "null" => Object::Null,
            _ => Object::Word(word),
        }
    }
}

/// Adds `item`; `n g R` becomes the reference it is.
fn push(items: &mut Vec<Object>, item: Object) {
    if matches!(&item, Object::Word(word) if word == "R")
        && let [.., Object::Number(number), Object::Number(_)] = items.as_slice()
        && (0.0..f64::from(u32::MAX)).contains(number)
    {
        let number = *number as u32;
        items.truncate(items.len() - 2);
        items.push(Object::Reference(number));
        return;
    }
    items.push(item);
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// White space of PDF (ISO 32000-1 §7.2.2).
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_regular(byte: u8) -> bool {
    !is_blank(byte) && !b"()<>[]{}/%".contains(&byte)
}

/// Objects within objects.
const MAX_DEPTH: usize = 50;
/// Members of one list or dictionary.
const MAX_ITEMS: usize = 100_000;
