//! Whether everything the rows name is on disk as it was stored, and the rows agree with each other.
//!
//! What can be made right from what is there is made right when asked; a lost body cannot, and is named.

use std::{collections::BTreeSet, fmt};

use base::Timestamp;
use database::sqlx::{self, AnyConnection, Row};
use mail_gateway_core::message::BlobId;

use crate::store::{Store, StoreError, folder, index, modseq, unsigned};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Bodies looked at.
    pub bodies: u64,
    /// Bodies that rows name and the disk does not have.
    pub missing: Vec<BlobId>,
    /// Bodies whose bytes are not what was stored.
    pub damaged: Vec<BlobId>,
    /// Files that nothing names.
    pub orphans: u64,
    /// Letters in no folder: kept, but nobody would see them.
    pub lost_letters: u64,
    /// Places in folders without a letter.
    pub empty_places: u64,
    /// Folders whose counts are wrong.
    pub wrong_counts: u64,
    /// Bodies of letters that neither the index nor its list of work knows.
    pub unindexed: u64,
    /// Whether what can be repaired was.
    pub is_repaired: bool,
}

impl Report {
    /// Whether nothing is wrong, or nothing is any more.
    pub fn is_sound(&self) -> bool {
        let lost = self.missing.len() + self.damaged.len();
        let wrong = self.lost_letters + self.empty_places + self.wrong_counts + self.unindexed + self.orphans;
        lost == 0 && (wrong == 0 || self.is_repaired)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} bodies were read.", self.bodies)?;
        for (list, what) in [(&self.missing, "is missing"), (&self.damaged, "is damaged")] {
            for blob in list {
                // Written over it would destroy the bodies that share its file.
                writeln!(
                    f,
                    "The body {blob} {what}: bring the file mail/blobs/…/{blob} back from a backup \
                     (cp --remove-destination)."
                )?;
            }
        }
        let done = if self.is_repaired { "repaired" } else { "--repair makes this right" };
        for (count, what) in [
            (self.orphans, "files that nothing names"),
            (self.lost_letters, "letters in no folder"),
            (self.empty_places, "places in folders without a letter"),
            (self.wrong_counts, "folders with wrong counts"),
            (self.unindexed, "bodies that search does not know"),
        ] {
            if count > 0 {
                writeln!(f, "{count} {what} ({done}).")?;
            }
        }
        f.write_str(if self.is_sound() { "The mail store is sound." } else { "The mail store is not sound." })
    }
}

impl Store {
    /// Reads every body and compares the rows; with `repair`, makes right what can be.
    ///
    /// # Errors
    /// When disk or database fail.
    pub async fn verify(&self, repair: bool, now: Timestamp) -> Result<Report, StoreError> {
        let mut report = Report { is_repaired: repair, ..Report::default() };
        self.verify_bodies(&mut report).await?;
        self.verify_files(&mut report, repair).await?;
        self.index_pending().await?;
        let rows = if repair {
            self.database().write(move |c| Box::pin(async move { rows(c, true, now).await })).await?
        } else {
            // Beside the writer: looking through millions of rows must not keep letters waiting.
            let mut snapshot = self.database().readers().begin().await?;
            rows(&mut snapshot, false, now).await?
        };
        Ok(Report {
            bodies: report.bodies,
            missing: report.missing,
            damaged: report.damaged,
            orphans: report.orphans,
            ..rows
        })
    }

    async fn verify_bodies(&self, report: &mut Report) -> Result<(), StoreError> {
        let mut last = String::new();
        loop {
            let rows = sqlx::query("SELECT blob FROM bodies WHERE blob > $1 ORDER BY blob LIMIT $2")
                .bind(last.as_str())
                .bind(PAGE)
                .fetch_all(self.database().readers())
                .await?;
            for row in &rows {
                last = row.try_get(0)?;
                let blob: BlobId = last.parse().map_err(|_| StoreError::Corrupt("blob"))?;
                report.bodies += 1;
                match self.open_blob(&blob).await {
                    Ok(bytes) => {
                        let read = tokio::task::spawn_blocking(move || BlobId::of(&bytes));
                        if read.await.map_err(std::io::Error::other)? != blob {
                            report.damaged.push(blob);
                        }
                    }
                    Err(StoreError::MissingBlob(blob)) => report.missing.push(blob),
                    Err(error) => return Err(error),
                }
            }
            if rows.is_empty() {
                return Ok(());
            }
        }
    }

