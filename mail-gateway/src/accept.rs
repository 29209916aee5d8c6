//! Taking responsibility for a letter (RFC 5321 §6.1): body on disk, then one transaction that holds
//! every local delivery and every queue row, shared with the other letters of the moment ([`group`]). Only
//! after its commit may anybody be told `250`.

mod confirm;
pub(crate) mod group;

use std::{collections::BTreeSet, slice};

use base::{LetterId, MailboxId, Timestamp, random::System};
use bytes::Bytes;
use database::{
    Dialect,
    sqlx::{self, AnyConnection},
};
use directory_core::Poster;
use futures_util::future::BoxFuture;
use mail_gateway_core::{
    message::{Handling, Wishes},
    reading::Reading,
    smtp::{self, Address, StoreFailure},
};

use crate::{
    Inner,
    ports::Resolution,
    queue::rows,
    sorting::{Body, Sorted, Unsorted},
    store::{BlobId, StoreError, Summary, deliver::together},
};

/// A recipient whose way is known.
#[derive(Debug, Clone)]
pub(crate) struct Addressee {
    pub(crate) address: Address,
    /// The mailboxes here; `None` for an address elsewhere.
    pub(crate) mailboxes: Option<Vec<MailboxId>>,
    /// What the sender wants to hear of it.
    pub(crate) wishes: Wishes,
}

impl Addressee {
    /// Asks the directory where a letter of `poster` goes.
    pub(crate) async fn find(
        inner: &Inner,
        address: Address,
        poster: Poster<'_>,
    ) -> Result<Found, crate::ports::Unavailable> {
        Ok(match inner.ports.addresses.resolve(address.as_str(), poster).await? {
            Resolution::Local(mailboxes) => {
                Found::Way(Self { address, mailboxes: Some(mailboxes), wishes: Wishes::default() })
            }
            Resolution::NotOurs => Found::Way(Self { address, mailboxes: None, wishes: Wishes::default() }),
            Resolution::Closed => Found::Closed,
            Resolution::Unknown => Found::Nobody,
        })
    }
}

/// What the directory knows of a recipient.
#[derive(Debug)]
pub(crate) enum Found {
    /// Its way.
    Way(Addressee),
    /// A list to which the poster may not write.
    Closed,
    /// Nobody has the address.
    Nobody,
}

/// A letter that is about to become ours.
pub(crate) struct Incoming {
    /// Handing in twice under one key takes the letter once.
    pub(crate) key: Option<String>,
    pub(crate) sender: Option<Address>,
    pub(crate) addressees: Vec<Addressee>,
    pub(crate) eight_bit: bool,
    pub(crate) international: bool,
    /// What the sender asks about the delivery.
    pub(crate) handling: Handling,
    /// What the checks say about it.
    pub(crate) marks: Marks,
    /// The whole letter with its trace fields.
    pub(crate) letter: Bytes,
    /// What was read of it before, when it was.
    pub(crate) reading: Option<Reading>,
}

/// What is known about where a letter comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Marks {
    /// It goes to the spam folder instead of the inbox.
    pub(crate) junk: bool,
    /// Nobody proved that the envelope sender sent it: nothing is answered to that address.
    pub(crate) doubtful: bool,
}

/// A letter whose body is on disk and whose rows are not yet written.
pub(crate) struct Prepared {
    pub(crate) id: LetterId,
    key: Option<String>,
    sender: String,
    sorted: Sorted,
    elsewhere: Vec<Addressee>,
    eight_bit: bool,
    international: bool,
    handling: Handling,
    marks: Marks,
    blob: BlobId,
    summary: Summary,
    now: Timestamp,
    /// The letter that tells the sender of success here (RFC 3461 §6.1), to be recorded with this one.
    confirmation: Option<Box<Prepared>>,
}

impl Inner {
    /// Takes responsibility for `incoming`; when this returns `Ok` it is on stable storage.
    pub(crate) async fn accept(&self, incoming: Incoming) -> Result<LetterId, StoreError> {
        let confirmation = confirm::letter(self, &incoming).await;
        let mut prepared = self.prepare(incoming).await?;
        if let Some(confirmation) = confirmation {
            prepared.confirmation = Some(Box::new(self.prepare(confirmation).await?));
        }
        let (id, mailboxes, leaves) = (prepared.id, prepared.mailboxes(), prepared.leaves());
        self.recorder.record(prepared).await?;
        // The queue looks through its rows whenever it is woken: two questions that most letters need not cost.
        match leaves {
            true => self.accepted(mailboxes),
            false => self.store.announce(mailboxes),
        }
        Ok(id)
    }

