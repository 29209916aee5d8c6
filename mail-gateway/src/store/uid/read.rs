//! Reading: folders with their counters, what changed since a mod-sequence, rows of letters.

use base::{MailboxId, Timestamp};
use database::sqlx::{self, AssertSqlSafe, Row};
use mail_gateway_core::{mailbox::Role, message::BlobId};

use super::{
    super::{Store, StoreError, deliver::blob_of, unsigned},
    uid_of,
};

/// A folder without counts: what names and selections need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderRow {
    /// Its id.
    pub id: String,
    /// The folder it lies in.
    pub parent: Option<String>,
    /// Its name.
    pub name: String,
    /// Its purpose.
    pub role: Option<Role>,
}

/// The counters of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FolderState {
    /// UIDVALIDITY.
    pub uid_validity: u32,
    /// UIDNEXT.
    pub uid_next: u32,
    /// HIGHESTMODSEQ.
    pub highest_modseq: i64,
    /// Letters.
    pub total: u64,
    /// Unread letters.
    pub unread: u64,
}

/// What STATUS counts letter by letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Letters marked `\Deleted`.
    pub deleted: u64,
    /// Octets.
    pub octets: u64,
}

/// What happened in a folder since a mod-sequence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    /// UIDs that are new or changed, ascending.
    pub present: Vec<u32>,
    /// UIDs that left, ascending.
    pub gone: Vec<u32>,
    /// HIGHESTMODSEQ now.
    pub highest_modseq: i64,
}

/// Which parts of a row are wanted besides its ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Keywords and `\Deleted`.
    pub flags: bool,
    /// ENVELOPE, BODY, BODYSTRUCTURE.
    pub facts: bool,
    /// The summary, as JSON.
    pub summary: bool,
}

/// A letter in a folder.
#[derive(Debug, Clone)]
pub struct LetterRow {
    /// Its UID there.
    pub uid: u32,
    /// Its id.
    pub letter: String,
    /// Its conversation.
    pub thread: String,
    /// Its body.
    pub blob: BlobId,
    /// Octets.
    pub size: u64,
    /// When it arrived.
    pub received: Timestamp,
    /// Its mod-sequence there.
    pub modseq: i64,
    /// Its keywords, and `\deleted`.
    pub keywords: Vec<String>,
    /// ENVELOPE, BODY and BODYSTRUCTURE, if they were made.
    pub facts: Option<[String; 3]>,
    /// The summary.
    pub summary: Option<String>,
}

