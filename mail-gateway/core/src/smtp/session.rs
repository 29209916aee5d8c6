//! One SMTP server session (RFC 5321) as a state machine over octets.
//!
//! The shell loops: [`Session::poll`] says what to do next; questions are answered by the `handle_*`
//! of the same name; [`Session::take_output`] is written before waiting for the peer. Commands that
//! arrive together (PIPELINING, RFC 2920) are answered in order because one is taken at a time.

use std::net::IpAddr;

use base::{Timestamp, random::Random};

use super::{
    Account, Address, Destination, Reply, Role, SignIn,
    transaction::{Body, Envelope, Standing, Surroundings},
};
use crate::sasl::{self, Bindings, Claim, Exchange};

/// What a session is told at its start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Our domain, as in the greeting.
    pub domain: String,
    /// Which door this is.
    pub role: Role,
    /// The largest letter, in octets.
    pub max_size: u64,
    /// Recipients of one letter.
    pub max_recipients: usize,
    /// STARTTLS can be offered.
    pub tls_available: bool,
}

/// What the shell has to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Write the output, then read and call [`Session::handle_input`].
    Read,
    /// Write the output, then make the connection TLS and call [`Session::handle_encrypted`].
    Encrypt,
    /// Check the claim, then call [`Session::handle_sign_in`].
    SignIn(Claim),
    /// Look the SCRAM keys of this name up, then call [`Session::handle_keys`].
    Keys(String),
    /// Look the recipient up, then call [`Session::handle_recipient`].
    Resolve(Address),
    /// Append these octets to the letter's spool; when that fails call [`Session::handle_spool_failed`].
    Spool(Vec<u8>),
    /// Drop the spool: the letter was refused.
    Discard,
    /// Make the letter durable, then call [`Session::handle_stored`].
    Store(Envelope),
    /// Write the output and close.
    Close,
}

/// A server session.
#[derive(Debug)]
pub struct Session {
    pub(super) settings: Settings,
    pub(super) peer: IpAddr,
    pub(super) encrypted: bool,
    pub(super) bindings: Bindings,
    pub(super) input: Vec<u8>,
    output: Vec<u8>,
    pub(super) state: State,
    pub(super) helo: Option<Helo>,
    pub(super) account: Option<Account>,
    pub(super) envelope: Option<Envelope>,
    /// The letter between two chunks (RFC 3030).
    pub(super) chunking: Option<Box<Body>>,
    /// Recipients this session asked for that nobody has.
    pub(super) unknown: u32,
    /// The client asked for SMTPUTF8 with its last MAIL.
    pub(super) international: bool,
    /// The size the client declared with its last MAIL (RFC 1870 §6); 0 when it did not.
    pub(super) declared_size: u64,
    pub(super) errors: u32,
    pub(super) failed_sign_ins: u32,
}

/// How the peer introduced itself.
#[derive(Debug)]
pub(super) struct Helo {
    pub(super) name: String,
    pub(super) extended: bool,
}

#[derive(Debug)]
pub(super) enum State {
    Command,
    /// Dropping the rest of a line that was too long.
    SkipLine,
    Authenticating(Box<Exchange>),
    Encrypting,
    LookingUp(Box<Exchange>, String),
    SigningIn(Claim),
    Resolving(Destination),
    Body(Box<Body>),
    /// Dropping the octets of a chunk that is refused.
    Dropping(u64, Reply),
    Discarding(Reply),
    Storing(Envelope),
    Closing,
}

impl Session {
    /// A session that has just been accepted; its greeting waits in the output.
    pub fn new(settings: Settings, peer: IpAddr, encrypted: bool) -> Self {
        let mut session = Self {
            settings,
            peer,
            encrypted,
            bindings: Bindings::default(),
            input: Vec::new(),
            output: Vec::new(),
            state: State::Command,
            helo: None,
            account: None,
            envelope: None,
            chunking: None,
            unknown: 0,
            international: false,
            declared_size: 0,
            errors: 0,
            failed_sign_ins: 0,
        };
        let greeting = Reply::new(220, "", format!("{} ESMTP Lien Thong", session.settings.domain));
        session.reply(&greeting);
        session
    }

