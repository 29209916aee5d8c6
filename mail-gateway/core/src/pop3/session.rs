//! One POP3 server session as a state machine over octets.
//!
//! The shell loops: [`Session::poll`] says what to do next; questions are answered by the `handle_*` of
//! the same name; [`Session::take_output`] is written before waiting for the peer. Commands that arrive
//! together (PIPELINING, RFC 2449 §6.6) are answered in order because one is taken at a time.

mod letters;
mod signing_in;

use std::collections::BTreeSet;

use super::command::Command;
use crate::sasl::{Bindings, Claim, Exchange};

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
    /// The account has a second factor: programs sign in with a secret of their own.
    AppPasswordNeeded,
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
                State::Sending(..) => self.send_piece(),
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
            lines.push(format!("SASL {}", signing_in::names(&self.bindings).join(" ")));
        } else if self.settings.tls_available {
            lines.push("STLS".to_owned());
        }
        self.ok("");
        self.multiline(lines);
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

/// Octets sent at a time.
const PIECE: usize = 64 * 1024;
/// RFC 5034 §4 lets the lines of AUTH be as long as a mechanism needs; this is SMTP's measure.
const MAX_LINE: usize = 12_288;
const MAX_ERRORS: u32 = 20;
