//! A session's letters: STAT, LIST, UIDL, RETR, TOP, and the deletions of QUIT (RFC 1939 §5–7).

use super::{Entry, Letter, PIECE, Session, State};

impl Session {
    /// The letter asked for; `None` when it is gone.
    pub fn handle_letter(&mut self, letter: Option<Letter>) {
        let State::Retrieving(_, lines) = std::mem::replace(&mut self.state, State::Command) else { return };
        let Some(letter) = letter else {
            return self.error("Thư không còn trong hộp thư", "the letter is gone");
        };
        let bytes = (*letter).as_ref();
        let end = lines.map_or(bytes.len(), |lines| top(bytes, lines));
        self.ok(&format!("{end} octets"));
        self.state = State::Sending(letter, 0..end);
    }

    /// Puts the next piece of the letter being sent into the output; after the last one comes the dot.
    pub(super) fn send_piece(&mut self) {
        let State::Sending(letter, left) = &mut self.state else { return };
        let bytes = (**letter).as_ref();
        let until = left.end.min(left.start.saturating_add(PIECE));
        let start_of_line = left.start == 0 || bytes.get(left.start - 1) == Some(&b'\n');
        stuff(bytes.get(left.start..until).unwrap_or_default(), start_of_line, &mut self.output);
        left.start = until;
        if left.start >= left.end {
            let ended = left.end == 0 || bytes.get(..left.end).is_some_and(|sent| sent.ends_with(b"\r\n"));
            self.output.extend_from_slice(if ended { b".\r\n" } else { b"\r\n.\r\n" });
            self.state = State::Command;
        }
    }

    /// Whether the deletions of QUIT are done.
    pub fn handle_deleted(&mut self, done: bool) {
        if !matches!(self.state, State::Deleting(_)) {
            return;
        }
        if done {
            self.ok("bye");
        } else {
            // RFC 1939 §6: "some deleted messages not removed".
            self.error("[SYS/TEMP] Chưa xóa được thư", "[SYS/TEMP] deleted letters were not removed");
        }
        self.state = State::Closing;
    }

    pub(super) fn quit(&mut self) {
        let letters = self.maildrop.as_deref().unwrap_or_default();
        let ids: Vec<String> = self
            .deleted
            .iter()
            .filter_map(|number| letters.get(number.checked_sub(1)?))
            .map(|entry| entry.id.clone())
            .collect();
        self.state = State::Deleting(ids);
    }

    pub(super) fn total(&self) -> (usize, u64) {
        self.present().fold((0, 0), |(count, octets), (_, entry)| (count + 1, octets + entry.size))
    }

    /// The letters that are not marked, with their numbers.
    fn present(&self) -> impl Iterator<Item = (usize, &Entry)> {
        let all = (1..).zip(self.maildrop.iter().flatten());
        all.filter(|(number, _)| !self.deleted.contains(number))
    }

    /// The letter with this number; says so when there is none.
    pub(super) fn letter(&mut self, number: usize) -> Option<Entry> {
        let at = number.checked_sub(1).filter(|_| !self.deleted.contains(&number));
        let found = at.and_then(|at| self.maildrop.as_ref()?.get(at)).cloned();
        if found.is_none() {
            self.error("Không có thư này", "no such letter");
        }
        found
    }

    pub(super) fn list(&mut self, which: Option<usize>, say: fn(&Entry) -> String) {
        match which {
            Some(number) => {
                if let Some(entry) = self.letter(number) {
                    self.ok(&format!("{number} {}", say(&entry)));
                }
            }
            None => {
                let lines: Vec<String> =
                    self.present().map(|(number, entry)| format!("{number} {}", say(entry))).collect();
                self.ok("");
                self.multiline(lines);
            }
        }
    }

    pub(super) fn retrieve(&mut self, number: usize, lines: Option<usize>) {
        if let Some(entry) = self.letter(number) {
            self.state = State::Retrieving(entry.id, lines);
        }
    }
}

/// Where the header, the empty line and `lines` of the body end (RFC 1939 §7, TOP).
fn top(letter: &[u8], lines: usize) -> usize {
    let mut at = 0;
    let mut left = None;
    while left != Some(0) {
        let Some(end) = letter.get(at..).and_then(|rest| rest.iter().position(|&byte| byte == b'\n')) else {
            return letter.len();
        };
        let line = letter.get(at..at + end).unwrap_or_default();
        at += end + 1;
        left = match left {
            None if line.is_empty() || line == b"\r" => Some(lines),
            None => None,
            Some(left) => Some(left - 1),
        };
    }
    at
}

/// Appends `bytes` with each line's leading dot doubled (RFC 1939 §3).
fn stuff(bytes: &[u8], mut start_of_line: bool, output: &mut Vec<u8>) {
    for &byte in bytes {
        if start_of_line && byte == b'.' {
            output.push(b'.');
        }
        output.push(byte);
        start_of_line = byte == b'\n';
    }
}
