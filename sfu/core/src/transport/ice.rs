//! ICE-lite (RFC 8445 §2.5): answers connectivity checks, follows the peer's nominations.
//!
//! A lite agent learns the peer's addresses from checks whose integrity proves that they come from the one
//! who got our answer (RFC 8489 §14.5). Consent (RFC 7675) is the mirror image: a peer that stops checking
//! has gone. It checks on its own in two cases ([`IceLite::probe`]): when media of a peer comes from an address it
//! does not know, it asks there instead of waiting seconds for the peer's next check; and once a peer has its keys,
//! media moves to a nominated path only when the peer has answered there, because a check can be caught and sent
//! from elsewhere, or from an address that is somebody else's.

use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use base::random::Random;
use rtc_stun::{
    attributes::{ATTR_ICE_CONTROLLED, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME},
    error_code::{CODE_ROLE_CONFLICT, ErrorCodeAttribute},
    fingerprint::FINGERPRINT,
    message::{BINDING_ERROR, BINDING_REQUEST, BINDING_SUCCESS, Message, Setter, TransactionId},
    xoraddr::XorMappedAddress,
};

use crate::{
    Path,
    integrity::{self, is_authentic},
};

/// The credentials of one side for one peer (RFC 8445 §5.3: 24 and 128 bits of randomness at least).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Names the peer in the first check.
    pub ufrag: String,
    /// Key of the integrity attribute of checks that come to this side.
    pub password: String,
}

impl Credentials {
    /// New ones for a peer of this worker, whose number the first character tells: who accepts a
    /// connection for all workers sees in the first check to whom it belongs.
    pub fn new(worker: u8, random: &mut dyn Random) -> Self {
        let mut ufrag = String::from(char::from(CHARS[usize::from(worker & 63)]));
        ufrag.push_str(&ice_chars(random, 12));
        Self { ufrag, password: ice_chars(random, 32) }
    }
}

/// The worker whose peer has this user fragment; nothing when it cannot be one of ours.
pub fn worker_of(ufrag: &str) -> Option<u8> {
    let first = ufrag.bytes().next()?;
    // Sixty-four characters.
    CHARS.iter().position(|known| *known == first).map(|place| place as u8)
}

const CHARS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `length` characters of the 64 that RFC 8839 §5.4 allows.
fn ice_chars(random: &mut dyn Random, length: usize) -> String {
    let mut bytes = vec![0; length];
    random.fill(&mut bytes);
    bytes.iter().map(|b| char::from(CHARS[usize::from(b & 63)])).collect()
}

/// A STUN Binding request that parsed; its integrity is not checked yet.
#[derive(Debug)]
pub struct Check {
    message: Message,
}

impl Check {
    /// Reads a datagram; nothing when it is not a Binding request.
    pub fn parse(datagram: &[u8]) -> Option<Self> {
        // RFC 8489 §5: a check is a few hundred bytes; more is not worth parsing.
        if datagram.len() > 1_500 {
            return None;
        }
        let mut message = Message::new();
        message.unmarshal_binary(datagram).ok()?;
        (message.typ == BINDING_REQUEST).then_some(Self { message })
    }

    /// The user fragment it is for: the part of USERNAME before the colon (RFC 8445 §7.2.2).
    pub fn local_ufrag(&self) -> Option<String> {
        let username = String::from_utf8(self.message.get(ATTR_USERNAME).ok()?).ok()?;
        username.split_once(':').map(|(local, _)| local.to_owned())
    }

    fn remote_ufrag_is(&self, ufrag: &str) -> bool {
        let name = self.message.get(ATTR_USERNAME).ok().and_then(|b| String::from_utf8(b).ok());
        name.is_some_and(|n| n.split_once(':').is_some_and(|(_, remote)| remote == ufrag))
    }

    fn nominates(&self) -> bool {
        self.message.contains(ATTR_USE_CANDIDATE)
    }

    fn claims_controlled(&self) -> bool {
        self.message.contains(ATTR_ICE_CONTROLLED)
    }
}

/// A successful answer to one of our questions that parsed; its integrity is not checked yet.
#[derive(Debug)]
pub struct Proof {
    message: Message,
}