    /// Takes octets from the peer.
    pub fn handle_input(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// The connection is TLS now: everything learnt before is forgotten (RFC 3207 §4.2).
    pub fn handle_encrypted(&mut self) {
        self.encrypted = true;
        self.helo = None;
        self.envelope = None;
        self.chunking = None;
        self.input.clear();
        self.state = State::Command;
    }

    /// What sign-in may bind to on this TLS connection (RFC 5802 §6).
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
            (state @ State::LookingUp(..), None) => {
                drop(state);
                self.state = State::SigningIn(Claim::Disproven { login: String::new() });
                self.handle_sign_in(SignIn::Unavailable);
            }
            (state, _) => self.state = state,
        }
    }

    /// What became of the sign-in.
    pub fn handle_sign_in(&mut self, outcome: SignIn) {
        if !matches!(self.state, State::SigningIn(_)) {
            return;
        }
        self.state = State::Command;
        let refused = !matches!(outcome, SignIn::Welcome(_));
        let reply = match outcome {
            SignIn::Welcome(account) => {
                self.account = Some(account);
                Reply::new(235, "2.7.0", "Authentication succeeded")
            }
            SignIn::Wrong => Reply::both(
                535,
                "5.7.8",
                "Sai tên đăng nhập hoặc mật khẩu",
                "Authentication credentials invalid",
            ),
            SignIn::Locked => Reply::both(
                454,
                "4.7.0",
                "Tài khoản tạm bị khóa do đăng nhập sai nhiều lần",
                "Account temporarily locked after repeated failures",
            ),
            // RFC 4954 §6: weaker than what the account demands.
            SignIn::AppPasswordNeeded => Reply::both(
                534,
                "5.7.9",
                "Tài khoản bật xác thực hai lớp, cần mật khẩu ứng dụng",
                "Application-specific password required",
            ),
            SignIn::Unavailable => Reply::both(
                454,
                "4.7.0",
                "Máy chủ tạm thời chưa xác thực được",
                "Temporary authentication failure",
            ),
        };
        self.reply(&reply);
        if refused {
            self.failed_sign_ins += 1;
            if self.failed_sign_ins >= MAX_FAILED_SIGN_INS {
                self.close(&Reply::new(421, "4.7.0", "Too many failed sign-ins"));
            }
        }
    }

    /// Octets for the peer.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// Ends the session with `reply`: the hub stops, or the peer was silent for too long.
    pub fn close(&mut self, reply: &Reply) {
        self.reply(reply);
        self.state = State::Closing;
    }

    /// The octets the client said the letter has (RFC 1870 §6); 0 when it did not say.
    pub fn declared_size(&self) -> u64 {
        self.declared_size
    }

    /// Who signed in.
    pub fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// The peer's name of itself.
    pub fn helo_name(&self) -> &str {
        self.helo.as_ref().map_or("unknown", |helo| &helo.name)
    }

    /// Says what to do next.
    pub fn poll(&mut self, now: Timestamp, random: &mut dyn Random) -> Step {
        loop {
            match std::mem::replace(&mut self.state, State::Command) {
                State::Body(body) => match self.poll_body(body, now, random) {
                    Some(step) => return step,
                    None => continue,
                },
                State::Dropping(left, reply) => match self.poll_dropping(left, reply) {
                    Some(step) => return step,
                    None => continue,
                },
                State::Discarding(reply) => {
                    self.reply(&reply);
                    return Step::Discard;
                }
                State::SkipLine => {
                    let Some(end) = self.input.iter().position(|&b| b == b'\n') else {
                        self.input.clear();
                        self.state = State::SkipLine;
                        return Step::Read;
                    };
                    self.input.drain(..=end);
                }
                State::Command => match self.poll_line(None) {
                    Some(step) => return step,
                    None => continue,
                },
                State::Authenticating(exchange) => match self.poll_line(Some(exchange)) {
                    Some(step) => return step,
                    None => continue,
                },
                waiting => {
                    let step = match &waiting {
                        State::Encrypting => Step::Encrypt,
                        State::SigningIn(claim) => Step::SignIn(claim.clone()),
                        State::LookingUp(_, login) => Step::Keys(login.clone()),
                        State::Resolving(destination) => Step::Resolve(destination.address.clone()),
                        State::Storing(envelope) => Step::Store(envelope.clone()),
                        _ => Step::Close,
                    };
                    self.state = waiting;
                    return step;
                }
            }
        }
    }

    fn poll_body(&mut self, mut body: Box<Body>, now: Timestamp, random: &mut dyn Random) -> Option<Step> {
        if self.input.is_empty() && !body.is_chunk_whole() {
            self.state = State::Body(body);
            return Some(Step::Read);
        }
        let protocol = self.protocol(body.envelope.international);
        let around = Surroundings {
            role: self.settings.role,
            account: self.account.as_ref(),
            domain: &self.settings.domain,
            helo: self.helo_name(),
            peer: self.account.is_none().then_some(self.peer),
            protocol: &protocol,
            max_size: self.settings.max_size,
            now,
        };
        let taken = body.handle(&self.input, &around, random);
        self.input.drain(..taken.used);
        match taken.state {
            Standing::More => self.state = State::Body(body),
            Standing::Chunk => self.keep_chunk(body),
            Standing::Complete => self.state = State::Storing(body.envelope),
            Standing::Refused(reply) => self.state = State::Discarding(reply),
            Standing::Broken(reply) => self.close(&reply),
        }
        (!taken.spool.is_empty()).then_some(Step::Spool(taken.spool))
    }

    /// Takes one line; `None` means poll again.
    fn poll_line(&mut self, exchange: Option<Box<Exchange>>) -> Option<Step> {
        let Some(end) = self.input.iter().position(|&b| b == b'\n') else {
            if self.input.len() > MAX_LINE {
                self.input.clear();
                self.state = State::SkipLine;
                self.protest(&Reply::new(500, "5.5.6", "Line too long"));
            } else {
                self.state = exchange.map_or(State::Command, State::Authenticating);
            }
            return matches!(self.state, State::Command | State::SkipLine | State::Authenticating(_))
                .then_some(Step::Read);
        };
        let mut line: Vec<u8> = self.input.drain(..=end).collect();
        line.pop();
        if line.len() > MAX_LINE {
            self.protest(&Reply::new(500, "5.5.6", "Line too long"));
            return None;
        }
        // RFC 5321 §2.3.8: lines end in CRLF and nothing else.
        if line.pop() != Some(b'\r') || line.iter().any(|b| b.is_ascii_control() && *b != b'\t') {
            self.protest(&Reply::new(500, "5.5.2", "Lines end in CRLF and hold no control characters"));
            return None;
        }
        match exchange {
            None => self.handle_command(&line),
            Some(exchange) => self.handle_answer(exchange, &String::from_utf8_lossy(&line)),
        }
        None
    }

    pub(super) fn handle_answer(&mut self, mut exchange: Box<Exchange>, line: &str) {
        if line == "*" {
            // RFC 4954 §4: the client cancels.
            return self.protest(&Reply::new(501, "5.7.0", "Authentication cancelled"));
        }
        match sasl::decode(line) {
            Some(response) => {
                let step = exchange.handle_response(&response);
                self.follow(exchange, step);
            }
            None => self.protest(&Reply::new(501, "5.5.2", "Cannot decode response")),
        }
    }

    fn follow(&mut self, exchange: Box<Exchange>, step: sasl::Step) {
        match step {
            sasl::Step::Challenge(challenge) => {
                self.reply(&Reply::new(334, "", sasl::encode(&challenge)));
                self.state = State::Authenticating(exchange);
            }
            sasl::Step::Lookup(login) => self.state = State::LookingUp(exchange, login),
            sasl::Step::SignIn(claim) => self.state = State::SigningIn(claim),
            sasl::Step::Refused => self.protest(&Reply::new(501, "5.5.2", "Cannot decode response")),
        }
    }

    /// RFC 3848 and RFC 6531 §4.3.
    fn protocol(&self, international: bool) -> String {
        if !self.helo.as_ref().is_some_and(|helo| helo.extended) {
            return "SMTP".to_owned();
        }
        let name = if international { "UTF8SMTP" } else { "ESMTP" };
        let tls = if self.encrypted { "S" } else { "" };
        let signed_in = if self.account.is_some() { "A" } else { "" };
        format!("{name}{tls}{signed_in}")
    }

    pub(super) fn reply(&mut self, reply: &Reply) {
        reply.write(self.international, &mut self.output);
    }

    /// Answers a mistake; somebody who makes too many is not a mail program.
    pub(super) fn protest(&mut self, reply: &Reply) {
        self.errors += 1;
        self.reply(reply);
        if self.errors >= MAX_ERRORS {
            self.close(&Reply::new(421, "4.7.0", "Too many errors"));
        }
    }

    /// Octets waiting to be taken apart, for tests of boundedness.
    pub fn buffered(&self) -> usize {
        self.input.len()
    }
}

/// RFC 4954 §4.5.3 lets AUTH lines have 12288 octets, the longest of all.
const MAX_LINE: usize = 12_288;
const MAX_ERRORS: u32 = 20;
const MAX_FAILED_SIGN_INS: u32 = 3;
