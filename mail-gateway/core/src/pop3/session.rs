//! One POP3 server session as a state machine over octets.
//!
//! The shell loops: [`Session::poll`] says what to do next; questions are answered by the `handle_*` of
//! the same name; [`Session::take_output`] is written before waiting for the peer. Commands that arrive
//! together (PIPELINING, RFC 2449 §6.6) are answered in order because one is taken at a time.

use std::collections::BTreeSet;

use base::{Redacted, random::Random};

use super::command::Command;
use crate::sasl::{self, Bindings, Claim, Exchange, Mechanism};

/// What a session is told at its start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Our domain, as in the greeting.
    pub domain: String,
    /// STLS can be offered.
    pub tls_available: bool,
}

/// A letter of the maildrop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its unique id: 1–70 octets from 0x21 to 0x7e, never used again (RFC 1939 §7).
    pub id: String,
    /// Octets.
    pub size: u64,
}

/// What a sign-in led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Maildrop {
    /// These letters, under a lock.
    Open(Vec<Entry>),
    /// Name or password were wrong.
    Wrong,
    /// Too many failures; try later.
    Locked,
    /// Another session has the maildrop (RFC 1939 §4).
    InUse,
    /// Directory or store cannot answer now.
    Unavailable,
}

/// A letter's octets, wherever they lie.
pub type Letter = Box<dyn AsRef<[u8]> + Send>;

/// What the shell has to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Write the output, then read and call [`Session::handle_input`].
    Read,
    /// Write the output, then poll again.
    Write,
    /// Write the output, then make the connection TLS and call [`Session::handle_encrypted`].
    Encrypt,
    /// Look the SCRAM keys of this name up, then call [`Session::handle_keys`].
    Keys(String),
    /// Check the claim, lock and list the maildrop, then call [`Session::handle_maildrop`].
    Open(Claim),
    /// Read the letter with this id, then call [`Session::handle_letter`].
    Retrieve(String),
    /// Delete the letters with these ids in one transaction, then call [`Session::handle_deleted`].
    Delete(Vec<String>),
    /// Write the output and close.
    Close,
}

/// A server session.
pub struct Session {
    settings: Settings,
    encrypted: bool,
    bindings: Bindings,
    utf8: bool,
    input: Vec<u8>,
    output: Vec<u8>,
    state: State,
    user: Option<String>,
    /// `None` before the sign-in.
    maildrop: Option<Vec<Entry>>,
    deleted: BTreeSet<usize>,
    errors: u32,
    failed_sign_ins: u32,
}

enum State {
    Command,
    Authenticating(Box<Exchange>),
    Encrypting,
    LookingUp(Box<Exchange>, String),
    Opening(Claim),
    /// Lines of the body wanted; all of them for RETR.
    Retrieving(String, Option<usize>),
    Sending(Letter, std::ops::Range<usize>),
    Deleting(Vec<String>),
    Closing,
}

impl Session {
    /// A session that has just been accepted; its greeting waits in the output.
    pub fn new(settings: Settings, encrypted: bool) -> Self {
        let greeting = format!("+OK {} POP3 Lien Thong\r\n", settings.domain);
        Self {
            settings,
            encrypted,
            bindings: Bindings::default(),
            utf8: false,
            input: Vec::new(),
            output: greeting.into_bytes(),
            state: State::Command,
            user: None,
            maildrop: None,
            deleted: BTreeSet::new(),
            errors: 0,
            failed_sign_ins: 0,
        }
    }

    /// Takes octets from the peer.
    pub fn handle_input(&mut self, bytes: &[u8]) {
        if !matches!(self.state, State::Closing) {
            self.input.extend_from_slice(bytes);
        }
    }

    /// The connection is TLS now; everything learnt before is forgotten (RFC 2595 §4).
    pub fn handle_encrypted(&mut self) {
        self.encrypted = true;
        self.user = None;
        self.input.clear();
        self.state = State::Command;
    }

    /// What sign-in may bind to on this TLS connection.
    pub fn handle_bindings(&mut self, bindings: Bindings) {
        self.bindings = bindings;
    }

