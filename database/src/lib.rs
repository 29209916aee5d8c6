//! One database file of a service: a single writer that groups commits, and a pool of readers.
//!
//! SQLite admits one writer. Rather than let transactions collide, [`Database::write`] queues jobs
//! to one task, which runs all that wait inside one `BEGIN IMMEDIATE … COMMIT`, each in its own
//! savepoint, and answers every caller only after the commit is on stable storage
//! (WAL, `synchronous=FULL`). A burst of small writes costs one `fsync`.
//!
//! SQL is the portable subset of `sqlx::Any`: columns BIGINT, TEXT, BLOB; 0/1 for booleans;
//! µs UTC for times; `$1` placeholders; `RETURNING`; `ON CONFLICT`; nullable columns read as `Option`.

mod writer;

use std::{path::Path, str::FromStr, time::Duration};

use futures_util::future::BoxFuture;
use sqlx::{
    AnyConnection, AnyPool, Connection, Executor,
    any::{AnyConnectOptions, AnyPoolOptions},
    migrate::Migrator,
};
use tokio::sync::{mpsc, oneshot};

pub use sqlx;
use writer::{Finished, Job};

/// A handle to one database; clones share the writer and the readers.
#[derive(Clone, Debug)]
pub struct Database {
    options: AnyConnectOptions,
    readers: AnyPool,
    jobs: mpsc::Sender<Job>,
}

impl Database {
    /// Opens (creating if needed) the SQLite file at `path` and brings its schema up to date.
    ///
    /// # Errors
    /// When the file cannot be opened or a migration fails; the message names the cause.
    pub async fn open(path: &Path, migrations: &Migrator) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        let url = format!("sqlite://{}?mode=rwc", path.display());
        let options = AnyConnectOptions::from_str(&url)?;
        let writer = AnyPoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    connection.execute(WRITER_PRAGMAS).await?;
                    Ok(())
                })
            })
            .connect_with(options.clone())
            .await?;
        migrations.run(&writer).await?;
        let readers = AnyPoolOptions::new()
            .max_connections(READERS)
            .idle_timeout(Some(Duration::from_secs(600)))
            .after_connect(|connection, _| {
                Box::pin(async move {
                    connection.execute(READER_PRAGMAS).await?;
                    Ok(())
                })
            })
            .connect_with(options.clone())
            .await?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        tokio::spawn(writer::run(writer, queue));
        Ok(Self { options, readers, jobs })
    }

    /// The pool for reading. Writing through it is a programming error: it would wait for the writer.
    pub fn readers(&self) -> &AnyPool {
        &self.readers
    }

    /// Runs `work` in the writer's next transaction; the answer comes after the commit is durable.
    ///
    /// Work that fails is rolled back alone; others of the same commit are unaffected. When the queue
    /// ([`QUEUE`] jobs) is full the caller waits: back-pressure reaches the client, nothing is dropped.
    ///
    /// # Errors
    /// The error of `work`, or [`sqlx::Error`] when the commit failed or the database is closed.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<sqlx::Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            Box::pin(async move {
                let result = work(connection).await;
                Finished {
                    keep: result.is_ok(),
                    report: Box::new(move |committed| {
                        // The caller may have gone; the work is done all the same.
                        let _ = reply.send(match committed {
                            Ok(()) => result,
                            Err(cause) => Err(E::from(sqlx::Error::Protocol(cause))),
                        });
                    }),
                }
            })
        });
        if self.jobs.send(job).await.is_err() {
            return Err(E::from(sqlx::Error::PoolClosed));
        }
        match answer.await {
            Ok(result) => result,
            Err(_) => Err(E::from(sqlx::Error::WorkerCrashed)),
        }
    }

    /// Writes a consistent copy of the whole database to `target`, which must not exist yet.
    ///
    /// # Errors
    /// When the copy cannot be written.
    pub async fn copy_to(&self, target: &Path) -> Result<(), sqlx::Error> {
        let target = target.display().to_string();
        // Its own connection: the readers' are `query_only`, the writer's may be in a transaction.
        let mut connection = AnyConnection::connect_with(&self.options).await?;
        sqlx::query("VACUUM INTO $1").bind(target).execute(&mut connection).await?;
        connection.close().await
    }
}

/// Why a database could not be opened.
#[derive(Debug)]
pub enum OpenError {
    /// The file could not be opened.
    Open(sqlx::Error),
    /// The schema could not be brought up to date.
    Migrate(sqlx::migrate::MigrateError),
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open(cause) => write!(f, "the database cannot be opened: {cause}"),
            Self::Migrate(cause) => write!(f, "the database schema cannot be brought up to date: {cause}"),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<sqlx::Error> for OpenError {
    fn from(cause: sqlx::Error) -> Self {
        Self::Open(cause)
    }
}

impl From<sqlx::migrate::MigrateError> for OpenError {
    fn from(cause: sqlx::migrate::MigrateError) -> Self {
        Self::Migrate(cause)
    }
}

/// Jobs that may wait for the writer.
const QUEUE: usize = 1024;
/// Connections that read at the same time.
const READERS: u32 = 6;

const WRITER_PRAGMAS: &str = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; \
     PRAGMA busy_timeout=5000; PRAGMA cache_size=-8000;";
const READER_PRAGMAS: &str = "PRAGMA foreign_keys=ON; PRAGMA busy_timeout=5000; PRAGMA query_only=ON; \
     PRAGMA cache_size=-4000;";

#[cfg(test)]
mod tests;
