//! The text of a PDF file (ISO 32000-1): pages in order, strings as their fonts' ToUnicode maps say.
//!
//! Built for search: no layout, no images, no forms. Encrypted files are told as partial. Objects are
//! found by looking for them rather than by the cross-reference table, so damaged files are read too.

mod content;
mod file;
mod font;
mod lexer;

use std::{collections::BTreeSet, rc::Rc};

use super::{Budget, Extracted};
use content::Painter;
use file::File;
use lexer::{Dictionary, Object};

/// The words of a PDF file.
pub(super) fn extract(bytes: &[u8], budget: &mut Budget) -> Extracted {
    let mut found = Extracted::default();
    let file = File::read(bytes, budget);
    if file.is_encrypted {
        found.is_partial = true;
        return found;
    }
    found.is_partial = file.is_damaged;
    for page in pages(&file) {
        if budget.text == 0 || budget.work == 0 || file.is_exhausted() {
            found.is_partial = true;
            break;
        }
        let resources = file.dictionary(page.resources.as_deref());
        let mut painter = Painter::new(&file, &mut found, budget);
        for stream in file.list(page.contents.as_ref()) {
            painter.paint(&stream, resources.as_ref(), 0);
        }
        found.line();
    }
    found
}

struct Page {
    contents: Option<Object>,
    /// Its own or those of a node above it.
    resources: Option<Rc<Object>>,
}

impl Page {
    fn of(mut dictionary: Dictionary, inherited: Option<Rc<Object>>) -> Self {
        let own = dictionary.0.remove("Resources").map(Rc::new);
        Self { contents: dictionary.0.remove("Contents"), resources: own.or(inherited) }
    }
}

/// The pages in reading order, each with what it inherits (ISO 32000-1 §7.7.3.4).
fn pages(file: &File<'_>) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut seen = BTreeSet::new();
    let root = file.objects().find_map(|number| {
        let dictionary = file.dictionary(Some(&Object::Reference(number)))?;
        dictionary.is("Type", "Catalog").then(|| dictionary.get("Pages").cloned()).flatten()
    });
    // A stack instead of recursion: the tree of a hostile file is as deep as it likes.
    let mut left: Vec<(Object, Option<Rc<Object>>)> = root.into_iter().map(|root| (root, None)).collect();
    while let Some((node, inherited)) = left.pop() {
        if let Object::Reference(number) = node
            && !seen.insert(number)
        {
            continue;
        }
        let Some(mut dictionary) = file.dictionary(Some(&node)) else { continue };
        match dictionary.0.remove("Kids") {
            Some(kids) => {
                let resources = dictionary.0.remove("Resources").map(Rc::new).or(inherited);
                left.extend(file.list(Some(&kids)).into_iter().rev().map(|kid| (kid, resources.clone())));
            }
            None => pages.push(Page::of(dictionary, inherited)),
        }
        if pages.len() >= MAX_PAGES || left.len() > MAX_NODES || file.is_exhausted() {
            break;
        }
    }
    if pages.is_empty() && !file.is_exhausted() {
        // No tree: the pages as they lie in the file.
        let all = file.objects().filter_map(|number| file.dictionary(Some(&Object::Reference(number))));
        let all = all.filter(|dictionary| dictionary.is("Type", "Page")).take(MAX_PAGES);
        pages = all.map(|dictionary| Page::of(dictionary, None)).collect();
    }
    pages
}

/// Pages of one file that are read.
const MAX_PAGES: usize = 5000;
/// Nodes of the page tree that wait to be looked at.
const MAX_NODES: usize = 100_000;
