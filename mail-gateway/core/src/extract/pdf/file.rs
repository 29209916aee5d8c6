//! Where the objects of a PDF file are, and its streams unpacked (ISO 32000-1 §7.3.8, §7.4, §7.5.7).

use std::{cell::Cell, collections::BTreeMap};

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

use super::{
    super::Budget,
    lexer::{Dictionary, Lexer, Object, is_blank},
};

/// A file whose objects were found.
pub(super) struct File<'a> {
    bytes: &'a [u8],
    /// Objects in the file itself: their places.
    places: BTreeMap<u32, usize>,
    /// Objects that lie in object streams, already read.
    packed: BTreeMap<u32, (Object, usize)>,
    /// Octets of syntax read so far: objects are read anew each time they are asked for.
    parsed: Cell<usize>,
    pub(super) is_encrypted: bool,
    pub(super) is_damaged: bool,
}

impl<'a> File<'a> {
    /// Looks for all objects.
    pub(super) fn read(bytes: &'a [u8], budget: &mut Budget) -> Self {
        let mut file = Self {
            bytes,
            places: BTreeMap::new(),
            packed: BTreeMap::new(),
            parsed: Cell::new(0),
            is_encrypted: false,
            is_damaged: !budget.work(bytes.len()),
        };
        if file.is_damaged {
            return file;
        }
        file.find();
        let trailers = bytes.windows(7).enumerate().filter(|(_, window)| *window == b"trailer");
        for (at, _) in trailers.take(MAX_TRAILERS) {
            if let Some(Object::Dictionary(trailer)) = Lexer::new(bytes, at + 7).object() {
                file.is_encrypted |= trailer.get("Encrypt").is_some();
            }
        }
        let numbers: Vec<u32> = file.places.keys().copied().collect();
        for number in numbers {
            if file.is_exhausted() {
                file.is_damaged = true;
                return file;
            }
            let Some(dictionary) = file.dictionary(Some(&Object::Reference(number))) else { continue };
            if dictionary.is("Type", "XRef") {
                file.is_encrypted |= dictionary.get("Encrypt").is_some();
            } else if dictionary.is("Type", "ObjStm") && !file.is_encrypted {
                file.unpack(number, &dictionary, budget);
            }
        }
        file
    }

