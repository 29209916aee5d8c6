//! SEARCH, SORT, THREAD (RFC 9051 §6.4.4, RFC 4731, 5182, 5256, 5267).
//!
//! Texts are compared folded: case, Vietnamese marks and `đ` make no difference. Fields of the envelope
//! are searched for any part of a word; TEXT and BODY ask the store's index, which knows words by their
//! beginnings.

use std::collections::{BTreeSet, HashMap, HashSet};

use base::Timestamp;
use mail_gateway_core::{
    imap::{
        command::{Algorithm, Comparison, Field, Key, ResultOption, SortKey},
        order::{self, Sortable},
        set, thread, write,
    },
    jmap::filter::{Condition, Filter, Operator},
    message::{Summary, mime::field, parse},
    search::Words,
};

use super::{
    reply::{Done, Failure, Reply},
    session::Session,
    sync::PIECE,
};
use crate::store::{
    query::Order,
    uid::{LetterRow, Wanted},
};

impl Session {
    pub(super) async fn search(
        &mut self,
        by_uid: bool,
        results: Option<Vec<ResultOption>>,
        key: &Key,
    ) -> Done {
        let found = self.matching(key, false).await?;
        let uids: Vec<u32> = found.iter().map(|hit| hit.uid).collect();
        let highest = if asks_modseq(key) { found.iter().map(|hit| hit.modseq).max() } else { None };
        let numbers = self.numbers(&uids, by_uid);
        // RFC 9051 §6.4.4: rev2 always answers with ESEARCH.
        let results = results.or_else(|| self.enabled.rev2.then(|| vec![ResultOption::All]));
        match results {
            Some(options) => self.tell_results(&options, &numbers, &uids, by_uid, highest),
            None => {
                let mut line = String::from("SEARCH");
                for number in &numbers {
                    line.push_str(&format!(" {number}"));
                }
                if let Some(highest) = highest {
                    line.push_str(&format!(" (MODSEQ {highest})"));
                }
                self.untagged(line);
            }
        }
        Ok(Reply::ok("done"))
    }

    pub(super) async fn sort(
        &mut self,
        by_uid: bool,
        results: Option<Vec<ResultOption>>,
        order: &[SortKey],
        key: &Key,
    ) -> Done {
        let mut letters = sortables(self.matching(key, true).await?);
        order::sort(&mut letters, order);
        let uids: Vec<u32> = letters.iter().map(|letter| letter.number).collect();
        let numbers = self.numbers(&uids, by_uid);
        match results {
            Some(options) => self.tell_results(&options, &numbers, &uids, by_uid, None),
            None => {
                let list: Vec<String> = numbers.iter().map(u32::to_string).collect();
                self.untagged(format!("SORT {}", list.join(" ")).trim_end());
            }
        }
        Ok(Reply::ok("done"))
    }

    pub(super) async fn thread(&mut self, by_uid: bool, algorithm: Algorithm, key: &Key) -> Done {
        let letters: Vec<thread::Letter> = sortables(self.matching(key, true).await?)
            .iter()
            .filter_map(|letter| {
                let mut letter = order::threadable(letter);
                letter.number = self.number(letter.number, by_uid)?;
                Some(letter)
            })
            .collect();
        let threads = match algorithm {
            Algorithm::OrderedSubject => thread::ordered_subject(letters),
            Algorithm::References => thread::references(&letters),
        };
        self.untagged(format!("THREAD {threads}").trim_end());
        Ok(Reply::ok("done"))
    }

    fn number(&self, uid: u32, by_uid: bool) -> Option<u32> {
        if by_uid {
            return Some(uid);
        }
        self.selected.as_ref().and_then(|selected| selected.view.number_of(uid))
    }

    fn numbers(&self, uids: &[u32], by_uid: bool) -> Vec<u32> {
        uids.iter().filter_map(|uid| self.number(*uid, by_uid)).collect()
    }

