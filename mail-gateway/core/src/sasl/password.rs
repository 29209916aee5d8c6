//! The two mechanisms that send the password itself: PLAIN (RFC 4616) and LOGIN.

use base::Redacted;

use super::{Claim, Step};

/// Where an exchange stands.
#[derive(Debug)]
pub(super) enum Password {
    /// PLAIN: the one response is awaited.
    Plain,
    /// LOGIN: the name is awaited.
    LoginName,
    /// LOGIN: the password is awaited.
    LoginSecret(String),
}

impl Password {
    pub(super) fn opening(&self) -> &'static [u8] {
        match self {
            Self::Plain => b"",
            Self::LoginName | Self::LoginSecret(_) => b"Username:",
        }
    }

    pub(super) fn handle_response(&mut self, response: &[u8]) -> Step {
        let Ok(text) = std::str::from_utf8(response) else { return Step::Refused };
        match std::mem::replace(self, Self::Plain) {
            Self::Plain => plain(text),
            Self::LoginName if text.is_empty() => Step::Refused,
            Self::LoginName => {
                *self = Self::LoginSecret(text.to_owned());
                Step::Challenge(b"Password:".to_vec())
            }
            Self::LoginSecret(login) => {
                Step::SignIn(Claim::Password { login, password: Redacted::new(text.to_owned()) })
            }
        }
    }
}

/// `[authzid] NUL authcid NUL passwd`; acting for somebody else is not offered.
fn plain(text: &str) -> Step {
    let parts: Vec<&str> = text.split('\0').collect();
    match parts.as_slice() {
        [acting, login, password]
            if !login.is_empty() && !password.is_empty() && (acting.is_empty() || acting == login) =>
        {
            let (login, password) = ((*login).to_owned(), Redacted::new((*password).to_owned()));
            Step::SignIn(Claim::Password { login, password })
        }
        _ => Step::Refused,
    }
}
