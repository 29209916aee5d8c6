//! One ManageSieve session as a state machine over octets.
//!
//! The shell loops: [`Session::poll`] says what to do next; questions are answered by the `handle_*` of
//! the same name; [`Session::take_output`] is written before waiting for the peer.

use base::random::Random;
use unicode_normalization::UnicodeNormalization;

use super::command::{self, Command, Reading};
use crate::{
    sasl::{self, Bindings, Claim, Exchange, Mechanism},
    sieve::{EXTENSIONS, MAX_SCRIPT, Script},
};

/// What a session is told at its start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// STARTTLS can be offered.
    pub tls_available: bool,
}

/// What the store is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// All scripts; answered by [`Answer::Scripts`].
    List,
    /// One script's text; answered by [`Answer::Text`].
    Get(String),
    /// Whether there is room for a script of this name.
    HaveSpace(String),
    /// Keep a script, over an older one of its name.
    Put(String, String),
    /// Make a script the active one; `None` leaves none active.
    Activate(Option<String>),
    /// Throw a script away.
    Delete(String),
    /// Call a script otherwise.
    Rename(String, String),
}

/// What the store says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is done.
    Done,
    /// Names, and whether each is the active one.
    Scripts(Vec<(String, bool)>),
    /// A script's text.
    Text(String),
    /// It cannot be done.
    Refused(Problem),
}

/// Why the store refuses (RFC 5804 §1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// There is no script of that name.
    NonExistent,
    /// There is one already.
    AlreadyExists,
    /// The active script cannot be deleted.
    Active,
    /// There are too many scripts.
    TooMany,
    /// The store cannot answer now.
    Unavailable,
}

/// What became of a sign-in.
pub type SignIn = Result<String, &'static str>;

/// What the shell has to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Write the output, then read and call [`Session::handle_input`].
    Read,
    /// Write the output, then make the connection TLS and call [`Session::handle_encrypted`].
    Encrypt,
    /// Look the SCRAM keys of this name up, then call [`Session::handle_keys`].
    Keys(String),
    /// Check the claim, then call [`Session::handle_sign_in`].
    SignIn(Claim),
    /// Ask the store, then call [`Session::handle_answer`].
    Ask(Question),
    /// Write the output and close.
    Close,
}

/// A server session.
#[derive(Debug)]
pub struct Session {
    settings: Settings,
    encrypted: bool,
    bindings: Bindings,
    input: Vec<u8>,
    output: Vec<u8>,
    state: State,
    /// The address of the mailbox that was opened.
    owner: Option<String>,
    errors: u32,
    failed_sign_ins: u32,
}

#[derive(Debug)]
enum State {
    Command,
    Authenticating(Box<Exchange>),
    Encrypting,
    LookingUp(Box<Exchange>, String),
    SigningIn(Claim),
    Asking(Question),
    Closing,
}

impl Session {
    /// A session that has just been accepted; its greeting waits in the output (§1.7).
    pub fn new(settings: Settings, encrypted: bool) -> Self {
        let mut session = Self {
            settings,
            encrypted,
            bindings: Bindings::default(),
            input: Vec::new(),
            output: Vec::new(),
            state: State::Command,
            owner: None,
            errors: 0,
            failed_sign_ins: 0,
        };
        session.capabilities();
        session
    }

    /// Takes octets from the peer.
    pub fn handle_input(&mut self, bytes: &[u8]) {
        if !matches!(self.state, State::Closing) {
            self.input.extend_from_slice(bytes);
        }
    }

    /// The connection is TLS now, with these bindings; capabilities are said anew (§2.2).
    pub fn handle_encrypted(&mut self, bindings: Bindings) {
        self.encrypted = true;
        self.bindings = bindings;
        self.input.clear();
        self.state = State::Command;
        self.capabilities();
    }

