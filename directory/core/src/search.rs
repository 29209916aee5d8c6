//! Finding people, units and agency mailboxes the way officials type: with or without diacritics, in
//! either tone-mark style, by beginnings of words, by initials ("stttt", "ubnd tp dh").

use base::fold;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use unicode_normalization::UnicodeNormalization;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum EntryKind {
    /// A person.
    Person,
    /// A unit.
    Unit,
    /// An agency mailbox that is not simply its unit's own.
    Mailbox,
}

/// One line of a search's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryEntry {
    /// Person, unit or mailbox.
    pub kind: EntryKind,
    /// The person's, unit's or mailbox's id.
    pub id: String,
    /// The name, with its type for a unit.
    pub name: String,
    /// What tells namesakes apart: position and unit of a person, parent of a unit.
    pub detail: String,
    /// Where a letter to it goes.
    pub address: Option<String>,
}

/// Everything that can be found, folded once.
#[derive(Debug, Clone, Default)]
pub struct Index {
    rows: Vec<Row>,
}

#[derive(Debug, Clone)]
struct Row {
    entry: DirectoryEntry,
    /// Names with accents, one tone-mark style, each between spaces.
    exact: Vec<String>,
    /// The same, folded.
    folded: Vec<String>,
    /// Words of the name.
    words: Vec<String>,
    /// Initials and abbreviations of the whole name.
    initials: Vec<String>,
    /// Words of unit, position, address; abbreviations of the kind.
    context: Vec<String>,
    order: u32,
}

impl Index {
    /// Adds a person; `context` is the words by which the person is also found: unit, its short name.
    pub fn add_person(&mut self, entry: DirectoryEntry, context: &str, order: u32) {
        let context = format!("{} {context} {}", entry.detail, entry.address.as_deref().unwrap_or(""));
        let initials = vec![fold::initials(&entry.name)];
        let names = [entry.name.clone()];
        self.add(entry, &names, initials, loose_words(&context), order);
    }

    /// Adds a unit or an agency mailbox under its full name and its short one.
    pub fn add_unit(&mut self, entry: DirectoryEntry, short_name: &str, order: u32) {
        let name = entry.name.clone();
        let body = name.strip_prefix("UBND ").unwrap_or(&name);
        let (kind, bare) = split_kind(body);
        let kind_short = KINDS.iter().find(|(word, _)| *word == kind).map_or("", |(_, short)| *short);
        let office = if body.len() < name.len() { "ubnd" } else { "" };
        let bare_initials = initials(bare);
        let abbreviations = vec![
            initials(&name),
            format!("{office}{kind_short}{bare_initials}"),
            format!("{}{bare_initials}", loose_words(kind).concat()),
            loose_words(short_name).concat(),
        ];
        let mut context = loose_words(&format!(
            "{} {short_name} {} {kind_short} {bare_initials} {}",
            entry.detail,
            entry.address.as_deref().unwrap_or(""),
            if office.is_empty() { "" } else { "ubnd ủy ban nhân dân" },
        ));
        context.push(loose_words(short_name).concat());
        let names = [name.clone(), body.to_owned(), bare.to_owned()];
        self.add(entry, &names, abbreviations, context, order);
    }

    fn add(
        &mut self,
        entry: DirectoryEntry,
        names: &[String],
        initials: Vec<String>,
        context: Vec<String>,
        order: u32,
    ) {
        let exact = names.iter().map(|name| spaced(&exact_words(name))).collect();
        let folded = names.iter().map(|name| spaced(&loose_words(name))).collect();
        let words = loose_words(&entry.name);
        let initials = initials.iter().map(|text| loose(text)).filter(|text| text.len() > 1).collect();
        self.rows.push(Row { entry, exact, folded, words, initials, context, order });
    }

    /// The best `limit` entries for `query`: exact with accents, then folded, then beginnings of
    /// words, then initials, then words of the context; protocol order among equals.
    pub fn search(&self, query: &str, limit: usize) -> Vec<DirectoryEntry> {
        let query = Query::new(query);
        if query.words.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<(u8, u32, &Row)> =
            self.rows.iter().filter_map(|row| Some((row.rank(&query)?, row.order, row))).collect();
        found.sort_by_key(|(rank, order, _)| (*rank, *order));
        found.into_iter().take(limit).map(|(_, _, row)| row.entry.clone()).collect()
    }
}

