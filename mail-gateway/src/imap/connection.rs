//! One IMAP connection: reads commands, has them carried out, answers.

use std::{io, time::Duration};

use mail_gateway_core::imap::{
    command::{Command, Tagged},
    deflate::Deflate,
    input::{Input, Limits, Next},
    parse,
};
use tokio::time::timeout;

use super::{
    reply::{self, Done, Failure, Reply},
    session::{Enabled, Session},
};
use crate::door::{self, TurnedAway, Visit};

/// Serves a mail program until either side has enough.
pub(super) async fn serve(visit: Visit) {
    let patience = visit.mail.inner.config.limits.idle;
    let pass = match door::admit(&visit.gate, visit.peer, true) {
        Ok(pass) => pass,
        Err(why) => {
            let words: &[u8] = match why {
                TurnedAway::Guessing => {
                    "* BYE Đăng nhập sai quá nhiều lần, thử lại sau / Too many failed sign-ins, try later\r\n"
                        .as_bytes()
                }
                TurnedAway::Full => {
                    "* BYE Máy chủ đang bận, thử lại sau / Too many connections, try later\r\n".as_bytes()
                }
            };
            return door::refuse(visit.door, visit.stream, words, patience).await;
        }
    };
    let Visit { mail, door, tls, gate, stop, peer, stream } = visit;
    let Some(wire) = door::open(door, stream, &tls, patience).await else { return };
    let session = Session {
        mail,
        door,
        gate,
        stop,
        peer,
        tls,
        wire,
        encrypted: door.implicit_tls,
        input: Input::default(),
        out: Vec::new(),
        principal: None,
        enabled: Enabled::default(),
        selected: None,
        saved: Vec::new(),
        last_body: None,
        deflate: None,
        tag: String::new(),
        faults: 0,
    };
    if let Err(cause) = session.run().await {
        tracing::debug!(door = door.name, %cause, "imap: connection broke");
    }
    drop(pass);
}

/// Whether the connection goes on after a command.
#[derive(PartialEq, Eq)]
enum Then {
    GoOn,
    Close,
}

impl Session {
    async fn run(mut self) -> io::Result<()> {
        let greeting = format!("OK [CAPABILITY {}] {} IMAP", self.capabilities(), self.mail.domain());
        self.untagged(greeting);
        self.flush().await?;
        loop {
            match self.input.poll(self.limits()) {
                Next::Read => {
                    if !self.read().await? {
                        break;
                    }
                }
                Next::Continue => {
                    self.out.extend_from_slice(b"+ OK\r\n");
                    self.flush().await?;
                }
                // Boxed: what a command needs while it runs is no burden of those that are idle.
                Next::Command(bytes) => {
                    let then = Box::pin(self.command(bytes)).await?;
                    self.flush().await?;
                    if then == Then::Close {
                        break;
                    }
                }
                Next::TooLarge(bytes) => {
                    let tag = parse::tag_of(&bytes);
                    self.tagged(&tag, &Reply::no("[TOOBIG] Quá lớn / Larger than this server takes"));
                    self.flush().await?;
                }
                Next::Hopeless => {
                    self.untagged("BYE A line or literal is too large");
                    self.flush().await?;
                    break;
                }
            }
        }
        self.wire.close().await;
        Ok(())
    }

    fn limits(&self) -> Limits {
        if self.principal.is_none() {
            return BEFORE_SIGN_IN;
        }
        let literals = usize::try_from(self.mail.inner.config.max_size).unwrap_or(usize::MAX);
        Limits { line: MAX_LINE, literals: literals.saturating_add(MAX_LINE) }
    }

    /// Reads once; `false` when the connection is to end. The buffer lives only while there is
    /// something to read, not while a client is silent.
    pub(super) async fn read(&mut self) -> io::Result<bool> {
        // A client that fetches a large letter in pieces comes back at once; an idle one holds nothing.
        if self.last_body.is_some() && timeout(KEPT, self.wire.readable()).await.is_err() {
            self.last_body = None;
        }
        let patience = self.patience();
        let stop = self.stop.clone();
        let ready = tokio::select! {
            () = stop.cancelled() => Err("BYE Shutting down"),
            ready = timeout(patience, self.wire.readable()) => match ready {
                Ok(ready) => Ok(ready?),
                Err(_) => Err("BYE Timeout"),
            },
        };
        if let Err(words) = ready {
            self.untagged(words);
            self.flush().await?;
            return Ok(false);
        }
        Box::pin(self.take_in()).await
    }

