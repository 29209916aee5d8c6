//! SASL exchanges of AUTH (RFC 4954): PLAIN (RFC 4616) and LOGIN. Offered under TLS only.

use base::Redacted;
use base64::{Engine, engine::general_purpose::STANDARD};

/// Where an exchange stands.
#[derive(Debug)]
pub(super) enum Exchange {
    /// PLAIN: the one answer is awaited.
    Plain,
    /// LOGIN: the name is awaited.
    LoginName,
    /// LOGIN: the password is awaited.
    LoginPassword(String),
}

/// What follows from the client's answer.
pub(super) enum Next {
    /// Send this challenge (base64) and wait.
    Challenge(Exchange, &'static str),
    /// Ask the directory.
    Check(String, Redacted<String>),
    /// Not an answer; refuse.
    Malformed,
}

impl Exchange {
    /// Takes the client's answer, a base64 line.
    pub(super) fn answer(self, line: &str) -> Next {
        // RFC 4954 §4: a lone "=" is an empty initial response.
        let line = if line == "=" { "" } else { line };
        let Some(text) = STANDARD.decode(line).ok().and_then(|bytes| String::from_utf8(bytes).ok()) else {
            return Next::Malformed;
        };
        match self {
            Self::Plain => plain(&text),
            Self::LoginName if text.is_empty() => Next::Malformed,
            Self::LoginName => Next::Challenge(Self::LoginPassword(text), PASSWORD),
            Self::LoginPassword(login) => Next::Check(login, Redacted::new(text)),
        }
    }
}

/// `[authzid] NUL authcid NUL passwd`; acting for somebody else is not offered.
fn plain(text: &str) -> Next {
    let parts: Vec<&str> = text.split('\0').collect();
    match parts.as_slice() {
        [acting, login, password]
            if !login.is_empty() && !password.is_empty() && (acting.is_empty() || acting == login) =>
        {
            Next::Check((*login).to_owned(), Redacted::new((*password).to_owned()))
        }
        _ => Next::Malformed,
    }
}

/// "Username:" as LOGIN clients expect it.
pub(super) const USERNAME: &str = "VXNlcm5hbWU6";
/// "Password:" as LOGIN clients expect it.
const PASSWORD: &str = "UGFzc3dvcmQ6";
