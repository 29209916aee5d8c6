//! One database file of a service: a single writer that groups commits, and a pool of readers.
//!
//! SQLite admits one writer. Rather than let transactions collide, [`Database::write`] queues jobs
//! to one task, which runs all that wait inside one `BEGIN IMMEDIATE … COMMIT`, each in its own
//! savepoint, and answers every caller only after the commit is on stable storage
//! (WAL, `synchronous=FULL`). A burst of small writes costs one `fsync`.
//!
//! On PostgreSQL the same holds within one schema: the writers of several hubs take turns by an
//! advisory lock, so a job may read, decide and write as if it were alone.
//!
//! SQL is the portable subset of `sqlx::Any`: columns BIGINT, TEXT, BLOB; 0/1 for booleans;
//! µs UTC for times; `$1` placeholders; `RETURNING`; `ON CONFLICT`; nullable columns read as `Option`;
//! sums cast to BIGINT. What has no portable form asks [`Database::dialect`].

mod source;
#[cfg(feature = "testing")]
pub mod testing;
mod writer;

use std::{path::Path, str::FromStr, time::Duration};

use futures_util::future::BoxFuture;
use sqlx::{
    AnyConnection, AnyPool, AssertSqlSafe, Connection, Executor,
    any::{AnyConnectOptions, AnyPoolOptions},
    migrate::Migrator,
};
use tokio::sync::{mpsc, oneshot};

pub use source::{Dialect, Source};
pub use sqlx;
use writer::{Finished, Job};

/// A handle to one database; clones share the writer and the readers.
#[derive(Clone, Debug)]
pub struct Database {
    options: AnyConnectOptions,
    dialect: Dialect,
    readers: AnyPool,
    jobs: mpsc::Sender<Job>,
}

impl Database {
    /// Opens (creating if needed) the tables at `source` and brings their schema up to date.
    ///
    /// # Errors
    /// When the database cannot be reached or a migration fails; the message names the cause.
    pub async fn open(source: impl Into<Source>, migrations: &Migrator) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        let source = source.into();
        let dialect = source.dialect();
        let options = AnyConnectOptions::from_str(&source.url())?;
        let (to_migrate, to_write, to_read) = settings(&source);
        let first = pool(to_migrate, dialect).max_connections(1).connect_with(options.clone()).await?;
        dialect.of_these(migrations).run(&first).await?;
        first.close().await;
        let writer = pool(to_write, dialect).max_connections(1).idle_timeout(None).max_lifetime(None);
        let writer = writer.connect_with(options.clone()).await?;
        let readers =
            pool(to_read, dialect).max_connections(READERS).idle_timeout(Some(Duration::from_secs(600)));
        let readers = readers.connect_with(options.clone()).await?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        tokio::spawn(writer::run(writer, begin(&source), queue));
        Ok(Self { options, dialect, readers, jobs })
    }

    /// Which SQL is spoken here.
    pub fn dialect(&self) -> Dialect {
        self.dialect
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
    /// When the copy cannot be written. A PostgreSQL database is copied by its own tools, which know its
    /// other schemas and roles; here it is an error that says so.
    pub async fn copy_to(&self, target: &Path) -> Result<(), sqlx::Error> {
        if self.dialect == Dialect::Postgres {
            return Err(sqlx::Error::Configuration(COPY_WITH_PG_DUMP.into()));
        }
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

/// A database that is away is an error after this long, not a request that hangs: mail says `451`.
const PATIENCE: Duration = Duration::from_secs(5);

/// A pool whose every connection begins with `settings`.
fn pool(settings: String, dialect: Dialect) -> AnyPoolOptions {
    let pool = AnyPoolOptions::new().acquire_timeout(PATIENCE);
    // A server may have hung up meanwhile; a file has not, and to ask costs as much as the question itself.
    pool.test_before_acquire(dialect == Dialect::Postgres).after_connect(move |connection, _| {
        let settings = AssertSqlSafe(settings.clone());
        Box::pin(async move {
            connection.execute(settings).await?;
            Ok(())
        })
    })
}

/// What the connection that migrates, the writer's and the readers' are told first.
fn settings(source: &Source) -> (String, String, String) {
    match source {
        Source::File(_) => (
            WRITER_PRAGMAS.to_owned(),
            format!("{WRITER_PRAGMAS} {UNDO_IN_MEMORY}"),
            READER_PRAGMAS.to_owned(),
        ),
        Source::Schema { schema, .. } => {
            let path = format!("SET search_path TO {schema};");
            let to_write =
                format!("CREATE SCHEMA IF NOT EXISTS {schema}; {path} SET synchronous_commit TO on;");
            (to_write.clone(), to_write, format!("{path} SET default_transaction_read_only TO on;"))
        }
    }
}

/// Begins a transaction in which no other writer changes anything.
fn begin(source: &Source) -> String {
    match source {
        Source::File(_) => "BEGIN IMMEDIATE".to_owned(),
        Source::Schema { schema, .. } => {
            format!("BEGIN; SELECT pg_advisory_xact_lock(hashtext('lienthong {schema}'));")
        }
    }
}

const WRITER_PRAGMAS: &str = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; \
     PRAGMA busy_timeout=5000; PRAGMA cache_size=-16000; PRAGMA wal_autocheckpoint=10000;";
/// What a job or a statement that fails takes back would otherwise go to a temporary file, made and deleted in
/// every transaction: a tenth of what a letter cost. It is as much as the job changed; migrations, which change
/// whole tables, do without this.
const UNDO_IN_MEMORY: &str = "PRAGMA temp_store=MEMORY;";
const READER_PRAGMAS: &str = "PRAGMA foreign_keys=ON; PRAGMA busy_timeout=5000; PRAGMA query_only=ON; \
     PRAGMA cache_size=-4000;";
const COPY_WITH_PG_DUMP: &str =
    "the rows live on PostgreSQL and are copied by pg_dump; docs/operations/postgresql.md says how";

#[cfg(test)]
mod tests;
