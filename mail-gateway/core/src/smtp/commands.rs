//! What each command line does to a session (RFC 5321 §4.1).

use smtp_proto as proto;

use super::{
    Address, Reply, Role, Session,
    header::not_yours,
    parameters,
    session::{Helo, State},
    transaction::{Body, Destination, Envelope, too_large},
};
use crate::{
    message::{Handling, Priority, Returned},
    sasl::{self, Exchange, Mechanism},
};

impl Session {
    pub(super) fn handle_command(&mut self, line: &[u8]) {
        if foreign(line) {
            return self.close(&Reply::new(554, "5.5.1", "This is a mail server"));
        }
        let mut wire = if line.eq_ignore_ascii_case(b"RCPT TO:<postmaster>") {
            // RFC 5321 §4.5.1: this one needs no domain.
            format!("RCPT TO:<postmaster@{}>", self.settings.domain).into_bytes()
        } else {
            line.to_vec()
        };
        wire.extend_from_slice(b"\r\n");
        let request = match proto::Request::parse(&mut wire.iter()) {
            Ok(request) => request.into_owned(),
            Err(error) => return self.protest(&syntax(error)),
        };
        match request {
            proto::Request::Ehlo { host } => self.ehlo(&host),
            proto::Request::Helo { host } => {
                self.helo(&host, false);
            }
            proto::Request::StartTls => self.starttls(),
            proto::Request::Auth { mechanism, initial_response } => self.auth(mechanism, &initial_response),
            proto::Request::Mail { from } => self.mail(&from, &String::from_utf8_lossy(line)),
            proto::Request::Rcpt { to } => self.rcpt(&to, &String::from_utf8_lossy(line)),
            proto::Request::Data => self.data(),
            proto::Request::Bdat { chunk_size, is_last } => self.bdat(chunk_size as u64, is_last),
            proto::Request::Rset => self.forget_letter(Reply::new(250, "2.0.0", "OK")),
            proto::Request::Noop { .. } => self.reply(&Reply::new(250, "2.0.0", "OK")),
            proto::Request::Quit => self.close(&Reply::new(221, "2.0.0", "Bye")),
            // RFC 5321 §7.3: whether a mailbox exists is told to RCPT only.
            proto::Request::Vrfy { .. } => self.reply(&Reply::new(252, "2.5.0", "Try RCPT")),
            proto::Request::Help { .. } => self.reply(&Reply::new(214, "2.0.0", "RFC 5321")),
            _ => self.protest(&Reply::new(502, "5.5.1", "Command not implemented")),
        }
    }

    fn ehlo(&mut self, host: &str) {
        if !self.helo(host, true) {
            return;
        }
        let mut lines = vec![
            self.settings.domain.clone(),
            "PIPELINING".to_owned(),
            format!("SIZE {}", self.settings.max_size),
            "8BITMIME".to_owned(),
            "SMTPUTF8".to_owned(),
            "ENHANCEDSTATUSCODES".to_owned(),
            "CHUNKING".to_owned(),
            "BINARYMIME".to_owned(),
            "DSN".to_owned(),
            // RFC 9422 §4.2: so that a sender need not find the limit by trial.
            format!("LIMITS RCPTMAX={}", self.settings.max_recipients),
        ];
        if self.encrypted {
            // RFC 8689 §2: offered under TLS only.
            lines.push("REQUIRETLS".to_owned());
        }
        if self.settings.role == Role::Submission {
            lines.push("MT-PRIORITY".to_owned());
        }
        if !self.encrypted && self.settings.tls_available {
            lines.push("STARTTLS".to_owned());
        }
        // RFC 4954 §4: passwords only where nobody listens.
        if self.encrypted && self.settings.role == Role::Submission && self.account.is_none() {
            let names: Vec<&str> =
                Mechanism::offered(&self.bindings).into_iter().map(Mechanism::name).collect();
            lines.push(format!("AUTH {}", names.join(" ")));
        }
        self.forget_letter(Reply::new(250, "", lines.join("\n")));
    }

