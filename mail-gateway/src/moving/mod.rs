//! Moving in: letters of another system – over IMAP, or from mbox, Maildir and Outlook files – come into a
//! mailbox with their folders, dates and flags.
//!
//! A source reads in a task of its own and hands letter after letter through a bounded channel; this side
//! stores them, some in one transaction. What was brought is noted in that transaction, so a move that was
//! cut off goes on where it was when it is started again, and nothing comes twice.

mod files;
mod imap;
mod outlook;
mod report;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use base::{MailboxId, Redacted, Timestamp};
use bytes::Bytes;
use mail_gateway_core::{
    mailbox::Role,
    message::{BlobId, Summary},
    moving::{Place, place},
};
use tokio::sync::mpsc;

pub use report::{FolderReport, Report};

use crate::{Mail, store::deliver::moved::Moved};

/// Where letters come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// Files of this machine: an mbox, a folder of them (such as Thunderbird's), a Maildir, or a `.pst`.
    Files(PathBuf),
    /// A mailbox of another server.
    Imap(ImapSource),
}

/// A mailbox of another server.
#[derive(Debug, Clone)]
pub struct ImapSource {
    /// Its name, which its certificate must bear.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// TLS from the first byte; otherwise STARTTLS, without which no password is sent.
    pub implicit_tls: bool,
    /// Who signs in.
    pub user: String,
    /// The password.
    pub password: Redacted<String>,
    /// A PEM file of the authorities that vouch for its certificate.
    pub authorities: PathBuf,
}

/// A letter of the other system.
#[derive(Debug)]
struct Found {
    /// Its folder's names from the top, and its purpose if the other system says it.
    folder: (Vec<String>, Option<Role>),
    /// What tells it from every other letter there.
    source: String,
    octets: Bytes,
    keywords: BTreeSet<String>,
    received: Option<Timestamp>,
}

/// What a source has to tell.
#[derive(Debug)]
enum Told {
    Letter(Found),
    /// Brought before; nothing was read.
    Known(Vec<String>, Option<Role>, u64),
    /// Marked as deleted there, and left there.
    Deleted(Vec<String>, Option<Role>),
    /// Could not be read.
    Unread {
        folder: Vec<String>,
        what: String,
        why: String,
    },
}

type Teller = mpsc::Sender<Told>;

impl Mail {
    /// Brings the letters of `source` into `mailbox`. The report says what came and what did not, also when
    /// it ended early.
    pub async fn move_in(&self, mailbox: MailboxId, source: Source) -> Report {
        let (teller, mut told) = mpsc::channel(WAITING);
        let store = self.inner.store.clone();
        let reading = tokio::spawn(async move {
            match source {
                Source::Files(path) if outlook::is_outlook(&path) => outlook::read(path, teller).await,
                Source::Files(path) => files::read(path, teller).await,
                Source::Imap(source) => imap::read(source, &store, mailbox, teller).await,
            }
        });
        let mut mover = Mover::new(self, mailbox);
        let mut taken = Ok(());
        while taken.is_ok()
            && let Some(told) = told.recv().await
        {
            taken = mover.take(told).await;
        }
        // The source notices that nobody listens any more.
        drop(told);
        let taken = match taken {
            Ok(()) => mover.store_waiting().await,
            Err(cause) => Err(cause),
        };
        let read = reading.await.unwrap_or_else(|_| Err("reading failed".to_owned()));
        mover.report.ended = taken.and(read).err();
        mover.report
    }
}

/// Stores what a source tells.
struct Mover<'a> {
    mail: &'a Mail,
    mailbox: MailboxId,
    folders: BTreeMap<Place, String>,
    waiting: Vec<(Place, Moved)>,
    octets: u64,
    report: Report,
}

impl<'a> Mover<'a> {
    fn new(mail: &'a Mail, mailbox: MailboxId) -> Self {
        let (folders, waiting, report) = (BTreeMap::new(), Vec::new(), Report::default());
        Self { mail, mailbox, folders, waiting, octets: 0, report }
    }

    async fn take(&mut self, told: Told) -> Result<(), String> {
        match told {
            Told::Known(folder, purpose, count) => {
                self.report.folder(place(&folder, purpose)).known += count;
            }
            Told::Deleted(folder, purpose) => self.report.folder(place(&folder, purpose)).deleted += 1,
            Told::Unread { folder, what, why } => {
                self.report.refuse(place(&folder, None), &what, &why);
            }
            Told::Letter(found) => self.letter(found).await?,
        }
        Ok(())
    }

