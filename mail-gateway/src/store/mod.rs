//! The mail store: bodies as files under the hash of their bytes, everything else as rows of `mail.db`.
//!
//! A body is on stable storage before any row names it, so a copy of the rows followed by a copy of
//! the files is consistent. Every change of an account draws a new mod-sequence and leaves it on what
//! it touched; "what changed since" (JMAP, IMAP QRESYNC) is then a range query.

pub mod blob;
pub mod deliver;
pub mod folder;
mod gather;
pub(crate) mod index;
mod learning;
pub mod letter;
pub mod modseq;
pub mod query;
pub mod room;
pub mod sieve;
pub mod submission;
pub mod uid;

use std::{path::Path, sync::Arc};

use base::MailboxId;
use database::{
    Database, Source,
    sqlx::{self, AnyConnection, Row},
};
use futures_util::future::BoxFuture;

use crate::changes::Changes;

pub use blob::Blobs;
pub use deliver::{Delivery, deliver};
pub use mail_gateway_core::{
    mailbox::Role,
    message::{BlobId, Summary},
};
pub use modseq::Kind;
pub use room::Quotas;

/// Accounts, folders, letters and blobs; clones are handles to the same store.
#[derive(Clone, Debug)]
pub struct Store {
    database: Database,
    blobs: Blobs,
    changes: Changes,
    quotas: Quotas,
    /// Whether what people call spam is noted.
    learns: bool,
    /// Woken when something may have been noted.
    pub(crate) opinions: Arc<tokio::sync::Notify>,
    /// Held while bodies are deleted or copied: a copy must find every body its rows name.
    deleting: Arc<tokio::sync::Mutex<()>>,
    /// Held while bodies are indexed; says whether the index was found or made.
    indexing: Arc<tokio::sync::Mutex<bool>>,
    /// Entries the index need not make.
    ready: Arc<index::ready::Ready>,
    filters: gather::Gather<sieve::Wanted, sieve::Filters>,
    rooms: gather::Gather<MailboxId, Option<room::Held>>,
}

impl Store {
    /// The store whose blobs live in `<directory>/blobs` and whose rows live in `database`, where
    /// the migrations of this crate have run.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn open(directory: &Path, database: Database) -> std::io::Result<Self> {
        let blobs = Blobs::open(&directory.join("blobs"))?;
        let readers = database.readers();
        Ok(Self {
            filters: gather::Gather::start(readers.clone(), sieve::filters),
            rooms: gather::Gather::start(readers.clone(), room::held),
            database,
            blobs,
            changes: Changes::new(),
            quotas: Quotas::default(),
            learns: false,
            opinions: Arc::default(),
            deleting: Arc::default(),
            indexing: Arc::default(),
            ready: Arc::default(),
        })
    }

    /// The store in the data folder `data`: rows at `rows`, brought up to date, and bodies in
    /// `mail/blobs`.
    ///
    /// # Errors
    /// When the folder or the database cannot be opened.
    pub async fn in_folder(rows: impl Into<Source>, data: &Path) -> Result<Self, crate::OpenError> {
        let database = Database::open(rows, &crate::MIGRATIONS).await?;
        Ok(Self::open(&data.join("mail"), database)?)
    }

    /// The same store, where mailboxes may hold `quotas`.
    #[must_use]
    pub fn with_quotas(mut self, quotas: Quotas) -> Self {
        self.quotas = quotas;
        self
    }

    /// The same store, which notes what people call spam if it `learns`.
    #[must_use]
    pub fn with_learning(mut self, learns: bool) -> Self {
        self.learns = learns;
        self
    }

    /// What mailboxes may hold for which nothing else was set.
    pub fn quotas(&self) -> Quotas {
        self.quotas
    }

    /// The bodies.
    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// Stores `bytes` durably and answers their id; storing them again costs nothing.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn put_blob(&self, bytes: impl Into<bytes::Bytes>) -> Result<BlobId, StoreError> {
        self.blobs.put(bytes.into()).await
    }

    /// The bytes of `blob`.
    ///
    /// # Errors
    /// [`StoreError::MissingBlob`] when the file is not there, which means the disk lost it.
    pub async fn open_blob(&self, blob: &BlobId) -> Result<bytes::Bytes, StoreError> {
        self.blobs.read(blob).await
    }

    /// The rows.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Notices of change.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Wakes everybody who shows `accounts`. Call it after the commit that changed them.
    pub fn announce(&self, accounts: impl IntoIterator<Item = MailboxId>) {
        for account in accounts {
            self.changes.announce(account);
        }
    }

    /// Runs `work` in one durable transaction and wakes the readers of `account`.
    pub(crate) async fn write<T, F>(&self, account: MailboxId, work: F) -> Result<T, StoreError>
    where
        F: for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
        T: Send + 'static,
    {
        let done = self.database.write(work).await?;
        self.changes.announce(account);
        Ok(done)
    }

    /// How much `mailbox` holds. A body counts fully in every mailbox that holds it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn usage(&self, mailbox: MailboxId) -> Result<Usage, StoreError> {
        // The kind decides the limit only, which is not asked for here.
        Ok(self.room(mailbox, directory_core::MailboxKind::Personal).await?.usage)
    }

    /// Writes a consistent copy, `mail.db` and `mail/blobs`, into `target`.
    ///
    /// # Errors
    /// When the copy cannot be written or a body that a row names is gone.
    pub async fn copy_to(&self, target: &Path) -> Result<(), StoreError> {
        let _quiet = self.deleting.lock().await;
        // Rows first: every body they name is already on disk, and bodies are never changed.
        self.database.copy_to(&target.join("mail.db")).await?;
        self.blobs.copy_to(&target.join("mail").join("blobs")).await
    }

    /// The bodies that rows name and the disk does not have: empty when all is well.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn missing_blobs(&self) -> Result<Vec<BlobId>, StoreError> {
        let rows =
            sqlx::query("SELECT blob FROM bodies ORDER BY blob").fetch_all(self.database.readers()).await?;
        let mut missing = Vec::new();
        for row in rows {
            let Ok(blob) = row.try_get::<String, _>(0)?.parse::<BlobId>() else { continue };
            if !self.blobs.exists(&blob).await {
                tracing::error!(%blob, "mail store: a body is missing on disk; restore it from a backup");
                missing.push(blob);
            }
        }
        Ok(missing)
    }
}

