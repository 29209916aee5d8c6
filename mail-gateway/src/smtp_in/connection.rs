//! One SMTP connection: drives a [`Session`] and does what it asks.

use std::{collections::HashMap, io, net::IpAddr, sync::Arc, time::Instant};

use base::{MailboxId, Timestamp, random::System};
use bytes::Bytes;
use directory_core::{MailboxGrant, Poster};
use mail_gateway_core::{
    sasl::Claim,
    smtp::{
        Account, Address, Behalf, Destination, Envelope, Recipient, Reply, Role, Session, Settings, SignIn,
        Step, StoreFailure,
    },
};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::{
    budget::Spender,
    judge::{Judge, Verdict, not_kept},
    refusals::refusals,
};
use crate::{
    Mail,
    accept::{self, Addressee, Found, Incoming, Marks},
    door::{self, Door, TurnedAway, Visit, gate::Gate, wire::Wire},
    ports::Refused,
    spool::Arriving,
};

struct Connection {
    mail: Mail,
    door: Door,
    role: Role,
    tls: TlsAcceptor,
    gate: Arc<Gate>,
    stop: CancellationToken,
    peer: IpAddr,
    /// Ties the lines of the log to each other.
    id: String,
}

/// Serves another server.
pub(super) async fn relay(visit: Visit) {
    run(visit, Role::Relay).await;
}

/// Serves a mail program.
pub(super) async fn submission(visit: Visit) {
    run(visit, Role::Submission).await;
}

async fn run(visit: Visit, role: Role) {
    let patience = visit.mail.inner.config.limits.idle;
    let pass = match door::admit(&visit.gate, visit.peer, role == Role::Submission) {
        Ok(pass) => pass,
        Err(why) => {
            let mut words = Vec::new();
            turned_away(why).write(false, &mut words);
            return door::refuse(visit.door, visit.stream, &words, patience).await;
        }
    };
    let Visit { mail, door, tls, gate, stop, peer, stream } = visit;
    let Some(wire) = door::open(door, stream, &tls, patience).await else { return };
    let connection = Connection { mail, door, role, tls, gate, stop, peer, id: accept::incident() };
    if let Err(cause) = connection.serve(wire).await {
        tracing::debug!(door = door.name, %cause, "mail: connection broke");
    }
    drop(pass);
}

/// Who signed in posts from inside; nobody else does, whatever MAIL FROM claims.
fn poster(own: Option<&[MailboxId]>) -> Poster<'_> {
    own.map_or(Poster::Outside, Poster::Inside)
}

fn turned_away(why: TurnedAway) -> Reply {
    match why {
        TurnedAway::Guessing => Reply::both(
            421,
            "4.7.0",
            "Đăng nhập sai quá nhiều lần, thử lại sau",
            "Too many failed sign-ins, try later",
        ),
        TurnedAway::Full => {
            Reply::both(421, "4.3.2", "Máy chủ đang bận, thử lại sau", "Too many connections, try later")
        }
    }
}

impl Connection {
    async fn serve(&self, mut wire: Wire) -> io::Result<()> {
        let config = &self.mail.inner.config;
        let patience = config.limits.idle;
        let settings = Settings {
            domain: self.mail.inner.domain.clone(),
            role: self.role,
            max_size: config.max_size,
            max_recipients: config.limits.recipients,
            tls_available: true,
        };
        let mut session = Session::new(settings, self.peer, self.door.implicit_tls);
        session.handle_bindings(wire.bindings());
        let mut spool: Option<Arriving> = None;
        // Resolved recipients of the current letter; forgotten with it.
        let mut ways: HashMap<Address, Addressee> = HashMap::new();
        // Mailboxes in whose name the client may send, once it has signed in.
        let mut own: Option<Vec<MailboxId>> = None;
        let mut buffer = vec![0; 16 * 1024];
        loop {
            match session.poll(Timestamp::now(), &mut System) {
                Step::Read => {
                    self.say(&mut wire, &session.take_output()).await?;
                    self.read(&mut wire, &mut session, &mut buffer).await?;
                }
                Step::Encrypt => {
                    self.say(&mut wire, &session.take_output()).await?;
                    wire = wire.encrypt(&self.tls, patience).await?;
                    session.handle_encrypted();
                    session.handle_bindings(wire.bindings());
                }
                Step::SignIn(claim) => session.handle_sign_in(self.sign_in(&claim, &mut own).await),
                Step::Keys(login) => {
                    let keys = self.mail.inner.ports.credentials.scram_keys(&login).await;
                    session.handle_keys(keys.ok(), &mut System);
                }
                Step::Resolve(address) => {
                    let (spender, octets) = (self.spender(&session), session.declared_size());
                    let poster = poster(own.as_deref());
                    session.handle_recipient(self.resolve(address, poster, spender, octets, &mut ways).await);
                }
                Step::Spool(bytes) => {
                    let arriving = spool.get_or_insert_with(|| self.mail.inner.spool.letter());
                    if let Err(cause) = arriving.append(&bytes).await {
                        session.handle_spool_failed(self.spool_failed(&cause));
                    }
                }
                Step::Discard => {
                    spool = None;
                    ways.clear();
                }
                Step::Store(envelope) => {
                    let spender = self.spender(&session);
                    let helo = session.helo_name().to_owned();
                    let arrived = Arrived { envelope, helo, spool: spool.take() };
                    let outcome = self.store(arrived, poster(own.as_deref()), &mut ways).await;
                    if let (Ok(_), Some(spender)) = (&outcome, spender) {
                        self.mail.inner.budget.note_letter(&spender, Instant::now());
                    }
                    session.handle_stored(outcome);
                }
                Step::Close => {
                    self.say(&mut wire, &session.take_output()).await?;
                    wire.close().await;
                    return Ok(());
                }
            }
        }
    }