    fn tell_results(
        &mut self,
        options: &[ResultOption],
        numbers: &[u32],
        uids: &[u32],
        by_uid: bool,
        highest: Option<i64>,
    ) {
        let mut line = String::from("ESEARCH");
        // RFC 4731 §3.2: the tag says which command this answers.
        line.push_str(&format!(" (TAG {})", write::string(&self.tag)));
        if by_uid {
            line.push_str(" UID");
        }
        let (first, last) = (numbers.first(), numbers.last());
        for option in options {
            match (option, first, last) {
                (ResultOption::Min, Some(first), _) => line.push_str(&format!(" MIN {first}")),
                (ResultOption::Max, _, Some(last)) => line.push_str(&format!(" MAX {last}")),
                (ResultOption::All, Some(_), _) => {
                    line.push_str(&format!(" ALL {}", set::written(numbers.iter().copied())));
                }
                (ResultOption::Count, ..) => line.push_str(&format!(" COUNT {}", numbers.len())),
                _ => {}
            }
        }
        if let Some(highest) = highest {
            line.push_str(&format!(" MODSEQ {highest}"));
        }
        let saves = options.contains(&ResultOption::Save);
        if saves {
            self.saved = saved(options, uids);
        }
        // RFC 5182 §2.1: SAVE alone has nothing to tell.
        if !(saves && options.len() == 1) {
            self.untagged(line);
        }
    }

    /// The letters of the selected mailbox that match, by ascending UID.
    async fn matching(&self, key: &Key, needs_summary: bool) -> Result<Vec<LetterRow>, Failure> {
        let Some(selected) = &self.selected else { return Ok(Vec::new()) };
        let key = &self.settled(key);
        let mut needs = Needs { summary: needs_summary, ..Needs::default() };
        needs.look(key);
        let texts = self.indexed(&needs.texts).await?;
        let view = &selected.view;
        let now = Timestamp::now().as_seconds();
        let wanted = Wanted { flags: true, facts: false, summary: needs.summary };
        let mut found = Vec::new();
        for piece in view.uids().chunks(PIECE) {
            let rows = self.store().letter_rows(selected.account, &selected.folder, piece, wanted).await?;
            for row in rows {
                let header = if needs.header {
                    let raw = self.store().open_blob(&row.blob).await?;
                    raw.slice_ref(parse::headers_of(&raw))
                } else {
                    bytes::Bytes::new()
                };
                let summary = row.summary.as_deref().and_then(|json| serde_json::from_str(json).ok());
                let candidate = Candidate {
                    row: &row,
                    summary: summary.unwrap_or_default(),
                    header: &header,
                    texts: &texts,
                    now,
                };
                if candidate.matches(key) {
                    found.push(row);
                }
            }
        }
        Ok(found)
    }

    /// The key with its sets looked up once, not once per letter.
    fn settled(&self, key: &Key) -> Key {
        match key {
            Key::Sequence(set) => Key::Chosen(self.chosen(set, false)),
            Key::Uid(set) => Key::Chosen(self.chosen(set, true)),
            Key::Saved => Key::Chosen(self.saved.clone()),
            Key::And(keys) => Key::And(keys.iter().map(|key| self.settled(key)).collect()),
            Key::Or(a, b) => Key::Or(Box::new(self.settled(a)), Box::new(self.settled(b))),
            Key::Not(key) => Key::Not(Box::new(self.settled(key))),
            other => other.clone(),
        }
    }

    /// For every text to be found in bodies, the letters that have it.
    async fn indexed(&self, texts: &BTreeSet<(bool, String)>) -> Result<Texts, Failure> {
        let Some(selected) = &self.selected else { return Ok(Texts::new()) };
        let mut found = Texts::new();
        for (anywhere, text) in texts {
            let words = Words::parse(text);
            let condition = if *anywhere { Condition::Text(words) } else { Condition::Body(words) };
            let filter = Filter::Operator(
                Operator::And,
                vec![
                    Filter::Condition(Condition::InFolder(selected.folder.clone())),
                    Filter::Condition(condition),
                ],
            );
            let hits = self.store().query(selected.account, Some(&filter), Order::OldestFirst).await?;
            found.insert((*anywhere, text.clone()), hits.into_iter().map(|hit| hit.id).collect());
        }
        Ok(found)
    }
}

/// What RFC 5182 §2.4 saves: the whole result, or only MIN and MAX when only they were asked for.
fn saved(options: &[ResultOption], uids: &[u32]) -> Vec<u32> {
    let asks = |option| options.contains(&option);
    let (min, max) = (asks(ResultOption::Min), asks(ResultOption::Max));
    let mut kept: Vec<u32> = if (min || max) && !asks(ResultOption::All) && !asks(ResultOption::Count) {
        let (first, last) = (uids.first().filter(|_| min), uids.last().filter(|_| max));
        first.into_iter().chain(last).copied().collect()
    } else {
        uids.to_vec()
    };
    kept.sort_unstable();
    kept.dedup();
    kept
}