/// What a mailbox holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, ts_rs::TS)]
pub struct Usage {
    /// Letters.
    #[ts(type = "number")]
    pub letters: u64,
    /// Octets of their bodies.
    #[ts(type = "number")]
    pub bytes: u64,
}

/// Why the store could not do what it was asked.
#[derive(Debug)]
pub enum StoreError {
    /// The database failed.
    Database(sqlx::Error),
    /// The disk failed.
    Disk(std::io::Error),
    /// A body that a row names is not on disk.
    MissingBlob(BlobId),
    /// No such object in this account.
    NotFound,
    /// A folder of this name exists beside it, or the name cannot be used.
    BadFolderName,
    /// The folder is one of those every account has.
    SystemFolder,
    /// The folder holds folders.
    FolderHasChild,
    /// The folder holds letters.
    FolderHasLetter,
    /// A letter must be in at least one folder, and only in folders of its account.
    BadFolders,
    /// A row does not have the shape this code writes.
    Corrupt(&'static str),
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Database(_) => f.write_str("the mail database failed"),
            Self::Disk(_) => f.write_str("the mail disk failed"),
            Self::MissingBlob(blob) => write!(f, "the body {blob} is missing on disk"),
            Self::NotFound => f.write_str("no such object"),
            Self::BadFolderName => f.write_str("the folder's name is taken or not usable"),
            Self::SystemFolder => f.write_str("a system folder stays as it is"),
            Self::FolderHasChild => f.write_str("the folder holds folders"),
            Self::FolderHasLetter => f.write_str("the folder holds letters"),
            Self::BadFolders => f.write_str("a letter must be in a folder of its account"),
            Self::Corrupt(what) => write!(f, "unreadable row: {what}"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Database(cause) => Some(cause),
            Self::Disk(cause) => Some(cause),
            _ => None,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(cause: sqlx::Error) -> Self {
        Self::Database(cause)
    }
}

impl From<std::io::Error> for StoreError {
    fn from(cause: std::io::Error) -> Self {
        Self::Disk(cause)
    }
}

/// Counts are never negative in the database.
pub(crate) fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// `$from, $from+1, …` for `count` values of an `IN` list.
pub(crate) fn placeholders(from: usize, count: usize) -> String {
    let names: Vec<String> = (from..from + count).map(|n| format!("${n}")).collect();
    names.join(", ")
}

/// Values in one `IN` list; longer lists are asked in pieces.
pub(crate) const IN_LIST: usize = 500;

#[cfg(test)]
pub(crate) mod tests;