    /// Answers; what is refused for good is in the log too.
    async fn say(&self, wire: &mut Wire, output: &[u8]) -> io::Result<()> {
        for reply in refusals(output) {
            tracing::info!(id = self.id, door = self.door.name, peer = %self.peer, reply, "mail: refused");
        }
        wire.write(output, self.mail.inner.config.limits.idle).await
    }

    /// Reads once, or ends the session when the peer is silent or the hub stops.
    async fn read(&self, wire: &mut Wire, session: &mut Session, buffer: &mut [u8]) -> io::Result<()> {
        let patience = self.mail.inner.config.limits.idle;
        let read = tokio::select! {
            () = self.stop.cancelled() => {
                // RFC 5321 §3.8: the peer keeps what was not acknowledged.
                session.close(&Reply::new(421, "4.3.2", "Shutting down"));
                return Ok(());
            }
            read = timeout(patience, wire.read(buffer)) => read,
        };
        match read {
            Err(_) => session.close(&Reply::new(421, "4.4.2", "Timeout")),
            Ok(read) => match read? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => session.handle_input(buffer.get(..n).unwrap_or_default()),
            },
        }
        Ok(())
    }

    async fn sign_in(&self, claim: &Claim, own: &mut Option<Vec<MailboxId>>) -> SignIn {
        match self.mail.inner.ports.sign_in(claim, self.peer).await {
            Ok(principal) => {
                let sends = || principal.mailboxes.iter().filter(|grant| grant.may_send);
                *own = Some(sends().map(|grant| grant.mailbox).collect());
                SignIn::Welcome(Account {
                    addresses: sends()
                        .filter(|grant| grant.sender.is_none())
                        .flat_map(|grant| std::iter::once(&grant.address).chain(&grant.aliases))
                        .filter_map(|address| Address::parse(address))
                        .collect(),
                    principals: sends().flat_map(behalves).collect(),
                    login: principal.login,
                })
            }
            Err(refused) => {
                if refused != Refused::Unavailable {
                    self.gate.note_failure(self.peer, Instant::now());
                }
                tracing::info!(id = self.id, door = self.door.name, peer = %self.peer, ?refused, "mail: sign-in refused");
                match refused {
                    Refused::Wrong => SignIn::Wrong,
                    Refused::LockedUntil(_) => SignIn::Locked,
                    Refused::AppPasswordNeeded => SignIn::AppPasswordNeeded,
                    Refused::Unavailable => SignIn::Unavailable,
                }
            }
        }
    }

    /// Whose letters are counted here; `None` for a trusted peer.
    fn spender(&self, session: &Session) -> Option<Spender> {
        match session.account() {
            Some(account) => Some(Spender::Account(account.login.clone())),
            None if self.mail.inner.config.trusted_peers.contains(&self.peer) => None,
            None => Some(Spender::of_address(self.peer)),
        }
    }

    async fn resolve(
        &self,
        address: Address,
        poster: Poster<'_>,
        spender: Option<Spender>,
        octets: u64,
        ways: &mut HashMap<Address, Addressee>,
    ) -> Recipient {
        if let Some(spender) = &spender
            && !self.mail.inner.budget.may_name_another(spender, Instant::now())
        {
            tracing::warn!(door = self.door.name, peer = %self.peer, ?spender, "mail: sending limit reached");
            return Recipient::Limited;
        }
        let recipient = self.look_up(address, poster, octets, ways).await;
        if let (Recipient::Unknown, Some(spender)) = (recipient, &spender) {
            self.mail.inner.budget.note_unknown(spender, Instant::now());
        }
        recipient
    }

    async fn look_up(
        &self,
        address: Address,
        poster: Poster<'_>,
        octets: u64,
        ways: &mut HashMap<Address, Addressee>,
    ) -> Recipient {
        match Addressee::find(&self.mail.inner, address, poster).await {
            Err(_) => Recipient::Unavailable,
            Ok(Found::Closed) => Recipient::Closed,
            Ok(Found::Nobody) => Recipient::Unknown,
            Ok(Found::Way(addressee)) => {
                let recipient = match &addressee.mailboxes {
                    Some(mailboxes) => self.mail.inner.fits(mailboxes, octets).await,
                    None => Recipient::Elsewhere,
                };
                // Bounded: forgotten with every letter, and refused recipients are not worth keeping.
                if ways.len() < MAX_WAYS {
                    ways.insert(addressee.address.clone(), addressee);
                }
                recipient
            }
        }
    }

    async fn store(
        &self,
        arrived: Arrived,
        poster: Poster<'_>,
        ways: &mut HashMap<Address, Addressee>,
    ) -> Result<String, Reply> {
        let Arrived { envelope, helo, spool } = arrived;
        let mut addressees = Vec::with_capacity(envelope.recipients.len());
        for Destination { address, wishes } in envelope.recipients {
            let found = match ways.remove(&address) {
                Some(addressee) => Ok(Found::Way(addressee)),
                // Every accepted recipient was resolved; asking again covers a full table of ways.
                None => Addressee::find(&self.mail.inner, address, poster).await,
            };
            match found {
                Ok(Found::Way(addressee)) => addressees.push(Addressee { wishes, ..addressee }),
                Ok(Found::Closed | Found::Nobody) | Err(_) => return Err(StoreFailure::Broken.reply()),
            }
        }
        ways.clear();
        let letter = match spool {
            Some(arriving) => arriving.into_bytes().await.map_err(|cause| not_kept(&cause))?,
            None => Bytes::new(),
        };
        let sender = envelope.sender.as_ref().map_or("", Address::as_str);
        let judge = Judge {
            inner: &self.mail.inner,
            door: self.door.name,
            role: self.role,
            peer: self.peer,
            helo: &helo,
            sender,
            addressees: &addressees,
        };
        let (letter, reading, verdict) = judge.judge(letter).await?;
        let (octets, recipients) = (letter.len(), addressees.len());
        let incoming = Incoming {
            key: None,
            sender: envelope.sender,
            addressees,
            eight_bit: envelope.eight_bit,
            international: envelope.international,
            handling: envelope.handling,
            marks: Marks::default(),
            letter,
            reading,
        };
        let accepted = match verdict {
            Verdict::Deliver(marks) => self.mail.inner.accept(Incoming { marks, ..incoming }).await,
            // The sender is not told: whoever sends such letters on purpose learns nothing.
            Verdict::Hold(reason) => self.mail.inner.hold(incoming, reason).await,
        };
        match accepted {
            Ok(id) => {
                tracing::info!(letter = %id, door = self.door.name, octets, recipients, "mail: letter accepted");
                Ok(id.to_string())
            }
            Err(error) => Err(accept::failure_reply(accept::failure(&error), &error)),
        }
    }

    fn spool_failed(&self, cause: &io::Error) -> StoreFailure {
        tracing::error!(%cause, "mail: the spool cannot take a letter; its sender will try again");
        if accept::is_full(cause) { StoreFailure::Full } else { StoreFailure::Broken }
    }
}

/// A letter whose last octet has come.
struct Arrived {
    envelope: Envelope,
    /// The peer's name of itself.
    helo: String,
    spool: Option<Arriving>,
}

/// Addresses remembered between RCPT and the end of the letter.
const MAX_WAYS: usize = 2000;

/// The addresses of a mailbox whose reader writes for it.
fn behalves(grant: &MailboxGrant) -> impl Iterator<Item = Behalf> {
    let sender = grant.sender.as_deref().and_then(Address::parse);
    let addresses = std::iter::once(&grant.address).chain(&grant.aliases);
    addresses
        .filter_map(move |address| Some(Behalf { author: Address::parse(address)?, sender: sender.clone()? }))
}
