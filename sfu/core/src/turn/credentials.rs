//! Who may use the relay: whoever got a pass with his seat. A pass is a name that says until when and for
//! whom, and the HMAC of that name, so that nothing has to be remembered to know it again.

use aws_lc_rs::hmac;
use base::{Timestamp, id::SeatId, random::Random};
use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};

use crate::integrity;

/// Makes passes and knows its own again.
#[derive(Clone)]
pub struct Issuer {
    key: hmac::Key,
    realm: String,
}

/// What a client shows to be let in (RFC 8489 §9.2, long-term credentials).
#[derive(Clone, PartialEq, Eq)]
pub struct Pass {
    /// USERNAME: seconds since 1970 until which it is good, a colon, the seat.
    pub username: String,
    /// The password.
    pub password: String,
}

/// A pass shown by a client, proved to be ours.
pub(super) struct Known {
    pub seat: SeatId,
    pub key: hmac::Key,
}

impl Issuer {
    /// Passes of this issuer are good until the hub starts anew, which ends all connections anyway.
    pub fn new(realm: &str, random: &mut dyn Random) -> Self {
        let mut secret = [0; 32];
        random.fill(&mut secret);
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &secret), realm: realm.to_owned() }
    }

    /// REALM.
    pub(super) fn realm(&self) -> &str {
        &self.realm
    }

    /// A pass for this seat.
    pub fn issue(&self, seat: SeatId, until: Timestamp) -> Pass {
        let username = format!("{}:{seat}", until.as_seconds());
        let password = self.password(&username);
        Pass { username, password }
    }

    fn password(&self, username: &str) -> String {
        STANDARD.encode(hmac::sign(&self.key, username.as_bytes()))
    }

    /// What a name gives the right to, once the key has proved it; nothing when it is over or no name of ours.
    pub(super) fn known(&self, username: &str, now: Timestamp) -> Option<Known> {
        let (until, seat) = username.split_once(':')?;
        if until.parse::<i64>().ok()? < now.as_seconds() {
            return None;
        }
        Some(Known { seat: seat.parse().ok()?, key: self.integrity_key(username, &self.password(username)) })
    }

    /// RFC 8489 §9.2.2: MD5 is what browsers agree on; what protects the pass is the TLS around it.
    pub(super) fn integrity_key(&self, username: &str, password: &str) -> hmac::Key {
        integrity::key(&Md5::digest(format!("{username}:{}:{password}", self.realm)))
    }
}
