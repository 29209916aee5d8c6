//! One SMTP conversation as a client (RFC 5321 §3): EHLO, STARTTLS when offered, the envelope in one
//! flight when PIPELINING is offered, the letter, and an outcome for every recipient.

use std::{future::Future, io, time::Duration};

use mail_gateway_core::{
    queue::{Answer, Outcome},
    smtp::{Reply, data::Stuffer, reply::Parser},
};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::Outgoing;

/// The conversation ended before the letter was judged.
pub(super) enum Broken {
    /// TLS did not come about; clear text may.
    Tls(String),
    /// The server is not usable now; another one may be.
    Connection(String),
}

/// What a conversation is about.
pub(super) struct Dialogue<'a> {
    /// Our name.
    pub(super) name: &'a str,
    /// The server's name.
    pub(super) host: &'a str,
    /// `None`: stay in clear text.
    pub(super) tls: Option<&'a TlsConnector>,
    pub(super) outgoing: &'a Outgoing<'a>,
}

/// What the server offers.
#[derive(Debug, Default, Clone, Copy)]
struct Offers {
    starttls: bool,
    pipelining: bool,
    eight_bit: bool,
    international: bool,
    /// RFC 1870; `Some(0)` is no limit.
    size: Option<u64>,
}

impl Dialogue<'_> {
    pub(super) async fn run(&self, stream: TcpStream) -> Result<Vec<Outcome>, Broken> {
        let _ = stream.set_nodelay(true);
        let mut wire = Wire::new(stream);
        let greeting = wire.reply(GREETING).await?;
        if greeting.code != 220 {
            return Err(Broken::Connection(said(&greeting)));
        }
        let offers = self.introduce(&mut wire).await?;
        let Some(tls) = self.tls.filter(|_| offers.starttls) else {
            return self.transaction(&mut wire, offers).await;
        };
        wire.write(b"STARTTLS\r\n").await?;
        let reply = wire.reply(ANSWER).await?;
        if reply.code != 220 {
            return Err(Broken::Tls(said(&reply)));
        }
        let name =
            ServerName::try_from(self.host.to_owned()).map_err(|cause| Broken::Tls(cause.to_string()))?;
        if !wire.stream.buffer().is_empty() {
            // RFC 3207 §6: what came before TLS must not be taken for what comes under it.
            return Err(Broken::Tls("the server spoke before TLS".to_owned()));
        }
        let stream = within(ANSWER, tls.connect(name, wire.stream.into_inner()))
            .await
            .map_err(|cause| Broken::Tls(cause.to_string()))?;
        let mut wire = Wire::new(stream);
        let offers = self.introduce(&mut wire).await?;
        self.transaction(&mut wire, offers).await
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

    async fn transaction<S: Stream>(
        &self,
        wire: &mut Wire<S>,
        offers: Offers,
    ) -> Result<Vec<Outcome>, Broken> {
        if let Some(answer) = self.impossible(offers) {
            wire.quit().await;
            return Ok(vec![Outcome::Permanent(answer); self.outgoing.recipients.len()]);
        }
        let (mail, mut recipients) = if offers.pipelining {
            self.envelope_in_one_flight(wire, offers).await?
        } else {
            self.envelope_step_by_step(wire, offers).await?
        };
        if !mail.is_positive() {
            wire.quit().await;
            return Ok(vec![self.outcome(&mail, false); self.outgoing.recipients.len()]);
        }
        if recipients.iter().any(Reply::is_positive) {
            let verdict = match self.letter(wire).await {
                Ok(reply) => reply,
                // What was refused stays refused; whoever was accepted is tried again.
                Err(Broken::Tls(text) | Broken::Connection(text)) => Reply::new(451, "4.4.2", text),
            };
            for reply in recipients.iter_mut().filter(|reply| reply.is_positive()) {
                *reply = verdict.clone();
            }
        }
        wire.quit().await;
        Ok(recipients.iter().map(|reply| self.outcome(reply, true)).collect())
    }

    /// Why this server can never take this letter, judging by what it offers.
    fn impossible(&self, offers: Offers) -> Option<Answer> {
        let letter = self.outgoing;
        let refusal = if letter.international && !offers.international {
            // RFC 6531 §3.2.
            ("5.6.7", "the server does not offer SMTPUTF8")
        } else if letter.eight_bit && !offers.eight_bit {
            // RFC 6152 §3: octets above 127 must not be sent to it.
            ("5.6.3", "the server does not offer 8BITMIME")
        } else if offers.size.is_some_and(|size| size > 0 && (letter.letter.len() as u64) > size) {
            ("5.3.4", "the letter is larger than the server takes")
        } else {
            return None;
        };
        Some(Answer { status: refusal.0.into(), text: refusal.1.into(), server: Some(self.host.to_owned()) })
    }

    fn mail_command(&self, offers: Offers) -> String {
        let letter = self.outgoing;
        let mut command = format!("MAIL FROM:<{}>", letter.sender);
        if offers.size.is_some() {
            command.push_str(&format!(" SIZE={}", letter.letter.len()));
        }
        if letter.eight_bit {
            command.push_str(" BODY=8BITMIME");
        }
        if letter.international {
            command.push_str(" SMTPUTF8");
        }
        command.push_str("\r\n");
        command
    }

    /// RFC 2920: commands go out together, replies are read in order.
    async fn envelope_in_one_flight<S: Stream>(
        &self,
        wire: &mut Wire<S>,
        offers: Offers,
    ) -> Result<(Reply, Vec<Reply>), Broken> {
        let mut flight = self.mail_command(offers);
        for recipient in self.outgoing.recipients {
            flight.push_str(&format!("RCPT TO:<{recipient}>\r\n"));
        }
        wire.write(flight.as_bytes()).await?;
        let mail = wire.reply(ANSWER).await?;
        let mut recipients = Vec::with_capacity(self.outgoing.recipients.len());
        for _ in self.outgoing.recipients {
            recipients.push(wire.reply(ANSWER).await?);
        }
        Ok((mail, recipients))
    }

    async fn envelope_step_by_step<S: Stream>(
        &self,
        wire: &mut Wire<S>,
        offers: Offers,
    ) -> Result<(Reply, Vec<Reply>), Broken> {
        wire.write(self.mail_command(offers).as_bytes()).await?;
        let mail = wire.reply(ANSWER).await?;
        let mut recipients = Vec::with_capacity(self.outgoing.recipients.len());
        if mail.is_positive() {
            for recipient in self.outgoing.recipients {
                wire.write(format!("RCPT TO:<{recipient}>\r\n").as_bytes()).await?;
                recipients.push(wire.reply(ANSWER).await?);
            }
        }
        Ok((mail, recipients))
    }

    async fn letter<S: Stream>(&self, wire: &mut Wire<S>) -> Result<Reply, Broken> {
        wire.write(b"DATA\r\n").await?;
        let go = wire.reply(ANSWER).await?;
        if go.code != 354 {
            return Ok(if go.is_positive() { Reply::new(451, "4.5.0", said(&go)) } else { go });
        }
        let mut stuffer = Stuffer::default();
        let mut piece = Vec::with_capacity(PIECE + PIECE / 16);
        for octets in self.outgoing.letter.chunks(PIECE) {
            stuffer.stuff(octets, &mut piece);
            wire.write(&piece).await?;
            piece.clear();
        }
        stuffer.finish(&mut piece);
        wire.write(&piece).await?;
        wire.reply(VERDICT).await
    }

    fn outcome(&self, reply: &Reply, of_recipient: bool) -> Outcome {
        if reply.is_positive() {
            return Outcome::Delivered;
        }
        // RFC 5321 §4.5.3.1.10: 552 to RCPT means "too many recipients now".
        let temporary =
            reply.is_temporary() || (of_recipient && reply.code == 552 && reply.enhanced.is_empty());
        let class = if temporary { "4.0.0" } else { "5.0.0" };
        let status = if reply.enhanced.is_empty() { class.to_owned() } else { reply.enhanced.clone() };
        let answer = Answer { status, text: said(reply), server: Some(self.host.to_owned()) };
        if temporary { Outcome::Temporary(answer) } else { Outcome::Permanent(answer) }
    }
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
            "SIZE" => offers.size = Some(words.next().and_then(|n| n.parse().ok()).unwrap_or(0)),
            _ => {}
        }
    }
    offers
}