fn sortables(rows: Vec<LetterRow>) -> Vec<Sortable> {
    rows.into_iter()
        .map(|row| Sortable {
            number: row.uid,
            received: row.received.as_micros(),
            size: row.size,
            summary: row
                .summary
                .as_deref()
                .and_then(|json| serde_json::from_str(json).ok())
                .unwrap_or_default(),
        })
        .collect()
}

fn asks_modseq(key: &Key) -> bool {
    match key {
        Key::Modseq(_) => true,
        Key::And(keys) => keys.iter().any(asks_modseq),
        Key::Or(a, b) => asks_modseq(a) || asks_modseq(b),
        Key::Not(key) => asks_modseq(key),
        _ => false,
    }
}

type Texts = HashMap<(bool, String), HashSet<String>>;

/// What must be read to decide.
#[derive(Default)]
struct Needs {
    summary: bool,
    header: bool,
    /// Whether anywhere (TEXT) or in the body alone (BODY), and what.
    texts: BTreeSet<(bool, String)>,
}

impl Needs {
    fn look(&mut self, key: &Key) {
        match key {
            Key::And(keys) => keys.iter().for_each(|key| self.look(key)),
            Key::Or(a, b) => {
                self.look(a);
                self.look(b);
            }
            Key::Not(key) => self.look(key),
            Key::People(..) | Key::Sent(..) => self.summary = true,
            Key::Header(..) => self.header = true,
            Key::Body(text) => drop(self.texts.insert((false, text.clone()))),
            Key::Text(text) => drop(self.texts.insert((true, text.clone()))),
            _ => {}
        }
    }
}

/// A letter and what is known of it.
struct Candidate<'a> {
    row: &'a LetterRow,
    summary: Summary,
    header: &'a [u8],
    texts: &'a Texts,
    now: i64,
}

impl Candidate<'_> {
    fn matches(&self, key: &Key) -> bool {
        let row = self.row;
        let received = row.received.as_micros();
        match key {
            Key::All => true,
            Key::And(keys) => keys.iter().all(|key| self.matches(key)),
            Key::Or(a, b) => self.matches(a) || self.matches(b),
            Key::Not(key) => !self.matches(key),
            Key::Chosen(uids) => uids.binary_search(&row.uid).is_ok(),
            // `settled` has made these the one above.
            Key::Sequence(_) | Key::Uid(_) | Key::Saved => false,
            Key::Flag(keyword) => row.keywords.iter().any(|own| own == keyword),
            Key::Arrived(how, day) => compare(*how, row.received.as_seconds().div_euclid(86_400), *day),
            Key::Sent(how, day) => compare(*how, order::sent_day(&self.summary, received), *day),
            Key::Older(seconds) => self.now - row.received.as_seconds() >= *seconds,
            Key::Younger(seconds) => self.now - row.received.as_seconds() < *seconds,
            Key::Larger(size) => row.size > *size,
            Key::Smaller(size) => row.size < *size,
            Key::Modseq(modseq) => row.modseq >= *modseq,
            Key::People(field, text) => self.field_holds(*field, text),
            Key::Header(name, text) => self.header_holds(name, text),
            Key::Body(text) => self.index_holds(false, text),
            Key::Text(text) => self.index_holds(true, text),
            Key::EmailId(id) => row.letter == *id,
            Key::ThreadId(id) => row.thread == *id,
        }
    }

    fn field_holds(&self, which: Field, text: &str) -> bool {
        order::folded(&self.summary, which).contains(&base::fold::fold(text))
    }

    fn header_holds(&self, name: &str, text: &str) -> bool {
        let wanted = base::fold::fold(text);
        field::fields(self.header)
            .filter(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))
            .any(|(_, whole)| base::fold::fold(&field::value(whole)).contains(&wanted))
    }

    fn index_holds(&self, anywhere: bool, text: &str) -> bool {
        self.texts.get(&(anywhere, text.to_owned())).is_some_and(|letters| letters.contains(&self.row.letter))
    }
}

fn compare(how: Comparison, day: i64, with: i64) -> bool {
    match how {
        Comparison::Before => day < with,
        Comparison::On => day == with,
        Comparison::Since => day >= with,
    }
}