    /// Takes in what has come; `false` at its end.
    pub(super) async fn take_in(&mut self) -> io::Result<bool> {
        let mut buffer = vec![0; 8 * 1024];
        let n = match timeout(self.patience(), self.wire.read(&mut buffer)).await {
            Ok(read) => read?,
            Err(_) => return Ok(false),
        };
        let read = buffer.get(..n).unwrap_or_default();
        match &mut self.deflate {
            None => self.input.handle(read),
            Some(deflate) => deflate
                .expand(read, |bytes| self.input.handle(bytes))
                .map_err(|cause| io::Error::new(io::ErrorKind::InvalidData, cause))?,
        }
        Ok(n > 0)
    }

    fn tagged(&mut self, tag: &str, reply: &Reply) {
        self.out.extend_from_slice(format!("{tag} {} {}\r\n", reply.status, reply.text).as_bytes());
    }

    async fn command(&mut self, bytes: Vec<u8>) -> io::Result<Then> {
        let Tagged { tag, command } = match parse::parse(&bytes) {
            Ok(tagged) => tagged,
            Err(bad) => {
                self.faults += 1;
                let code = bad.code.map(|code| format!("[{code}] ")).unwrap_or_default();
                let status = if bad.code.is_some() { Reply::no } else { Reply::bad };
                self.tagged(&bad.tag, &status(format!("{code}{}", bad.why)));
                return Ok(self.goes_on());
            }
        };
        drop(bytes);
        self.tag.clone_from(&tag);
        let may_expunge = !is_numbered(&command);
        let ends = matches!(command, Command::Logout);
        let encrypts = matches!(command, Command::StartTls) && !self.encrypted;
        let compresses = matches!(command, Command::Compress);
        // Boxed again: in IDLE, which lasts all day, only IDLE's own needs are held.
        let done = match command {
            Command::Idle if self.principal.is_some() => {
                self.last_body = None;
                self.idle().await
            }
            command => Box::pin(self.execute(command)).await,
        };
        let mut reply = match done {
            Ok(reply) => reply,
            Err(Failure::Wire(cause)) => return Err(cause),
            Err(Failure::Store(cause)) => reply::of_store(&cause),
        };
        match Box::pin(self.sync(may_expunge)).await {
            Ok(true) => {}
            Ok(false) => {
                self.untagged("BYE Thư mục đã bị xóa / The mailbox was deleted");
                return Ok(Then::Close);
            }
            Err(Failure::Wire(cause)) => return Err(cause),
            Err(Failure::Store(cause)) => reply = reply::of_store(&cause),
        }
        if self.principal.is_some() && reply.status == "OK" {
            self.faults = 0;
        }
        self.tagged(&tag, &reply);
        if encrypts && reply.status == "OK" {
            self.encrypt().await?;
        }
        if compresses && reply.status == "OK" {
            // RFC 4978 §3: the answer itself still goes as it is.
            self.flush().await?;
            self.deflate = Some(Deflate::new());
        }
        Ok(if ends { Then::Close } else { self.goes_on() })
    }

    /// A client that only makes mistakes is let go.
    fn goes_on(&mut self) -> Then {
        if self.faults < MAX_FAULTS {
            return Then::GoOn;
        }
        self.untagged("BYE Too many errors");
        Then::Close
    }

    /// RFC 9051 §6.2.1: what came before the handshake is forgotten, or it could be an attacker's.
    async fn encrypt(&mut self) -> io::Result<()> {
        self.flush().await?;
        self.input = Input::default();
        let patience = self.mail.inner.config.limits.idle;
        self.wire.encrypt_in_place(&self.tls, patience).await?;
        self.encrypted = true;
        Ok(())
    }

    async fn execute(&mut self, command: Command) -> Done {
        match command {
            Command::Capability => {
                let capabilities = self.capabilities();
                self.untagged(format!("CAPABILITY {capabilities}"));
                Ok(Reply::ok("done"))
            }
            Command::Noop | Command::Check => Ok(Reply::ok("done")),
            Command::Id => {
                self.untagged("ID (\"name\" \"Liên Thông\" \"vendor\" \"Liên Thông\")");
                Ok(Reply::ok("done"))
            }
            Command::Logout => {
                self.untagged("BYE Tạm biệt / Good bye");
                Ok(Reply::ok("done"))
            }
            Command::StartTls if self.encrypted => Ok(Reply::bad("TLS is on already")),
            Command::StartTls => Ok(Reply::ok("go on")),
            Command::Login { user, password } => self.login(user, password).await,
            Command::Authenticate { mechanism, initial } => self.authenticate(&mechanism, initial).await,
            command if self.principal.is_none() => {
                drop(command);
                self.faults += 1;
                Ok(Reply::bad("sign in first"))
            }
            command => self.execute_signed_in(command).await,
        }
    }