/// The reply as one line for the log and the report.
fn said(reply: &Reply) -> String {
    let enhanced = if reply.enhanced.is_empty() { String::new() } else { format!("{} ", reply.enhanced) };
    let text: String = reply.text.replace('\n', " ").chars().filter(|c| !c.is_control()).take(500).collect();
    format!("{} {enhanced}{text}", reply.code)
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Lines in, octets out.
struct Wire<S> {
    stream: BufReader<S>,
}

impl<S: Stream> Wire<S> {
    fn new(stream: S) -> Self {
        Self { stream: BufReader::new(stream) }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        let write = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        within(WRITE, write).await.map_err(|cause| Broken::Connection(cause.to_string()))
    }

    async fn reply(&mut self, patience: Duration) -> Result<Reply, Broken> {
        let read = async {
            let mut parser = Parser::default();
            loop {
                let line = self.line().await?;
                match parser.handle_line(&line) {
                    Ok(Some(reply)) => return Ok(reply),
                    Ok(None) => {}
                    Err(_) => return Err(io::Error::other("the server does not speak SMTP")),
                }
            }
        };
        within(patience, read).await.map_err(|cause| Broken::Connection(cause.to_string()))
    }

    async fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        loop {
            let available = self.stream.fill_buf().await?;
            if available.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let end = available.iter().position(|&b| b == b'\n');
            let used = end.map_or(available.len(), |at| at + 1);
            line.extend_from_slice(available.get(..used).unwrap_or_default());
            self.stream.consume(used);
            if end.is_some() {
                while line.last().is_some_and(|b| matches!(b, b'\r' | b'\n')) {
                    line.pop();
                }
                return Ok(line);
            }
            if line.len() > MAX_LINE {
                return Err(io::Error::other("the server's reply never ends"));
            }
        }
    }

    /// RFC 5321 §4.1.1.10; the letter's fate is settled, so nothing here matters any more.
    async fn quit(&mut self) {
        if self.write(b"QUIT\r\n").await.is_ok() {
            let _ = self.reply(GOODBYE).await;
        }
    }
}

async fn within<T>(patience: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(patience, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

// RFC 5321 §4.5.3.2.
const GREETING: Duration = Duration::from_secs(300);
const ANSWER: Duration = Duration::from_secs(300);
const WRITE: Duration = Duration::from_secs(180);
const VERDICT: Duration = Duration::from_secs(600);
const GOODBYE: Duration = Duration::from_secs(5);
const MAX_LINE: usize = 4096;
const PIECE: usize = 64 * 1024;
