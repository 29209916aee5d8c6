//! The ManageSieve listener: 4190 with STARTTLS (RFC 5804 §1.1), off unless asked for.

use std::{io, net::IpAddr, sync::Arc, time::Instant};

use base::{MailboxId, Timestamp, random::System};
use futures_util::FutureExt;
use mail_gateway_core::{
    managesieve::{Answer, Problem, Question, Session, Settings, SignIn, Step},
    sasl::Claim,
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{
    Mail,
    accept::incident,
    door::{self, Door, TurnedAway, Visit, gate::Gate, wire::Wire},
    ports::Refused,
};

/// The one door; TLS comes with STARTTLS.
pub(crate) const DOOR: Door =
    Door { name: "managesieve", implicit_tls: false, serve: |visit| serve(visit).boxed() };

/// Serves the peer until either side has enough.
async fn serve(visit: Visit) {
    let patience = visit.mail.inner.config.limits.idle;
    let pass = match door::admit(&visit.gate, visit.peer, true) {
        Ok(pass) => pass,
        Err(why) => {
            let words: &[u8] = match why {
                TurnedAway::Guessing => b"BYE \"too many failed sign-ins, try later\"\r\n",
                TurnedAway::Full => b"BYE (TRYLATER) \"too many connections, try later\"\r\n",
            };
            return door::refuse(visit.door, visit.stream, words, patience).await;
        }
    };
    let peer = visit.peer;
    if let Err(cause) = talk(visit).await {
        tracing::debug!(%peer, %cause, "mail: a ManageSieve connection broke");
    }
    drop(pass);
}

struct Connection {
    mail: Mail,
    gate: Arc<Gate>,
    stop: CancellationToken,
    peer: IpAddr,
    /// The mailbox whose scripts are edited, after the sign-in.
    mailbox: Option<MailboxId>,
}

async fn talk(visit: Visit) -> io::Result<()> {
    let Visit { mail, door, tls, gate, stop, peer, stream } = visit;
    let patience = mail.inner.config.limits.idle;
    let Some(mut wire) = door::open(door, stream, &tls, patience).await else { return Ok(()) };
    let mut session = Session::new(Settings { tls_available: true }, door.implicit_tls);
    let mut connection = Connection { mail, gate, stop, peer, mailbox: None };
    let mut buffer = vec![0; 4096];
    loop {
        match session.poll() {
            Step::Read => {
                wire.write(&session.take_output(), patience).await?;
                connection.read(&mut wire, &mut session, &mut buffer).await?;
            }
            Step::Encrypt => {
                wire.write(&session.take_output(), patience).await?;
                wire = wire.encrypt(&tls, patience).await?;
                session.handle_encrypted(wire.bindings());
            }
            Step::Keys(login) => {
                let keys = connection.mail.inner.ports.credentials.scram_keys(&login).await;
                session.handle_keys(keys.ok(), &mut System);
            }
            Step::SignIn(claim) => session.handle_sign_in(connection.sign_in(&claim).await),
            Step::Ask(question) => session.handle_answer(connection.ask(question).await),
            Step::Close => {
                wire.write(&session.take_output(), patience).await?;
                wire.close().await;
                return Ok(());
            }
        }
    }
}

impl Connection {
    /// Reads once, or ends the session when the peer is silent or the hub stops.
    async fn read(&self, wire: &mut Wire, session: &mut Session, buffer: &mut [u8]) -> io::Result<()> {
        // RFC 5804 §1.2: thirty minutes at least once somebody has signed in.
        let patience = self.mail.inner.config.limits.idle;
        let patience = if self.mailbox.is_some() { patience.max(AUTOLOGOUT) } else { patience };
        let read = tokio::select! {
            () = self.stop.cancelled() => {
                session.close("shutting down");
                return Ok(());
            }
            read = timeout(patience, wire.read(buffer)) => read,
        };
        match read {
            Err(_) => session.close("timeout"),
            Ok(read) => match read? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => session.handle_input(buffer.get(..n).unwrap_or_default()),
            },
        }
        Ok(())
    }

    async fn sign_in(&mut self, claim: &Claim) -> SignIn {
        match self.mail.inner.ports.sign_in(claim, self.peer).await {
            Ok(principal) => {
                let grant = principal.mailboxes.into_iter().find(|grant| !grant.delegated);
                let grant = grant.ok_or("không có hộp thư / there is no mailbox")?;
                self.mailbox = Some(grant.mailbox);
                Ok(grant.address)
            }
            Err(refused) => {
                if refused != Refused::Unavailable {
                    self.gate.note_failure(self.peer, Instant::now());
                }
                tracing::info!(door = "managesieve", peer = %self.peer, ?refused, "mail: sign-in refused");
                Err(match refused {
                    Refused::Wrong => "sai tên đăng nhập hoặc mật khẩu / wrong name or password",
                    Refused::LockedUntil(_) => "tài khoản tạm khóa / locked after repeated failures",
                    Refused::AppPasswordNeeded => "cần mật khẩu ứng dụng / app password required",
                    Refused::Unavailable => "máy chủ tạm thời chưa trả lời / try again later",
                })
            }
        }
    }

    async fn ask(&self, question: Question) -> Answer {
        let Some(mailbox) = self.mailbox else { return Answer::Refused(Problem::Unavailable) };
        match self.mail.inner.store.scripts(mailbox, question, Timestamp::now()).await {
            Ok(answer) => answer,
            Err(cause) => {
                let id = incident();
                tracing::error!(%id, peer = %self.peer, %cause, "mail: the store failed a ManageSieve session");
                Answer::Refused(Problem::Unavailable)
            }
        }
    }
}

const AUTOLOGOUT: std::time::Duration = std::time::Duration::from_secs(1800);
