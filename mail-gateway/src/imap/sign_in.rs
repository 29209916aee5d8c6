//! LOGIN, AUTHENTICATE, ENABLE, UNAUTHENTICATE (RFC 9051 §6.2, RFC 4616, 4959, 5161, 8437).

use std::{sync::Arc, time::Instant};

use base::{Redacted, Timestamp, random::System};
use mail_gateway_core::{
    imap::{capability, input::Next},
    sasl::{self, Claim, Exchange, Mechanism, Step},
};

use super::{
    reply::{Done, Failure, Reply},
    session::{Enabled, Session},
};
use crate::ports::Refused;

impl Session {
    pub(super) async fn login(&mut self, user: Vec<u8>, password: Vec<u8>) -> Done {
        let (Ok(user), Ok(password)) = (String::from_utf8(user), String::from_utf8(password)) else {
            return Ok(Reply::no("[AUTHENTICATIONFAILED] not UTF-8"));
        };
        self.sign_in(&Claim::Password { login: user, password: Redacted::new(password) }).await
    }

    pub(super) async fn authenticate(&mut self, mechanism: &str, initial: Option<Vec<u8>>) -> Done {
        if let Some(refusal) = self.may_sign_in() {
            return Ok(refusal);
        }
        let bindings = self.wire.bindings();
        let offered = Mechanism::offered(&bindings);
        let Some(mechanism) = Mechanism::parse(mechanism).filter(|wanted| offered.contains(wanted)) else {
            return Ok(Reply::no("[CANNOT] Không có cách đăng nhập này / No such mechanism"));
        };
        let mut exchange = Exchange::new(mechanism, &bindings);
        let mut response = match initial {
            Some(response) => response,
            None => self.challenged(exchange.opening()).await?,
        };
        // Bounded: no mechanism has more steps than this.
        for _ in 0..MAX_STEPS {
            // RFC 9051 §6.2.2: a lone asterisk gives up.
            let text = std::str::from_utf8(&response).unwrap_or("*");
            let Some(decoded) = sasl::decode(text) else { return Ok(Reply::bad("given up, or not base64")) };
            let mut step = exchange.handle_response(&decoded);
            if let Step::Lookup(login) = step {
                let Ok(keys) = self.mail.inner.ports.credentials.scram_keys(&login).await else {
                    return Ok(refusal(&Refused::Unavailable));
                };
                step = exchange.handle_keys(keys, &mut System);
            }
            match step {
                Step::Challenge(challenge) => response = self.challenged(&challenge).await?,
                Step::SignIn(claim) => return self.sign_in(&claim).await,
                Step::Lookup(_) | Step::Refused => break,
            }
        }
        Ok(Reply::bad("not an answer of this mechanism"))
    }

    /// Sends a challenge and reads the response, both in base64.
    async fn challenged(&mut self, challenge: &[u8]) -> Result<Vec<u8>, Failure> {
        self.out.extend_from_slice(format!("+ {}\r\n", sasl::encode(challenge)).as_bytes());
        self.flush().await?;
        loop {
            match self.input.poll_line(MAX_ANSWER) {
                Next::Command(line) => return Ok(line),
                Next::Read if self.read().await? => {}
                _ => return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into()),
            }
        }
    }

    /// Why nobody may sign in now.
    fn may_sign_in(&self) -> Option<Reply> {
        if self.principal.is_some() {
            return Some(Reply::bad("signed in already"));
        }
        // RFC 9051 §11.1: no password travels in clear.
        (!self.encrypted).then(|| Reply::no("[PRIVACYREQUIRED] Cần TLS / TLS is needed"))
    }

    async fn sign_in(&mut self, claim: &Claim) -> Done {
        if let Some(refusal) = self.may_sign_in() {
            return Ok(refusal);
        }
        if self.gate.is_barred(self.peer, Instant::now()) {
            return Ok(Reply::no(
                "[UNAVAILABLE] Đăng nhập sai quá nhiều lần, thử lại sau / Too many failures",
            ));
        }
        match self.mail.inner.ports.sign_in(claim, self.peer).await {
            Ok(principal) => {
                for grant in &principal.mailboxes {
                    self.store().ensure(grant.mailbox, Timestamp::now()).await?;
                }
                tracing::info!(door = self.door.name, peer = %self.peer, login = %principal.login, "imap: signed in");
                self.principal = Some(Arc::new(principal));
                self.faults = 0;
                let capabilities = self.capabilities();
                Ok(Reply::ok(format!("[CAPABILITY {capabilities}] signed in")))
            }
            Err(refused) => {
                self.faults += FAILED_SIGN_IN;
                if refused != Refused::Unavailable {
                    self.gate.note_failure(self.peer, Instant::now());
                }
                tracing::info!(door = self.door.name, peer = %self.peer, ?refused, "imap: sign-in refused");
                Ok(refusal(&refused))
            }
        }
    }

    pub(super) fn enable(&mut self, names: &[String]) -> Reply {
        let mut done = Vec::new();
        for name in names {
            match capability::ENABLED.into_iter().find(|known| known == name) {
                Some("CONDSTORE") => self.enabled.condstore = true,
                // RFC 7162 §3.2.3: QRESYNC brings CONDSTORE.
                Some("QRESYNC") => (self.enabled.qresync, self.enabled.condstore) = (true, true),
                Some("UTF8=ACCEPT") => self.enabled.utf8 = true,
                Some("IMAP4REV2") => self.enabled.rev2 = true,
                _ => continue,
            }
            done.push(if name == "IMAP4REV2" { "IMAP4rev2" } else { name });
        }
        self.untagged(format!("ENABLED {}", done.join(" ")).trim_end());
        Reply::ok("done")
    }

    pub(super) fn unauthenticate(&mut self) -> Reply {
        self.selected = None;
        self.saved = Vec::new();
        self.enabled = Enabled::default();
        self.principal = None;
        Reply::ok("done")
    }
}

fn refusal(refused: &Refused) -> Reply {
    match refused {
        Refused::Wrong => {
            Reply::no("[AUTHENTICATIONFAILED] Sai tên đăng nhập hoặc mật khẩu / Wrong name or password")
        }
        Refused::LockedUntil(_) => {
            Reply::no("[CONTACTADMIN] Tài khoản tạm khóa do sai mật khẩu nhiều lần / Locked after failures")
        }
        // RFC 5530 §3: the words are for the person.
        Refused::AppPasswordNeeded => Reply::no(
            "[AUTHENTICATIONFAILED] Tài khoản bật xác thực hai lớp, cần mật khẩu ứng dụng / App password required",
        ),
        Refused::Unavailable => Reply::no("[UNAVAILABLE] Chưa kiểm tra được, thử lại sau / Try again later"),
    }
}

const MAX_ANSWER: usize = 4096;
const MAX_STEPS: usize = 6;
/// A failed sign-in counts more than nonsense: after four the connection ends.
const FAILED_SIGN_IN: u32 = 5;