    /// Notes every `n g obj`; of two with one number the later counts (§7.5.6).
    fn find(&mut self) {
        for (at, window) in self.bytes.windows(3).enumerate() {
            if window != b"obj" || self.places.len() > MAX_OBJECTS {
                continue;
            }
            let before = self.bytes.get(at.saturating_sub(24)..at).unwrap_or_default();
            let mut words = before.rsplit(|byte| is_blank(*byte)).filter(|word| !word.is_empty());
            let number = |word: Option<&[u8]>| -> Option<u32> {
                // The digits may follow something that was not closed by a blank.
                let word = word?;
                let start = word.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |at| at + 1);
                std::str::from_utf8(word.get(start..)?).ok()?.parse().ok()
            };
            if let (Some(_), Some(number)) = (number(words.next()), number(words.next())) {
                self.places.insert(number, at + 3);
            }
        }
    }

    /// Reads the objects of an object stream (§7.5.7).
    fn unpack(&mut self, number: u32, dictionary: &Dictionary, budget: &mut Budget) {
        let (Some(count), Some(first)) = (dictionary.size("N"), dictionary.size("First")) else { return };
        let Some(data) = self.stream(&Object::Reference(number), budget) else { return };
        let mut index = Lexer::new(&data, 0);
        for _ in 0..count.min(MAX_OBJECTS) {
            let (Some(Object::Number(number)), Some(Object::Number(offset))) =
                (index.object(), index.object())
            else {
                return;
            };
            if self.is_exhausted() || number < 0.0 || offset < 0.0 {
                self.is_damaged = true;
                return;
            }
            let place = first.saturating_add(offset as usize);
            let mut lexer = Lexer::new(&data, place);
            let Some(object) = lexer.object() else { continue };
            let length = lexer.at.saturating_sub(place);
            self.parsed.set(self.parsed.get() + length);
            self.packed.entry(number as u32).or_insert((object, length));
        }
    }

    /// Whether reading objects has taken so much that it must end.
    pub(super) fn is_exhausted(&self) -> bool {
        self.parsed.get() > MAX_PARSED
    }

    /// The numbers of all objects.
    pub(super) fn objects(&self) -> impl Iterator<Item = u32> {
        self.places.keys().chain(self.packed.keys()).copied()
    }

    /// What `object` refers to, or itself.
    pub(super) fn resolve(&self, object: &Object) -> Object {
        let mut object = object.clone();
        for _ in 0..MAX_HOPS {
            let Object::Reference(number) = object else { return object };
            object = match (self.places.get(&number), self.packed.get(&number)) {
                (Some(at), _) => {
                    let mut lexer = Lexer::new(self.bytes, *at);
                    let read = lexer.object().unwrap_or(Object::Null);
                    self.parsed.set(self.parsed.get() + lexer.at.saturating_sub(*at));
                    read
                }
                (None, Some((packed, length))) => {
                    self.parsed.set(self.parsed.get() + length);
                    packed.clone()
                }
                (None, None) => Object::Null,
            };
        }
        Object::Null
    }

    pub(super) fn dictionary(&self, object: Option<&Object>) -> Option<Dictionary> {
        match self.resolve(object?) {
            Object::Dictionary(dictionary) => Some(dictionary),
            _ => None,
        }
    }

    /// The members of a list, or the one object that stands in its place.
    pub(super) fn list(&self, object: Option<&Object>) -> Vec<Object> {
        let Some(object) = object else { return Vec::new() };
        match self.resolve(object) {
            Object::List(items) => items,
            Object::Null => Vec::new(),
            _ => vec![object.clone()],
        }
    }

    /// The unpacked bytes of the stream that `object` refers to.
    pub(super) fn stream(&self, object: &Object, budget: &mut Budget) -> Option<Vec<u8>> {
        let Object::Reference(number) = object else { return None };
        let mut lexer = Lexer::new(self.bytes, *self.places.get(number)?);
        let Some(Object::Dictionary(dictionary)) = lexer.object() else { return None };
        let Some(Object::Word(word)) = lexer.object() else { return None };
        if word != "stream" {
            return None;
        }
        let mut from = lexer.at;
        // §7.3.8.1: the keyword is followed by CR LF or LF.
        from += usize::from(self.bytes.get(from) == Some(&b'\r'));
        from += usize::from(self.bytes.get(from) == Some(&b'\n'));
        let rest = self.bytes.get(from..)?;
        let length = dictionary.get("Length").map(|length| self.resolve(length));
        let told = match length {
            Some(Object::Number(length)) if length >= 0.0 => rest.get(..length as usize),
            _ => None,
        };
        let ends = |data: &&[u8]| {
            let after = rest.get(data.len()..).unwrap_or_default();
            let blank = after.iter().take(4).take_while(|byte| is_blank(**byte)).count();
            after.get(blank..).is_some_and(|after| after.starts_with(b"endstream"))
        };
        let data = match told.filter(ends) {
            Some(data) => data,
            None => {
                let end = rest.windows(9).position(|window| window == b"endstream").unwrap_or(rest.len());
                budget.work(end);
                rest.get(..end)?
            }
        };
        self.unfilter(data, &dictionary, budget)
    }

    fn unfilter(&self, data: &[u8], dictionary: &Dictionary, budget: &mut Budget) -> Option<Vec<u8>> {
        if !budget.work(data.len()) {
            return None;
        }
        let mut data = data.to_vec();
        for filter in self.list(dictionary.get("Filter")).iter().take(MAX_FILTERS) {
            let Object::Name(name) = self.resolve(filter) else { return None };
            data = match name.as_str() {
                "FlateDecode" | "Fl" => match decompress_to_vec_zlib_with_limit(&data, budget.inflated) {
                    Ok(bytes) => bytes,
                    Err(cut) => cut.output,
                },
                "ASCIIHexDecode" | "AHx" => {
                    data.insert(0, b'<');
                    match Lexer::new(&data, 0).object() {
                        Some(Object::Text(bytes)) => bytes,
                        _ => return None,
                    }
                }
                "ASCII85Decode" | "A85" => ascii85(&data),
                // Pictures; LZW, which no producer of this century writes.
                _ => return None,
            };
            budget.inflated = budget.inflated.saturating_sub(data.len());
        }
        Some(data)
    }
}

/// ISO 32000-1 §7.4.3.
fn ascii85(data: &[u8]) -> Vec<u8> {
    let (mut out, mut group) = (Vec::new(), Vec::new());
    for byte in data.iter().copied().take_while(|byte| *byte != b'~') {
        match byte {
            b'z' if group.is_empty() => out.extend([0; 4]),
            b'!'..=b'u' => group.push(u32::from(byte - b'!')),
            _ => {}
        }
        if group.len() == 5 {
            out.extend(value85(&group).to_be_bytes());
            group.clear();
        }
    }
    if group.len() > 1 {
        let kept = group.len() - 1;
        group.resize(5, 84);
        out.extend(value85(&group).to_be_bytes().into_iter().take(kept));
    }
    out
}

fn value85(group: &[u32]) -> u32 {
    group.iter().fold(0u32, |value, digit| value.wrapping_mul(85).wrapping_add(*digit))
}

/// Objects of one file.
const MAX_OBJECTS: usize = 200_000;
/// References that lead to references.
const MAX_HOPS: usize = 8;
/// Filters of one stream.
const MAX_FILTERS: usize = 4;
/// Trailers that are looked at; each saved change leaves one.
const MAX_TRAILERS: usize = 64;
/// Octets of syntax that are read for one file.
const MAX_PARSED: usize = 32 << 20;
