//! Mail's shell: listeners, spool, store, queue, delivery, JMAP over HTTP.
//!
//! A letter's way: `smtp_in` (or `submit`) → `spool` → `accept` (one durable transaction: local
//! deliveries and queue rows) → `store` for mailboxes here, `queue` → `smtp_out` for the others.
//! `jmap` and `view` show the same store to the webmail.

mod accept;
pub mod changes;
pub mod checks;
pub mod config;
mod door;
mod imap;
pub mod jmap;
mod learning;
mod managesieve;
pub mod moving;
mod pop3;
pub mod ports;
pub mod quarantine;
mod queue;
mod quota;
pub mod records;
pub mod sample;
mod screening;
mod serving;
mod sign;
mod smtp_in;
mod smtp_out;
mod sorting;
mod spool;
pub mod store;
mod submit;
mod view;

use std::{path::Path, sync::Arc};

use axum::{Router, routing::get};
use database::{Database, Source, sqlx::migrate::Migrator};

pub use config::Config;
pub use ports::Ports;
pub use queue::{
    admin::{QueueAct, Waiting},
    look::{Queued, QueuedRecipient, QueuedState},
};
pub use serving::Serving;
pub use sign::SigningKey;
pub use submit::{Envelope, SubmitError, Transport};

/// Schema of `mail.db`: 0001 the store, 0002 the queue.
static MIGRATIONS: Migrator = sqlx::migrate!();

/// The mail service; clones are handles to the same one.
#[derive(Clone)]
pub struct Mail {
    pub(crate) inner: Arc<Inner>,
}

/// What all parts of mail share; lives until the last handle is gone.
pub(crate) struct Inner {
    /// The domain of this hub, lower case; also its name in EHLO and in letters it writes.
    pub(crate) domain: String,
    pub(crate) config: Config,
    pub(crate) ports: Ports,
    pub(crate) database: Database,
    /// Mailboxes, letters, blobs, change notices.
    pub(crate) store: store::Store,
    pub(crate) spool: spool::Spool,
    /// Writes the rows of accepted letters.
    pub(crate) recorder: accept::group::Recorder,
    pub(crate) outbound: smtp_out::Outbound,
    /// Signs what leaves.
    pub(crate) signer: sign::Signer,
    /// Maildrops that POP3 sessions have open.
    pub(crate) maildrops: pop3::Locks,
    /// What each sender has used up of an hour.
    pub(crate) budget: smtp_in::budget::Budget,
    /// Whether the name service answers nobody.
    pub(crate) silence: checks::silence::Silence,
    /// Viruses and spam are asked here.
    pub(crate) scanners: checks::scanners::Scanners,
    /// Woken whenever a queue row may have become due.
    pub(crate) queue_wake: tokio::sync::Notify,
}

impl Mail {
    /// Opens the tables at `rows`, `<data>/mail/blobs/` and `<data>/mail/spool/`, creating what is missing.
    ///
    /// # Errors
    /// When a directory or the database cannot be opened.
    pub async fn open(
        rows: impl Into<Source>,
        data: &Path,
        domain: &str,
        ports: Ports,
        config: Config,
    ) -> Result<Self, OpenError> {
        let directory = data.join("mail");
        std::fs::create_dir_all(&directory)?;
        let learns = config.checks.scanning.controller.is_some();
        let store = store::Store::in_folder(rows, data).await?;
        let store = store.with_quotas(config.quotas).with_learning(learns);
        let database = store.database().clone();
        let spool = spool::Spool::open(&directory.join("spool"))?;
        let inner = Inner {
            domain: domain.to_ascii_lowercase(),
            outbound: smtp_out::Outbound::new(domain, &config),
            signer: sign::Signer::default(),
            budget: smtp_in::budget::Budget::new(&config.limits),
            silence: checks::silence::Silence::default(),
            scanners: checks::scanners::Scanners::new(config.checks.scanning.clone()),
            config,
            ports,
            recorder: accept::group::Recorder::start(database.clone()),
            database,
            store,
            spool,
            maildrops: pop3::Locks::default(),
            queue_wake: tokio::sync::Notify::new(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The mailboxes, letters and blobs.
    pub fn store(&self) -> &store::Store {
        &self.inner.store
    }

    /// Signs letters that leave with `keys` from now on (DKIM).
    ///
    /// # Errors
    /// The selector of a key that cannot be used; the keys before stay in use.
    pub fn sign_with(&self, keys: Vec<SigningKey>) -> Result<(), String> {
        self.inner.signer.use_keys(&self.inner.domain, keys)
    }

    /// The domain this hub answers for.
    pub fn domain(&self) -> &str {
        &self.inner.domain
    }

    /// The JMAP routes, `/mail/view` and the MTA-STS policy; hub puts the [`directory_core::Principal`] on requests.
    pub fn router(&self) -> Router {
        let outgoing = Arc::new(self.clone());
        let service = jmap::Service::new(self.inner.store.clone(), outgoing, &self.inner.domain);
        let router = jmap::router(service.with_forwarding(self.inner.config.forwarding));
        match self.inner.config.sts_policy.clone() {
            Some(policy) => router.route("/.well-known/mta-sts.txt", get(move || async move { policy })),
            None => router,
        }
    }

    /// How much `mailbox`, which is of `kind`, holds and may hold.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn room(
        &self,
        mailbox: base::MailboxId,
        kind: directory_core::MailboxKind,
    ) -> Result<store::room::Room, store::StoreError> {
        self.inner.store.room(mailbox, kind).await
    }

    /// Writes a consistent copy, queue included, into `target`.
    ///
    /// # Errors
    /// When the copy cannot be written.
    pub async fn copy_to(&self, target: &Path) -> Result<(), store::StoreError> {
        self.inner.store.copy_to(target).await
    }
}

/// Why the mail service could not be opened.
#[derive(Debug)]
pub enum OpenError {
    /// A directory could not be made or read.
    Io(std::io::Error),
    /// The database could not be opened.
    Database(database::OpenError),
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(cause) => write!(f, "mail directory: {cause}"),
            Self::Database(cause) => write!(f, "mail database: {cause}"),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<std::io::Error> for OpenError {
    fn from(cause: std::io::Error) -> Self {
        Self::Io(cause)
    }
}

impl From<database::OpenError> for OpenError {
    fn from(cause: database::OpenError) -> Self {
        Self::Database(cause)
    }
}

#[cfg(test)]
mod tests;
