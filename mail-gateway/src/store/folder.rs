//! Folders (JMAP's Mailboxes, RFC 8621 §2), ready for IMAP: UIDVALIDITY, UIDNEXT, HIGHESTMODSEQ.

pub(crate) mod count;
pub mod inbox;

use std::collections::BTreeSet;

use base::{LetterId, MailboxId, Timestamp, random::System};
use database::sqlx::{self, AnyConnection, Row, any::AnyRow};
use mail_gateway_core::mailbox::Role;

use super::{Kind, Store, StoreError, folder::count::touch_around, letter, modseq, unsigned};

/// A folder with its counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its id within the account; a system folder's is its role.
    pub id: String,
    /// The folder it lies in.
    pub parent: Option<String>,
    /// Its name.
    pub name: String,
    /// Its purpose.
    pub role: Option<Role>,
    /// Its place among its siblings.
    pub sort_order: u64,
    /// Letters in it.
    pub total: u64,
    /// Unread letters in it.
    pub unread: u64,
    /// Conversations with a letter in it.
    pub threads: u64,
    /// Of these, conversations with an unread letter.
    pub unread_threads: u64,
}

/// What to change in a folder.
#[derive(Debug, Clone, Default)]
pub struct FolderChange {
    /// A new name.
    pub name: Option<String>,
    /// A new parent (`Some(None)`: the top).
    pub parent: Option<Option<String>>,
    /// A new place.
    pub sort_order: Option<u64>,
}

/// Creates the account with its system folders when it does not exist.
pub(crate) async fn ensure_account(
    c: &mut AnyConnection,
    account: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let fresh =
        sqlx::query("INSERT INTO accounts (account, modseq) VALUES ($1, 0) ON CONFLICT (account) DO NOTHING")
            .bind(account)
            .execute(&mut *c)
            .await?;
    if fresh.rows_affected() == 0 {
        return Ok(());
    }
    for (place, role) in (1u64..).zip(Role::ALL) {
        let new =
            NewFolder { id: role.as_str(), parent: None, name: role.name(), role: Some(role), place, now };
        insert(c, account, &new).await?;
    }
    Ok(())
}

/// Makes a folder inside a transaction, after the other folders.
///
/// # Errors
/// [`StoreError::BadFolderName`], [`StoreError::BadFolders`] for a bad parent.
pub(crate) async fn make(
    c: &mut AnyConnection,
    account: &str,
    id: &str,
    name: &str,
    parent: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    check_place(c, account, id, name, parent).await?;
    insert(c, account, &NewFolder { id, parent, name, role: None, place: PLACE_OF_OWN, now }).await
}

struct NewFolder<'a> {
    id: &'a str,
    parent: Option<&'a str>,
    name: &'a str,
    role: Option<Role>,
    place: u64,
    now: Timestamp,
}

async fn insert(c: &mut AnyConnection, account: &str, new: &NewFolder<'_>) -> Result<(), StoreError> {
    let modseq = modseq::next(c, account, Kind::Mailbox).await?;
    sqlx::query(
        "INSERT INTO folders (account, id, parent, name, role, sort_order, uid_validity, uid_next, \
         highest_modseq, created, settings_modseq, modseq) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8, $8, $8)",
    )
    .bind(account)
    .bind(new.id)
    .bind(new.parent)
    .bind(new.name)
    .bind(new.role.map(Role::as_str))
    .bind(i64::try_from(new.place).unwrap_or(i64::MAX))
    // RFC 9051 §2.3.1.1: 32 bits, growing when a folder is made anew. Seconds do both until 2106; the
    // account's counter keeps two folders of one second apart.
    .bind(new.now.as_seconds().saturating_add(modseq))
    .bind(modseq)
    .execute(&mut *c)
    .await?;
    Ok(())
}

/// Puts `letter` into `folder` under the next UID.
pub(crate) async fn add_letter(
    c: &mut AnyConnection,
    account: &str,
    folder: &str,
    letter: &str,
    modseq: i64,
) -> Result<(), StoreError> {
    let row = sqlx::query(
        "UPDATE folders SET uid_next = uid_next + 1, highest_modseq = $3 WHERE account = $1 AND id = $2 \
         RETURNING uid_next",
    )
    .bind(account)
    .bind(folder)
    .bind(modseq)
    .fetch_optional(&mut *c)
    .await?
    .ok_or(StoreError::BadFolders)?;
    sqlx::query(
        "INSERT INTO letter_folder (account, letter, folder, uid, modseq, received, added) \
         SELECT $1, id, $3, $4, $5, received, $6 FROM letters WHERE id = $2",
    )
    .bind(account)
    .bind(letter)
    .bind(folder)
    .bind(row.try_get::<i64, _>(0)? - 1)
    .bind(modseq)
    .bind(Timestamp::now().as_micros())
    .execute(&mut *c)
    .await?;
    touch_around(c, account, letter).await
}