    /// Files without a row. Those stored a moment ago may be waiting for theirs and are left alone.
    async fn verify_files(&self, report: &mut Report, repair: bool) -> Result<(), StoreError> {
        let _quiet = self.deleting.lock().await;
        for blob in self.blobs().old_files().await? {
            let row = sqlx::query(
                "SELECT EXISTS (SELECT 1 FROM bodies WHERE blob = $1) OR EXISTS (SELECT 1 FROM uploads WHERE blob = $1) \
                 OR EXISTS (SELECT 1 FROM queue_letter WHERE blob = $1) \
                 OR EXISTS (SELECT 1 FROM quarantine WHERE blob = $1)",
            )
            .bind(blob.as_str())
            .fetch_one(self.database().readers())
            .await?;
            if row.try_get::<i64, _>(0)? == 0 {
                report.orphans += 1;
                if repair {
                    self.blobs().remove(blob).await?;
                }
            }
        }
        Ok(())
    }
}

/// Compares the rows with each other, inside one transaction.
async fn rows(c: &mut AnyConnection, repair: bool, now: Timestamp) -> Result<Report, StoreError> {
    let mut report = Report { is_repaired: repair, ..Report::default() };
    let lost = sqlx::query(
        "SELECT account, id FROM letters WHERE NOT EXISTS (SELECT 1 FROM letter_folder f WHERE f.letter = letters.id)",
    )
    .fetch_all(&mut *c)
    .await?;
    for row in &lost {
        report.lost_letters += 1;
        if repair {
            let (account, letter): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            folder::ensure_account(c, &account, now).await?;
            let modseq = modseq::next(c, &account, modseq::Kind::Email).await?;
            folder::add_letter(c, &account, "inbox", &letter, modseq).await?;
        }
    }
    let empty = "FROM letter_folder WHERE NOT EXISTS (SELECT 1 FROM letters l WHERE l.id = letter_folder.letter) \
                 OR NOT EXISTS (SELECT 1 FROM folders o WHERE o.account = letter_folder.account AND o.id = letter_folder.folder)";
    report.empty_places = count(c, &format!("SELECT COUNT(*) {empty}")).await?;
    report.wrong_counts = count(c, WRONG_COUNTS).await?;
    let unindexed = index::unknown(c).await?;
    report.unindexed = u64::try_from(unindexed.len()).unwrap_or(u64::MAX);
    if repair {
        sqlx::query(sqlx::AssertSqlSafe(format!("DELETE {empty}"))).execute(&mut *c).await?;
        for doc in unindexed {
            index::note(c, doc).await?;
        }
        if report.wrong_counts > 0 || report.empty_places > 0 {
            recount(c).await?;
        }
    }
    Ok(report)
}

async fn count(c: &mut AnyConnection, sql: &str) -> Result<u64, StoreError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).fetch_one(&mut *c).await?;
    Ok(unsigned(row.try_get(0)?))
}

/// Makes all counts anew and tells every client of the folders that were wrong.
async fn recount(c: &mut AnyConnection) -> Result<(), StoreError> {
    let wrong = sqlx::query(sqlx::AssertSqlSafe(WRONG_COUNTS.replacen("COUNT(*)", "f.account, f.id", 1)))
        .fetch_all(&mut *c)
        .await?;
    for sql in RECOUNT {
        sqlx::query(sql).execute(&mut *c).await?;
    }
    let mut told = BTreeSet::new();
    for row in &wrong {
        let (account, folder): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        if told.insert((account.clone(), folder.clone())) {
            let modseq = modseq::next(c, &account, modseq::Kind::Mailbox).await?;
            sqlx::query("UPDATE folders SET modseq = $3 WHERE account = $1 AND id = $2")
                .bind(account)
                .bind(folder)
                .bind(modseq)
                .execute(&mut *c)
                .await?;
        }
    }
    Ok(())
}

/// Folders whose numbers are not those of their letters.
const WRONG_COUNTS: &str = "SELECT COUNT(*) FROM folders f LEFT JOIN (\
     SELECT p.account AS account, p.folder AS folder, COUNT(*) AS total, CAST(SUM(l.unread) AS BIGINT) AS unread, \
     COUNT(DISTINCT l.thread) AS threads FROM letter_folder p JOIN letters l ON l.id = p.letter \
     GROUP BY p.account, p.folder) AS n ON n.account = f.account AND n.folder = f.id \
     WHERE f.total <> COALESCE(n.total, 0) OR f.unread <> COALESCE(n.unread, 0) OR f.threads <> COALESCE(n.threads, 0)";

