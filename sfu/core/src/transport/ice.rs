//! ICE-lite (RFC 8445 §2.5): answers connectivity checks, follows the peer's nominations.
//!
//! A lite agent never checks on its own; it learns the peer's addresses from checks whose
//! integrity proves that they come from the one who got our answer (RFC 8489 §14.5). Consent
//! (RFC 7675) is the mirror image: a peer that stops checking has gone.

use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use base::random::Random;
use rtc_stun::{
    attributes::{ATTR_USE_CANDIDATE, ATTR_USERNAME},
    error_code::{CODE_ROLE_CONFLICT, ErrorCodeAttribute},
    fingerprint::FINGERPRINT,
    message::{BINDING_ERROR, BINDING_REQUEST, BINDING_SUCCESS, Message, Setter},
    xoraddr::XorMappedAddress,
};

use crate::{
    Path,
    integrity::{self, is_authentic},
};

/// Own credentials of one peer (RFC 8445 §5.3: 24 and 128 bits of randomness at least).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Names the peer in the first check.
    pub ufrag: String,
    /// Key of the integrity attribute.
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
        self.message.contains(rtc_stun::attributes::ATTR_ICE_CONTROLLED)
    }
}

/// What a check led to.
#[derive(Debug, PartialEq, Eq)]
pub struct Checked {
    /// To be sent back the way the check came.
    pub response: Vec<u8>,
    /// The path in use changed to this one.
    pub moved: bool,
    /// This path is not valid any more, for want of room.
    pub forgotten: Option<Path>,
}

/// The lite agent of one peer.
#[derive(Debug)]
pub struct IceLite {
    credentials: Credentials,
    remote_ufrag: String,
    key: hmac::Key,
    /// Paths that passed a check, newest last, bounded: the oldest unused one is forgotten.
    valid: Vec<Path>,
    selected: Option<Path>,
    last_check: Instant,
}

impl IceLite {
    /// An agent waiting for its first check since `now`.
    pub fn new(credentials: Credentials, remote_ufrag: String, now: Instant) -> Self {
        // RFC 8489 §9.1.1: the short-term key is the password itself.
        let key = integrity::key(credentials.password.as_bytes());
        Self { credentials, remote_ufrag, key, valid: Vec::new(), selected: None, last_check: now }
    }

    /// Own credentials.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// New credentials on both sides (RFC 8445 §2.4): checks with the old ones are not answered any more,
    /// media stays where it is until a check with the new ones nominates a path.
    pub fn restart(&mut self, now: Instant, credentials: Credentials, remote_ufrag: String) {
        *self = Self {
            valid: std::mem::take(&mut self.valid),
            selected: self.selected,
            ..Self::new(credentials, remote_ufrag, now)
        };
    }