/// Takes `letter` out of `folder`; its UID is remembered as expunged.
pub(crate) async fn remove_letter(
    c: &mut AnyConnection,
    account: &str,
    folder: &str,
    letter: &str,
    modseq: i64,
) -> Result<(), StoreError> {
    let row = sqlx::query("DELETE FROM letter_folder WHERE letter = $1 AND folder = $2 RETURNING uid")
        .bind(letter)
        .bind(folder)
        .fetch_optional(&mut *c)
        .await?;
    let Some(row) = row else { return Ok(()) };
    touch_around(c, account, letter).await?;
    sqlx::query("INSERT INTO expunged (account, folder, uid, modseq) VALUES ($1, $2, $3, $4)")
        .bind(account)
        .bind(folder)
        .bind(row.try_get::<i64, _>(0)?)
        .bind(modseq)
        .execute(&mut *c)
        .await?;
    sqlx::query("UPDATE folders SET highest_modseq = $3 WHERE account = $1 AND id = $2")
        .bind(account)
        .bind(folder)
        .bind(modseq)
        .execute(&mut *c)
        .await?;
    Ok(())
}

/// A usable name: one line, no path separator, not too long.
fn is_name(name: &str) -> bool {
    let trimmed = name.trim();
    !trimmed.is_empty()
        && trimmed.len() == name.len()
        && name.len() <= 200
        && !name.chars().any(|c| c.is_control() || c == '/')
}

