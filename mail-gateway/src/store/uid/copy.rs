//! Adding letters by UID: APPEND, COPY, MOVE.

use std::collections::BTreeSet;

use base::{LetterId, MailboxId, Timestamp, random::System};
use bytes::Bytes;
use database::sqlx::{self, AnyConnection, Row};
use mail_gateway_core::message::Summary;

use super::{
    super::{
        Store, StoreError,
        deliver::{self, NewLetter, blob_of},
        learning, letter,
    },
    change, uid_of,
};

/// A letter to be appended.
#[derive(Debug, Clone)]
pub struct Appended {
    /// Its octets.
    pub octets: Bytes,
    /// Its keywords.
    pub keywords: BTreeSet<String>,
    /// Whether it is marked `\Deleted` from the start.
    pub deleted: bool,
    /// When it counts as arrived.
    pub received: Timestamp,
    /// Who wrote it, where it is a draft or was sent.
    pub by: Option<letter::Act>,
}

/// Which UIDs letters got.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Added {
    /// UIDVALIDITY of the target.
    pub uid_validity: u32,
    /// UIDs of the source; empty when there was none.
    pub from: Vec<u32>,
    /// UIDs of the target, in the same order.
    pub to: Vec<u32>,
}

impl Store {
    /// Adds letters to a folder, all or none (RFC 3502 §3).
    ///
    /// # Errors
    /// [`StoreError::BadFolders`] when the folder is gone.
    pub async fn append(
        &self,
        account: MailboxId,
        folder: &str,
        letters: Vec<Appended>,
    ) -> Result<Added, StoreError> {
        let mut ready = Vec::with_capacity(letters.len());
        for letter in letters {
            let octets = letter.octets.clone();
            // Parsing a large letter takes milliseconds, which the async workers do not have.
            let summary = tokio::task::spawn_blocking(move || Summary::of(&octets))
                .await
                .map_err(std::io::Error::other)?;
            let blob = self.put_blob(letter.octets.clone()).await?;
            ready.push((blob, summary, letter));
        }
        let folder = folder.to_owned();
        self.write(account, move |c| {
            Box::pin(async move {
                let account = account.to_string();
                let mut added =
                    Added { uid_validity: validity(c, &account, &folder).await?, ..Added::default() };
                for (blob, summary, letter) in ready {
                    let new = NewLetter {
                        id: LetterId::new(letter.received, &mut System),
                        blob: &blob,
                        summary: &summary,
                        folders: &BTreeSet::from([folder.clone()]),
                        keywords: &letter.keywords,
                        received: letter.received,
                    };
                    deliver::insert(c, &account, &new).await?;
                    if let Some(by) = &letter.by {
                        let id = new.id.to_string();
                        letter::handling::note(c, &id, letter::handling::Kind::Written, by).await?;
                    }
                    let uid = uid_in(c, &new.id.to_string(), &folder).await?;
                    if letter.deleted {
                        change::mark(c, &account, &folder, uid, true).await?;
                    }
                    added.to.push(uid);
                }
                Ok(added)
            })
        })
        .await
    }

    /// Copies letters into a folder, of this account or another; the bodies stay one. With `moves`,
    /// they leave the source in the same transaction.
    ///
    /// # Errors
    /// [`StoreError::BadFolders`] when the target is gone.
    pub async fn copy_letters(
        &self,
        from: (MailboxId, &str),
        uids: &[u32],
        to: (MailboxId, &str),
        moves: bool,
    ) -> Result<Added, StoreError> {
        let (source, target) = ((from.0, from.1.to_owned()), (to.0, to.1.to_owned()));
        let uids = uids.to_vec();
        let (source_account, target_account) = (from.0, to.0);
        let learns = self.learns;
        let added = self
            .write(target_account, move |c| {
                Box::pin(async move {
                    let (account, other) = (source.0.to_string(), target.0.to_string());
                    let mut added =
                        Added { uid_validity: validity(c, &other, &target.1).await?, ..Added::default() };
                    for uid in uids {
                        let way = Way { from: (&account, &source.1), to: (&other, &target.1), moves };
                        if let Some(new) = way.take(c, uid, learns).await? {
                            added.from.push(uid);
                            added.to.push(new);
                        }
                    }
                    Ok(added)
                })
            })
            .await?;
        self.announce([source_account]);
        if learns {
            self.opinions.notify_one();
        }
        Ok(added)
    }
}

/// From where to where letters go.
struct Way<'a> {
    from: (&'a str, &'a str),
    to: (&'a str, &'a str),
    moves: bool,
}

impl Way<'_> {
    /// Takes one letter over; answers its UID in the target, `None` when it is gone.
    async fn take(&self, c: &mut AnyConnection, uid: u32, learns: bool) -> Result<Option<u32>, StoreError> {
        let ((account, source), (other, target)) = (self.from, self.to);
        let Some((id, ..)) = change::find(c, account, source, uid).await? else { return Ok(None) };
        let mut folders = letter::folders_of(c, &id).await?;
        if learns {
            // Programs without MOVE copy first and remove afterwards: the copy is what tells.
            let (was, is) = (BTreeSet::from([source.to_owned()]), BTreeSet::from([target.to_owned()]));
            learning::note(c, &id, (account, &was), (other, &is)).await?;
        }
        if self.moves && account == other && !folders.contains(target) {
            // The letter itself moves: its id, which other readers know, stays.
            folders.remove(source);
            folders.insert(target.to_owned());
            letter::set_folders(c, account, &id, &folders).await?;
            return Ok(Some(uid_in(c, &id, target).await?));
        }
        let row = sqlx::query(
            "SELECT l.blob, l.received, b.summary FROM letters l JOIN bodies b ON b.blob = l.blob WHERE l.id = $1",
        )
        .bind(id.as_str())
        .fetch_one(&mut *c)
        .await?;
        let summary: Summary = serde_json::from_str(&row.try_get::<String, _>("summary")?)
            .map_err(|_| StoreError::Corrupt("summary"))?;
        let received = Timestamp::from_micros(row.try_get("received")?);
        let new = NewLetter {
            id: LetterId::new(Timestamp::now(), &mut System),
            blob: &blob_of(&row, "blob")?,
            summary: &summary,
            folders: &BTreeSet::from([target.to_owned()]),
            keywords: &letter::keywords_of(c, &id).await?,
            received,
        };
        deliver::insert(c, other, &new).await?;
        let added = uid_in(c, &new.id.to_string(), target).await?;
        if self.moves {
            change::remove(c, account, source, uid, false).await?;
        }
        Ok(Some(added))
    }
}

async fn validity(c: &mut AnyConnection, account: &str, folder: &str) -> Result<u32, StoreError> {
    let row = sqlx::query("SELECT uid_validity FROM folders WHERE account = $1 AND id = $2")
        .bind(account)
        .bind(folder)
        .fetch_optional(&mut *c)
        .await?
        .ok_or(StoreError::BadFolders)?;
    uid_of(&row, "uid_validity")
}

async fn uid_in(c: &mut AnyConnection, letter: &str, folder: &str) -> Result<u32, StoreError> {
    let row = sqlx::query("SELECT uid FROM letter_folder WHERE letter = $1 AND folder = $2")
        .bind(letter)
        .bind(folder)
        .fetch_one(&mut *c)
        .await?;
    uid_of(&row, "uid")
}
