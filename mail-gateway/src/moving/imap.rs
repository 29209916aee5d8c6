//! A mailbox of another server, read over IMAP without changing anything there.

use std::{collections::BTreeSet, fmt::Write as _, io, time::Duration};

use async_imap::{
    Client, Session,
    error::Error,
    types::{Fetch, Flag, NameAttribute},
};
use base::{MailboxId, Timestamp};
use bytes::Bytes;
use futures_util::StreamExt;
use mail_gateway_core::{imap::name, imap::write, mailbox::Role, message::BlobId};
use rustls::pki_types::ServerName;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::client::TlsStream;

use super::{Found, ImapSource, Teller, Told, text};
use crate::{smtp_out::tls, store::Store};

/// Tells every letter of `source` that was not brought into `mailbox` before.
///
/// # Errors
/// What went wrong at the other server, for the person at the terminal.
pub(super) async fn read(
    source: ImapSource,
    store: &Store,
    mailbox: MailboxId,
    teller: Teller,
) -> Result<(), String> {
    let session = in_time(sign_in(&source)).await?;
    let mut reader = Reader { source, session, store, mailbox, teller };
    for folder in reader.folders().await? {
        if !reader.folder(&folder).await? {
            break;
        }
    }
    // All was read; whether the other side says goodbye does not matter.
    let _ = timeout(PATIENCE, reader.session.logout()).await;
    Ok(())
}

async fn sign_in(source: &ImapSource) -> Result<Session<TlsStream<TcpStream>>, String> {
    let connector = tls::strict(&source.authorities).ok_or_else(|| {
        format!(
            "{} holds no certificates of authorities; name a file with --ca",
            source.authorities.display()
        )
    })?;
    let name = ServerName::try_from(source.host.clone()).map_err(text)?;
    let mut stream = TcpStream::connect((source.host.as_str(), source.port)).await.map_err(text)?;
    if !source.implicit_tls {
        // Nothing but the wish for TLS goes in the clear (RFC 8314 §3).
        let mut plain = Client::new(stream);
        plain.read_response().await.map_err(text)?.ok_or("the server closed the connection")?;
        plain.run_command_and_check_ok("STARTTLS", None).await.map_err(words)?;
        stream = plain.into_inner();
    }
    let encrypted = connector.connect(name, stream).await.map_err(text)?;
    let mut client = Client::new(encrypted);
    if source.implicit_tls {
        client.read_response().await.map_err(text)?.ok_or("the server closed the connection")?;
    }
    client.login(&source.user, source.password.expose()).await.map_err(|(cause, _)| words(cause))
}

struct Reader<'a> {
    source: ImapSource,
    session: Session<TlsStream<TcpStream>>,
    store: &'a Store,
    mailbox: MailboxId,
    teller: Teller,
}

/// A folder there.
struct Folder {
    /// As the server spells it.
    name: String,
    names: Vec<String>,
    purpose: Option<Role>,
}

/// A letter there that has not come yet.
struct Listed {
    uid: u32,
    size: u64,
    source: String,
    keywords: BTreeSet<String>,
    received: Option<Timestamp>,
}

