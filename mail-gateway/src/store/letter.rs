//! Letters of an account: reading their rows, changing keywords and folders, destroying them.

pub mod handling;
pub mod removed;
pub mod tally;
pub mod thread;

use std::collections::{BTreeMap, BTreeSet};

use base::{LetterId, MailboxId, Timestamp, random::System};
use database::sqlx::{self, AnyConnection, AssertSqlSafe, Row, any::AnyRow};
use mail_gateway_core::message::{BlobId, Summary};

use super::{
    IN_LIST, Kind, Store, StoreError,
    blob::upload,
    deliver::{self, NewLetter, blob_of},
    folder::{self, count},
    learning, modseq, placeholders, room,
};

pub use handling::{Act, Acts};

/// A letter as lists need it: everything but its body.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Its id.
    pub id: String,
    /// Its body.
    pub blob: BlobId,
    /// Its conversation.
    pub thread: String,
    /// When it arrived.
    pub received: Timestamp,
    /// The folders it is in.
    pub folders: BTreeSet<String>,
    /// Its keywords.
    pub keywords: BTreeSet<String>,
    /// What its body says.
    pub summary: Summary,
}

/// How a set of keywords or folders is to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetChange {
    /// To exactly these.
    Replace(BTreeSet<String>),
    /// Some in, some out (RFC 8620 §5.3, patch of a member).
    Patch(BTreeMap<String, bool>),
}

impl SetChange {
    fn apply(self, current: &BTreeSet<String>) -> BTreeSet<String> {
        match self {
            Self::Replace(set) => set,
            Self::Patch(patch) => {
                let mut set = current.clone();
                for (member, present) in patch {
                    if present {
                        set.insert(member)
                    } else {
                        set.remove(&member)
                    };
                }
                set
            }
        }
    }
}

/// What to change in a letter; bodies never change.
#[derive(Debug, Clone, Default)]
pub struct LetterChange {
    /// Its keywords.
    pub keywords: Option<SetChange>,
    /// Its folders.
    pub folders: Option<SetChange>,
    /// Who changes it; a mark of handling is noted with that name.
    pub by: Option<Act>,
}

/// A letter to be added by its owner: a draft, an import.
#[derive(Debug, Clone)]
pub struct Import {
    /// The folders it goes to.
    pub folders: BTreeSet<String>,
    /// Its keywords.
    pub keywords: BTreeSet<String>,
    /// When it counts as arrived.
    pub received: Timestamp,
    /// Who wrote it, where it was written here.
    pub by: Option<Act>,
}

/// What became of an import.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The letter.
    pub id: LetterId,
    /// Its body.
    pub blob: BlobId,
    /// Its conversation.
    pub thread: String,
    /// Octets.
    pub size: u64,
}