impl Store {
    /// The folders of `account`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn folder_rows(&self, account: MailboxId) -> Result<Vec<FolderRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, parent, name, role FROM folders WHERE account = $1 ORDER BY sort_order, name, id",
        )
        .bind(account.to_string())
        .fetch_all(self.database().readers())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(FolderRow {
                    id: row.try_get("id")?,
                    parent: row.try_get("parent")?,
                    name: row.try_get("name")?,
                    role: row.try_get::<Option<String>, _>("role")?.as_deref().and_then(Role::parse),
                })
            })
            .collect()
    }

    /// The counters and the ascending UIDs of a folder, of one moment; `None` when it does not exist.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn folder_uids(
        &self,
        account: MailboxId,
        folder: &str,
    ) -> Result<Option<(FolderState, Vec<u32>)>, StoreError> {
        let account = account.to_string();
        let mut snapshot = self.database().readers().begin().await?;
        let Some(state) = state(&mut snapshot, &account, folder).await? else { return Ok(None) };
        let rows =
            sqlx::query("SELECT uid FROM letter_folder WHERE account = $1 AND folder = $2 ORDER BY uid")
                .bind(account)
                .bind(folder)
                .fetch_all(&mut *snapshot)
                .await?;
        let uids: Result<Vec<u32>, StoreError> = rows.iter().map(|row| uid_of(row, "uid")).collect();
        Ok(Some((state, uids?)))
    }

    /// The counters of a folder.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn folder_state(
        &self,
        account: MailboxId,
        folder: &str,
    ) -> Result<Option<FolderState>, StoreError> {
        let mut reader = self.database().readers().acquire().await?;
        state(&mut reader, &account.to_string(), folder).await
    }

    /// What STATUS counts in a folder.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn folder_counts(&self, account: MailboxId, folder: &str) -> Result<Counts, StoreError> {
        let row = sqlx::query(
            "SELECT CAST(COALESCE(SUM(x.deleted), 0) AS BIGINT), CAST(COALESCE(SUM(b.size), 0) AS BIGINT) \
             FROM letter_folder x JOIN letters l ON l.id = x.letter JOIN bodies b ON b.blob = l.blob \
             WHERE x.account = $1 AND x.folder = $2",
        )
        .bind(account.to_string())
        .bind(folder)
        .fetch_one(self.database().readers())
        .await?;
        Ok(Counts { deleted: unsigned(row.try_get(0)?), octets: unsigned(row.try_get(1)?) })
    }

    /// What happened in a folder after mod-sequence `since`; `None` when it does not exist.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn folder_changes(
        &self,
        account: MailboxId,
        folder: &str,
        since: i64,
    ) -> Result<Option<Changed>, StoreError> {
        let account = account.to_string();
        let mut snapshot = self.database().readers().begin().await?;
        let Some(state) = state(&mut snapshot, &account, folder).await? else { return Ok(None) };
        let mut changed = Changed { highest_modseq: state.highest_modseq, ..Changed::default() };
        if state.highest_modseq <= since {
            return Ok(Some(changed));
        }
        for (table, list) in [("letter_folder", &mut changed.present), ("expunged", &mut changed.gone)] {
            let sql = format!(
                "SELECT uid FROM {table} WHERE account = $1 AND folder = $2 AND modseq > $3 ORDER BY uid"
            );
            let rows = sqlx::query(AssertSqlSafe(sql))
                .bind(account.as_str())
                .bind(folder)
                .bind(since)
                .fetch_all(&mut *snapshot)
                .await?;
            for row in &rows {
                list.push(uid_of(row, "uid")?);
            }
        }
        Ok(Some(changed))
    }

    /// The rows of the ascending `uids` of a folder; those that are gone are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn letter_rows(
        &self,
        account: MailboxId,
        folder: &str,
        uids: &[u32],
        wanted: Wanted,
    ) -> Result<Vec<LetterRow>, StoreError> {
        let (Some(first), Some(last)) = (uids.first(), uids.last()) else { return Ok(Vec::new()) };
        // Numbers, so nothing of a client is spliced into the statement.
        let span = usize::try_from(last - first).unwrap_or(usize::MAX);
        let which = if span < uids.len() * 2 {
            format!("x.uid BETWEEN {first} AND {last}")
        } else {
            let list: Vec<String> = uids.iter().map(u32::to_string).collect();
            format!("x.uid IN ({})", list.join(", "))
        };
        let mut columns = String::new();
        let mut joins = String::new();
        if wanted.facts {
            columns.push_str(", s.envelope, s.body, s.structure");
            joins.push_str(" LEFT JOIN body_structures s ON s.blob = l.blob");
        }
        if wanted.summary {
            columns.push_str(", b.summary");
        }
        let sql = format!(
            "SELECT x.uid, x.letter, x.modseq, x.deleted, l.received, l.thread, l.blob, b.size{columns} \
             FROM letter_folder x JOIN letters l ON l.id = x.letter JOIN bodies b ON b.blob = l.blob{joins} \
             WHERE x.account = $1 AND x.folder = $2 AND {which} ORDER BY x.uid"
        );
        let mut snapshot = self.database().readers().begin().await?;
        let found = sqlx::query(AssertSqlSafe(sql))
            .persistent(false)
            .bind(account.to_string())
            .bind(folder)
            .fetch_all(&mut *snapshot)
            .await?;
        let mut rows = Vec::with_capacity(found.len());
        for row in &found {
            let row = letter_row(row, wanted)?;
            if uids.binary_search(&row.uid).is_ok() {
                rows.push(row);
            }
        }
        if wanted.flags {
            let sql = format!(
                "SELECT x.uid, k.keyword FROM letter_folder x JOIN keywords k ON k.letter = x.letter \
                 WHERE x.account = $1 AND x.folder = $2 AND {which} ORDER BY x.uid, k.keyword"
            );
            let found = sqlx::query(AssertSqlSafe(sql))
                .persistent(false)
                .bind(account.to_string())
                .bind(folder)
                .fetch_all(&mut *snapshot)
                .await?;
            for row in &found {
                let uid = uid_of(row, "uid")?;
                if let Ok(place) = rows.binary_search_by_key(&uid, |row| row.uid)
                    && let Some(letter) = rows.get_mut(place)
                {
                    letter.keywords.push(row.try_get("keyword")?);
                }
            }
        }
        Ok(rows)
    }

    /// The lowest UID of an unread letter of a folder.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn first_unread(&self, account: MailboxId, folder: &str) -> Result<Option<u32>, StoreError> {
        let row = sqlx::query(
            "SELECT MIN(x.uid) AS uid FROM letters l JOIN letter_folder x ON x.letter = l.id AND x.folder = $2 \
             WHERE l.account = $1 AND l.unread = 1",
        )
        .bind(account.to_string())
        .bind(folder)
        .fetch_one(self.database().readers())
        .await?;
        Ok(row.try_get::<Option<i64>, _>("uid")?.and_then(|uid| u32::try_from(uid).ok()))
    }
}

