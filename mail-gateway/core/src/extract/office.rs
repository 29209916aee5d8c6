//! Word, Excel and PowerPoint (ECMA-376 parts 1 and 2), OpenDocument (ISO/IEC 26300): ZIP files whose
//! members are XML.

use super::{
    Budget, Extracted,
    archive::Archive,
    markup::{Piece, Pieces},
};

/// The words of an Office file; `None` when the archive is not one.
pub(super) fn extract(bytes: &[u8], budget: &mut Budget) -> Option<Extracted> {
    let archive = Archive::open(bytes)?;
    let kind = archive.names().find_map(|name| match name {
        "word/document.xml" => Some(Kind::Word),
        "xl/workbook.xml" => Some(Kind::Excel),
        "ppt/presentation.xml" => Some(Kind::PowerPoint),
        "content.xml" => Some(Kind::OpenDocument),
        _ => None,
    })?;
    let mut names: Vec<&str> =
        archive.names().filter(|name| kind.holds_text(name)).take(MAX_MEMBERS).collect();
    // The text itself before headers and notes, sheets in their order.
    names.sort_by_key(|name| (!kind.is_main(name), name.len(), *name));
    let mut found = Extracted::default();
    for name in names {
        let Some(content) = archive.read(name, budget) else {
            found.is_partial = true;
            continue;
        };
        found.is_partial |= content.is_partial;
        if !budget.work(content.bytes.len()) {
            found.is_partial = true;
            break;
        }
        words(kind, &String::from_utf8_lossy(&content.bytes), &mut found, budget);
    }
    Some(found)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Excel,
    PowerPoint,
    OpenDocument,
}

impl Kind {
    fn is_main(self, name: &str) -> bool {
        matches!(name, "word/document.xml" | "xl/sharedStrings.xml" | "content.xml")
    }

    fn holds_text(self, name: &str) -> bool {
        let is_one_of = |prefixes: &[&str]| {
            name.ends_with(".xml") && prefixes.iter().any(|prefix| name.starts_with(prefix))
        };
        match self {
            Self::Word => is_one_of(&[
                "word/document",
                "word/header",
                "word/footer",
                "word/footnotes",
                "word/endnotes",
                "word/comments",
            ]),
            Self::Excel => is_one_of(&[
                "xl/sharedStrings",
                "xl/worksheets/sheet",
                "xl/workbook.xml",
                "xl/comments",
                "xl/drawings/",
            ]),
            Self::PowerPoint => is_one_of(&["ppt/slides/slide", "ppt/notesSlides/"]),
            Self::OpenDocument => matches!(name, "content.xml" | "styles.xml"),
        }
    }

    /// Whether `element` holds text directly.
    fn is_text(self, element: &str, attributes: &str) -> bool {
        match self {
            Self::Word | Self::PowerPoint => element == "t",
            // A cell's value is a number or an index, unless the cell says it is a text.
            Self::Excel => {
                matches!(element, "t" | "oddHeader" | "oddFooter")
                    || element == "c" && attributes.contains("t=\"str\"")
            }
            Self::OpenDocument => false,
        }
    }
}

/// Elements at whose end a line ends.
const LINES: [&str; 9] = ["p", "h", "si", "is", "row", "tr", "br", "line-break", "c"];
/// Elements that stand for a space.
const SPACES: [&str; 5] = ["tab", "s", "tc", "table-cell", "cr"];

fn words(kind: Kind, source: &str, found: &mut Extracted, budget: &mut Budget) {
    // How many text elements are open around the present place.
    let (mut open, mut opened): (usize, Vec<bool>) = (0, Vec::new());
    for piece in Pieces::new(source) {
        match piece {
            Piece::Start(name, attributes) => {
                let is_text = kind.is_text(name, attributes);
                open += usize::from(is_text);
                opened.push(is_text);
                if kind == Kind::Excel && name == "sheet" {
                    found.push(attribute(attributes, "name"), budget);
                    found.line();
                }
            }
            Piece::End(name) => {
                open = open.saturating_sub(usize::from(opened.pop().unwrap_or(false)));
                if LINES.contains(&name) {
                    found.line();
                } else if SPACES.contains(&name) {
                    found.push(" ", budget);
                }
            }
            Piece::Text(text) if open > 0 || kind == Kind::OpenDocument => found.push(&text, budget),
            Piece::Text(_) => {}
        }
        if budget.text == 0 || opened.len() > MAX_DEPTH {
            found.is_partial = true;
            return;
        }
    }
    found.line();
}

fn attribute<'a>(attributes: &'a str, name: &str) -> &'a str {
    let value = attributes.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split_once('"'));
    value.map_or("", |(value, _)| value)
}

/// Members of one file that are read: sheets, slides, headers.
const MAX_MEMBERS: usize = 500;
/// Elements within elements.
const MAX_DEPTH: usize = 10_000;