impl Proof {
    /// Reads a datagram; nothing when it is not such an answer.
    pub fn parse(datagram: &[u8]) -> Option<Self> {
        let is_answer = datagram.starts_with(&BINDING_SUCCESS.value().to_be_bytes());
        if !is_answer || datagram.len() > 1_500 {
            return None;
        }
        let mut message = Message::new();
        message.unmarshal_binary(datagram).ok()?;
        Some(Self { message })
    }

    /// Which question it answers.
    pub fn question(&self) -> Question {
        self.message.transaction_id.0
    }
}

/// Names a question of ours: 96 random bits.
pub type Question = [u8; 12];

/// A question that waits for its answer.
#[derive(Debug)]
struct Probe {
    path: Path,
    question: Question,
    datagram: Vec<u8>,
    begun: Instant,
    asked: Instant,
}

/// What a check led to.
#[derive(Debug, PartialEq, Eq)]
pub struct Checked {
    /// To be sent back the way the check came.
    pub response: Vec<u8>,
    /// The path in use changed to this one.
    pub moved: bool,
    /// It shall, when the peer has answered there.
    pub asks: bool,
    /// This path is not valid any more, for want of room.
    pub forgotten: Option<Path>,
}

/// A path turned out to be the peer's.
#[derive(Debug, PartialEq, Eq)]
pub struct Proven {
    /// This path is not valid any more, for want of room.
    pub forgotten: Option<Path>,
}

/// The lite agent of one peer.
#[derive(Debug)]
pub struct IceLite {
    credentials: Credentials,
    remote: Credentials,
    key: hmac::Key,
    remote_key: hmac::Key,
    probe: Option<Probe>,
    /// Where media goes is worth stealing.
    is_secured: bool,
    /// The path that was nominated last and must still be proved, and since when.
    wanted: Option<(Path, Instant)>,
    /// When this second of answers began, and how many there were.
    answers: (Instant, u32),
    /// Paths that passed a check, newest last, bounded: the oldest unused one is forgotten.
    valid: Vec<Path>,
    selected: Option<Path>,
    last_check: Instant,
}

impl IceLite {
    /// An agent waiting for its first check since `now`.
    pub fn new(credentials: Credentials, remote: Credentials, now: Instant) -> Self {
        // RFC 8489 §9.1.1: the short-term key is the password itself.
        let key = integrity::key(credentials.password.as_bytes());
        let remote_key = integrity::key(remote.password.as_bytes());
        Self {
            credentials,
            remote,
            key,
            remote_key,
            probe: None,
            is_secured: false,
            wanted: None,
            answers: (now, 0),
            valid: Vec::new(),
            selected: None,
            last_check: now,
        }
    }

    /// Own credentials.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// New credentials on both sides (RFC 8445 §2.4): checks with the old ones are not answered any more,
    /// media stays where it is until a check with the new ones nominates a path.
    pub fn restart(&mut self, now: Instant, credentials: Credentials, remote: Credentials) {
        *self = Self {
            valid: std::mem::take(&mut self.valid),
            selected: self.selected,
            is_secured: self.is_secured,
            ..Self::new(credentials, remote, now)
        };
    }

    /// The peer has its keys: from now on it must answer where its media shall go.
    pub fn secure(&mut self) {
        self.is_secured = true;
    }

    /// The path that was nominated and not yet proved: the question or its answer may have been lost.
    pub fn unanswered(&self, now: Instant) -> Option<Path> {
        let is_young = |(_, since): &(Path, Instant)| now.saturating_duration_since(*since) < PROBE_LIFE;
        self.wanted.filter(is_young).map(|(path, _)| path)
    }