    async fn letter(&mut self, found: Found) -> Result<(), String> {
        let place = place(&found.folder.0, found.folder.1);
        let octets = u64::try_from(found.octets.len()).unwrap_or(u64::MAX);
        let limit = self.mail.inner.config.max_size;
        let body = found.octets.clone();
        // Parsing a large letter takes milliseconds, which the async workers do not have.
        let summary = tokio::task::spawn_blocking(move || Summary::of(&body)).await.map_err(text)?;
        if octets > limit {
            let why = format!("larger than this hub takes: {octets} of {limit} octets");
            self.report.refuse(place, summary.subject.as_deref().unwrap_or_default(), &why);
            return Ok(());
        }
        let blob = self.mail.inner.store.put_blob(found.octets).await.map_err(text)?;
        let received = found.received.or_else(|| summary.sent()).unwrap_or_else(Timestamp::now);
        let moved = Moved { source: found.source, blob, summary, keywords: found.keywords, received };
        self.waiting.push((place, moved));
        self.octets += octets;
        if self.waiting.len() >= LETTERS_AT_ONCE || self.octets >= OCTETS_AT_ONCE {
            self.store_waiting().await?;
        }
        Ok(())
    }

    /// Stores what waits, a transaction for each folder.
    async fn store_waiting(&mut self) -> Result<(), String> {
        self.ask_for_room().await?;
        let mut by_place: BTreeMap<Place, Vec<Moved>> = BTreeMap::new();
        for (place, moved) in self.waiting.drain(..) {
            by_place.entry(place).or_default().push(moved);
        }
        self.octets = 0;
        for (place, letters) in by_place {
            let folder = self.folder(&place).await?;
            let count = letters.len() as u64;
            let store = &self.mail.inner.store;
            let now = Timestamp::now();
            let brought = store.bring(self.mailbox, &folder, letters, now).await.map_err(text)?;
            let line = self.report.folder(place);
            line.brought += brought;
            line.known += count - brought;
        }
        tracing::info!(mailbox = %self.mailbox, brought = self.report.brought(), "mail: moving in");
        Ok(())
    }

    async fn ask_for_room(&self) -> Result<(), String> {
        let entry = self.mail.inner.ports.addresses.mailbox(self.mailbox).await.map_err(text)?;
        let kind = entry.ok_or("the mailbox is gone")?.kind;
        let room = self.mail.inner.store.room(self.mailbox, kind).await.map_err(text)?;
        if room.has_room(self.octets) {
            return Ok(());
        }
        Err("the mailbox is full; give it a larger quota and start again: what has come stays".to_owned())
    }

    /// The id of the folder at `place`, which is made if it is not there.
    async fn folder(&mut self, place: &Place) -> Result<String, String> {
        if let Some(id) = self.folders.get(place) {
            return Ok(id.clone());
        }
        let store = &self.mail.inner.store;
        let now = Timestamp::now();
        store.ensure(self.mailbox, now).await.map_err(text)?;
        let id = match place {
            Place::Role(role) => role.as_str().to_owned(),
            Place::Named(names) => {
                let mut parent: Option<String> = None;
                for name in names {
                    parent = Some(self.folder_in(parent, name, now).await?);
                }
                parent.unwrap_or_else(|| Role::Inbox.as_str().to_owned())
            }
        };
        self.folders.insert(place.clone(), id.clone());
        Ok(id)
    }

    /// The id of the folder `name` in `parent`, which is made if it is not there.
    async fn folder_in(&self, parent: Option<String>, name: &str, now: Timestamp) -> Result<String, String> {
        if let Some(id) = self.known_folder(parent.as_deref(), name).await? {
            return Ok(id);
        }
        let store = &self.mail.inner.store;
        let made = store.create_folder(self.mailbox, name.to_owned(), parent.clone(), 0, now).await;
        match made {
            Ok(id) => Ok(id),
            // The mailbox's owner, or another move into it, may have made it at this very moment.
            Err(cause) => self.known_folder(parent.as_deref(), name).await?.ok_or_else(|| text(cause)),
        }
    }

    async fn known_folder(&self, parent: Option<&str>, name: &str) -> Result<Option<String>, String> {
        let folders = self.mail.inner.store.folders(self.mailbox).await.map_err(text)?;
        let known = folders.into_iter().find(|f| f.parent.as_deref() == parent && f.name == name);
        Ok(known.map(|folder| folder.id))
    }
}

/// Which letter of which folder of a file something is: the bytes themselves, because files move.
fn source_of(folder: &[String], octets: &[u8]) -> String {
    BlobId::of(format!("file\0{}\0{}", folder.join("\0"), BlobId::of(octets)).as_bytes()).to_string()
}

fn text(cause: impl std::fmt::Display) -> String {
    cause.to_string()
}

/// Letters on the way from a source; when they are as many, the source waits.
const WAITING: usize = 8;
/// Letters and octets of one transaction.
const LETTERS_AT_ONCE: usize = 64;
const OCTETS_AT_ONCE: u64 = 8 << 20;
