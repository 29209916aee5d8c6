//! Letters after their end: the trash empties itself after [`KEPT`], and what was destroyed can be
//! brought back for as long again.

use std::{collections::BTreeSet, time::Duration};

use base::{LetterId, MailboxId, Timestamp, random::System};
use database::sqlx::{self, AnyConnection, Row};
use mail_gateway_core::message::{BlobId, Summary};

use crate::store::{
    Store, StoreError,
    deliver::{self, NewLetter, blob_of},
    letter::{self, Imported},
};

/// How long the trash keeps a letter, and how long a destroyed one can be brought back.
pub const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// A letter that was destroyed.
#[derive(Debug, Clone)]
pub struct Removed {
    /// What it was called.
    pub id: String,
    /// Its body.
    pub blob: BlobId,
    /// When it had arrived.
    pub received: Timestamp,
    /// When it was destroyed.
    pub removed: Timestamp,
    /// What its body says.
    pub summary: Summary,
    keywords: BTreeSet<String>,
}

/// Notes that the letter `id` is about to be destroyed. Versions of a draft are not worth it.
pub(crate) async fn note(
    c: &mut AnyConnection,
    account: &str,
    id: &str,
    keywords: &BTreeSet<String>,
    now: Timestamp,
) -> Result<(), StoreError> {
    if keywords.contains("$draft") {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO removed_letters (account, id, blob, keywords, received, removed) \
         SELECT account, id, blob, $3, received, $4 FROM letters WHERE account = $1 AND id = $2",
    )
    .bind(account)
    .bind(id)
    .bind(keywords.iter().cloned().collect::<Vec<_>>().join(" "))
    .bind(now.as_micros())
    .execute(&mut *c)
    .await?;
    Ok(())
}

/// Takes what lay in the trash too long out of it; answers the accounts that changed.
pub(crate) async fn empty_trash(
    c: &mut AnyConnection,
    now: Timestamp,
) -> Result<BTreeSet<String>, StoreError> {
    // Letters that were there before this was noted count from now on.
    sqlx::query("UPDATE letter_folder SET added = $1 WHERE folder = 'trash' AND added = 0")
        .bind(now.as_micros())
        .execute(&mut *c)
        .await?;
    let rows = sqlx::query(
        "SELECT account, letter FROM letter_folder WHERE folder = 'trash' AND added < $1 ORDER BY added LIMIT $2",
    )
    .bind(now.minus(KEPT).as_micros())
    .bind(AT_ONCE)
    .fetch_all(&mut *c)
    .await?;
    let mut changed = BTreeSet::new();
    for row in rows {
        let (account, id): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let mut folders = letter::folders_of(c, &id).await?;
        folders.remove("trash");
        if folders.is_empty() {
            letter::destroy(c, &account, &id, now).await?;
        } else {
            letter::set_folders(c, &account, &id, &folders).await?;
        }
        changed.insert(account);
    }
    sqlx::query("DELETE FROM removed_letters WHERE removed < $1")
        .bind(now.minus(KEPT).as_micros())
        .execute(&mut *c)
        .await?;
    Ok(changed)
}

impl Store {
    /// The letters of `account` that can be brought back, the last destroyed first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn removed(&self, account: MailboxId) -> Result<Vec<Removed>, StoreError> {
        let rows = sqlx::query(
            "SELECT r.id, r.blob, r.received, r.removed, r.keywords, b.summary FROM removed_letters r \
             JOIN bodies b ON b.blob = r.blob WHERE r.account = $1 ORDER BY r.removed DESC, r.id LIMIT $2",
        )
        .bind(account.to_string())
        .bind(LISTED)
        .fetch_all(self.database().readers())
        .await?;
        rows.iter()
            .map(|row| {
                let summary: String = row.try_get("summary")?;
                let keywords: String = row.try_get("keywords")?;
                Ok(Removed {
                    id: row.try_get("id")?,
                    blob: blob_of(row, "blob")?,
                    received: Timestamp::from_micros(row.try_get("received")?),
                    removed: Timestamp::from_micros(row.try_get("removed")?),
                    summary: serde_json::from_str(&summary).map_err(|_| StoreError::Corrupt("summary"))?,
                    keywords: keywords.split_whitespace().map(str::to_owned).collect(),
                })
            })
            .collect()
    }

    /// Brings the destroyed letter `id` back into the inbox under a new id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it cannot be brought back any more.
    pub async fn bring_back(&self, account: MailboxId, id: &str) -> Result<Imported, StoreError> {
        let removed = self.removed(account).await?.into_iter().find(|one| one.id == id);
        let removed = removed.ok_or(StoreError::NotFound)?;
        let new = LetterId::new(removed.received, &mut System);
        let (blob, size) = (removed.blob.clone(), removed.summary.size);
        let thread = self
            .write(account, move |c| {
                Box::pin(async move { again(c, &account.to_string(), new, &removed).await })
            })
            .await?;
        Ok(Imported { id: new, blob, thread, size })
    }
}

