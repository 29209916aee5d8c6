//! Address lists as IMAP's ENVELOPE wants them: names and parts as they stand, still encoded, groups
//! marked (RFC 5322 §3.4, RFC 9051 §7.5.2).

/// One element of an ENVELOPE address list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A mailbox.
    Mailbox {
        /// The display name.
        name: Option<String>,
        /// Before the `@`.
        local: String,
        /// After the `@`.
        domain: String,
    },
    /// The beginning of a group.
    GroupStart(String),
    /// The end of a group.
    GroupEnd,
}

/// Reads an unfolded address list; what cannot be read is left out.
pub fn parse(text: &str) -> Vec<Entry> {
    let mut reader = Reader { rest: text, entries: Vec::new(), in_group: false };
    while reader.entries.len() < MAX_ENTRIES && reader.step() {}
    if reader.in_group {
        reader.entries.push(Entry::GroupEnd);
    }
    reader.entries
}

struct Reader<'a> {
    rest: &'a str,
    entries: Vec<Entry>,
    in_group: bool,
}

/// The words before an address or a separator.
#[derive(Default)]
struct Phrase {
    text: String,
    comment: Option<String>,
}

impl Phrase {
    fn add(&mut self, word: &str) {
        self.text.push_str(word);
    }

    fn name(&self) -> Option<String> {
        let name = self.text.trim();
        let comment = self.comment.as_deref().map(str::trim).filter(|comment| !comment.is_empty());
        (!name.is_empty()).then(|| name.to_owned()).or_else(|| comment.map(str::to_owned))
    }
}

impl Reader<'_> {
    /// Reads one address, group beginning or group end; `false` at the end.
    fn step(&mut self) -> bool {
        let mut phrase = Phrase::default();
        let mut angle: Option<String> = None;
        loop {
            let Some(c) = self.rest.chars().next() else {
                self.finish(&phrase, angle);
                return false;
            };
            match c {
                '"' => {
                    let (text, rest) = quoted(self.rest);
                    self.rest = rest;
                    phrase.add(&text);
                    continue;
                }
                '(' => {
                    let (text, rest) = comment(self.rest);
                    self.rest = rest;
                    phrase.comment = Some(text);
                    continue;
                }
                '<' => {
                    let inside = self.rest.get(1..).unwrap_or_default();
                    let end = inside.find('>').unwrap_or(inside.len());
                    angle = inside.get(..end).map(str::to_owned);
                    self.rest = inside.get(end + 1..).unwrap_or_default();
                    continue;
                }
                ',' => {}
                ':' if !self.in_group && angle.is_none() => {
                    self.entries.push(Entry::GroupStart(phrase.text.trim().to_owned()));
                    self.in_group = true;
                }
                ';' => {
                    self.finish(&phrase, angle.take());
                    if self.in_group {
                        self.in_group = false;
                        self.entries.push(Entry::GroupEnd);
                    }
                    phrase = Phrase::default();
                }
                c => {
                    phrase.text.push(c);
                    self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
                    continue;
                }
            }
            self.rest = self.rest.get(1..).unwrap_or_default();
            if c == ',' {
                self.finish(&phrase, angle);
            }
            return true;
        }
    }

    fn finish(&mut self, phrase: &Phrase, angle: Option<String>) {
        let (address, name) = match angle {
            Some(address) => (address, phrase.name()),
            None => (phrase.text.trim().to_owned(), phrase.comment.clone()),
        };
        // RFC 5322 §4.4: an obsolete route before the address is not part of it.
        let address = match address.strip_prefix('@').and_then(|_| address.rsplit_once(':')) {
            Some((_, address)) => address.to_owned(),
            None => address,
        };
        let address: String = address.chars().filter(|c| !c.is_whitespace()).collect();
        if address.is_empty() {
            return;
        }
        let (local, domain) = match address.rsplit_once('@') {
            Some((local, domain)) => (local.to_owned(), domain.to_owned()),
            // RFC 9051 §7.5.2 has no address without a host.
            None => (address, String::new()),
        };
        let name = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        self.entries.push(Entry::Mailbox { name, local, domain });
    }
}

/// The contents of the quoted string that `text` begins with, and what follows.
fn quoted(text: &str) -> (String, &str) {
    let mut out = String::new();
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => {
                out.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return (out, text.get(at + 1..).unwrap_or_default()),
            c => out.push(c),
        }
    }
    (out, "")
}

/// The contents of the comment that `text` begins with, and what follows.
fn comment(text: &str) -> (String, &str) {
    let (mut out, mut depth, mut escaped) = (String::new(), 0usize, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => {
                out.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '(' => {
                depth += 1;
                if depth > 1 {
                    out.push(c);
                }
            }
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return (out, text.get(at + 1..).unwrap_or_default());
                }
                out.push(c);
            }
            c => out.push(c),
        }
    }
    (out, "")
}

/// Addresses read of one field.
const MAX_ENTRIES: usize = 2000;