    /// The keys asked for with [`Step::Keys`]; `None` when the directory cannot answer.
    pub fn handle_keys(&mut self, keys: Option<sasl::Keys>, random: &mut dyn Random) {
        match (std::mem::replace(&mut self.state, State::Command), keys) {
            (State::LookingUp(mut exchange, _), Some(keys)) => {
                let step = exchange.handle_keys(keys, random);
                self.follow(exchange, step);
            }
            (State::LookingUp(..), None) => self.refuse_sign_in(&Maildrop::Unavailable),
            (state, _) => self.state = state,
        }
    }

    /// What the sign-in led to.
    pub fn handle_maildrop(&mut self, maildrop: Maildrop) {
        if !matches!(self.state, State::Opening(_)) {
            return;
        }
        self.state = State::Command;
        match maildrop {
            Maildrop::Open(letters) => {
                self.ok(&format!("{} letters", letters.len()));
                self.maildrop = Some(letters);
            }
            refused => self.refuse_sign_in(&refused),
        }
    }

    fn refuse_sign_in(&mut self, why: &Maildrop) {
        // RFC 2449 §8.1.1 and RFC 3206 §4: whether asking the person for a password helps.
        let (vietnamese, english) = match why {
            Maildrop::InUse => {
                ("[IN-USE] Hộp thư đang được mở ở nơi khác", "[IN-USE] maildrop is open elsewhere")
            }
            Maildrop::Locked => (
                "[SYS/TEMP] Tài khoản tạm khóa do đăng nhập sai nhiều lần",
                "[SYS/TEMP] locked after repeated failures",
            ),
            Maildrop::Unavailable => {
                ("[SYS/TEMP] Máy chủ tạm thời chưa trả lời", "[SYS/TEMP] try again later")
            }
            Maildrop::Wrong | Maildrop::Open(_) => {
                ("[AUTH] Sai tên đăng nhập hoặc mật khẩu", "[AUTH] wrong name or password")
            }
        };
        self.error(vietnamese, english);
        self.failed_sign_ins += 1;
        if self.failed_sign_ins >= MAX_FAILED_SIGN_INS {
            self.state = State::Closing;
        }
    }

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

    /// Octets for the peer.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// Ends the session without deleting anything: the hub stops, or the peer was silent for too long.
    pub fn close(&mut self, english: &str) {
        self.error(english, english);
        self.state = State::Closing;
    }

    /// Octets waiting to be taken apart, for tests of boundedness.
    pub fn buffered(&self) -> usize {
        self.input.len()
    }

    /// Says what to do next.
    pub fn poll(&mut self) -> Step {
        loop {
            // Answers of commands that came together leave in pieces.
            if self.output.len() >= PIECE {
                return Step::Write;
            }
            match &mut self.state {
                State::Command | State::Authenticating(_) => match self.next_line() {
                    Some(line) => self.handle_line(&line),
                    None if matches!(self.state, State::Closing) => {}
                    None => return Step::Read,
                },
                State::Encrypting => return Step::Encrypt,
                State::LookingUp(_, login) => return Step::Keys(login.clone()),
                State::Opening(claim) => return Step::Open(claim.clone()),
                State::Retrieving(id, _) => return Step::Retrieve(id.clone()),
                State::Sending(letter, left) => {
                    let bytes = (**letter).as_ref();
                    let until = left.end.min(left.start.saturating_add(PIECE));
                    let start_of_line = left.start == 0 || bytes.get(left.start - 1) == Some(&b'\n');
                    stuff(bytes.get(left.start..until).unwrap_or_default(), start_of_line, &mut self.output);
                    left.start = until;
                    if left.start >= left.end {
                        let ended =
                            left.end == 0 || bytes.get(..left.end).is_some_and(|b| b.ends_with(b"\r\n"));
                        self.output.extend_from_slice(if ended { b".\r\n" } else { b"\r\n.\r\n" });
                        self.state = State::Command;
                    }
                }
                State::Deleting(ids) => return Step::Delete(ids.clone()),
                State::Closing => return Step::Close,
            }
        }
    }

    /// The next line without its end; `None` when it has not come, or the session ends.
    fn next_line(&mut self) -> Option<Vec<u8>> {
        let Some(end) = self.input.iter().position(|&byte| byte == b'\n') else {
            if self.input.len() > MAX_LINE {
                self.close("line too long");
            }
            return None;
        };
        let mut line: Vec<u8> = self.input.drain(..=end).collect();
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        if line.len() > MAX_LINE {
            self.close("line too long");
            return None;
        }
        Some(line)
    }

