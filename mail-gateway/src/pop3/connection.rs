//! One POP3 connection: drives a [`Session`] and does what it asks.

use std::{io, time::Instant};

use base::random::System;
use mail_gateway_core::{
    pop3::{self, Letter, Session, Settings, Step},
    sasl::Claim,
};
use tokio::time::timeout;

use super::maildrop::Maildrop;
use crate::{
    accept::incident,
    door::{self, TurnedAway, Visit, wire::Wire},
    ports::Refused,
    store::StoreError,
};

/// Serves the peer until either side has enough.
pub(super) async fn serve(visit: Visit) {
    let patience = visit.mail.inner.config.limits.idle;
    let pass = match door::admit(&visit.gate, visit.peer, true) {
        Ok(pass) => pass,
        Err(why) => {
            let words: &[u8] = match why {
                TurnedAway::Guessing => b"-ERR [SYS/TEMP] too many failed sign-ins, try later\r\n",
                TurnedAway::Full => b"-ERR [SYS/TEMP] too many connections, try later\r\n",
            };
            return door::refuse(visit.door, visit.stream, words, patience).await;
        }
    };
    let (door, peer) = (visit.door, visit.peer);
    if let Err(cause) = talk(visit).await {
        tracing::debug!(door = door.name, %peer, %cause, "mail: connection broke");
    }
    drop(pass);
}

/// What a connection is served with, once its wire is open.
struct Connection {
    mail: crate::Mail,
    door: door::Door,
    gate: std::sync::Arc<door::gate::Gate>,
    stop: tokio_util::sync::CancellationToken,
    peer: std::net::IpAddr,
}

async fn talk(visit: Visit) -> io::Result<()> {
    let Visit { mail, door, tls, gate, stop, peer, stream } = visit;
    let patience = mail.inner.config.limits.idle;
    let Some(mut wire) = door::open(door, stream, &tls, patience).await else { return Ok(()) };
    let settings = Settings { domain: mail.inner.domain.clone(), tls_available: true };
    let connection = Connection { mail, door, gate, stop, peer };
    let mut session = Session::new(settings, door.implicit_tls);
    session.handle_bindings(wire.bindings());
    // Locked from the sign-in to the end of the connection.
    let mut maildrop: Option<Maildrop> = None;
    let mut buffer = vec![0; 4096];
    loop {
        match session.poll() {
            Step::Read => {
                wire.write(&session.take_output(), patience).await?;
                connection.read(&mut wire, &mut session, &mut buffer).await?;
            }
            Step::Write => wire.write(&session.take_output(), patience).await?,
            Step::Encrypt => {
                wire.write(&session.take_output(), patience).await?;
                wire = wire.encrypt(&tls, patience).await?;
                session.handle_encrypted();
                session.handle_bindings(wire.bindings());
            }
            Step::Keys(login) => {
                let keys = connection.mail.inner.ports.credentials.scram_keys(&login).await;
                session.handle_keys(keys.ok(), &mut System);
            }
            Step::Open(claim) => session.handle_maildrop(connection.open(&claim, &mut maildrop).await),
            Step::Retrieve(id) => session.handle_letter(connection.letter(maildrop.as_ref(), &id).await),
            Step::Delete(ids) => session.handle_deleted(connection.delete(maildrop.as_ref(), ids).await),
            Step::Close => {
                // Free for the next session as soon as this one is told that it is over.
                drop(maildrop.take());
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
        // RFC 1939 §3: ten minutes at least.
        let patience = self.mail.inner.config.limits.idle.max(AUTOLOGOUT);
        let read = tokio::select! {
            () = self.stop.cancelled() => {
                session.close("[SYS/TEMP] shutting down");
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

    async fn open(&self, claim: &Claim, open: &mut Option<Maildrop>) -> pop3::Maildrop {
        let inner = &self.mail.inner;
        let principal = match inner.ports.sign_in(claim, self.peer).await {
            Ok(principal) => principal,
            Err(refused) => {
                if refused != Refused::Unavailable {
                    self.gate.note_failure(self.peer, Instant::now());
                }
                tracing::info!(door = self.door.name, peer = %self.peer, ?refused, "mail: sign-in refused");
                return match refused {
                    Refused::Wrong => pop3::Maildrop::Wrong,
                    Refused::LockedUntil(_) => pop3::Maildrop::Locked,
                    Refused::AppPasswordNeeded => pop3::Maildrop::AppPasswordNeeded,
                    Refused::Unavailable => pop3::Maildrop::Unavailable,
                };
            }
        };
        // A program that fetches takes letters away: nobody does that with another's.
        let Some(mailbox) =
            principal.mailboxes.iter().find(|grant| !grant.delegated).map(|grant| grant.mailbox)
        else {
            return pop3::Maildrop::Wrong;
        };
        let Some(maildrop) = Maildrop::open(&inner.maildrops, &inner.store, mailbox) else {
            return pop3::Maildrop::InUse;
        };
        match maildrop.list().await {
            Ok(letters) => {
                *open = Some(maildrop);
                pop3::Maildrop::Open(letters)
            }
            Err(cause) => {
                self.failed(&cause);
                pop3::Maildrop::Unavailable
            }
        }
    }

    async fn letter(&self, maildrop: Option<&Maildrop>, id: &str) -> Option<Letter> {
        match maildrop?.read(id).await {
            Ok(bytes) => bytes.map(|bytes| Box::new(bytes) as Letter),
            Err(cause) => {
                self.failed(&cause);
                None
            }
        }
    }

    async fn delete(&self, maildrop: Option<&Maildrop>, letters: Vec<String>) -> bool {
        let Some(maildrop) = maildrop else { return letters.is_empty() };
        match maildrop.delete(letters).await {
            Ok(()) => true,
            Err(cause) => {
                self.failed(&cause);
                false
            }
        }
    }

    fn failed(&self, cause: &StoreError) {
        let id = incident();
        tracing::error!(%id, door = self.door.name, peer = %self.peer, %cause, "mail: the store failed a POP3 session");
    }
}

const AUTOLOGOUT: std::time::Duration = std::time::Duration::from_secs(600);