    /// The question whether the peer is behind `path`, from which something authentic came. At most ten of a
    /// hundred octets a second, each for a packet that only the peer can have made: nobody is flooded through it.
    pub fn probe(
        &mut self,
        now: Instant,
        path: Path,
        random: &mut dyn Random,
    ) -> Option<(Question, Vec<u8>)> {
        let waits = |probe: &Probe| now.saturating_duration_since(probe.asked) < PROBE_PAUSE;
        if self.selected == Some(path) || self.probe.as_ref().is_some_and(waits) {
            return None;
        }
        // RFC 8489 §6.2.1: the same question again; from far away the answer may be on its way.
        let is_same = |probe: &&mut Probe| {
            probe.path == path && now.saturating_duration_since(probe.begun) < PROBE_LIFE
        };
        if let Some(probe) = self.probe.as_mut().filter(is_same) {
            probe.asked = now;
            return Some((probe.question, probe.datagram.clone()));
        }
        let (mut question, mut tie_breaker) = ([0; 12], [0; 8]);
        random.fill(&mut question);
        random.fill(&mut tie_breaker);
        let mut message = Message::new();
        message.set_type(BINDING_REQUEST);
        message.transaction_id = TransactionId(question);
        message.write_header();
        let username = format!("{}:{}", self.remote.ufrag, self.credentials.ufrag);
        message.add(ATTR_USERNAME, username.as_bytes());
        // RFC 8445 §7.1: the role we have, and the priority of a peer-reflexive candidate.
        message.add(ATTR_ICE_CONTROLLED, &tie_breaker);
        message.add(ATTR_PRIORITY, &PRIORITY.to_be_bytes());
        integrity::sign(&mut message, &self.remote_key)?;
        FINGERPRINT.add_to(&mut message).ok()?;
        let datagram = message.raw.clone();
        self.probe = Some(Probe { path, question, datagram, begun: now, asked: now });
        Some((question, message.raw))
    }

    /// Takes an answer to [`Self::probe`]: what it proves to be the peer's path carries the media from now on.
    /// Nothing when it proves nothing.
    pub fn handle_proof(&mut self, now: Instant, path: Path, proof: &Proof) -> Option<Proven> {
        let asked = |probe: &&Probe| {
            let age = now.saturating_duration_since(probe.begun);
            probe.path == path && probe.question == proof.question() && age < PROBE_LIFE
        };
        self.probe.as_ref().filter(asked)?;
        if !is_authentic(&proof.message, &self.remote_key) {
            return None;
        }
        (self.probe, self.wanted) = (None, None);
        self.last_check = now;
        let forgotten = self.remember(path);
        self.selected = Some(path);
        Some(Proven { forgotten })
    }

    /// Counts `path` as the peer's; answers the one that is forgotten for it.
    fn remember(&mut self, path: Path) -> Option<Path> {
        if self.valid.contains(&path) {
            return None;
        }
        let mut forgotten = None;
        if self.valid.len() >= MAX_PATHS {
            let unused = self.valid.iter().position(|known| Some(*known) != self.selected);
            forgotten = Some(self.valid.remove(unused.unwrap_or(0)));
        }
        self.valid.push(path);
        forgotten
    }

