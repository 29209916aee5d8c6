//! The words inside attached files, for search and for the check of secrecy marks: Word, Excel and
//! PowerPoint files (ECMA-376), OpenDocument files, PDF (ISO 32000-1) and plain text.
//!
//! What a file is, its own first bytes say; names and media types may lie. Every reader works within a
//! [`Budget`]: a file made to unfold without end costs what the budget allows and no more.

mod archive;
mod markup;
mod office;
mod pdf;

use mail_parser::{Message, PartType};

use crate::message::parse;

/// What may still be spent; one budget serves all files of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Octets that may still come out of compressed data.
    pub inflated: usize,
    /// Octets of text that may still be gathered.
    pub text: usize,
    /// Octets that may still be looked at, counted each time they are.
    pub work: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { inflated: 32 << 20, text: 1 << 20, work: 256 << 20 }
    }
}

impl Budget {
    /// Spends `octets` of work; `false` when there is no more.
    fn work(&mut self, octets: usize) -> bool {
        let enough = self.work >= octets;
        self.work = self.work.saturating_sub(octets);
        enough
    }
}

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extracted {
    /// Its words, lines apart.
    pub text: String,
    /// Whether there may be more than was read: too large, encrypted or damaged.
    pub is_partial: bool,
}

impl Extracted {
    /// Adds `text` as far as the budget goes.
    fn push(&mut self, text: &str, budget: &mut Budget) {
        let end = text.floor_char_boundary(budget.text.min(text.len()));
        let kept = text.get(..end).unwrap_or_default();
        budget.text -= kept.len();
        self.text.push_str(kept);
        self.is_partial |= kept.len() < text.len();
    }

    /// Begins a new line, unless one has begun.
    fn line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }
}

/// The words of the file `bytes`; `None` when it is of no kind that is read here.
pub fn extract(bytes: &[u8], budget: &mut Budget) -> Option<Extracted> {
    if bytes.starts_with(b"PK\x03\x04") {
        return office::extract(bytes, budget);
    }
    let head = bytes.get(..bytes.len().min(PDF_HEAD)).unwrap_or_default();
    // ISO 32000-1 appendix H.3.4.1: the header may stand anywhere in the first kilobyte.
    if head.windows(5).any(|window| window == b"%PDF-") {
        return Some(pdf::extract(bytes, budget));
    }
    None
}

/// The names of what the ZIP file `bytes` holds, of the archives inside it too; empty when it is none.
pub fn members(bytes: &[u8], budget: &mut Budget) -> Vec<String> {
    members_within(bytes, budget, ARCHIVE_DEPTH)
}

fn members_within(bytes: &[u8], budget: &mut Budget, depth: usize) -> Vec<String> {
    if !bytes.starts_with(b"PK") || !budget.work(bytes.len()) {
        return Vec::new();
    }
    let Some(archive) = archive::Archive::open(bytes) else { return Vec::new() };
    let mut names: Vec<String> = archive.names().map(str::to_owned).collect();
    if depth == 0 {
        return names;
    }
    let inner: Vec<String> =
        names.iter().filter(|name| name.to_lowercase().ends_with(".zip")).cloned().collect();
    for name in inner {
        let Some(content) = archive.read(&name, budget) else { continue };
        names.extend(members_within(&content.bytes, budget, depth - 1));
    }
    names
}

/// The words of every attached file of `message`, one after the other.
pub fn attachments(message: &Message<'_>, budget: &mut Budget) -> Extracted {
    let mut all = Extracted::default();
    for part in message.attachments().take(MAX_FILES) {
        if let PartType::Message(inner) = &part.body {
            all.line();
            all.push(inner.subject().unwrap_or_default(), budget);
            all.line();
            all.push(&parse::plain_text(inner), budget);
            continue;
        }
        let found = match &part.body {
            PartType::Text(text) => {
                all.line();
                all.push(text, budget);
                continue;
            }
            PartType::Html(html) => {
                all.line();
                all.push(&mail_parser::decoders::html::html_to_text(html), budget);
                continue;
            }
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => extract(bytes, budget),
            PartType::Message(_) | PartType::Multipart(_) => None,
        };
        if let Some(found) = found {
            all.line();
            all.text.push_str(&found.text);
            all.is_partial |= found.is_partial;
        }
    }
    all
}

/// Files of one letter that are looked into.
const MAX_FILES: usize = 100;
/// Archives inside archives that are opened.
const ARCHIVE_DEPTH: usize = 2;
/// Where the header of a PDF file may stand.
const PDF_HEAD: usize = 1024;

#[cfg(test)]
mod tests;