/// Puts `removed` into the inbox as `new`, once.
async fn again(
    c: &mut AnyConnection,
    account: &str,
    new: LetterId,
    removed: &Removed,
) -> Result<String, StoreError> {
    let gone = sqlx::query("DELETE FROM removed_letters WHERE account = $1 AND id = $2")
        .bind(account)
        .bind(removed.id.as_str())
        .execute(&mut *c)
        .await?;
    if gone.rows_affected() == 0 {
        return Err(StoreError::NotFound);
    }
    let letter = NewLetter {
        id: new,
        blob: &removed.blob,
        summary: &removed.summary,
        folders: &BTreeSet::from(["inbox".to_owned()]),
        keywords: &removed.keywords,
        received: removed.received,
    };
    deliver::insert(c, account, &letter).await
}

/// Letters taken out of the trash in one transaction; the next sweep goes on.
const AT_ONCE: i64 = 500;
/// Letters listed.
const LISTED: i64 = 500;

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, time::Duration};

    use base::{MailboxId, Timestamp};
    use directory_core::MailboxKind;

    use crate::store::{
        Role, Store, StoreError,
        letter::{LetterChange, SetChange},
        tests::store,
    };

    const AN: MailboxId = MailboxId::from_u128(1);
    const DAY: Duration = Duration::from_secs(86_400);

    async fn deliver(store: &Store, key: &str, raw: &'static str) -> String {
        let raw = bytes::Bytes::from_static(raw.as_bytes());
        let seen = vec!["$seen".to_owned()];
        let done = store.deliver_letter(key.into(), AN, Role::Inbox, raw, seen, Timestamp::now()).await;
        done.unwrap().unwrap().to_string()
    }

    #[tokio::test]
    async fn the_trash_empties_itself_and_what_was_destroyed_comes_back_for_a_while() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        let kept = deliver(&store, "1", "Subject: a\r\n\r\n").await;
        let id = deliver(&store, "2", "Subject: b\r\n\r\nquan trọng").await;
        let folders = Some(SetChange::Replace(BTreeSet::from(["trash".to_owned()])));
        store
            .update_letter(AN, id.clone(), LetterChange { keywords: None, folders, by: None })
            .await
            .unwrap();
        let now = Timestamp::now();
        store.sweep(now.plus(DAY * 29)).await.unwrap();
        assert!(store.letter(AN, &id).await.is_ok(), "29 days are not 30");
        store.sweep(now.plus(DAY * 31)).await.unwrap();
        assert!(matches!(store.letter(AN, &id).await, Err(StoreError::NotFound)));
        assert!(store.letter(AN, &kept).await.is_ok());

        let back = store.bring_back(AN, &id).await.unwrap();
        let letter = store.letter(AN, &back.id.to_string()).await.unwrap();
        assert!(letter.folders.contains("inbox") && letter.keywords.contains("$seen"));
        assert!(store.open_blob(&letter.blob).await.is_ok());
        assert!(matches!(store.bring_back(AN, &id).await, Err(StoreError::NotFound)), "once");

        store.destroy_letter(AN, back.id.to_string()).await.unwrap();
        store.sweep(Timestamp::now().plus(DAY * 31)).await.unwrap();
        assert!(store.removed(AN).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_mailbox_knows_what_it_holds_and_may_hold() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        let id = deliver(&store, "1", "Subject: a\r\n\r\n").await;
        let room = store.room(AN, MailboxKind::Personal).await.unwrap();
        assert_eq!((room.usage.letters, room.usage.bytes, room.limit), (1, 14, 2_000_000_000));
        assert_eq!(store.room(AN, MailboxKind::Agency).await.unwrap().limit, 10_000_000_000);
        store.set_quota(AN, Some(20)).await.unwrap();
        let room = store.room(AN, MailboxKind::Personal).await.unwrap();
        assert!(room.has_room(6) && !room.has_room(7));
        store.destroy_letter(AN, id).await.unwrap();
        assert_eq!(store.usage(AN).await.unwrap().bytes, 0);
    }
}