    fn handle_line(&mut self, line: &[u8]) {
        match std::mem::replace(&mut self.state, State::Command) {
            State::Authenticating(exchange) => self.handle_answer(exchange, &String::from_utf8_lossy(line)),
            _ => match Command::parse(line) {
                Ok(command) => self.handle_command(command),
                Err(problem) => self.protest(problem),
            },
        }
    }

    fn handle_command(&mut self, command: Command) {
        match (command, self.maildrop.is_some()) {
            (Command::Capa, _) => self.capabilities(),
            (Command::Quit, false) => {
                self.ok("bye");
                self.state = State::Closing;
            }
            (Command::Quit, true) => self.quit(),
            (Command::Utf8, false) => {
                self.utf8 = true;
                self.ok("UTF-8");
            }
            (Command::Stls, false) => self.stls(),
            (Command::Auth(None), false) => self.mechanisms(),
            (Command::Auth(Some((name, initial))), false) => self.auth(&name, initial.as_deref()),
            (Command::User(name), false) => {
                if self.may_sign_in() {
                    self.user = Some(name);
                    self.ok("password?");
                }
            }
            (Command::Pass(password), false) => self.pass(password),
            (_, false) => self.protest("sign in first"),
            (Command::Stat, true) => {
                let (count, octets) = self.total();
                self.ok(&format!("{count} {octets}"));
            }
            (Command::List(which), true) => self.list(which, |entry| entry.size.to_string()),
            (Command::Uidl(which), true) => self.list(which, |entry| entry.id.clone()),
            (Command::Retr(number), true) => self.retrieve(number, None),
            (Command::Top(number, lines), true) => self.retrieve(number, Some(lines)),
            (Command::Dele(number), true) => {
                if self.letter(number).is_some() {
                    self.deleted.insert(number);
                    self.ok("marked");
                }
            }
            (Command::Noop, true) => self.ok(""),
            (Command::Rset, true) => {
                self.deleted.clear();
                self.ok("");
            }
            (_, true) => self.protest("already signed in"),
        }
    }

    fn quit(&mut self) {
        let letters = self.maildrop.as_deref().unwrap_or_default();
        let ids: Vec<String> = self
            .deleted
            .iter()
            .filter_map(|number| letters.get(number.checked_sub(1)?))
            .map(|entry| entry.id.clone())
            .collect();
        self.state = State::Deleting(ids);
    }

    /// RFC 2449 §5.
    fn capabilities(&mut self) {
        let mut lines = vec![
            "TOP".to_owned(),
            "UIDL".to_owned(),
            "RESP-CODES".to_owned(),
            "AUTH-RESP-CODE".to_owned(),
            "PIPELINING".to_owned(),
            "EXPIRE NEVER".to_owned(),
            "LOGIN-DELAY 0".to_owned(),
            "UTF8 USER".to_owned(),
            "IMPLEMENTATION Lien-Thong".to_owned(),
        ];
        if self.encrypted {
            lines.push("USER".to_owned());
            lines.push(format!("SASL {}", names(&self.bindings).join(" ")));
        } else if self.settings.tls_available {
            lines.push("STLS".to_owned());
        }
        self.ok("");
        self.multiline(lines);
    }

    fn mechanisms(&mut self) {
        self.ok("");
        let lines = if self.encrypted { names(&self.bindings) } else { Vec::new() };
        self.multiline(lines.into_iter().map(str::to_owned));
    }

    fn stls(&mut self) {
        if self.encrypted || !self.settings.tls_available {
            return self.protest("TLS is active or not available");
        }
        if !self.input.is_empty() {
            // RFC 2595 §2.4: what came before TLS must not be taken for what comes under it.
            return self.close("nothing may follow STLS in clear text");
        }
        self.ok("begin TLS");
        self.state = State::Encrypting;
    }

    /// RFC 8314 §4.1: passwords only where nobody listens.
    fn may_sign_in(&mut self) -> bool {
        if !self.encrypted {
            self.error("Phải mã hóa kết nối trước khi đăng nhập", "encryption required, say STLS first");
        }
        self.encrypted
    }

