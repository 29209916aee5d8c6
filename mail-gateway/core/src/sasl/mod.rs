//! SASL (RFC 4422), server side, for every door a mail program signs in at: SMTP submission, IMAP, POP3,
//! ManageSieve. Each door carries the messages in its own way; what they say is decided here.
//!
//! One exchange: [`Exchange::new`], then [`Exchange::handle_response`] with each decoded response until it
//! answers [`Step::SignIn`] or [`Step::Refused`]. [`Step::Lookup`] is answered by
//! [`Exchange::handle_keys`]. Offered under TLS only; the doors see to that.

mod password;
mod scram;

use base::{Redacted, random::Random};
use base64::{Engine, engine::general_purpose::STANDARD};

use password::Password;
use scram::Scram;
pub use scram::{Credential, Keys};

/// How a client proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// SCRAM-SHA-256 (RFC 7677) bound to the TLS connection.
    ScramSha256Plus,
    /// SCRAM-SHA-256 (RFC 7677).
    ScramSha256,
    /// PLAIN (RFC 4616).
    Plain,
    /// LOGIN, which Outlook still speaks.
    Login,
}

impl Mechanism {
    /// What to offer on a connection with these bindings, the strongest first.
    pub fn offered(bindings: &Bindings) -> Vec<Self> {
        let mut all = vec![Self::ScramSha256, Self::Plain, Self::Login];
        if !bindings.is_empty() {
            all.insert(0, Self::ScramSha256Plus);
        }
        all
    }

    /// Its registered name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
        }
    }

    /// The mechanism called `name`, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::ScramSha256Plus, Self::ScramSha256, Self::Plain, Self::Login]
            .into_iter()
            .find(|mechanism| mechanism.name().eq_ignore_ascii_case(name))
    }
}

/// What ties an exchange to its TLS connection (RFC 5056); empty without TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bindings {
    /// `tls-exporter` (RFC 9266): 32 octets under the label `EXPORTER-Channel-Binding`.
    pub exporter: Option<Vec<u8>>,
    /// `tls-server-end-point` (RFC 5929 §4.1): the hash of the certificate shown.
    pub server_end_point: Option<Vec<u8>>,
}

impl Bindings {
    /// Whether nothing can be bound to.
    pub fn is_empty(&self) -> bool {
        self.exporter.is_none() && self.server_end_point.is_none()
    }

    fn find(&self, kind: &str) -> Option<&[u8]> {
        match kind {
            "tls-exporter" => self.exporter.as_deref(),
            "tls-server-end-point" => self.server_end_point.as_deref(),
            _ => None,
        }
    }
}

/// What the client claims; the directory decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// A name and a password.
    Password {
        /// Sign-in name or address.
        login: String,
        /// Password or app password.
        password: Redacted<String>,
    },
    /// A proven app password.
    Proven {
        /// Sign-in name or address.
        login: String,
        /// [`Credential::id`] of the one whose secret the client knows.
        credential: String,
    },
    /// A proof that fits none of the name's app passwords; to be counted and refused.
    Disproven {
        /// Sign-in name or address.
        login: String,
    },
}

/// What follows from a response.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this challenge and hand the answer to [`Exchange::handle_response`].
    Challenge(Vec<u8>),
    /// Ask the directory for the SCRAM keys of this name, then call [`Exchange::handle_keys`].
    Lookup(String),
    /// Ask the directory whether this opens something; the exchange is over.
    SignIn(Claim),
    /// Not a response this mechanism knows; the exchange is over.
    Refused,
}

/// One exchange.
#[derive(Debug)]
pub struct Exchange(State);

#[derive(Debug)]
enum State {
    Password(Password),
    Scram(Box<Scram>),
}

impl Exchange {
    /// An exchange by `mechanism` on a connection with `bindings`.
    pub fn new(mechanism: Mechanism, bindings: &Bindings) -> Self {
        Self(match mechanism {
            Mechanism::Plain => State::Password(Password::Plain),
            Mechanism::Login => State::Password(Password::LoginName),
            Mechanism::ScramSha256 => State::Scram(Box::new(Scram::new(bindings.clone(), false))),
            Mechanism::ScramSha256Plus => State::Scram(Box::new(Scram::new(bindings.clone(), true))),
        })
    }

    /// The challenge to send to a client that brought no initial response.
    pub fn opening(&self) -> &'static [u8] {
        match &self.0 {
            State::Password(password) => password.opening(),
            State::Scram(_) => b"",
        }
    }

    /// Takes a response, decoded.
    pub fn handle_response(&mut self, response: &[u8]) -> Step {
        match &mut self.0 {
            State::Password(password) => password.handle_response(response),
            State::Scram(scram) => scram.handle_response(response),
        }
    }

    /// Takes what was asked for with [`Step::Lookup`]; the server's nonce is drawn from `random`.
    pub fn handle_keys(&mut self, keys: Keys, random: &mut dyn Random) -> Step {
        match &mut self.0 {
            State::Password(_) => Step::Refused,
            State::Scram(scram) => scram.handle_keys(keys, random),
        }
    }
}

/// A response as SMTP, IMAP and POP3 carry it: base64, a lone `=` being an empty initial one
/// (RFC 4954 §4, RFC 9051 §6.2.2, RFC 5034 §4).
pub fn decode(line: &str) -> Option<Vec<u8>> {
    if line == "=" {
        return Some(Vec::new());
    }
    STANDARD.decode(line).ok()
}

/// A challenge in base64.
pub fn encode(challenge: &[u8]) -> String {
    STANDARD.encode(challenge)
}

#[cfg(test)]
mod tests;