impl Reader<'_> {
    async fn folders(&mut self) -> Result<Vec<Folder>, String> {
        in_time(async {
            let mut found = Vec::new();
            let mut names = self.session.list(Some(""), Some("*")).await.map_err(words)?;
            while let Some(one) = names.next().await {
                let one = one.map_err(words)?;
                if one.attributes().iter().any(is_no_folder) {
                    continue;
                }
                let path: Vec<String> = match one.delimiter() {
                    Some(delimiter) => one.name().split(delimiter).map(name::decode).collect(),
                    None => vec![name::decode(one.name())],
                };
                let purpose = one.attributes().iter().find_map(role);
                found.push(Folder { name: one.name().to_owned(), names: path, purpose });
            }
            Ok(found)
        })
        .await
    }

    /// Tells one folder; whether anybody still listens.
    async fn folder(&mut self, folder: &Folder) -> Result<bool, String> {
        let opened = in_time(async { self.session.examine(&folder.name).await.map_err(words) }).await;
        let opened = match opened {
            Ok(opened) => opened,
            // One folder that cannot be opened does not keep the others from coming.
            Err(why) => return Ok(self.unread(folder, &folder.name, why).await),
        };
        if opened.exists == 0 {
            return Ok(true);
        }
        let validity = opened.uid_validity.unwrap_or(0);
        let Some(listed) = self.list(folder, validity).await? else { return Ok(false) };
        let mut rest = listed.as_slice();
        while !rest.is_empty() {
            let (some, others) = rest.split_at(one_fetch(rest));
            rest = others;
            if !self.bring(folder, some).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What the folder holds beyond what came before; `None` when nobody listens any more.
    async fn list(&mut self, folder: &Folder, validity: u32) -> Result<Option<Vec<Listed>>, String> {
        let query = "(UID FLAGS INTERNALDATE RFC822.SIZE)";
        let mut listed = Vec::new();
        let mut deleted = 0_u64;
        let mut letters =
            in_time(async { self.session.uid_fetch("1:*", query).await.map_err(words) }).await?;
        while let Some(letter) = in_time(async { Ok(letters.next().await) }).await? {
            let letter = letter.map_err(words)?;
            if letter.flags().any(|flag| flag == Flag::Deleted) {
                deleted += 1;
            } else if let Some(letter) = listed_as(&letter, &self.source, folder, validity) {
                listed.push(letter);
            }
        }
        drop(letters);
        for _ in 0..deleted {
            if self.teller.send(Told::Deleted(folder.names.clone(), folder.purpose)).await.is_err() {
                return Ok(None);
            }
        }
        let sources: Vec<String> = listed.iter().map(|letter| letter.source.clone()).collect();
        let known = self.store.moved_before(self.mailbox, &sources).await.map_err(text)?;
        listed.retain(|letter| !known.contains(&letter.source));
        let told = Told::Known(folder.names.clone(), folder.purpose, known.len() as u64);
        Ok(self.teller.send(told).await.is_ok().then_some(listed))
    }

    async fn bring(&mut self, folder: &Folder, wanted: &[Listed]) -> Result<bool, String> {
        let uids = wanted.iter().fold(String::new(), |mut out, letter| {
            let _ = write!(out, "{}{}", if out.is_empty() { "" } else { "," }, letter.uid);
            out
        });
        let mut missing: BTreeSet<u32> = wanted.iter().map(|letter| letter.uid).collect();
        // BODY.PEEK leaves \Seen as it is (RFC 9051 §6.4.5).
        let mut letters =
            in_time(async { self.session.uid_fetch(uids, "(UID BODY.PEEK[])").await.map_err(words) }).await?;
        while let Some(letter) = in_time(async { Ok(letters.next().await) }).await? {
            let letter = letter.map_err(words)?;
            let Some(about) = wanted.iter().find(|one| Some(one.uid) == letter.uid) else { continue };
            let Some(octets) = letter.body() else { continue };
            missing.remove(&about.uid);
            let found = Found {
                folder: (folder.names.clone(), folder.purpose),
                source: about.source.clone(),
                octets: Bytes::copy_from_slice(octets),
                keywords: about.keywords.clone(),
                received: about.received,
            };
            if self.teller.send(Told::Letter(found)).await.is_err() {
                return Ok(false);
            }
        }
        drop(letters);
        for uid in missing {
            let why = "the server listed it and did not send it".to_owned();
            if !self.unread(folder, &format!("UID {uid}"), why).await {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn unread(&self, folder: &Folder, what: &str, why: String) -> bool {
        let told = Told::Unread { folder: folder.names.clone(), what: what.to_owned(), why };
        self.teller.send(told).await.is_ok()
    }
}

fn listed_as(letter: &Fetch, source: &ImapSource, folder: &Folder, validity: u32) -> Option<Listed> {
    let uid = letter.uid?;
    // Without the port: the doors of one server lead to the same mailbox.
    let ImapSource { host, user, .. } = source;
    let place = format!("imap\0{host}\0{user}\0{}\0{validity}\0{uid}", folder.name);
    let flags: Vec<String> = letter.flags().filter_map(|flag| spelled(&flag)).collect();
    Some(Listed {
        uid,
        size: letter.size.unwrap_or(0).into(),
        source: BlobId::of(place.as_bytes()).to_string(),
        keywords: flags.iter().filter(|f| write::may_be_set(f)).map(|f| write::keyword(f)).collect(),
        received: letter.internal_date().map(|at| Timestamp::from_seconds(at.timestamp())),
    })
}

fn spelled(flag: &Flag<'_>) -> Option<String> {
    Some(match flag {
        Flag::Seen => "\\Seen".to_owned(),
        Flag::Answered => "\\Answered".to_owned(),
        Flag::Flagged => "\\Flagged".to_owned(),
        Flag::Draft => "\\Draft".to_owned(),
        Flag::Custom(word) => word.to_string(),
        _ => return None,
    })
}

/// How many of `listed` one command asks for.
fn one_fetch(listed: &[Listed]) -> usize {
    let mut octets = 0;
    let fitting = listed.iter().take(LETTERS).take_while(|letter| {
        octets += letter.size;
        octets <= OCTETS
    });
    fitting.count().max(1)
}

/// What only shows letters of other folders again, or cannot be opened (RFC 6154 §2).
fn is_no_folder(attribute: &NameAttribute<'_>) -> bool {
    matches!(attribute, NameAttribute::NoSelect | NameAttribute::Flagged)
        || matches!(attribute, NameAttribute::Extension(word) if word.eq_ignore_ascii_case("\\Important")
            || word.eq_ignore_ascii_case("\\NonExistent"))
}

fn role(attribute: &NameAttribute<'_>) -> Option<Role> {
    Some(match attribute {
        NameAttribute::Drafts => Role::Drafts,
        NameAttribute::Sent => Role::Sent,
        NameAttribute::Archive | NameAttribute::All => Role::Archive,
        NameAttribute::Junk => Role::Junk,
        NameAttribute::Trash => Role::Trash,
        _ => return None,
    })
}

/// What the other server said, without the wrapping of the library.
fn words(cause: Error) -> String {
    match cause {
        Error::No(said) | Error::Bad(said) => format!("the other server refuses: {said}"),
        Error::Io(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => {
            "the other server closed the connection".to_owned()
        }
        other => other.to_string(),
    }
}

async fn in_time<T>(act: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    timeout(PATIENCE, act).await.unwrap_or_else(|_| Err("the other server does not answer".to_owned()))
}

/// How long the other server may take for its next words.
const PATIENCE: Duration = Duration::from_secs(120);
/// Letters and octets of one command.
const LETTERS: usize = 50;
const OCTETS: u64 = 8 << 20;