    /// The keys asked for with [`Step::Keys`]; `None` when the directory cannot answer.
    pub fn handle_keys(&mut self, keys: Option<sasl::Keys>, random: &mut dyn Random) {
        match (std::mem::replace(&mut self.state, State::Command), keys) {
            (State::LookingUp(mut exchange, _), Some(keys)) => {
                let step = exchange.handle_keys(keys, random);
                self.follow(exchange, step);
            }
            (State::LookingUp(..), None) => self.no("TRYLATER", UNAVAILABLE),
            (state, _) => self.state = state,
        }
    }

    /// What became of the sign-in: the address of the mailbox opened, or why not.
    pub fn handle_sign_in(&mut self, outcome: SignIn) {
        if !matches!(self.state, State::SigningIn(_)) {
            return;
        }
        self.state = State::Command;
        match outcome {
            Ok(owner) => {
                self.owner = Some(owner);
                self.line("OK");
            }
            Err(why) => {
                self.no("", why);
                self.failed_sign_ins += 1;
                if self.failed_sign_ins >= MAX_FAILED_SIGN_INS {
                    self.close("đăng nhập sai quá nhiều lần / too many failed sign-ins");
                }
            }
        }
    }

    /// What the store says.
    pub fn handle_answer(&mut self, answer: Answer) {
        if !matches!(self.state, State::Asking(_)) {
            return;
        }
        self.state = State::Command;
        match answer {
            Answer::Done => self.line("OK"),
            Answer::Scripts(scripts) => {
                for (name, active) in scripts {
                    let active = if active { " ACTIVE" } else { "" };
                    let line = format!("{}{active}", string(&name));
                    self.line(&line);
                }
                self.line("OK");
            }
            Answer::Text(text) => {
                let head = format!("{{{}}}", text.len());
                self.line(&head);
                self.output.extend_from_slice(text.as_bytes());
                self.line("");
                self.line("OK");
            }
            Answer::Refused(problem) => {
                let (code, text) = match problem {
                    Problem::NonExistent => {
                        ("NONEXISTENT", "không có kịch bản này / there is no such script")
                    }
                    Problem::AlreadyExists => ("ALREADYEXISTS", "tên đã được dùng / the name is taken"),
                    Problem::Active => ("ACTIVE", "kịch bản đang được dùng / the script is active"),
                    Problem::TooMany => ("QUOTA/MAXSCRIPTS", "quá nhiều kịch bản / too many scripts"),
                    Problem::Unavailable => ("TRYLATER", UNAVAILABLE),
                };
                self.no(code, text);
            }
        }
    }

    /// Octets for the peer.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// Ends the session: the hub stops, or the peer was silent for too long.
    pub fn close(&mut self, why: &str) {
        let line = format!("BYE {}", string(why));
        self.line(&line);
        self.state = State::Closing;
    }

    /// Octets waiting to be taken apart, for tests of boundedness.
    pub fn buffered(&self) -> usize {
        self.input.len()
    }

    /// Says what to do next.
    pub fn poll(&mut self) -> Step {
        loop {
            match &self.state {
                State::Command => {
                    let reading = command::command(&self.input);
                    match self.take(reading) {
                        Some(Some(command)) => self.handle_command(command),
                        Some(None) => {}
                        None => return Step::Read,
                    }
                }
                State::Authenticating(_) => {
                    let reading = command::response(&self.input);
                    match self.take(reading) {
                        Some(response) => {
                            let state = std::mem::replace(&mut self.state, State::Command);
                            if let (State::Authenticating(exchange), Some(response)) = (state, response) {
                                self.handle_response(exchange, &response);
                            }
                        }
                        None => return Step::Read,
                    }
                }
                State::Encrypting => return Step::Encrypt,
                State::LookingUp(_, login) => return Step::Keys(login.clone()),
                State::SigningIn(claim) => return Step::SignIn(claim.clone()),
                State::Asking(question) => return Step::Ask(question.clone()),
                State::Closing => return Step::Close,
            }
        }
    }

