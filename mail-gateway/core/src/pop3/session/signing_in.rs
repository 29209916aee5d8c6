//! How a session learns whose maildrop it is: USER and PASS (RFC 1939 §7) or AUTH (RFC 5034), under TLS only.

use base::{Redacted, random::Random};

use super::{Maildrop, Session, State};
use crate::sasl::{self, Bindings, Claim, Exchange, Mechanism};

impl Session {
    /// What sign-in may bind to on this TLS connection.
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
            (State::LookingUp(..), None) => self.refuse_sign_in(&Maildrop::Unavailable),
            (state, _) => self.state = state,
        }
    }

    /// What the sign-in led to.
    pub fn handle_maildrop(&mut self, maildrop: Maildrop) {
        if !matches!(self.state, State::Opening(_)) {
            return;
        }
        self.state = State::Command;
        match maildrop {
            Maildrop::Open(letters) => {
                self.ok(&format!("{} letters", letters.len()));
                self.maildrop = Some(letters);
            }
            refused => self.refuse_sign_in(&refused),
        }
    }

    fn refuse_sign_in(&mut self, why: &Maildrop) {
        // RFC 2449 §8.1.1 and RFC 3206 §4: whether asking the person for a password helps.
        let (vietnamese, english) = match why {
            Maildrop::InUse => {
                ("[IN-USE] Hộp thư đang được mở ở nơi khác", "[IN-USE] maildrop is open elsewhere")
            }
            Maildrop::Locked => (
                "[SYS/TEMP] Tài khoản tạm khóa do đăng nhập sai nhiều lần",
                "[SYS/TEMP] locked after repeated failures",
            ),
            Maildrop::Unavailable => {
                ("[SYS/TEMP] Máy chủ tạm thời chưa trả lời", "[SYS/TEMP] try again later")
            }
            Maildrop::AppPasswordNeeded => (
                "[AUTH] Tài khoản bật xác thực hai lớp, cần mật khẩu ứng dụng",
                "[AUTH] application-specific password required",
            ),
            Maildrop::Wrong | Maildrop::Open(_) => {
                ("[AUTH] Sai tên đăng nhập hoặc mật khẩu", "[AUTH] wrong name or password")
            }
        };
        self.error(vietnamese, english);
        self.failed_sign_ins += 1;
        if self.failed_sign_ins >= MAX_FAILED_SIGN_INS {
            self.state = State::Closing;
        }
    }

    pub(super) fn mechanisms(&mut self) {
        self.ok("");
        let lines = if self.encrypted { names(&self.bindings) } else { Vec::new() };
        self.multiline(lines.into_iter().map(str::to_owned));
    }

    /// RFC 8314 §4.1: passwords only where nobody listens.
    pub(super) fn may_sign_in(&mut self) -> bool {
        if !self.encrypted {
            self.error("Phải mã hóa kết nối trước khi đăng nhập", "encryption required, say STLS first");
        }
        self.encrypted
    }

    pub(super) fn pass(&mut self, password: String) {
        if !self.may_sign_in() {
            return;
        }
        match self.user.take() {
            Some(login) => {
                let password = Redacted::new(password);
                self.state = State::Opening(Claim::Password { login, password });
            }
            None => self.protest("USER first"),
        }
    }

    pub(super) fn auth(&mut self, name: &str, initial: Option<&str>) {
        if !self.may_sign_in() {
            return;
        }
        let Some(mechanism) = Mechanism::parse(name) else { return self.protest("mechanism not offered") };
        let exchange = Box::new(Exchange::new(mechanism, &self.bindings));
        match initial {
            Some(initial) => self.handle_answer(exchange, initial),
            None => {
                let opening = exchange.opening();
                self.follow(exchange, sasl::Step::Challenge(opening.to_vec()));
            }
        }
    }

    pub(super) fn handle_answer(&mut self, mut exchange: Box<Exchange>, line: &str) {
        if line == "*" {
            return self.protest("cancelled");
        }
        match sasl::decode(line) {
            Some(response) => {
                let step = exchange.handle_response(&response);
                self.follow(exchange, step);
            }
            None => self.protest("not base64"),
        }
    }

    fn follow(&mut self, exchange: Box<Exchange>, step: sasl::Step) {
        match step {
            sasl::Step::Challenge(challenge) => {
                self.output.extend_from_slice(format!("+ {}\r\n", sasl::encode(&challenge)).as_bytes());
                self.state = State::Authenticating(exchange);
            }
            sasl::Step::Lookup(login) => self.state = State::LookingUp(exchange, login),
            sasl::Step::SignIn(claim) => self.state = State::Opening(claim),
            sasl::Step::Refused => self.protest("not a response of this mechanism"),
        }
    }
}

pub(super) fn names(bindings: &Bindings) -> Vec<&'static str> {
    Mechanism::offered(bindings).into_iter().map(Mechanism::name).collect()
}

const MAX_FAILED_SIGN_INS: u32 = 3;