    /// Answers a check. Nothing is said to a check that does not prove who sent it.
    pub fn handle_check(&mut self, now: Instant, path: Path, check: &Check) -> Option<Checked> {
        if !check.remote_ufrag_is(&self.remote_ufrag) || !is_authentic(&check.message, &self.key) {
            return None;
        }
        if check.claims_controlled() {
            // RFC 8445 §7.3.1.1: a lite agent is always controlled; the other must control.
            let error = ErrorCodeAttribute { code: CODE_ROLE_CONFLICT, reason: b"Role Conflict".to_vec() };
            return Some(Checked {
                response: self.response(check, BINDING_ERROR, &error)?,
                moved: false,
                forgotten: None,
            });
        }
        self.last_check = now;
        let mut forgotten = None;
        if !self.valid.contains(&path) {
            if self.valid.len() >= MAX_PATHS {
                let unused = self.valid.iter().position(|p| Some(*p) != self.selected);
                forgotten = Some(self.valid.remove(unused.unwrap_or(0)));
            }
            self.valid.push(path);
        }
        let nominates = check.nominates();
        // Before the first nomination any checked path may carry the handshake; afterwards only
        // a nomination moves the media (RFC 8445 §7.3.1.5).
        let moved = Some(path) != self.selected && (nominates || self.selected.is_none());
        if moved {
            self.selected = Some(path);
        }
        let mapped = XorMappedAddress { ip: path.remote.ip(), port: path.remote.port() };
        Some(Checked { response: self.response(check, BINDING_SUCCESS, &mapped)?, moved, forgotten })
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
/// A browser tries a handful of pairs; more paths per peer are not worth their memory.
const MAX_PATHS: usize = 16;

/// A browser's check of the agent with these credentials.
#[cfg(test)]
pub(crate) fn request(credentials: &Credentials, remote_ufrag: &str, nominate: bool) -> Vec<u8> {
    use rtc_stun::message::TransactionId;
    let mut m = Message::new();
    m.set_type(BINDING_REQUEST);
    m.transaction_id = TransactionId([7; 12]);
    m.write_header();
    m.add(ATTR_USERNAME, format!("{}:{remote_ufrag}", credentials.ufrag).as_bytes());
    if nominate {
        m.add(ATTR_USE_CANDIDATE, &[]);
    }
    let agent = IceLite::new(credentials.clone(), remote_ufrag.into(), Instant::now());
    integrity::sign(&mut m, &agent.key).unwrap();
    FINGERPRINT.add_to(&mut m).unwrap();
    m.raw
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use base::random::Seeded;

    use super::*;

    fn path(port: u16) -> Path {
        Path { local: 0, remote: SocketAddr::from(([192, 0, 2, 1], port)) }
    }

    fn check(credentials: &Credentials, nominate: bool) -> Vec<u8> {
        request(credentials, "far", nominate)
    }

    fn agent() -> (IceLite, Credentials, Instant) {
        let now = Instant::now();
        let credentials = Credentials::new(0, &mut Seeded::new(1));
        (IceLite::new(credentials.clone(), "far".into(), now), credentials, now)
    }

    #[test]
    fn a_check_is_answered_with_the_address_it_came_from() {
        let (mut agent, credentials, now) = agent();
        let parsed = Check::parse(&check(&credentials, false)).unwrap();
        assert_eq!(parsed.local_ufrag().as_deref(), Some(credentials.ufrag.as_str()));
        let answer = agent.handle_check(now, path(4000), &parsed).unwrap();
        let mut response = Message::new();
        response.unmarshal_binary(&answer.response).unwrap();
        let mut mapped = XorMappedAddress::default();
        rtc_stun::message::Getter::get_from(&mut mapped, &response).unwrap();
        assert_eq!((response.typ, mapped.port), (BINDING_SUCCESS, 4000));
        FINGERPRINT.check(&response).unwrap();
        assert!(is_authentic(&response, &agent.key));
        assert!(agent.accepts(path(4000)) && !agent.accepts(path(4001)));
    }

    #[test]
    fn a_forged_check_changes_nothing() {
        let (mut agent, credentials, now) = agent();
        let stranger = Credentials { password: "another password, 22+ chars".into(), ..credentials.clone() };
        let forged = Check::parse(&check(&stranger, true)).unwrap();
        assert_eq!(agent.handle_check(now, path(1), &forged), None);
        let mut bytes = check(&credentials, true);
        bytes[8] ^= 1; // the transaction id is covered too
        assert_eq!(agent.handle_check(now, path(1), &Check::parse(&bytes).unwrap()), None);
        assert_eq!(agent.selected(), None);
    }

    #[test]
    fn media_moves_only_to_a_nominated_address() {
        let (mut agent, credentials, now) = agent();
        let plain = Check::parse(&check(&credentials, false)).unwrap();
        let nominated = Check::parse(&check(&credentials, true)).unwrap();
        assert!(agent.handle_check(now, path(1), &plain).unwrap().moved);
        assert!(!agent.handle_check(now, path(2), &plain).unwrap().moved);
        assert_eq!(agent.selected(), Some(path(1)));
        assert!(agent.handle_check(now, path(2), &nominated).unwrap().moved);
        assert_eq!(agent.selected(), Some(path(2)));
    }

    #[test]
    fn after_a_restart_media_stays_until_a_new_check_nominates() {
        let (mut agent, old, now) = agent();
        let nominated = Check::parse(&check(&old, true)).unwrap();
        agent.handle_check(now, path(1), &nominated).unwrap();
        let new = Credentials::new(0, &mut Seeded::new(2));
        agent.restart(now, new.clone(), "new".into());
        assert_eq!(agent.handle_check(now, path(2), &nominated), None, "the old credentials are void");
        assert!(agent.accepts(path(1)) && agent.selected() == Some(path(1)));
        let plain = Check::parse(&request(&new, "new", false)).unwrap();
        assert!(!agent.handle_check(now, path(2), &plain).unwrap().moved);
        let nominated = Check::parse(&request(&new, "new", true)).unwrap();
        assert!(agent.handle_check(now, path(2), &nominated).unwrap().moved);
    }

    #[test]
    fn a_user_fragment_tells_the_worker_of_its_peer() {
        for worker in 0..64 {
            let credentials = Credentials::new(worker, &mut Seeded::new(1));
            assert_eq!(worker_of(&credentials.ufrag), Some(worker));
        }
        assert_eq!((worker_of(""), worker_of("-no")), (None, None));
    }

    #[test]
    fn addresses_are_bounded_and_the_used_one_stays() {
        let (mut agent, credentials, now) = agent();
        let nominated = Check::parse(&check(&credentials, true)).unwrap();
        let plain = Check::parse(&check(&credentials, false)).unwrap();
        agent.handle_check(now, path(1), &nominated).unwrap();
        for port in 2..200 {
            agent.handle_check(now, path(port), &plain).unwrap();
        }
        assert_eq!(agent.paths().len(), MAX_PATHS);
        assert!(agent.accepts(path(1)));
    }

    #[test]
    fn fuzz_noise_is_not_a_check() {
        bolero::check!().for_each(|bytes| {
            if let Some(check) = Check::parse(bytes) {
                let (mut agent, _, now) = agent();
                assert!(agent.handle_check(now, path(1), &check).is_none());
            }
        });
    }
}