    /// The first half: every filter script is asked, the body goes to disk. Rules may write letters,
    /// which are prepared the same way.
    pub(crate) fn prepare(&self, incoming: Incoming) -> BoxFuture<'_, Result<Prepared, StoreError>> {
        Box::pin(self.sort_and_store(incoming))
    }

    async fn sort_and_store(&self, incoming: Incoming) -> Result<Prepared, StoreError> {
        let now = Timestamp::now();
        let Reading { mut summary, entry } = match incoming.reading {
            Some(reading) => reading,
            None => {
                let letter = incoming.letter.clone();
                // Parsing a large letter takes milliseconds, which the async workers do not have.
                let read = tokio::task::spawn_blocking(move || Reading::unscreened(&letter));
                read.await.map_err(std::io::Error::other)?
            }
        };
        // It may have got a field since it was read.
        summary.size = incoming.letter.len() as u64;
        let blob = self.store.put_blob(incoming.letter.clone()).await?;
        if let Some(entry) = entry {
            self.store.hand_to_index(blob.clone(), entry);
        }
        let unsorted = Unsorted {
            sender: incoming.sender.as_ref(),
            addressees: &incoming.addressees,
            letter: &incoming.letter,
            junk: incoming.marks.junk,
            now,
        };
        let mut sorted = self.sort(&unsorted).await?;
        let mut elsewhere: Vec<Addressee> =
            incoming.addressees.into_iter().filter(|a| a.mailboxes.is_none()).collect();
        // What a rule sends on was asked for by its owner, not by the sender: no wishes go along.
        let redirected = sorted.elsewhere.drain(..);
        elsewhere.extend(redirected.map(|address| Addressee {
            address,
            mailboxes: None,
            wishes: Wishes::default(),
        }));
        Ok(Prepared {
            id: LetterId::new(now, &mut System),
            key: incoming.key,
            sender: incoming.sender.map(|address| address.to_string()).unwrap_or_default(),
            sorted,
            elsewhere,
            eight_bit: incoming.eight_bit,
            international: incoming.international,
            handling: incoming.handling,
            marks: incoming.marks,
            blob,
            summary,
            now,
            confirmation: None,
        })
    }

    /// After the commit: wakes whoever shows the mailboxes, and the queue.
    pub(crate) fn accepted(&self, mailboxes: impl IntoIterator<Item = MailboxId>) {
        self.store.announce(mailboxes);
        self.queue_wake.notify_one();
    }
}

impl Prepared {
    /// The mailboxes that will hold it.
    pub(crate) fn mailboxes(&self) -> BTreeSet<MailboxId> {
        let mut all = self.sorted.touched();
        all.extend(self.confirmation.iter().flat_map(|confirmation| confirmation.mailboxes()));
        all
    }

    /// Whether anything of it, or of what rules write because of it, waits in the queue once it is recorded.
    pub(crate) fn leaves(&self) -> bool {
        !self.elsewhere.is_empty()
            || self.sorted.leaves()
            || self.confirmation.as_ref().is_some_and(|confirmation| confirmation.leaves())
    }

    /// The second half, inside a transaction.
    pub(crate) fn record<'a>(&'a self, c: &'a mut AnyConnection) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(record(c, slice::from_ref(self)))
    }

    fn key(&self) -> String {
        self.key.clone().unwrap_or_else(|| self.id.to_string())
    }

    async fn queue(&self, c: &mut AnyConnection) -> Result<(), StoreError> {
        if self.elsewhere.is_empty() {
            return Ok(());
        }
        let letter = rows::NewLetter {
            id: &self.id.to_string(),
            blob: &self.blob,
            sender: &self.sender,
            subject: self.summary.subject.as_deref().unwrap_or_default(),
            eight_bit: self.eight_bit,
            international: self.international,
            handling: &self.handling,
            accepted_at: self.now,
        };
        rows::insert(c, &letter, &self.elsewhere).await
    }
}

/// The second half of many letters, inside one transaction: what all of them need is written for all
/// together.
async fn record(c: &mut AnyConnection, letters: &[Prepared]) -> Result<(), StoreError> {
    let mut fresh = Vec::with_capacity(letters.len());
    for letter in letters {
        if is_fresh(c, letter).await? {
            fresh.push((letter.key(), letter));
        }
    }
    // Without a key from its sender a letter cannot come again, except from ourselves where the answer to a commit
    // may get lost on its way.
    let uncertain = Dialect::of(c) == Dialect::Postgres;
    let mut copies = Vec::with_capacity(fresh.len());
    for (key, letter) in &fresh {
        let junk = letter.marks.junk;
        let body = Body { key, blob: &letter.blob, summary: &letter.summary, junk, now: letter.now };
        letter.sorted.follow(c, &body).await?;
        letter.queue(c).await?;
        copies.push(together::Copies {
            key: (letter.key.is_some() || uncertain).then_some(key.as_str()),
            blob: &letter.blob,
            summary: &letter.summary,
            now: letter.now,
            mailboxes: if junk { Vec::new() } else { letter.sorted.plain() },
        });
    }
    together::to_inboxes(c, &copies).await?;
    for confirmation in fresh.iter().filter_map(|(_, letter)| letter.confirmation.as_ref()) {
        confirmation.record(c).await?;
    }
    Ok(())
}

/// Whether `letter` was not handed in before. Without a key from its sender it cannot have been.
async fn is_fresh(c: &mut AnyConnection, letter: &Prepared) -> Result<bool, StoreError> {
    let Some(key) = &letter.key else { return Ok(true) };
    let noted =
        sqlx::query("INSERT INTO accepted (id, accepted_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING")
            .bind(key.as_str())
            .bind(letter.now.as_micros())
            .execute(&mut *c)
            .await?;
    Ok(noted.rows_affected() > 0)
}

/// What a failed acceptance means to the peer.
pub(crate) fn failure(error: &StoreError) -> StoreFailure {
    let full = match error {
        StoreError::Disk(cause) => is_full(cause),
        // SQLITE_FULL; the driver passes SQLite's own words on.
        StoreError::Database(cause) => cause.to_string().contains("disk is full"),
        _ => false,
    };
    if full { StoreFailure::Full } else { StoreFailure::Broken }
}

/// Whether the disk has no room.
pub(crate) fn is_full(cause: &std::io::Error) -> bool {
    matches!(cause.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}

/// The reply to a failure, with the short id that the log line has too.
pub(crate) fn failure_reply(failure: StoreFailure, cause: &dyn std::error::Error) -> smtp::Reply {
    let id = incident();
    tracing::error!(%id, cause = %chain(cause), "mail: a letter could not be kept; its sender will try again");
    let mut reply = failure.reply();
    reply.text = format!("{} [{id}]", reply.text);
    reply
}

/// A short random id that a person can read out to the technician.
pub(crate) fn incident() -> String {
    use base::random::Random;
    format!("HT-{:06x}", System.next_u32() & 0x00ff_ffff)
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