    fn pass(&mut self, password: String) {
        if !self.may_sign_in() {
            return;
        }
        match self.user.take() {
            Some(login) => {
                let password = Redacted::new(password);
                self.state = State::Opening(Claim::Password { login, password });
            }
            None => self.protest("USER first"),
        }
    }

    fn auth(&mut self, name: &str, initial: Option<&str>) {
        if !self.may_sign_in() {
            return;
        }
        let Some(mechanism) = Mechanism::parse(name) else { return self.protest("mechanism not offered") };
        let exchange = Box::new(Exchange::new(mechanism, &self.bindings));
        match initial {
            Some(initial) => self.handle_answer(exchange, initial),
            None => {
                let opening = exchange.opening();
                self.follow(exchange, sasl::Step::Challenge(opening.to_vec()));
            }
        }
    }

    fn handle_answer(&mut self, mut exchange: Box<Exchange>, line: &str) {
        if line == "*" {
            return self.protest("cancelled");
        }
        match sasl::decode(line) {
            Some(response) => {
                let step = exchange.handle_response(&response);
                self.follow(exchange, step);
            }
            None => self.protest("not base64"),
        }
    }

    fn follow(&mut self, exchange: Box<Exchange>, step: sasl::Step) {
        match step {
            sasl::Step::Challenge(challenge) => {
                self.output.extend_from_slice(format!("+ {}\r\n", sasl::encode(&challenge)).as_bytes());
                self.state = State::Authenticating(exchange);
            }
            sasl::Step::Lookup(login) => self.state = State::LookingUp(exchange, login),
            sasl::Step::SignIn(claim) => self.state = State::Opening(claim),
            sasl::Step::Refused => self.protest("not a response of this mechanism"),
        }
    }

    fn total(&self) -> (usize, u64) {
        self.present().fold((0, 0), |(count, octets), (_, entry)| (count + 1, octets + entry.size))
    }

    /// The letters that are not marked, with their numbers.
    fn present(&self) -> impl Iterator<Item = (usize, &Entry)> {
        let all = (1..).zip(self.maildrop.iter().flatten());
        all.filter(|(number, _)| !self.deleted.contains(number))
    }

    /// The letter with this number; says so when there is none.
    fn letter(&mut self, number: usize) -> Option<Entry> {
        let found = self.present().find(|(known, _)| *known == number).map(|(_, entry)| entry.clone());
        if found.is_none() {
            self.error("Không có thư này", "no such letter");
        }
        found
    }

    fn list(&mut self, which: Option<usize>, say: fn(&Entry) -> String) {
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

    fn retrieve(&mut self, number: usize, lines: Option<usize>) {
        if let Some(entry) = self.letter(number) {
            self.state = State::Retrieving(entry.id, lines);
        }
    }

    fn ok(&mut self, text: &str) {
        let line = if text.is_empty() { "+OK\r\n".to_owned() } else { format!("+OK {text}\r\n") };
        self.output.extend_from_slice(line.as_bytes());
    }

    /// RFC 6856 §2: other words than ASCII only to a client that asked for them.
    fn error(&mut self, vietnamese: &str, english: &str) {
        let text = if self.utf8 { vietnamese } else { english };
        self.output.extend_from_slice(format!("-ERR {text}\r\n").as_bytes());
    }

    /// Answers a mistake; somebody who makes too many is not a mail program.
    fn protest(&mut self, english: &str) {
        self.error(english, english);
        self.errors += 1;
        if self.errors >= MAX_ERRORS {
            self.state = State::Closing;
        }
    }

    fn multiline(&mut self, lines: impl IntoIterator<Item = String>) {
        for line in lines {
            self.output.extend_from_slice(line.as_bytes());
            self.output.extend_from_slice(b"\r\n");
        }
        self.output.extend_from_slice(b".\r\n");
    }
}

fn names(bindings: &Bindings) -> Vec<&'static str> {
    Mechanism::offered(bindings).into_iter().map(Mechanism::name).collect()
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

/// Octets sent at a time.
const PIECE: usize = 64 * 1024;
/// RFC 5034 §4 lets the lines of AUTH be as long as a mechanism needs; this is SMTP's measure.
const MAX_LINE: usize = 12_288;
const MAX_ERRORS: u32 = 20;
const MAX_FAILED_SIGN_INS: u32 = 3;
