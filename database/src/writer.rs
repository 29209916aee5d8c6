//! The writing task: groups waiting jobs into one durable commit.

use std::panic::AssertUnwindSafe;

use futures_util::{FutureExt, future::BoxFuture};
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, Executor};
use tokio::sync::mpsc;

/// Work on the write connection.
pub(crate) type Job = Box<dyn for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Finished> + Send>;

/// What a job leaves behind: whether its changes stay, and how to tell its caller after the commit.
pub(crate) struct Finished {
    pub(crate) keep: bool,
    pub(crate) report: Box<dyn FnOnce(Result<(), String>) + Send>,
}

/// Runs until every sender is gone; `begin` opens a transaction that no other writer shares.
pub(crate) async fn run(pool: AnyPool, begin: String, mut queue: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(MAX_GROUP);
    loop {
        if queue.recv_many(&mut batch, MAX_GROUP).await == 0 {
            break;
        }
        let mut connection = match pool.acquire().await {
            Ok(connection) => connection,
            Err(cause) => {
                // Dropping the jobs tells every caller that the write did not happen.
                tracing::error!(%cause, "database: no write connection");
                batch.clear();
                continue;
            }
        };
        let mut finished = Vec::with_capacity(batch.len());
        let outcome = group(&mut connection, &begin, &mut batch, &mut finished).await;
        if let Err(cause) = &outcome {
            tracing::error!(%cause, "database: commit failed");
            let _ = connection.execute("ROLLBACK").await;
        }
        let outcome = outcome.map_err(|cause| cause.to_string());
        for report in finished {
            report(outcome.clone());
        }
        batch.clear();
    }
    pool.close().await;
}

type Report = Box<dyn FnOnce(Result<(), String>) + Send>;

async fn group(
    connection: &mut AnyConnection,
    begin: &str,
    batch: &mut Vec<Job>,
    finished: &mut Vec<Report>,
) -> Result<(), sqlx::Error> {
    connection.execute(AssertSqlSafe(begin)).await?;
    // One job alone needs no savepoint: what it did is the transaction.
    let shared = batch.len() > 1;
    for job in batch.drain(..) {
        if shared {
            connection.execute("SAVEPOINT job").await?;
        }
        // A panic in one job must not take the writer, and with it the whole service, down.
        let keep = match AssertUnwindSafe(job(connection)).catch_unwind().await {
            Ok(done) => {
                finished.push(done.report);
                done.keep
            }
            Err(_) => {
                tracing::error!("database: a write job panicked and was rolled back");
                false
            }
        };
        match (shared, keep) {
            (true, true) => {}
            (true, false) => {
                connection.execute("ROLLBACK TO job").await?;
            }
            (false, true) => break,
            (false, false) => {
                // Where the disk is full SQLite has taken it back by itself; the job's own error tells more.
                let _ = connection.execute("ROLLBACK").await;
                return Ok(());
            }
        }
        connection.execute("RELEASE job").await?;
    }
    connection.execute("COMMIT").await?;
    Ok(())
}

/// Jobs that share a commit at most: bounds the time the first of them waits.
const MAX_GROUP: usize = 64;
