//! Letters of one moment are recorded together: while one group is being written and synced, the next one
//! gathers. Twenty sessions that each wait for their `250` share a transaction, its statements and its sync.

use std::sync::Arc;

use database::Database;
use futures_util::future::join_all;
use tokio::sync::{mpsc, oneshot};

use super::{Prepared, record};
use crate::store::StoreError;

/// A handle to the one task that records; it ends when the last handle is gone.
#[derive(Debug)]
pub(crate) struct Recorder {
    waiting: mpsc::Sender<Waiting>,
}

struct Waiting {
    letter: Prepared,
    done: oneshot::Sender<Result<(), StoreError>>,
}

impl Recorder {
    /// Starts the task; must be called within a runtime of tokio.
    pub(crate) fn start(database: Database) -> Self {
        let (waiting, queue) = mpsc::channel(QUEUE);
        tokio::spawn(run(database, queue));
        Self { waiting }
    }

    /// Records `letter`; it is on stable storage when this returns `Ok`. When the queue ([`QUEUE`]) is full
    /// the caller waits, and with it the peer.
    pub(super) async fn record(&self, letter: Prepared) -> Result<(), StoreError> {
        let (done, answer) = oneshot::channel();
        self.waiting.send(Waiting { letter, done }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

fn gone() -> StoreError {
    StoreError::Disk(std::io::Error::other("letters are no longer recorded"))
}

async fn run(database: Database, mut queue: mpsc::Receiver<Waiting>) {
    let mut group = Vec::with_capacity(GROUP);
    while queue.recv_many(&mut group, GROUP).await > 0 {
        let (letters, callers): (Vec<_>, Vec<_>) =
            group.drain(..).map(|waiting| (waiting.letter, waiting.done)).unzip();
        for (caller, outcome) in callers.into_iter().zip(together(&database, letters).await) {
            // The caller may have gone; its letter is recorded all the same.
            let _ = caller.send(outcome);
        }
    }
}

/// Records `letters` in one go; when that fails, each alone, so that one of them spoils no other.
async fn together(database: &Database, letters: Vec<Prepared>) -> Vec<Result<(), StoreError>> {
    let (count, letters) = (letters.len(), Arc::new(letters));
    let all = Arc::clone(&letters);
    let done: Result<(), StoreError> =
        database.write(move |c| Box::pin(async move { record(c, &all).await })).await;
    match done {
        Ok(()) => (0..count).map(|_| Ok(())).collect(),
        Err(cause) if count == 1 => vec![Err(cause)],
        Err(cause) => {
            tracing::warn!(
                ?cause,
                count,
                "mail: a group of letters could not be recorded; each is tried alone"
            );
            join_all((0..count).map(|n| alone(database, &letters, n))).await
        }
    }
}

async fn alone(database: &Database, letters: &Arc<Vec<Prepared>>, n: usize) -> Result<(), StoreError> {
    let letters = Arc::clone(letters);
    let done = database.write(move |c| {
        Box::pin(async move {
            match letters.get(n) {
                Some(letter) => letter.record(c).await,
                None => Ok(()),
            }
        })
    });
    done.await
}

/// Letters that may wait for the group before theirs.
const QUEUE: usize = 256;
/// Letters recorded together at most: bounds the time the first of them waits.
const GROUP: usize = 64;
