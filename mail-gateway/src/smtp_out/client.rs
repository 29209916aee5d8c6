//! Opening an SMTP conversation as a client (RFC 5321 §3): greeting, EHLO, STARTTLS when offered.

use std::time::Duration;

use mail_gateway_core::smtp::Reply;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::wire::{Stream, Wire, within};

/// The conversation ended before the letter was judged.
pub(super) enum Broken {
    /// TLS did not come about; clear text may.
    Tls(String),
    /// The server is not usable now; another one may be.
    Connection(String),
}

impl Broken {
    pub(super) fn into_text(self) -> String {
        let (Self::Tls(text) | Self::Connection(text)) = self;
        text
    }
}

/// What the server offers.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Offers {
    starttls: bool,
    pub(super) pipelining: bool,
    pub(super) eight_bit: bool,
    pub(super) international: bool,
    /// Reports as the sender wants them (RFC 3461).
    pub(super) reports: bool,
    /// Encryption all the way (RFC 8689).
    pub(super) require_tls: bool,
    pub(super) chunking: bool,
    pub(super) binary: bool,
    pub(super) priority: bool,
    /// RFC 1870; `Some(0)` is no limit.
    pub(super) size: Option<u64>,
    /// Recipients of one letter (RFC 9422).
    pub(super) max_recipients: Option<usize>,
}

/// An open connection that letters can go through.
pub(super) struct Connected {
    pub(super) wire: Wire<Box<dyn Stream>>,
    pub(super) offers: Offers,
    /// The server's name.
    pub(super) host: String,
    /// The server's certificate is good for its name.
    pub(super) verified: bool,
    /// Letters that went through.
    pub(super) letters: u32,
}

/// How to open a conversation.
pub(super) struct Opening<'a> {
    /// Our name.
    pub(super) name: &'a str,
    /// The server's name.
    pub(super) host: &'a str,
    /// `None`: stay in clear text.
    pub(super) tls: Option<&'a TlsConnector>,
    /// The connector checks the server's certificate.
    pub(super) verified: bool,
}

impl Opening<'_> {
    pub(super) async fn run(&self, stream: TcpStream) -> Result<Connected, Broken> {
        let _ = stream.set_nodelay(true);
        let mut wire = Wire::new(stream);
        let greeting = wire.reply(GREETING).await?;
        if greeting.code != 220 {
            return Err(Broken::Connection(said(&greeting)));
        }
        let offers = self.introduce(&mut wire).await?;
        let Some(tls) = self.tls.filter(|_| offers.starttls) else {
            let stream = wire.into_stream().ok_or_else(early)?;
            return Ok(self.connected(Wire::new(Box::new(stream)), offers, false));
        };
        wire.write(b"STARTTLS\r\n").await?;
        let reply = wire.reply(ANSWER).await?;
        if reply.code != 220 {
            return Err(Broken::Tls(said(&reply)));
        }
        let name =
            ServerName::try_from(self.host.to_owned()).map_err(|cause| Broken::Tls(cause.to_string()))?;
        // RFC 3207 §6: what came before TLS must not be taken for what comes under it.
        let stream = wire.into_stream().ok_or_else(early)?;
        let stream = within(ANSWER, tls.connect(name, stream))
            .await
            .map_err(|cause| Broken::Tls(cause.to_string()))?;
        let mut wire: Wire<Box<dyn Stream>> = Wire::new(Box::new(stream));
        let offers = self.introduce(&mut wire).await?;
        Ok(self.connected(wire, offers, true))
    }

    fn connected(&self, wire: Wire<Box<dyn Stream>>, offers: Offers, encrypted: bool) -> Connected {
        let verified = encrypted && self.verified;
        Connected { wire, offers, host: self.host.to_owned(), verified, letters: 0 }
    }

    async fn introduce<S: Stream>(&self, wire: &mut Wire<S>) -> Result<Offers, Broken> {
        wire.write(format!("EHLO {}\r\n", self.name).as_bytes()).await?;
        let reply = wire.reply(ANSWER).await?;
        if reply.is_positive() {
            return Ok(offers(&reply));
        }
        // RFC 5321 §3.2: a server that does not know EHLO gets HELO.
        wire.write(format!("HELO {}\r\n", self.name).as_bytes()).await?;
        let reply = wire.reply(ANSWER).await?;
        if reply.is_positive() { Ok(Offers::default()) } else { Err(Broken::Connection(said(&reply))) }
    }
}

fn early() -> Broken {
    Broken::Tls("the server spoke out of turn".to_owned())
}

fn offers(reply: &Reply) -> Offers {
    let mut offers = Offers::default();
    for line in reply.text.lines().skip(1) {
        let mut words = line.split_ascii_whitespace();
        match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
            "STARTTLS" => offers.starttls = true,
            "PIPELINING" => offers.pipelining = true,
            "8BITMIME" => offers.eight_bit = true,
            "SMTPUTF8" => offers.international = true,
            "DSN" => offers.reports = true,
            "REQUIRETLS" => offers.require_tls = true,
            "CHUNKING" => offers.chunking = true,
            "BINARYMIME" => offers.binary = true,
            "MT-PRIORITY" => offers.priority = true,
            "SIZE" => offers.size = Some(words.next().and_then(|n| n.parse().ok()).unwrap_or(0)),
            "LIMITS" => {
                let most = words.find_map(|word| word.strip_prefix("RCPTMAX="));
                offers.max_recipients = most.and_then(|n| n.parse().ok()).filter(|n| *n > 0);
            }
            _ => {}
        }
    }
    offers
}

/// The reply as one line for the log and the report.
pub(super) fn said(reply: &Reply) -> String {
    let enhanced = if reply.enhanced.is_empty() { String::new() } else { format!("{} ", reply.enhanced) };
    let text: String = reply.text.replace('\n', " ").chars().filter(|c| !c.is_control()).take(500).collect();
    format!("{} {enhanced}{text}", reply.code)
}

// RFC 5321 §4.5.3.2.
const GREETING: Duration = Duration::from_secs(300);
pub(super) const ANSWER: Duration = Duration::from_secs(300);