/// As in the migration that began to keep counts.
const RECOUNT: [&str; 5] = [
    "DELETE FROM folder_threads",
    "INSERT INTO folder_threads (account, thread, folder, letters, unread, is_unread) \
     SELECT f.account, l.thread, f.folder, COUNT(*), CAST(SUM(l.unread) AS BIGINT), 0 \
     FROM letter_folder f JOIN letters l ON l.id = f.letter GROUP BY f.account, l.thread, f.folder",
    "UPDATE folder_threads SET is_unread = 1 WHERE EXISTS (SELECT 1 FROM folder_threads o \
     WHERE o.account = folder_threads.account AND o.thread = folder_threads.thread AND o.unread > 0 \
     AND (o.folder = 'trash') = (folder_threads.folder = 'trash'))",
    "UPDATE folders SET total = 0, unread = 0, threads = 0, unread_threads = 0",
    "UPDATE folders SET total = n.total, unread = n.unread, threads = n.threads, unread_threads = n.unread_threads \
     FROM (SELECT account, folder, CAST(SUM(letters) AS BIGINT) AS total, CAST(SUM(unread) AS BIGINT) AS unread, \
     COUNT(*) AS threads, CAST(SUM(is_unread) AS BIGINT) AS unread_threads FROM folder_threads \
     GROUP BY account, folder) AS n WHERE n.account = folders.account AND n.folder = folders.id",
];

/// Bodies looked up at a time.
const PAGE: i64 = 500;

#[cfg(test)]
mod tests {
    use base::{MailboxId, Timestamp};
    use bytes::Bytes;
    use database::sqlx;
    use mail_gateway_core::message::BlobId;

    use crate::store::{Role, Store, StoreError, tests::store};

    const AN: MailboxId = MailboxId::from_u128(1);

    async fn deliver(store: &Store, raw: &'static str) -> String {
        let raw = Bytes::from_static(raw.as_bytes());
        let now = Timestamp::now();
        let done = store.deliver_letter(raw.len().to_string(), AN, Role::Inbox, raw, Vec::new(), now).await;
        done.unwrap().unwrap().to_string()
    }

    async fn spoil(store: &Store, sql: &'static str) {
        let done: Result<_, StoreError> = store
            .database()
            .write(move |c| Box::pin(async move { Ok(sqlx::query(sql).execute(&mut *c).await?) }))
            .await;
        done.unwrap();
    }

    #[tokio::test]
    async fn what_can_be_made_right_is_and_what_is_lost_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        deliver(&store, "Subject: a\r\n\r\n").await;
        let lost = deliver(&store, "Subject: lac\r\n\r\nx").await;
        assert!(store.verify(false, Timestamp::now()).await.unwrap().is_sound());
        spoil(&store, "UPDATE folders SET total = 7 WHERE id = 'archive'").await;
        spoil(&store, "DELETE FROM letter_folder WHERE uid = 2").await;
        spoil(&store, "DELETE FROM letter_index").await;
        let found = store.verify(false, Timestamp::now()).await.unwrap();
        assert!(!found.is_sound());
        assert_eq!((found.lost_letters, found.wrong_counts, found.unindexed), (1, 2, 2));
        store.verify(true, Timestamp::now()).await.unwrap();
        let after = store.verify(false, Timestamp::now()).await.unwrap();
        assert!(after.is_sound(), "{after}");
        assert!(store.letter(AN, &lost).await.unwrap().folders.contains("inbox"));

        store.blobs().settle().await.unwrap();
        let path = store.blobs().path(&BlobId::of(b"Subject: a\r\n\r\n"));
        // An octet turns on the disk; the body beside it in the same file stays whole.
        let mut octets = std::fs::read(&path).unwrap();
        let at = octets.windows(14).position(|some| some == b"Subject: a\r\n\r\n").unwrap();
        octets[at + 9] = b'b';
        std::fs::write(path, octets).unwrap();
        let damaged = store.verify(true, Timestamp::now()).await.unwrap();
        assert_eq!(damaged.damaged.len(), 1);
        assert!(!damaged.is_sound() && damaged.to_string().contains("from a backup"), "{damaged}");
    }
}