async fn state(
    c: &mut sqlx::AnyConnection,
    account: &str,
    folder: &str,
) -> Result<Option<FolderState>, StoreError> {
    let row = sqlx::query(
        "SELECT f.uid_validity, f.uid_next, f.highest_modseq, f.total, f.unread, COALESCE((SELECT MAX(x.modseq) FROM letter_folder x \
         WHERE x.account = f.account AND x.folder = f.id), 0) AS of_letters \
         FROM folders f WHERE f.account = $1 AND f.id = $2",
    )
    .bind(account)
    .bind(folder)
    .fetch_optional(&mut *c)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let highest: i64 = row.try_get("highest_modseq")?;
    Ok(Some(FolderState {
        uid_validity: uid_of(&row, "uid_validity")?,
        uid_next: uid_of(&row, "uid_next")?,
        highest_modseq: highest.max(row.try_get("of_letters")?),
        total: unsigned(row.try_get("total")?),
        unread: unsigned(row.try_get("unread")?),
    }))
}

fn letter_row(row: &sqlx::any::AnyRow, wanted: Wanted) -> Result<LetterRow, StoreError> {
    let facts = if wanted.facts {
        let part = |name: &str| row.try_get::<Option<String>, _>(name);
        match (part("envelope")?, part("body")?, part("structure")?) {
            (Some(envelope), Some(body), Some(structure)) => Some([envelope, body, structure]),
            _ => None,
        }
    } else {
        None
    };
    let deleted = row.try_get::<i64, _>("deleted")? != 0;
    Ok(LetterRow {
        uid: uid_of(row, "uid")?,
        letter: row.try_get("letter")?,
        thread: row.try_get("thread")?,
        blob: blob_of(row, "blob")?,
        size: unsigned(row.try_get("size")?),
        received: Timestamp::from_micros(row.try_get("received")?),
        modseq: row.try_get("modseq")?,
        keywords: if deleted { vec![mail_gateway_core::imap::write::DELETED.to_owned()] } else { Vec::new() },
        facts,
        summary: if wanted.summary { row.try_get("summary")? } else { None },
    })
}
