//! FETCH (RFC 9051 §6.4.5, RFC 3516, 7162, 8474, 8970). Lists are answered from rows alone; a body is
//! opened only for what is inside it.

use std::sync::Arc;

use bytes::Bytes;
use mail_gateway_core::{
    imap::{
        command::{Item, SectionName},
        set::Set,
        write,
    },
    message::{
        Summary,
        mime::{
            Part,
            facts::Facts,
            section::{Section, Text},
        },
    },
};

use super::{
    reply::{Done, Failure, Reply},
    session::Session,
    sync::PIECE,
};
use crate::store::uid::{FlagEdit, LetterRow, Wanted};

impl Session {
    pub(super) async fn fetch(
        &mut self,
        by_uid: bool,
        set: &Set,
        mut items: Vec<Item>,
        changed_since: Option<i64>,
        vanished: bool,
    ) -> Done {
        if self.is_beyond(set, by_uid) {
            return Ok(Reply::bad("a number beyond the last letter"));
        }
        if vanished && !self.enabled.qresync {
            return Ok(Reply::bad("ENABLE QRESYNC first"));
        }
        if items.contains(&Item::Modseq) {
            self.enabled.condstore = true;
        }
        if by_uid && !items.contains(&Item::Uid) {
            items.insert(0, Item::Uid);
        }
        let mut uids = self.chosen(set, by_uid);
        if let Some(since) = changed_since {
            uids = self.changed_among(uids, set, since, vanished).await?;
        }
        if items.iter().any(marks_seen) && !self.is_read_only() {
            self.mark_seen(&uids).await?;
            if !items.contains(&Item::Flags) {
                items.push(Item::Flags);
            }
        }
        let told = self.tell_items(&uids, &items).await?;
        // RFC 9051 §7.1: letters another client removed meanwhile have nothing to tell.
        Ok(Reply::ok(if told < uids.len() { "[EXPUNGEISSUED] some are gone" } else { "done" }))
    }

    /// RFC 7162 §3.1.4.1: only those that changed.
    async fn changed_among(
        &mut self,
        uids: Vec<u32>,
        set: &Set,
        since: i64,
        vanished: bool,
    ) -> Result<Vec<u32>, Failure> {
        let Some(selected) = &self.selected else { return Ok(Vec::new()) };
        let changes = self.store().folder_changes(selected.account, &selected.folder, since).await?;
        let Some(changed) = changes else { return Ok(Vec::new()) };
        if vanished {
            let ranges = set.resolve(u32::MAX);
            let gone = changed.gone.into_iter();
            self.vanished_earlier(gone.filter(|uid| mail_gateway_core::imap::set::contains(&ranges, *uid)));
        }
        Ok(uids.into_iter().filter(|uid| changed.present.binary_search(uid).is_ok()).collect())
    }

    /// Whoever reads a letter has seen it (RFC 9051 §6.4.5, `BODY[...]`).
    async fn mark_seen(&mut self, uids: &[u32]) -> Result<(), Failure> {
        let Some(selected) = &self.selected else { return Ok(()) };
        let wanted = Wanted { flags: true, ..Wanted::default() };
        let mut unseen = Vec::new();
        for piece in uids.chunks(PIECE) {
            let rows = self.store().letter_rows(selected.account, &selected.folder, piece, wanted).await?;
            let rows = rows.iter().filter(|row| !row.keywords.iter().any(|keyword| keyword == "$seen"));
            unseen.extend(rows.map(|row| row.uid));
        }
        let edit = FlagEdit::add("$seen");
        self.edit(&unseen, &edit).await.map(drop)
    }

    async fn tell_items(&mut self, uids: &[u32], items: &[Item]) -> Result<usize, Failure> {
        let wanted = Wanted {
            flags: items.contains(&Item::Flags),
            facts: items.iter().any(|item| matches!(item, Item::Envelope | Item::Structure | Item::Body)),
            summary: items.contains(&Item::Preview),
        };
        let opens = items
            .iter()
            .any(|item| matches!(item, Item::Section { .. } | Item::Binary { .. } | Item::BinarySize(_)));
        let deep = items.iter().any(is_deep);
        let mut told = 0;
        for piece in uids.chunks(PIECE) {
            let Some(selected) = &self.selected else { return Ok(told) };
            let rows = self.store().letter_rows(selected.account, &selected.folder, piece, wanted).await?;
            for mut row in rows {
                let Some(number) = self.selected.as_ref().and_then(|s| s.view.number_of(row.uid)) else {
                    continue;
                };
                if wanted.facts && row.facts.is_none() {
                    row.facts = Some(self.make_facts(&row).await?);
                }
                let body = if opens { Some(self.body(&row, deep).await?) } else { None };
                self.out.extend_from_slice(format!("* {number} FETCH (").as_bytes());
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        self.out.push(b' ');
                    }
                    write_item(&mut self.out, item, &row, body.as_deref());
                }
                self.out.extend_from_slice(b")\r\n");
                if wanted.flags
                    && let Some(selected) = &mut self.selected
                {
                    selected.own.insert(row.uid, row.modseq);
                }
                told += 1;
                self.flush_if_large().await?;
            }
        }
        Ok(told)
    }

    /// The facts of a body stored before they were kept; from now on they are.
    async fn make_facts(&self, row: &LetterRow) -> Result<[String; 3], Failure> {
        let raw = self.store().open_blob(&row.blob).await?;
        let facts = Facts::of(&raw);
        let answer = [facts.envelope.clone(), facts.body.clone(), facts.structure.clone()];
        self.store().keep_facts(row.blob.clone(), facts).await?;
        Ok(answer)
    }
}

/// A body and where its parts lie.
pub(super) struct Body {
    raw: Bytes,
    part: Part,
}