    /// Notes the peer's name; answers HELO, leaves the answer of EHLO to the caller.
    fn helo(&mut self, host: &str, extended: bool) -> bool {
        // The name goes into a trace field: nothing that could mean something else there.
        let name: String = host
            .trim()
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || ".-_:[]".contains(*c))
            .take(255)
            .collect();
        if name.is_empty() {
            self.protest(&Reply::new(501, "5.5.4", "Say your host name"));
            return false;
        }
        self.helo = Some(Helo { name, extended });
        // RFC 5321 §4.1.4: EHLO in mid-session is RSET too.
        if !extended {
            self.forget_letter(Reply::new(250, "", self.settings.domain.clone()));
        }
        true
    }

    fn starttls(&mut self) {
        if self.encrypted || !self.settings.tls_available {
            return self.protest(&Reply::new(503, "5.5.1", "TLS is active or not available"));
        }
        if self.buffered() > 0 {
            // RFC 3207 §6: what came before TLS must not be taken for what comes under it.
            return self.close(&Reply::new(503, "5.5.1", "Nothing may follow STARTTLS in clear text"));
        }
        self.reply(&Reply::new(220, "2.0.0", "Ready to start TLS"));
        self.state = State::Encrypting;
    }

    fn auth(&mut self, mechanism: u64, initial: &str) {
        if self.settings.role != Role::Submission {
            return self.protest(&Reply::new(502, "5.5.1", "AUTH is offered on the submission ports"));
        }
        if !self.encrypted {
            return self.protest(&Reply::both(
                538,
                "5.7.11",
                "Phải mã hóa kết nối trước khi đăng nhập",
                "Encryption required for authentication",
            ));
        }
        if self.helo.is_none() || self.account.is_some() || self.envelope.is_some() {
            return self.protest(&Reply::new(503, "5.5.1", "Bad sequence of commands"));
        }
        let mechanism = match mechanism {
            proto::AUTH_PLAIN => Mechanism::Plain,
            proto::AUTH_LOGIN => Mechanism::Login,
            proto::AUTH_SCRAM_SHA_256 => Mechanism::ScramSha256,
            proto::AUTH_SCRAM_SHA_256_PLUS => Mechanism::ScramSha256Plus,
            _ => return self.protest(&Reply::new(504, "5.5.4", "Mechanism not supported")),
        };
        let exchange = Box::new(Exchange::new(mechanism, &self.bindings));
        if initial.is_empty() {
            self.reply(&Reply::new(334, "", sasl::encode(exchange.opening())));
            self.state = State::Authenticating(exchange);
        } else {
            self.handle_answer(exchange, initial);
        }
    }

    fn mail(&mut self, from: &proto::MailFrom<String>, line: &str) {
        if self.helo.is_none() || self.envelope.is_some() || self.chunking.is_some() {
            return self.protest(&Reply::new(503, "5.5.1", "Bad sequence of commands"));
        }
        if self.settings.role == Role::Submission && self.account.is_none() {
            // RFC 6409 §4.3.
            return self.protest(&Reply::both(
                530,
                "5.7.0",
                "Phải đăng nhập trước khi gửi thư",
                "Authentication required",
            ));
        }
        let handling = match self.handling(from, line) {
            Ok(handling) => handling,
            Err(reply) => return self.protest(&reply),
        };
        // RFC 1870 §6.1: refused before it travels.
        if from.size as u64 > self.settings.max_size {
            return self.protest(&too_large(self.settings.max_size));
        }
        let international = from.flags & proto::MAIL_SMTPUTF8 != 0;
        self.international = international;
        self.declared_size = from.size as u64;
        let sender = match from.address.as_str() {
            "" => None,
            text => match self.address(text, international) {
                Ok(address) => Some(address),
                Err(reply) => return self.protest(&reply),
            },
        };
        if let (Some(account), Some(sender)) = (&self.account, &sender)
            && !account.may_send_as(sender)
            && account.writes_for(sender).is_none()
        {
            return self.protest(&not_yours());
        }
        let recipients = Vec::new();
        self.envelope = Some(Envelope { sender, recipients, eight_bit: false, international, handling });
        self.reply(&Reply::new(250, "2.1.0", "OK"));
    }

    /// What the parameters of MAIL ask.
    fn handling(&self, from: &proto::MailFrom<String>, line: &str) -> Result<Handling, Reply> {
        if from.flags & !OFFERED != 0 || from.hold_for > 0 || from.hold_until > 0 {
            return Err(Reply::new(555, "5.5.4", "Parameter not offered"));
        }
        let require_tls = from.flags & proto::MAIL_REQUIRETLS != 0;
        if require_tls && !self.encrypted {
            // RFC 8689 §3: it came in clear text already.
            return Err(Reply::new(530, "5.7.10", "REQUIRETLS needs TLS"));
        }
        if from.mt_priority != 0 && self.settings.role != Role::Submission {
            return Err(Reply::new(555, "5.5.4", "Parameter not offered"));
        }
        let returned = match from.flags & (proto::MAIL_RET_FULL | proto::MAIL_RET_HDRS) {
            0 => Returned::Unsaid,
            proto::MAIL_RET_FULL => Returned::Full,
            _ => Returned::Header,
        };
        Ok(Handling {
            returned,
            envelope_id: parameters::envelope_id(line).map_err(illegal)?,
            require_tls,
            binary: from.flags & proto::MAIL_BODY_BINARYMIME != 0,
            priority: Priority::of_level(from.mt_priority),
        })
    }

    fn rcpt(&mut self, to: &proto::RcptTo<String>, line: &str) {
        let Some(envelope) = &self.envelope else {
            return self.protest(&Reply::new(503, "5.5.1", "MAIL first"));
        };
        if to.flags & !NOTIFY != 0 {
            return self.protest(&Reply::new(555, "5.5.4", "Parameter not offered"));
        }
        let wishes = match parameters::wishes(line) {
            Ok(wishes) => wishes,
            Err(name) => return self.protest(&illegal(name)),
        };
        // RFC 5321 §4.5.3.1.10: the rest comes in a further transaction.
        if envelope.recipients.len() >= self.settings.max_recipients {
            return self.reply(&Reply::both(
                452,
                "4.5.3",
                "Quá nhiều người nhận trong một lần gửi",
                "Too many recipients",
            ));
        }
        let international = envelope.international;
        match self.address(&to.address, international) {
            Ok(address) => self.state = State::Resolving(Destination { address, wishes }),
            Err(reply) => self.protest(&reply),
        }
    }

    fn data(&mut self) {
        match self.envelope.take() {
            None => self.protest(&Reply::new(503, "5.5.1", "MAIL first")),
            Some(envelope) if envelope.recipients.is_empty() => {
                self.envelope = Some(envelope);
                self.protest(&Reply::new(554, "5.5.1", "No valid recipients"));
            }
            Some(envelope) if envelope.handling.binary => {
                // RFC 3030 §3.
                self.envelope = Some(envelope);
                self.protest(&Reply::new(503, "5.5.1", "BINARYMIME needs BDAT"));
            }
            Some(envelope) => {
                self.reply(&Reply::new(354, "", "End with <CRLF>.<CRLF>"));
                self.state = State::Body(Box::new(Body::new(envelope)));
            }
        }
    }

    fn address(&self, text: &str, international: bool) -> Result<Address, Reply> {
        let address = Address::parse(text).ok_or_else(|| {
            Reply::both(553, "5.1.3", "Địa chỉ thư không đúng cú pháp", "Bad address syntax")
        })?;
        if address.is_international() && !international {
            // RFC 6531 §3.5.
            return Err(Reply::new(553, "5.6.7", "Non-ASCII address needs SMTPUTF8"));
        }
        Ok(address)
    }
}

