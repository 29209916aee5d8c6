//! From the codes of a font to characters: ToUnicode maps (ISO 32000-1 §9.10.3), or Latin without one.

use std::collections::HashMap;

use super::{
    super::Budget,
    file::File,
    lexer::{Dictionary, Lexer, Object},
};

/// What a font's strings mean.
#[derive(Debug, Default)]
pub(super) struct Font {
    /// Octets of one code.
    width: usize,
    map: HashMap<u32, String>,
    /// Ranges too wide to be listed: first code, last code, first character.
    ranges: Vec<(u32, u32, u32)>,
    has_map: bool,
}

impl Font {
    /// Reads the font `dictionary`.
    pub(super) fn read(file: &File<'_>, dictionary: &Dictionary, budget: &mut Budget) -> Self {
        let is_composite = dictionary.is("Subtype", "Type0");
        let mut font = Self { width: if is_composite { 2 } else { 1 }, ..Self::default() };
        if let Some(map) = dictionary.get("ToUnicode").and_then(|map| file.stream(map, budget)) {
            font.has_map = true;
            font.read_map(&map, budget);
        }
        font
    }

    fn read_map(&mut self, map: &[u8], budget: &mut Budget) {
        let mut lexer = Lexer::new(map, 0);
        let mut operands: Vec<Object> = Vec::new();
        while let Some(object) = lexer.object() {
            if !budget.work(16) || self.map.len() > MAX_CODES {
                return;
            }
            match object {
                Object::Word(word) => {
                    match word.as_str() {
                        "endcodespacerange" => self.code_space(&operands),
                        "endbfchar" => self.characters(&operands),
                        "endbfrange" => self.spans(&operands),
                        _ => {}
                    }
                    operands.clear();
                }
                other if operands.len() < MAX_OPERANDS => operands.push(other),
                _ => {}
            }
        }
    }

    fn code_space(&mut self, operands: &[Object]) {
        if let Some(Object::Text(first)) = operands.first()
            && (1..=4).contains(&first.len())
        {
            self.width = first.len();
        }
    }

    fn characters(&mut self, operands: &[Object]) {
        for pair in operands.chunks_exact(2) {
            if let [Object::Text(code), Object::Text(meaning)] = pair {
                self.map.insert(number(code), utf16(meaning));
            }
        }
    }

    fn spans(&mut self, operands: &[Object]) {
        for triple in operands.chunks_exact(3) {
            let [Object::Text(first), Object::Text(last), meaning] = triple else { continue };
            let (first, last) = (number(first), number(last));
            match meaning {
                Object::List(items) => {
                    for (code, item) in (first..=last).zip(items) {
                        if let Object::Text(meaning) = item {
                            self.map.insert(code, utf16(meaning));
                        }
                    }
                }
                Object::Text(meaning) => {
                    let mut characters = utf16(meaning);
                    // The last character counts up, what precedes it stays; mostly there is only one.
                    if let (Some(start), true) = (characters.pop(), characters.is_empty()) {
                        self.ranges.push((first, last, u32::from(start)));
                    }
                }
                _ => {}
            }
            if self.ranges.len() > MAX_CODES {
                return;
            }
        }
    }

    /// The characters of `bytes`.
    pub(super) fn decode(&self, bytes: &[u8]) -> String {
        let mut out = String::new();
        for code in bytes.chunks(self.width.max(1)) {
            let code = number(code);
            if let Some(meaning) = self.map.get(&code) {
                out.push_str(meaning);
                continue;
            }
            let span = self.ranges.iter().find(|(first, last, _)| (*first..=*last).contains(&code));
            let character = match span {
                Some((first, _, start)) => char::from_u32(start.saturating_add(code - first)),
                None if self.has_map || self.width > 1 => None,
                // Close to WinAnsiEncoding, which fonts without a map mostly have.
                None => char::from_u32(code),
            };
            out.extend(character);
        }
        out.retain(|c| !c.is_control());
        out
    }
}

fn number(code: &[u8]) -> u32 {
    code.iter().take(4).fold(0, |value, byte| value << 8 | u32::from(*byte))
}

fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).filter_map(|two| Some(u16::from_be_bytes(two.try_into().ok()?)));
    let mut text: String = char::decode_utf16(units.take(MAX_MEANING)).map_while(Result::ok).collect();
    if let ([one], true) = (bytes, text.is_empty()) {
        text.push(char::from(*one));
    }
    text
}

/// Codes of one font.
const MAX_CODES: usize = 70_000;
/// Operands of one map operator: 100 entries of three (Adobe Technical Note 5014).
const MAX_OPERANDS: usize = 1000;
/// UTF-16 units one code may mean.
const MAX_MEANING: usize = 32;