/// The keywords of `letter`.
pub(crate) async fn keywords_of(c: &mut AnyConnection, letter: &str) -> Result<BTreeSet<String>, StoreError> {
    let rows =
        sqlx::query("SELECT keyword FROM keywords WHERE letter = $1").bind(letter).fetch_all(&mut *c).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The folders of `letter`.
pub(crate) async fn folders_of(c: &mut AnyConnection, letter: &str) -> Result<BTreeSet<String>, StoreError> {
    let rows = sqlx::query("SELECT folder FROM letter_folder WHERE letter = $1")
        .bind(letter)
        .fetch_all(&mut *c)
        .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Marks `letter` as changed; answers its new mod-sequence.
async fn touch(c: &mut AnyConnection, account: &str, letter: &str) -> Result<i64, StoreError> {
    let modseq = modseq::next(c, account, Kind::Email).await?;
    sqlx::query("UPDATE letters SET modseq = $2 WHERE id = $1")
        .bind(letter)
        .bind(modseq)
        .execute(&mut *c)
        .await?;
    sqlx::query("UPDATE letter_folder SET modseq = $2 WHERE letter = $1")
        .bind(letter)
        .bind(modseq)
        .execute(&mut *c)
        .await?;
    Ok(modseq)
}

/// Puts `letter` into exactly `folders`.
pub(crate) async fn set_folders(
    c: &mut AnyConnection,
    account: &str,
    letter: &str,
    folders: &BTreeSet<String>,
) -> Result<(), StoreError> {
    let current = folders_of(c, letter).await?;
    if current == *folders {
        return Ok(());
    }
    folder::check_all(c, account, folders).await?;
    let modseq = touch(c, account, letter).await?;
    for gone in current.difference(folders) {
        folder::remove_letter(c, account, gone, letter, modseq).await?;
    }
    for new in folders.difference(&current) {
        folder::add_letter(c, account, new, letter, modseq).await?;
    }
    Ok(())
}

pub(crate) async fn set_keywords(
    c: &mut AnyConnection,
    account: &str,
    letter: &str,
    keywords: &BTreeSet<String>,
) -> Result<(), StoreError> {
    let current = keywords_of(c, letter).await?;
    if current == *keywords {
        return Ok(());
    }
    touch(c, account, letter).await?;
    for gone in current.difference(keywords) {
        sqlx::query("DELETE FROM keywords WHERE letter = $1 AND keyword = $2")
            .bind(letter)
            .bind(gone.as_str())
            .execute(&mut *c)
            .await?;
    }
    for new in keywords.difference(&current) {
        sqlx::query("INSERT INTO keywords (letter, keyword) VALUES ($1, $2)")
            .bind(letter)
            .bind(new.as_str())
            .execute(&mut *c)
            .await?;
    }
    let unread = deliver::is_unread(keywords);
    if unread != deliver::is_unread(&current) {
        sqlx::query("UPDATE letters SET unread = $2 WHERE id = $1")
            .bind(letter)
            .bind(i64::from(unread))
            .execute(&mut *c)
            .await?;
        count::touch_around(c, account, letter).await?;
    }
    Ok(())
}

/// Removes `letter` and leaves its tombstone.
pub(crate) async fn destroy(
    c: &mut AnyConnection,
    account: &str,
    letter: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = sqlx::query(
        "SELECT l.thread, l.created, l.blob, b.size FROM letters l JOIN bodies b ON b.blob = l.blob \
         WHERE l.account = $1 AND l.id = $2",
    )
    .bind(account)
    .bind(letter)
    .fetch_optional(&mut *c)
    .await?
    .ok_or(StoreError::NotFound)?;
    let (thread, created): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
    let keywords = keywords_of(c, letter).await?;
    removed::note(c, account, letter, &keywords, now).await?;
    room::count(c, account, -1, -row.try_get::<i64, _>(3)?).await?;
    let until = now.plus(upload::DESTROYED_LIFE);
    upload::hold(c, account, &row.try_get::<String, _>(2)?, until).await?;
    modseq::bury(c, account, Kind::Email, letter, created).await?;
    let modseq = modseq::next(c, account, Kind::Email).await?;
    for folder in folders_of(c, letter).await? {
        folder::remove_letter(c, account, &folder, letter, modseq).await?;
    }
    let gone = ["DELETE FROM keywords WHERE letter = $1", "DELETE FROM letter_acts WHERE letter = $1"];
    for sql in gone.into_iter().chain(["DELETE FROM letters WHERE id = $1"]) {
        sqlx::query(sql).bind(letter).execute(&mut *c).await?;
    }
    thread::touch(c, account, &thread).await
}

impl Store {
    /// The letters `ids` of `account`, in no particular order; unknown ids are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn letters(&self, account: MailboxId, ids: &[String]) -> Result<Vec<Letter>, StoreError> {
        let mut found: BTreeMap<String, Letter> = BTreeMap::new();
        for piece in ids.chunks(IN_LIST) {
            let list = placeholders(2, piece.len());
            let sql = format!(
                "SELECT l.id, l.blob, l.thread, l.received, b.summary FROM letters l \
                 JOIN bodies b ON b.blob = l.blob WHERE l.account = $1 AND l.id IN ({list})"
            );
            for row in self.bind_all(sql, Some(account), piece).await? {
                let letter = letter_of(&row)?;
                found.insert(letter.id.clone(), letter);
            }
            let list = placeholders(1, piece.len());
            let sql = format!("SELECT letter, folder FROM letter_folder WHERE letter IN ({list})");
            for row in self.bind_all(sql, None, piece).await? {
                if let Some(letter) = found.get_mut(&row.try_get::<String, _>(0)?) {
                    letter.folders.insert(row.try_get(1)?);
                }
            }
            let sql = format!("SELECT letter, keyword FROM keywords WHERE letter IN ({list})");
            for row in self.bind_all(sql, None, piece).await? {
                if let Some(letter) = found.get_mut(&row.try_get::<String, _>(0)?) {
                    letter.keywords.insert(row.try_get(1)?);
                }
            }
        }
        Ok(found.into_values().collect())
    }

    async fn bind_all(
        &self,
        sql: String,
        account: Option<MailboxId>,
        values: &[String],
    ) -> Result<Vec<AnyRow>, StoreError> {
        let mut query = sqlx::query(AssertSqlSafe(sql));
        if let Some(account) = account {
            query = query.bind(account.to_string());
        }
        for value in values {
            query = query.bind(value.as_str());
        }
        Ok(query.fetch_all(self.database().readers()).await?)
    }

    /// One letter.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the account does not have it.
    pub async fn letter(&self, account: MailboxId, id: &str) -> Result<Letter, StoreError> {
        let letters = self.letters(account, &[id.to_owned()]).await?;
        letters.into_iter().next().ok_or(StoreError::NotFound)
    }

    /// Stores `raw` and adds it to `account`.
    ///
    /// # Errors
    /// [`StoreError::BadFolders`] when a folder does not exist.
    pub async fn import(
        &self,
        account: MailboxId,
        raw: bytes::Bytes,
        import: Import,
    ) -> Result<Imported, StoreError> {
        let summary = Summary::of(&raw);
        let blob = self.put_blob(raw).await?;
        self.adopt(account, blob, summary, import).await
    }

    /// Adds a letter whose body is stored already to `account`.
    ///
    /// # Errors
    /// [`StoreError::BadFolders`] when a folder does not exist.
    pub async fn adopt(
        &self,
        account: MailboxId,
        blob: BlobId,
        summary: Summary,
        import: Import,
    ) -> Result<Imported, StoreError> {
        let size = summary.size;
        let id = LetterId::new(import.received, &mut System);
        let body = blob.clone();
        let thread = self
            .write(account, move |c| {
                Box::pin(async move {
                    let account = account.to_string();
                    folder::check_all(c, &account, &import.folders).await?;
                    let new = NewLetter {
                        id,
                        blob: &body,
                        summary: &summary,
                        folders: &import.folders,
                        keywords: &import.keywords,
                        received: import.received,
                    };
                    let thread = deliver::insert(c, &account, &new).await?;
                    if let Some(by) = &import.by {
                        handling::note(c, &id.to_string(), handling::Kind::Written, by).await?;
                    }
                    Ok(thread)
                })
            })
            .await?;
        Ok(Imported { id, blob, thread, size })
    }

    /// Changes keywords and folders of a letter.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::BadFolders`].
    pub async fn update_letter(
        &self,
        account: MailboxId,
        id: String,
        change: LetterChange,
    ) -> Result<(), StoreError> {
        let learns = self.learns;
        let done = self.write(account, move |c| {
            Box::pin(async move {
                let account = account.to_string();
                let known = sqlx::query("SELECT 1 FROM letters WHERE account = $1 AND id = $2")
                    .bind(account.as_str())
                    .bind(id.as_str());
                known.fetch_optional(&mut *c).await?.ok_or(StoreError::NotFound)?;
                if let Some(folders) = change.folders {
                    let before = folders_of(c, &id).await?;
                    let folders = folders.apply(&before);
                    set_folders(c, &account, &id, &folders).await?;
                    if learns {
                        learning::note(c, &id, (&account, &before), (&account, &folders)).await?;
                    }
                }
                if let Some(keywords) = change.keywords {
                    let before = keywords_of(c, &id).await?;
                    let keywords = keywords.apply(&before);
                    set_keywords(c, &account, &id, &keywords).await?;
                    handling::follow(c, &id, &before, &keywords, change.by.as_ref()).await?;
                }
                Ok(())
            })
        });
        done.await?;
        if learns {
            self.opinions.notify_one();
        }
        Ok(())
    }

    /// Destroys a letter of `account`; other accounts keep theirs.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn destroy_letter(&self, account: MailboxId, id: String) -> Result<(), StoreError> {
        self.write(account, move |c| {
            Box::pin(async move { destroy(c, &account.to_string(), &id, Timestamp::now()).await })
        })
        .await
    }
}

fn letter_of(row: &AnyRow) -> Result<Letter, StoreError> {
    let summary: String = row.try_get("summary")?;
    Ok(Letter {
        id: row.try_get("id")?,
        blob: blob_of(row, "blob")?,
        thread: row.try_get("thread")?,
        received: Timestamp::from_micros(row.try_get("received")?),
        folders: BTreeSet::new(),
        keywords: BTreeSet::new(),
        summary: serde_json::from_str(&summary).map_err(|_| StoreError::Corrupt("summary"))?,
    })
}