    /// Whether one more check on a path not in use is answered: who sends caught ones from anywhere gets no more than an agent needs.
    fn may_answer(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.answers.0) >= Duration::from_secs(1) {
            self.answers = (now, 0);
        }
        self.answers.1 += 1;
        self.answers.1 <= MAX_ANSWERS
    }

    /// Answers a check. Nothing is said to a check that does not prove who sent it.
    pub fn handle_check(&mut self, now: Instant, path: Path, check: &Check) -> Option<Checked> {
        if !check.remote_ufrag_is(&self.remote.ufrag) || !is_authentic(&check.message, &self.key) {
            return None;
        }
        // Where its media goes the peer is answered whatever comes from elsewhere.
        if self.selected != Some(path) && !self.may_answer(now) {
            return None;
        }
        if check.claims_controlled() {
            // RFC 8445 §7.3.1.1: a lite agent is always controlled; the other must control.
            let error = ErrorCodeAttribute { code: CODE_ROLE_CONFLICT, reason: b"Role Conflict".to_vec() };
            return Some(Checked {
                response: self.response(check, BINDING_ERROR, &error)?,
                moved: false,
                asks: false,
                forgotten: None,
            });
        }
        self.last_check = now;
        let forgotten = self.remember(path);
        let nominates = check.nominates();
        // Before the first nomination any checked path may carry the handshake; afterwards only
        // a nomination moves the media (RFC 8445 §7.3.1.5).
        let wants = Some(path) != self.selected && (nominates || self.selected.is_none());
        let (moved, asks) = (wants && !self.is_secured, wants && self.is_secured);
        if moved {
            self.selected = Some(path);
        }
        if asks && self.wanted.is_none_or(|(wanted, _)| wanted != path) {
            self.wanted = Some((path, now));
        }
        let mapped = XorMappedAddress { ip: path.remote.ip(), port: path.remote.port() };
        Some(Checked { response: self.response(check, BINDING_SUCCESS, &mapped)?, moved, asks, forgotten })
    }

    fn response(
        &self,
        check: &Check,
        kind: rtc_stun::message::MessageType,
        attribute: &dyn Setter,
    ) -> Option<Vec<u8>> {
        let mut message = Message::new();
        message.set_type(kind);
        message.transaction_id = check.message.transaction_id;
        message.write_header();
        attribute.add_to(&mut message).ok()?;
        integrity::sign(&mut message, &self.key)?;
        FINGERPRINT.add_to(&mut message).ok()?;
        Some(message.raw)
    }

    /// Whether datagrams other than checks are taken from `path`.
    pub fn accepts(&self, path: Path) -> bool {
        self.valid.contains(&path)
    }

    /// All paths that passed a check.
    pub fn paths(&self) -> &[Path] {
        &self.valid
    }

    /// A path is no more: a connection was closed. Media waits for the next check, which comes within the
    /// second or by the next nomination.
    pub fn forget(&mut self, path: Path) {
        self.valid.retain(|known| *known != path);
        if self.selected == Some(path) {
            self.selected = None;
        }
    }

    /// Where to send.
    pub fn selected(&self) -> Option<Path> {
        self.selected
    }

    /// When the peer counts as gone unless it checks again.
    pub fn expires_at(&self) -> Instant {
        self.last_check + CONSENT
    }
}

/// RFC 7675 §5.1: consent lasts 30 s. It outlives an outage of five seconds by far.
pub const CONSENT: Duration = Duration::from_secs(30);
/// Between two questions to paths that are not known.
const PROBE_PAUSE: Duration = Duration::from_millis(100);
/// How long an answer is waited for.
const PROBE_LIFE: Duration = Duration::from_secs(3);
/// Answers to checks on paths not in use, a second: browsers pace theirs by 20 ms and more while they try their pairs (RFC 8445 §14.2).
const MAX_ANSWERS: u32 = 100;
/// RFC 8445 §5.1.2: type preference 110, component 1.
const PRIORITY: u32 = 110 << 24 | 0xffff << 8 | 255;
/// A browser tries a handful of pairs; more paths per peer are not worth their memory.
const MAX_PATHS: usize = 16;

/// A browser's check of the agent with these credentials.
#[cfg(test)]
pub(crate) fn request(credentials: &Credentials, remote_ufrag: &str, nominate: bool) -> Vec<u8> {
    let mut m = Message::new();
    m.set_type(BINDING_REQUEST);
    m.transaction_id = TransactionId([7; 12]);
    m.write_header();
    m.add(ATTR_USERNAME, format!("{}:{remote_ufrag}", credentials.ufrag).as_bytes());
    if nominate {
        m.add(ATTR_USE_CANDIDATE, &[]);
    }
    integrity::sign(&mut m, &integrity::key(credentials.password.as_bytes())).unwrap();
    FINGERPRINT.add_to(&mut m).unwrap();
    m.raw
}

/// A browser's answer to a question; nothing when the question is not for the agent with these credentials.
#[cfg(test)]
pub(crate) fn answer(credentials: &Credentials, question: &[u8]) -> Option<Vec<u8>> {
    let check = Check::parse(question)?;
    let key = integrity::key(credentials.password.as_bytes());
    if check.local_ufrag()? != credentials.ufrag || !is_authentic(&check.message, &key) {
        return None;
    }
    let mut m = Message::new();
    m.set_type(BINDING_SUCCESS);
    m.transaction_id = check.message.transaction_id;
    m.write_header();
    integrity::sign(&mut m, &key)?;
    FINGERPRINT.add_to(&mut m).ok()?;
    Some(m.raw)
}

#[cfg(test)]
mod tests;