/// A web browser or proxy that was talked into speaking to us.
fn foreign(line: &[u8]) -> bool {
    [b"GET ".as_slice(), b"POST ", b"PUT ", b"HEAD ", b"CONNECT ", b"OPTIONS "]
        .iter()
        .any(|verb| line.get(..verb.len()).is_some_and(|start| start.eq_ignore_ascii_case(verb)))
}

fn syntax(error: proto::Error) -> Reply {
    match error {
        proto::Error::UnknownCommand => Reply::new(500, "5.5.1", "Command unknown"),
        proto::Error::InvalidSenderAddress | proto::Error::InvalidRecipientAddress => {
            Reply::both(553, "5.1.3", "Địa chỉ thư không đúng cú pháp", "Bad address syntax")
        }
        proto::Error::SyntaxError { syntax } => Reply::new(501, "5.5.2", format!("Syntax: {syntax}")),
        proto::Error::InvalidParameter { .. } => Reply::new(501, "5.5.4", "Invalid parameter"),
        proto::Error::UnsupportedParameter { .. } => Reply::new(555, "5.5.4", "Parameter not offered"),
        _ => Reply::new(500, "5.5.2", "Syntax error"),
    }
}

fn illegal(parameter: &str) -> Reply {
    Reply::new(501, "5.5.4", format!("{parameter} is not legal"))
}

/// Parameters of MAIL that EHLO announces.
const OFFERED: u64 = proto::MAIL_BODY_7BIT
    | proto::MAIL_BODY_8BITMIME
    | proto::MAIL_BODY_BINARYMIME
    | proto::MAIL_SMTPUTF8
    | proto::MAIL_RET_FULL
    | proto::MAIL_RET_HDRS
    | proto::MAIL_REQUIRETLS;
/// Parameters of RCPT that EHLO announces.
const NOTIFY: u64 = proto::RCPT_NOTIFY_SUCCESS
    | proto::RCPT_NOTIFY_FAILURE
    | proto::RCPT_NOTIFY_DELAY
    | proto::RCPT_NOTIFY_NEVER;
