//! The counts of folders (RFC 8621 §2: `totalEmails` and its like), kept up to date conversation by
//! conversation, so that showing a folder list reads one row per folder.

use std::collections::BTreeMap;

use database::sqlx::{self, AnyConnection, Row};

use crate::store::{Kind, StoreError, modseq};

/// What one conversation adds to one folder's counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Share {
    letters: i64,
    unread: i64,
    is_unread: i64,
}

/// Brings the counts up to date after `letter` came into a folder, left one or changed between read
/// and unread, and notes the change in every folder of its conversation: an unread letter in one makes
/// the conversation unread in all (RFC 8621 §2, `unreadThreads`).
pub(crate) async fn touch_around(
    c: &mut AnyConnection,
    account: &str,
    letter: &str,
) -> Result<(), StoreError> {
    let row = sqlx::query("SELECT thread FROM letters WHERE id = $1").bind(letter).fetch_one(&mut *c).await?;
    let thread: String = row.try_get(0)?;
    let old = known(c, account, &thread).await?;
    let new = counted(c, account, &thread).await?;
    let mut folders: BTreeMap<&String, (Share, Share)> = BTreeMap::new();
    for (folder, share) in &old {
        folders.entry(folder).or_default().0 = *share;
    }
    for (folder, share) in &new {
        folders.entry(folder).or_default().1 = *share;
    }
    for (folder, (old, new)) in folders {
        if old != new {
            keep(c, account, &thread, folder, new).await?;
        }
        let modseq = modseq::next(c, account, Kind::Mailbox).await?;
        sqlx::query(
            "UPDATE folders SET modseq = $3, total = total + $4, unread = unread + $5, threads = threads + $6, \
             unread_threads = unread_threads + $7 WHERE account = $1 AND id = $2",
        )
        .bind(account)
        .bind(folder.as_str())
        .bind(modseq)
        .bind(new.letters - old.letters)
        .bind(new.unread - old.unread)
        .bind(i64::from(new.letters > 0) - i64::from(old.letters > 0))
        .bind(new.is_unread - old.is_unread)
        .execute(&mut *c)
        .await?;
    }
    Ok(())
}

/// The shares of `thread` as they were counted last.
async fn known(
    c: &mut AnyConnection,
    account: &str,
    thread: &str,
) -> Result<BTreeMap<String, Share>, StoreError> {
    let rows = sqlx::query(
        "SELECT folder, letters, unread, is_unread FROM folder_threads WHERE account = $1 AND thread = $2",
    )
    .bind(account)
    .bind(thread)
    .fetch_all(&mut *c)
    .await?;
    let share = |row: &sqlx::any::AnyRow| -> Result<(String, Share), StoreError> {
        let (letters, unread, is_unread) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        Ok((row.try_get(0)?, Share { letters, unread, is_unread }))
    };
    rows.iter().map(share).collect()
}

/// The shares of `thread` as its letters are.
async fn counted(
    c: &mut AnyConnection,
    account: &str,
    thread: &str,
) -> Result<BTreeMap<String, Share>, StoreError> {
    let rows = sqlx::query(
        "SELECT f.folder, COUNT(*), CAST(SUM(l.unread) AS BIGINT) FROM letters l \
         JOIN letter_folder f ON f.letter = l.id WHERE l.account = $1 AND l.thread = $2 GROUP BY f.folder",
    )
    .bind(account)
    .bind(thread)
    .fetch_all(&mut *c)
    .await?;
    let mut shares = BTreeMap::new();
    for row in &rows {
        let share = Share { letters: row.try_get(1)?, unread: row.try_get(2)?, is_unread: 0 };
        shares.insert(row.try_get::<String, _>(0)?, share);
    }
    // RFC 8621 §2: letters in the trash make a conversation unread in the trash alone, and no others do.
    let unread = |shares: &BTreeMap<String, Share>, in_trash: bool| {
        shares.iter().any(|(folder, share)| share.unread > 0 && (folder == TRASH) == in_trash)
    };
    let (inside, outside) = (unread(&shares, true), unread(&shares, false));
    for (folder, share) in &mut shares {
        share.is_unread = i64::from(if folder == TRASH { inside } else { outside });
    }
    Ok(shares)
}

async fn keep(
    c: &mut AnyConnection,
    account: &str,
    thread: &str,
    folder: &str,
    share: Share,
) -> Result<(), StoreError> {
    if share.letters == 0 {
        sqlx::query("DELETE FROM folder_threads WHERE account = $1 AND thread = $2 AND folder = $3")
            .bind(account)
            .bind(thread)
            .bind(folder)
            .execute(&mut *c)
            .await?;
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO folder_threads (account, thread, folder, letters, unread, is_unread) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account, thread, folder) DO UPDATE SET \
         letters = excluded.letters, unread = excluded.unread, is_unread = excluded.is_unread",
    )
    .bind(account)
    .bind(thread)
    .bind(folder)
    .bind(share.letters)
    .bind(share.unread)
    .bind(share.is_unread)
    .execute(&mut *c)
    .await?;
    Ok(())
}

/// The id of the trash: a system folder is named by its role.
const TRASH: &str = "trash";
