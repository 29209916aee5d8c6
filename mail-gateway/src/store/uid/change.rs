//! Changing flags and removing letters by UID.

use std::collections::BTreeSet;

use base::{MailboxId, Timestamp};
use database::sqlx::{self, AnyConnection, Row};
use mail_gateway_core::imap::{command::How, write::DELETED};

use super::{
    super::{Kind, Store, StoreError, letter, modseq},
    uid_of,
};

/// How flags are to change.
#[derive(Debug, Clone)]
pub struct FlagEdit {
    /// Added, removed, or the new whole.
    pub how: How,
    /// Keywords, with `\deleted` among them.
    pub keywords: BTreeSet<String>,
    /// Only letters not changed after this mod-sequence (RFC 7162 §3.1.3).
    pub unchanged_since: Option<i64>,
    /// Who changes them; a mark of handling is noted with that name.
    pub by: Option<letter::Act>,
}

impl FlagEdit {
    /// Adds one keyword, whatever happened meanwhile.
    pub fn add(keyword: &str) -> Self {
        Self { how: How::Add, keywords: [keyword.to_owned()].into(), unchanged_since: None, by: None }
    }
}

impl Store {
    /// Changes flags; answers the UIDs that were left alone because they had changed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn edit_flags(
        &self,
        account: MailboxId,
        folder: &str,
        uids: &[u32],
        edit: &FlagEdit,
    ) -> Result<Vec<u32>, StoreError> {
        let mut refused = Vec::new();
        for piece in uids.chunks(PIECE) {
            let (folder, piece, edit) = (folder.to_owned(), piece.to_vec(), edit.clone());
            let left = self.write(account, move |c| {
                Box::pin(async move {
                    let account = account.to_string();
                    let mut left = Vec::new();
                    for uid in piece {
                        if !edit_one(c, &account, &folder, uid, &edit).await? {
                            left.push(uid);
                        }
                    }
                    Ok(left)
                })
            });
            refused.extend(left.await?);
        }
        Ok(refused)
    }

    /// Removes the letters marked `\Deleted`, among `uids` if given; answers how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn expunge(
        &self,
        account: MailboxId,
        folder: &str,
        uids: Option<Vec<u32>>,
    ) -> Result<usize, StoreError> {
        let rows =
            sqlx::query("SELECT uid FROM letter_folder WHERE account = $1 AND folder = $2 AND deleted = 1")
                .bind(account.to_string())
                .bind(folder)
                .fetch_all(self.database().readers())
                .await?;
        let mut marked = Vec::new();
        for row in &rows {
            let uid = uid_of(row, "uid")?;
            if uids.as_ref().is_none_or(|uids| uids.binary_search(&uid).is_ok()) {
                marked.push(uid);
            }
        }
        for piece in marked.chunks(PIECE) {
            let (folder, piece) = (folder.to_owned(), piece.to_vec());
            self.write(account, move |c| {
                Box::pin(async move {
                    let account = account.to_string();
                    for uid in piece {
                        remove(c, &account, &folder, uid, true).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        }
        Ok(marked.len())
    }
}

/// The letter of a UID and whether it is marked.
pub(super) async fn find(
    c: &mut AnyConnection,
    account: &str,
    folder: &str,
    uid: u32,
) -> Result<Option<(String, bool, i64)>, StoreError> {
    let row = sqlx::query(
        "SELECT letter, deleted, modseq FROM letter_folder WHERE account = $1 AND folder = $2 AND uid = $3",
    )
    .bind(account)
    .bind(folder)
    .bind(i64::from(uid))
    .fetch_optional(&mut *c)
    .await?;
    row.map(|row| Ok((row.try_get(0)?, row.try_get::<i64, _>(1)? != 0, row.try_get(2)?))).transpose()
}

/// `false` when the letter had changed meanwhile.
async fn edit_one(
    c: &mut AnyConnection,
    account: &str,
    folder: &str,
    uid: u32,
    edit: &FlagEdit,
) -> Result<bool, StoreError> {
    let Some((letter, was_deleted, modseq)) = find(c, account, folder, uid).await? else { return Ok(true) };
    if edit.unchanged_since.is_some_and(|since| modseq > since) {
        return Ok(false);
    }
    let before = letter::keywords_of(c, &letter).await?;
    let mut current = before.clone();
    if was_deleted {
        current.insert(DELETED.to_owned());
    }
    let mut wanted: BTreeSet<String> = match edit.how {
        How::Add => current.union(&edit.keywords).cloned().collect(),
        How::Remove => current.difference(&edit.keywords).cloned().collect(),
        How::Replace => edit.keywords.clone(),
    };
    let deleted = wanted.remove(DELETED);
    if wanted.len() > MAX_KEYWORDS {
        return Err(StoreError::Corrupt("too many keywords"));
    }
    letter::set_keywords(c, account, &letter, &wanted).await?;
    letter::handling::follow(c, &letter, &before, &wanted, edit.by.as_ref()).await?;
    if deleted != was_deleted {
        mark(c, account, folder, uid, deleted).await?;
    }
    Ok(true)
}

/// Sets or clears `\Deleted`.
pub(super) async fn mark(
    c: &mut AnyConnection,
    account: &str,
    folder: &str,
    uid: u32,
    deleted: bool,
) -> Result<(), StoreError> {
    let modseq = modseq::next(c, account, Kind::Email).await?;
    sqlx::query(
        "UPDATE letter_folder SET deleted = $4, modseq = $5 WHERE account = $1 AND folder = $2 AND uid = $3",
    )
    .bind(account)
    .bind(folder)
    .bind(i64::from(uid))
    .bind(i64::from(deleted))
    .bind(modseq)
    .execute(&mut *c)
    .await?;
    Ok(())
}

/// Takes a letter out of a folder; one that is nowhere else is destroyed. With `marked`, only if it
/// still bears `\Deleted`: another client may have taken the mark away.
pub(super) async fn remove(
    c: &mut AnyConnection,
    account: &str,
    folder: &str,
    uid: u32,
    marked: bool,
) -> Result<(), StoreError> {
    let Some((id, is_marked, _)) = find(c, account, folder, uid).await? else { return Ok(()) };
    if marked && !is_marked {
        return Ok(());
    }
    let mut folders = letter::folders_of(c, &id).await?;
    folders.remove(folder);
    if folders.is_empty() {
        letter::destroy(c, account, &id, Timestamp::now()).await
    } else {
        letter::set_folders(c, account, &id, &folders).await
    }
}

/// Letters changed in one transaction: other writers get their turn in between.
const PIECE: usize = 200;
/// Keywords of one letter.
const MAX_KEYWORDS: usize = 100;