async fn check_place(
    c: &mut AnyConnection,
    account: &str,
    id: &str,
    name: &str,
    parent: Option<&str>,
) -> Result<(), StoreError> {
    if !is_name(name) {
        return Err(StoreError::BadFolderName);
    }
    let rows = sqlx::query("SELECT id, parent, name FROM folders WHERE account = $1")
        .bind(account)
        .fetch_all(&mut *c)
        .await?;
    let mut parents = std::collections::BTreeMap::new();
    for row in &rows {
        let (other, above): (String, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
        // RFC 8621 §2: siblings have different names.
        if other != id && above.as_deref() == parent && row.try_get::<String, _>(2)? == name {
            return Err(StoreError::BadFolderName);
        }
        parents.insert(other, above);
    }
    let mut above = parent.map(str::to_owned);
    for _ in 0..MAX_DEPTH {
        let Some(folder) = above else { return Ok(()) };
        if folder == id {
            return Err(StoreError::BadFolders);
        }
        above = parents.get(&folder).ok_or(StoreError::BadFolders)?.clone();
    }
    Err(StoreError::BadFolders)
}

impl Store {
    /// Creates the account with its system folders if this is its first use.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ensure(&self, account: MailboxId, now: Timestamp) -> Result<(), StoreError> {
        let name = account.to_string();
        let known = sqlx::query("SELECT 1 FROM accounts WHERE account = $1")
            .bind(name.as_str())
            .fetch_optional(self.database().readers())
            .await?;
        if known.is_some() {
            return Ok(());
        }
        self.write(account, move |c| Box::pin(async move { ensure_account(c, &name, now).await })).await
    }

    /// All folders of `account`, in the order of the folder list.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn folders(&self, account: MailboxId) -> Result<Vec<Folder>, StoreError> {
        let account = account.to_string();
        let rows = sqlx::query(
            "SELECT id, parent, name, role, sort_order, total, unread, threads, unread_threads FROM folders \
             WHERE account = $1 ORDER BY sort_order, name, id",
        )
        .bind(account)
        .fetch_all(self.database().readers())
        .await?;
        rows.iter().map(folder_of).collect()
    }

    /// Makes a folder; answers its id.
    ///
    /// # Errors
    /// [`StoreError::BadFolderName`], [`StoreError::BadFolders`] for a bad parent.
    pub async fn create_folder(
        &self,
        account: MailboxId,
        name: String,
        parent: Option<String>,
        sort_order: u64,
        now: Timestamp,
    ) -> Result<String, StoreError> {
        self.write(account, move |c| {
            Box::pin(async move {
                let account = account.to_string();
                // A letter's id space serves folders too: unguessable and never used again.
                let id = LetterId::new(now, &mut System).to_string();
                check_place(c, &account, &id, &name, parent.as_deref()).await?;
                let new = NewFolder {
                    id: &id,
                    parent: parent.as_deref(),
                    name: &name,
                    role: None,
                    place: sort_order,
                    now,
                };
                insert(c, &account, &new).await?;
                Ok(id)
            })
        })
        .await
    }

    /// Renames, moves or re-sorts a folder.
    ///
    /// # Errors
    /// [`StoreError::SystemFolder`], [`StoreError::BadFolderName`], [`StoreError::BadFolders`].
    pub async fn update_folder(
        &self,
        account: MailboxId,
        id: String,
        change: FolderChange,
    ) -> Result<(), StoreError> {
        self.write(account, move |c| {
            Box::pin(async move {
                let account = account.to_string();
                let row = sqlx::query(
                    "SELECT name, parent, role, sort_order FROM folders WHERE account = $1 AND id = $2",
                )
                .bind(account.as_str())
                .bind(id.as_str())
                .fetch_optional(&mut *c)
                .await?
                .ok_or(StoreError::NotFound)?;
                let is_system = row.try_get::<Option<String>, _>("role")?.is_some();
                if is_system && (change.name.is_some() || change.parent.is_some()) {
                    return Err(StoreError::SystemFolder);
                }
                let name = change.name.map_or_else(|| row.try_get("name"), Ok)?;
                let parent: Option<String> = change.parent.map_or_else(|| row.try_get("parent"), Ok)?;
                let place = change.sort_order.and_then(|n| i64::try_from(n).ok());
                let place: i64 = place.map_or_else(|| row.try_get("sort_order"), Ok)?;
                if !is_system {
                    check_place(c, &account, &id, &name, parent.as_deref()).await?;
                }
                let modseq = modseq::next(c, &account, Kind::Mailbox).await?;
                sqlx::query(
                    "UPDATE folders SET name = $3, parent = $4, sort_order = $5, modseq = $6, \
                     settings_modseq = $6 WHERE account = $1 AND id = $2",
                )
                .bind(account)
                .bind(id)
                .bind(name)
                .bind(parent)
                .bind(place)
                .bind(modseq)
                .execute(&mut *c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Deletes a folder; with `with_letters`, letters that are nowhere else go with it.
    ///
    /// # Errors
    /// [`StoreError::SystemFolder`], [`StoreError::FolderHasChild`], [`StoreError::FolderHasLetter`].
    pub async fn destroy_folder(
        &self,
        account: MailboxId,
        id: String,
        with_letters: bool,
    ) -> Result<(), StoreError> {
        self.write(account, move |c| {
            Box::pin(async move { destroy(c, &account.to_string(), &id, with_letters).await })
        })
        .await
    }
}

async fn destroy(
    c: &mut AnyConnection,
    account: &str,
    id: &str,
    with_letters: bool,
) -> Result<(), StoreError> {
    let row = sqlx::query("SELECT role, created FROM folders WHERE account = $1 AND id = $2")
        .bind(account)
        .bind(id)
        .fetch_optional(&mut *c)
        .await?
        .ok_or(StoreError::NotFound)?;
    if row.try_get::<Option<String>, _>(0)?.is_some() {
        return Err(StoreError::SystemFolder);
    }
    let child =
        sqlx::query("SELECT 1 FROM folders WHERE account = $1 AND parent = $2").bind(account).bind(id);
    if child.fetch_optional(&mut *c).await?.is_some() {
        return Err(StoreError::FolderHasChild);
    }
    let letters = sqlx::query("SELECT letter FROM letter_folder WHERE account = $1 AND folder = $2")
        .bind(account)
        .bind(id)
        .fetch_all(&mut *c)
        .await?;
    if !letters.is_empty() && !with_letters {
        return Err(StoreError::FolderHasLetter);
    }
    for row in letters {
        let letter: String = row.try_get(0)?;
        let mut folders = letter::folders_of(c, &letter).await?;
        folders.remove(id);
        if folders.is_empty() {
            letter::destroy(c, account, &letter, Timestamp::now()).await?;
        } else {
            letter::set_folders(c, account, &letter, &folders).await?;
        }
    }
    for sql in [
        "DELETE FROM expunged WHERE account = $1 AND folder = $2",
        "DELETE FROM folders WHERE account = $1 AND id = $2",
    ] {
        sqlx::query(sql).bind(account).bind(id).execute(&mut *c).await?;
    }
    modseq::bury(c, account, Kind::Mailbox, id, row.try_get(1)?).await
}

fn folder_of(row: &AnyRow) -> Result<Folder, StoreError> {
    Ok(Folder {
        id: row.try_get("id")?,
        parent: row.try_get("parent")?,
        name: row.try_get("name")?,
        role: row.try_get::<Option<String>, _>("role")?.as_deref().and_then(Role::parse),
        sort_order: unsigned(row.try_get("sort_order")?),
        total: unsigned(row.try_get("total")?),
        unread: unsigned(row.try_get("unread")?),
        threads: unsigned(row.try_get("threads")?),
        unread_threads: unsigned(row.try_get("unread_threads")?),
    })
}

/// The names of a set of folders that are all there.
pub(crate) async fn check_all(
    c: &mut AnyConnection,
    account: &str,
    folders: &BTreeSet<String>,
) -> Result<(), StoreError> {
    if folders.is_empty() {
        return Err(StoreError::BadFolders);
    }
    for folder in folders {
        let found =
            sqlx::query("SELECT 1 FROM folders WHERE account = $1 AND id = $2").bind(account).bind(folder);
        found.fetch_optional(&mut *c).await?.ok_or(StoreError::BadFolders)?;
    }
    Ok(())
}

/// Folders within folders.
const MAX_DEPTH: usize = 10;
/// Where folders of people's own stand among their siblings.
const PLACE_OF_OWN: u64 = 100;