impl Body {
    fn new(raw: Bytes, deep: bool) -> Self {
        let part = if deep { Part::of(&raw) } else { Part::shallow(&raw) };
        Self { raw, part }
    }
}

impl Session {
    /// The body of a letter; with `deep`, its parts too. A large one stays at hand for a while.
    async fn body(&mut self, row: &LetterRow, deep: bool) -> Result<Arc<Body>, Failure> {
        if let Some((blob, body)) = &self.last_body
            && *blob == row.blob
        {
            return Ok(Arc::clone(body));
        }
        let raw = self.store().open_blob(&row.blob).await?;
        let large = raw.len() >= LARGE;
        // A large letter is fetched in pieces, perhaps of parts: looked into once.
        let body = Arc::new(Body::new(raw, deep || large));
        self.last_body = large.then(|| (row.blob.clone(), Arc::clone(&body)));
        Ok(body)
    }
}

/// Bodies from this size are asked for in pieces.
const LARGE: usize = 64 * 1024;

/// Whether the parts of a letter must be told apart for `item`.
fn is_deep(item: &Item) -> bool {
    match item {
        Item::Section { section, .. } | Item::Binary { section, .. } | Item::BinarySize(section) => {
            !section.path.is_empty()
        }
        _ => false,
    }
}

fn marks_seen(item: &Item) -> bool {
    matches!(item, Item::Section { peek: false, .. } | Item::Binary { peek: false, .. })
}

fn write_item(out: &mut Vec<u8>, item: &Item, row: &LetterRow, body: Option<&Body>) {
    let fact =
        |place: usize| row.facts.as_ref().and_then(|facts| facts.get(place)).map_or("NIL", String::as_str);
    let text = match item {
        Item::Uid => format!("UID {}", row.uid),
        Item::Flags => format!("FLAGS {}", write::flag_list(row.keywords.iter().map(String::as_str))),
        Item::InternalDate => format!("INTERNALDATE {}", write::date_time(row.received.as_micros())),
        Item::Size => format!("RFC822.SIZE {}", row.size),
        Item::Modseq => format!("MODSEQ ({})", row.modseq),
        Item::EmailId => format!("EMAILID ({})", row.letter),
        Item::ThreadId => format!("THREADID ({})", row.thread),
        Item::Envelope => format!("ENVELOPE {}", fact(0)),
        Item::Body => format!("BODY {}", fact(1)),
        Item::Structure => format!("BODYSTRUCTURE {}", fact(2)),
        Item::Preview => {
            let summary = row.summary.as_deref().and_then(|json| serde_json::from_str::<Summary>(json).ok());
            format!("PREVIEW {}", write::string(&summary.map(|s| s.preview).unwrap_or_default()))
        }
        Item::Section { section, partial, name, .. } => {
            let Some(body) = body else { return };
            let octets = section.bytes(&body.raw, &body.part);
            out.extend_from_slice(section_name(section, *name).as_bytes());
            return write_octets(out, octets.as_deref(), *partial, false);
        }
        Item::Binary { section, partial, .. } => {
            let Some(body) = body else { return };
            out.extend_from_slice(format!("BINARY[{}]", path(section)).as_bytes());
            // RFC 3516 §4.3: what cannot be decoded is not there.
            let octets = section.decoded(&body.raw, &body.part).ok().flatten();
            return write_octets(out, octets.as_deref(), *partial, true);
        }
        Item::BinarySize(section) => {
            let Some(body) = body else { return };
            let octets = section.decoded(&body.raw, &body.part).ok().flatten();
            format!("BINARY.SIZE[{}] {}", path(section), octets.map_or(0, |octets| octets.len()))
        }
    };
    out.extend_from_slice(text.as_bytes());
}

fn write_octets(out: &mut Vec<u8>, octets: Option<&[u8]>, partial: Option<(u32, u32)>, binary: bool) {
    let Some(mut octets) = octets else { return out.extend_from_slice(b" NIL") };
    if let Some((first, count)) = partial {
        out.extend_from_slice(format!("<{first}>").as_bytes());
        // RFC 9051 §6.4.5: beyond the end there is an empty string.
        let from = usize::try_from(first).unwrap_or(usize::MAX).min(octets.len());
        let to = from.saturating_add(usize::try_from(count).unwrap_or(usize::MAX)).min(octets.len());
        octets = octets.get(from..to).unwrap_or_default();
    }
    out.push(b' ');
    write::octets(out, octets, binary);
}

fn path(section: &Section) -> String {
    let numbers: Vec<String> = section.path.iter().map(u32::to_string).collect();
    numbers.join(".")
}

fn section_name(section: &Section, name: SectionName) -> String {
    match name {
        SectionName::Rfc822 => return "RFC822".to_owned(),
        SectionName::Rfc822Header => return "RFC822.HEADER".to_owned(),
        SectionName::Rfc822Text => return "RFC822.TEXT".to_owned(),
        SectionName::Body => {}
    }
    let mut inside = path(section);
    if let Some(text) = &section.text {
        if !inside.is_empty() {
            inside.push('.');
        }
        let list = |names: &[String]| {
            let names: Vec<String> = names.iter().map(|name| field_name(name)).collect();
            names.join(" ")
        };
        inside.push_str(&match text {
            Text::Header => "HEADER".to_owned(),
            Text::Text => "TEXT".to_owned(),
            Text::Mime => "MIME".to_owned(),
            Text::Fields(names) => format!("HEADER.FIELDS ({})", list(names)),
            Text::FieldsNot(names) => format!("HEADER.FIELDS.NOT ({})", list(names)),
        });
    }
    format!("BODY[{inside}]")
}

/// A field name as an atom where it can be one.
fn field_name(name: &str) -> String {
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if plain { name.to_owned() } else { write::string(name) }
}