    /// What was read: `None` waits for more, `Some(None)` was wrong and is answered already.
    fn take<T>(&mut self, reading: Reading<T>) -> Option<Option<T>> {
        match reading {
            Reading::More => None,
            Reading::Done(value, used) => {
                self.input.drain(..used);
                Some(Some(value))
            }
            Reading::Wrong(why, used) => {
                self.input.drain(..used);
                self.protest("", why);
                Some(None)
            }
            Reading::Lost(why) => {
                self.input.clear();
                self.close(why);
                Some(None)
            }
        }
    }

    fn handle_command(&mut self, command: Command) {
        match command {
            Command::Logout => self.logout(),
            Command::Capability => self.capabilities(),
            Command::Noop(tag) => self.noop(tag),
            Command::StartTls => self.start_tls(),
            Command::Authenticate(name, initial) => self.authenticate(&name, initial.as_deref()),
            _ if self.owner.is_none() => self.protest("", "chưa đăng nhập / sign in first"),
            Command::Unauthenticate => {
                self.owner = None;
                self.line("OK");
            }
            Command::CheckScript(script) => self.check(&script),
            Command::ListScripts => self.ask(Question::List),
            Command::HaveSpace(name, size) => match script_name(&name) {
                Some(_) if size > MAX_SCRIPT as u64 => self.no("QUOTA/MAXSIZE", TOO_LARGE),
                Some(name) => self.ask(Question::HaveSpace(name)),
                None => self.no("", BAD_NAME),
            },
            Command::PutScript(name, script) => match (script_name(&name), Script::compile(&script)) {
                (None, _) => self.no("", BAD_NAME),
                (_, _) if script.len() > MAX_SCRIPT => self.no("QUOTA/MAXSIZE", TOO_LARGE),
                (_, Err(error)) => self.no("", &error.to_string()),
                (Some(name), Ok(_)) => self.ask(Question::Put(name, script)),
            },
            Command::SetActive(name) if name.is_empty() => self.ask(Question::Activate(None)),
            Command::SetActive(name) => self.ask_of(&name, |name| Question::Activate(Some(name))),
            Command::GetScript(name) => self.ask_of(&name, Question::Get),
            Command::DeleteScript(name) => self.ask_of(&name, Question::Delete),
            Command::RenameScript(old, new) => match script_name(&new) {
                Some(new) => self.ask_of(&old, |old| Question::Rename(old, new)),
                None => self.no("", BAD_NAME),
            },
        }
    }

    fn ask_of(&mut self, name: &str, question: impl FnOnce(String) -> Question) {
        match script_name(name) {
            Some(name) => self.ask(question(name)),
            // What cannot be a name is not there.
            None => self.no("NONEXISTENT", BAD_NAME),
        }
    }

    fn ask(&mut self, question: Question) {
        self.state = State::Asking(question);
    }

    fn check(&mut self, script: &str) {
        match Script::compile(script) {
            Ok(_) => self.line("OK"),
            Err(error) => self.no("", &error.to_string()),
        }
    }

    fn logout(&mut self) {
        self.line("OK");
        self.state = State::Closing;
    }

    fn noop(&mut self, tag: Option<String>) {
        // §2.13.
        let line = match tag {
            Some(tag) => format!("OK (TAG {}) \"\"", string(&tag)),
            None => "OK".to_owned(),
        };
        self.line(&line);
    }

    fn start_tls(&mut self) {
        if self.encrypted || !self.settings.tls_available || self.owner.is_some() {
            return self.protest("", "TLS đã bật hoặc không có / TLS is active or not available");
        }
        if !self.input.is_empty() {
            // What came before TLS must not be taken for what comes under it.
            return self.close("không gửi gì sau STARTTLS / nothing may follow STARTTLS in clear text");
        }
        self.line("OK");
        self.state = State::Encrypting;
    }

    fn authenticate(&mut self, name: &str, initial: Option<&str>) {
        if !self.encrypted {
            return self.protest("ENCRYPT-NEEDED", "phải mã hóa kết nối / encryption is needed");
        }
        if self.owner.is_some() {
            return self.protest("", "đã đăng nhập / already signed in");
        }
        let Some(mechanism) = Mechanism::parse(name) else {
            return self.protest("", "không có cách đăng nhập này / mechanism not offered");
        };
        let exchange = Box::new(Exchange::new(mechanism, &self.bindings));
        match initial {
            Some(initial) => self.handle_response(exchange, initial),
            None => {
                let opening = exchange.opening();
                self.follow(exchange, sasl::Step::Challenge(opening.to_vec()));
            }
        }
    }