struct Query {
    exact: String,
    folded: String,
    squashed: String,
    words: Vec<String>,
}

impl Query {
    fn new(text: &str) -> Self {
        // Longer queries are pasted texts; nobody's name has so many words.
        let words: Vec<String> = loose_words(text).into_iter().take(16).collect();
        Self { exact: spaced(&exact_words(text)), folded: spaced(&words), squashed: words.concat(), words }
    }
}

impl Row {
    fn rank(&self, query: &Query) -> Option<u8> {
        let begins =
            |words: &[String], wanted: &String| words.iter().any(|word| word.starts_with(wanted.as_str()));
        if self.exact.contains(&query.exact) {
            Some(0)
        } else if self.exact.iter().any(|name| name.contains(&query.exact)) {
            Some(1)
        } else if self.folded.contains(&query.folded) {
            Some(2)
        } else if self.folded.iter().any(|name| name.contains(&query.folded)) {
            Some(3)
        } else if query.words.iter().all(|wanted| begins(&self.words, wanted)) {
            Some(4)
        } else if self.initials.iter().any(|initials| initials.starts_with(&query.squashed)) {
            Some(5)
        } else if query.words.iter().all(|w| begins(&self.words, w) || begins(&self.context, w)) {
            Some(6)
        } else {
            None
        }
    }
}

/// Lower case, composed, "Hoà" written as "Hòa": accents count, the tone-mark style does not.
fn exact_words(text: &str) -> Vec<String> {
    let lower: String = text.nfc().flat_map(char::to_lowercase).collect();
    let mut style = lower;
    for (modern, classic) in TONE_STYLES {
        if style.contains(modern) {
            style = style.replace(modern, classic);
        }
    }
    style.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Folded words in which also i and y are one ("Mỹ", "Mĩ").
fn loose_words(text: &str) -> Vec<String> {
    fold::words(text).iter().map(|word| loose(word)).collect()
}

fn loose(folded: &str) -> String {
    folded.replace('y', "i")
}

fn spaced(words: &[String]) -> String {
    format!(" {} ", words.join(" "))
}

/// Initials as offices abbreviate: without "và", with "UBND" kept whole.
fn initials(name: &str) -> String {
    fold::words(name)
        .iter()
        .filter(|word| *word != "va")
        .map(
            |word| if word == "ubnd" || word == "hdnd" { word.as_str() } else { word.get(..1).unwrap_or("") },
        )
        .collect()
}

/// "xã Quang Phú" → ("xã", "Quang Phú").
fn split_kind(name: &str) -> (&'static str, &str) {
    let lower = name.to_lowercase();
    for (kind, _) in KINDS {
        // The kinds' letters keep their length in lower case, so the cut is on a boundary; `get` proves it.
        if lower.strip_prefix(kind).is_some_and(|rest| rest.starts_with(' '))
            && let Some(bare) = name.get(kind.len()..)
        {
            return (kind, bare.trim());
        }
    }
    ("", name)
}

const KINDS: [(&str, &str); 9] = [
    ("tỉnh", "t"),
    ("thành phố", "tp"),
    ("thị xã", "tx"),
    ("thị trấn", "tt"),
    ("huyện", "h"),
    ("phường", "p"),
    ("xã", "x"),
    ("sở", "s"),
    ("ban", "b"),
];

/// Modern and classic placing of the tone mark in *oa, oe, uy*; mixed in official lists.
const TONE_STYLES: [(&str, &str); 15] = [
    ("oà", "òa"),
    ("oá", "óa"),
    ("oả", "ỏa"),
    ("oã", "õa"),
    ("oạ", "ọa"),
    ("oè", "òe"),
    ("oé", "óe"),
    ("oẻ", "ỏe"),
    ("oẽ", "õe"),
    ("oẹ", "ọe"),
    ("uỳ", "ùy"),
    ("uý", "úy"),
    ("uỷ", "ủy"),
    ("uỹ", "ũy"),
    ("uỵ", "ụy"),
];

#[cfg(test)]
mod tests;