    async fn execute_signed_in(&mut self, command: Command) -> Done {
        match command {
            Command::Enable(names) => Ok(self.enable(&names)),
            Command::Namespace => Ok(self.namespace()),
            Command::Unauthenticate => Ok(self.unauthenticate()),
            Command::Compress if self.deflate.is_some() => {
                Ok(Reply::no("[COMPRESSIONACTIVE] DEFLATE is on already"))
            }
            Command::Compress => Ok(Reply::ok("go on")),
            Command::Select { name, parameters, read_only } => {
                self.select(&name, parameters, read_only).await
            }
            Command::List(list) => self.list(list).await,
            Command::Lsub { reference, pattern } => self.lsub(&reference, &pattern).await,
            Command::Status { name, items } => self.status(&name, &items).await,
            Command::Create { name } => self.create(&name).await,
            Command::Delete { name } => self.delete(&name).await,
            Command::Rename { from, to } => self.rename(&from, &to).await,
            Command::Subscribe { name } => self.subscribe(name, true).await,
            Command::Unsubscribe { name } => self.subscribe(name, false).await,
            Command::Append { name, letters } => self.append(&name, letters).await,
            Command::GetQuota { root } => self.quota(&root).await,
            Command::GetQuotaRoot { name } => self.quota_root(&name).await,
            Command::MyRights { name } => self.my_rights(&name).await,
            Command::ListRights { name, who } => self.list_rights(&name, &who).await,
            Command::GetAcl { name } => self.get_acl(&name).await,
            Command::OfTheDirectory => Ok(Reply::no(
                "[NOPERM] Quyền và dung lượng do quản trị cấp / Rights and quotas are set in the directory",
            )),
            command if self.selected.is_none() => {
                drop(command);
                Ok(Reply::bad("select a mailbox first"))
            }
            command => self.execute_selected(command).await,
        }
    }

    async fn execute_selected(&mut self, command: Command) -> Done {
        match command {
            Command::Close => self.close().await,
            Command::Unselect => {
                self.selected = None;
                Ok(Reply::ok("done"))
            }
            Command::Expunge { uids } => self.expunge(uids).await,
            Command::Fetch { by_uid, set, items, changed_since, vanished } => {
                self.fetch(by_uid, &set, items, changed_since, vanished).await
            }
            Command::Store { by_uid, set, unchanged_since, change } => {
                self.store_flags(by_uid, &set, unchanged_since, change).await
            }
            Command::Copy { by_uid, set, name } => self.copy(by_uid, &set, &name, false).await,
            Command::Move { by_uid, set, name } => self.copy(by_uid, &set, &name, true).await,
            Command::Replace { by_uid, set, name, letter } => self.replace(by_uid, &set, &name, letter).await,
            Command::Search { by_uid, results, key, .. } => self.search(by_uid, results, &key).await,
            Command::Sort { by_uid, results, order, key, .. } => {
                self.sort(by_uid, results, &order, &key).await
            }
            Command::Thread { by_uid, algorithm, key, .. } => self.thread(by_uid, algorithm, &key).await,
            _ => Ok(Reply::bad("not now")),
        }
    }
}

/// RFC 9051 §7.5.1: during these no EXPUNGE may be sent, for the client counts by numbers.
fn is_numbered(command: &Command) -> bool {
    matches!(
        command,
        Command::Fetch { by_uid: false, .. }
            | Command::Store { by_uid: false, .. }
            | Command::Search { by_uid: false, .. }
            | Command::Sort { by_uid: false, .. }
            | Command::Thread { by_uid: false, .. }
    )
}

/// A stranger's commands are short.
const BEFORE_SIGN_IN: Limits = Limits { line: 8 * 1024, literals: 4 * 1024 };
/// RFC 7162 §4 asks for 8,192 octets; clients that list many UIDs send more.
const MAX_LINE: usize = 256 * 1024;
const MAX_FAULTS: u32 = 20;
/// How long a body stays at hand for the next piece.
const KEPT: Duration = Duration::from_secs(3);
