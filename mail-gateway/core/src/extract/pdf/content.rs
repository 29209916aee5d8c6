//! The strings a content stream shows (ISO 32000-1 §9.4), with spaces and lines where the pen moves.

use std::{collections::HashMap, rc::Rc};

use super::{
    super::{Budget, Extracted},
    file::File,
    font::Font,
    lexer::{Dictionary, Lexer, Object},
};

/// Follows the pen over one page.
pub(super) struct Painter<'a> {
    file: &'a File<'a>,
    found: &'a mut Extracted,
    budget: &'a mut Budget,
    fonts: HashMap<String, Rc<Font>>,
    font: Option<Rc<Font>>,
    size: f64,
    /// Scale of the text matrix, and where the line of text begins.
    scale: (f64, f64),
    line: (f64, f64),
    leading: f64,
    /// Where the pen is thought to be after the last string; widths are not read but guessed.
    pen: Option<(f64, f64)>,
}

impl<'a> Painter<'a> {
    pub(super) fn new(file: &'a File<'a>, found: &'a mut Extracted, budget: &'a mut Budget) -> Self {
        Self {
            file,
            found,
            budget,
            fonts: HashMap::new(),
            font: None,
            size: 1.0,
            scale: (1.0, 1.0),
            line: (0.0, 0.0),
            leading: 0.0,
            pen: None,
        }
    }

    /// Follows the stream `stream`; `depth` counts forms within forms.
    pub(super) fn paint(&mut self, stream: &Object, resources: Option<&Dictionary>, depth: usize) {
        let Some(data) = self.file.stream(stream, self.budget) else {
            self.found.is_partial = true;
            return;
        };
        let mut lexer = Lexer::new(&data, 0);
        let mut operands: Vec<Object> = Vec::new();
        while let Some(object) = lexer.object() {
            match object {
                Object::Word(word) => {
                    if word == "ID" {
                        skip_image(&data, &mut lexer);
                    } else {
                        self.operator(&word, &operands, resources, depth);
                    }
                    operands.clear();
                }
                other if operands.len() < MAX_OPERANDS => operands.push(other),
                _ => {}
            }
            if self.budget.text == 0 || !self.budget.work(8) || self.file.is_exhausted() {
                self.found.is_partial = true;
                return;
            }
        }
    }

    fn operator(&mut self, word: &str, operands: &[Object], resources: Option<&Dictionary>, depth: usize) {
        let number = |at: usize| match operands.get(at) {
            Some(Object::Number(number)) => *number,
            _ => 0.0,
        };
        match word {
            "BT" => (self.scale, self.line) = ((1.0, 1.0), (0.0, 0.0)),
            "Tf" => {
                self.size = number(1);
                if let Some(Object::Name(name)) = operands.first() {
                    self.font = self.font_named(name, resources);
                }
            }
            "TL" => self.leading = number(0),
            "Td" => self.shift(number(0), number(1)),
            "TD" => {
                self.leading = -number(1);
                self.shift(number(0), number(1));
            }
            "T*" => self.shift(0.0, -self.leading),
            "Tm" => {
                self.scale = (number(0), number(3));
                self.line = (number(4), number(5));
                self.moved(self.line);
            }
            "Tj" => self.show(operands.first()),
            "'" => {
                self.shift(0.0, -self.leading);
                self.show(operands.first());
            }
            "\"" => {
                self.shift(0.0, -self.leading);
                self.show(operands.get(2));
            }
            "TJ" => {
                if let Some(Object::List(items)) = operands.first() {
                    self.show_list(items);
                }
            }
            "Do" => self.form(operands.first(), resources, depth),
            _ => {}
        }
    }

    fn font_named(&mut self, name: &str, resources: Option<&Dictionary>) -> Option<Rc<Font>> {
        let fonts = self.file.dictionary(resources?.get("Font"))?;
        let entry = fonts.get(name)?;
        let key = format!("{entry:?}");
        if let Some(known) = self.fonts.get(&key) {
            return Some(Rc::clone(known));
        }
        let font = Rc::new(Font::read(self.file, &self.file.dictionary(Some(entry))?, self.budget));
        self.fonts.insert(key, Rc::clone(&font));
        Some(font)
    }

    fn shift(&mut self, x: f64, y: f64) {
        self.line = (self.line.0 + x * self.scale.0, self.line.1 + y * self.scale.1);
        self.moved(self.line);
    }

    /// The pen goes to `to`: another height is a new line, a gap in the line is a space. Producers
    /// that write their spaces themselves move by less than a gap.
    fn moved(&mut self, to: (f64, f64)) {
        let Some(from) = self.pen.take() else { return };
        let em = (self.size * self.scale.0).abs().max(0.1);
        let height = (self.size * self.scale.1).abs().max(0.1);
        if (to.1 - from.1).abs() > height * 0.5 || to.0 < from.0 - em * 3.0 {
            self.found.line();
        } else if to.0 - from.0 > em * 1.5 {
            self.found.push(" ", self.budget);
        } else {
            self.pen = Some(from);
        }
    }

    fn show(&mut self, text: Option<&Object>) {
        let Some(Object::Text(bytes)) = text else { return };
        let text = match &self.font {
            Some(font) => font.decode(bytes),
            None => bytes.iter().copied().filter(u8::is_ascii).map(char::from).collect(),
        };
        let letters = u32::try_from(text.chars().count()).map_or(0.0, f64::from);
        let from = self.pen.unwrap_or(self.line);
        self.pen = Some((from.0 + letters * self.size * self.scale.0 * MEAN_WIDTH, from.1));
        self.found.push(&text, self.budget);
    }

    /// `TJ`: numbers move the pen by thousandths of the size, backwards when positive.
    fn show_list(&mut self, items: &[Object]) {
        for item in items {
            match item {
                Object::Number(number) if *number < WORD_GAP && !self.found.text.ends_with([' ', '\n']) => {
                    self.found.push(" ", self.budget);
                }
                other => self.show(Some(other)),
            }
        }
    }

    fn form(&mut self, name: Option<&Object>, resources: Option<&Dictionary>, depth: usize) {
        let (Some(Object::Name(name)), Some(resources)) = (name, resources) else { return };
        let objects = self.file.dictionary(resources.get("XObject"));
        let Some(stream) = objects.as_ref().and_then(|objects| objects.get(name)) else { return };
        let Some(form) = self.file.dictionary(Some(stream)) else { return };
        if form.is("Subtype", "Form") && depth < MAX_FORMS {
            let own = self.file.dictionary(form.get("Resources"));
            self.paint(stream, own.as_ref().or(Some(resources)), depth + 1);
        }
    }
}

/// Goes behind the data of an inline image (ISO 32000-1 §8.9.7).
fn skip_image(data: &[u8], lexer: &mut Lexer<'_>) {
    let rest = data.get(lexer.at..).unwrap_or_default();
    let end = rest
        .windows(4)
        .position(|four| matches!(four, [b' ' | b'\n' | b'\r', b'E', b'I', b' ' | b'\n' | b'\r']));
    lexer.at += end.map_or(rest.len(), |end| end + 3);
}

/// Operands of one operator.
const MAX_OPERANDS: usize = 64;
/// Forms within forms.
const MAX_FORMS: usize = 4;
/// What an average letter is wide, in ems.
const MEAN_WIDTH: f64 = 0.5;
/// A move in `TJ` that is a space between words.
const WORD_GAP: f64 = -200.0;