    fn handle_response(&mut self, mut exchange: Box<Exchange>, response: &str) {
        match sasl::decode(response) {
            Some(_) if response == "*" => self.protest("", CANCELLED),
            Some(response) => {
                let step = exchange.handle_response(&response);
                self.follow(exchange, step);
            }
            None => self.protest("", CANCELLED),
        }
    }

    fn follow(&mut self, exchange: Box<Exchange>, step: sasl::Step) {
        match step {
            sasl::Step::Challenge(challenge) => {
                let line = string(&sasl::encode(&challenge));
                self.line(&line);
                self.state = State::Authenticating(exchange);
            }
            sasl::Step::Lookup(login) => self.state = State::LookingUp(exchange, login),
            sasl::Step::SignIn(claim) => self.state = State::SigningIn(claim),
            sasl::Step::Refused => self.protest("", CANCELLED),
        }
    }

    /// §1.7 and §2.4.
    fn capabilities(&mut self) {
        let names: Vec<&str> = if self.encrypted {
            Mechanism::offered(&self.bindings).into_iter().map(Mechanism::name).collect()
        } else {
            Vec::new()
        };
        let mut lines = vec![
            "\"IMPLEMENTATION\" \"Lien Thong\"".to_owned(),
            format!("\"SIEVE\" {}", string(&EXTENSIONS.join(" "))),
            format!("\"SASL\" {}", string(&names.join(" "))),
            "\"MAXREDIRECTS\" \"4\"".to_owned(),
            "\"UNAUTHENTICATE\"".to_owned(),
            "\"VERSION\" \"1.0\"".to_owned(),
        ];
        if !self.encrypted && self.settings.tls_available {
            lines.push("\"STARTTLS\"".to_owned());
        }
        lines.extend(self.owner.as_ref().map(|owner| format!("\"OWNER\" {}", string(owner))));
        for line in lines {
            self.line(&line);
        }
        self.line("OK");
    }

    fn no(&mut self, code: &str, text: &str) {
        let code = if code.is_empty() { String::new() } else { format!("({code}) ") };
        let line = format!("NO {code}{}", string(text));
        self.line(&line);
    }

    /// Answers a mistake; somebody who makes too many is not a mail program.
    fn protest(&mut self, code: &str, text: &str) {
        self.no(code, text);
        self.errors += 1;
        if self.errors >= MAX_ERRORS {
            self.close("quá nhiều lỗi / too many errors");
        }
    }

    fn line(&mut self, line: &str) {
        self.output.extend_from_slice(line.as_bytes());
        self.output.extend_from_slice(b"\r\n");
    }
}

/// A string as the server sends it: quoted, or a literal where quotes cannot hold it.
fn string(text: &str) -> String {
    if text.len() > 1024 || text.contains(['\r', '\n', '\0']) {
        return format!("{{{}}}\r\n{text}", text.len());
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// §1.6: a name without control characters, composed, at most 128 characters.
fn script_name(name: &str) -> Option<String> {
    let name: String = name.nfc().collect();
    let legal = |c: char| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}');
    ((1..=128).contains(&name.chars().count()) && name.chars().all(legal)).then_some(name)
}

const UNAVAILABLE: &str = "máy chủ tạm thời chưa trả lời / try again later";
const TOO_LARGE: &str = "kịch bản lớn hơn 128 KiB / the script is larger than 128 KiB";
const BAD_NAME: &str = "tên không hợp lệ / not a script's name";
const CANCELLED: &str = "đã dừng đăng nhập / authentication cancelled or malformed";
const MAX_ERRORS: u32 = 20;
const MAX_FAILED_SIGN_INS: u32 = 3;
