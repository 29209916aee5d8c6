//! Questions of one moment are asked together: while one group is being answered the next one gathers. To hand
//! SQLite's thread a question and wait for its answer costs more than the answer, and twenty sessions that were
//! told `250` together go on together.

use database::sqlx::{self, AnyPool};
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use super::StoreError;

/// A handle to the one task that asks; it ends when the last handle is gone.
#[derive(Debug)]
pub(crate) struct Gather<Q, A> {
    waiting: mpsc::Sender<Waiting<Q, A>>,
}

/// Answers each question of a group, in their order.
pub(crate) type Together<Q, A> = fn(AnyPool, Vec<Q>) -> BoxFuture<'static, Result<Vec<A>, StoreError>>;

#[derive(Debug)]
struct Waiting<Q, A> {
    question: Q,
    done: oneshot::Sender<Result<A, StoreError>>,
}

impl<Q, A> Clone for Gather<Q, A> {
    fn clone(&self) -> Self {
        Self { waiting: self.waiting.clone() }
    }
}

impl<Q: Send + 'static, A: Send + 'static> Gather<Q, A> {
    /// Starts the task; must be called within a runtime of tokio.
    pub(crate) fn start(readers: AnyPool, together: Together<Q, A>) -> Self {
        let (waiting, queue) = mpsc::channel(QUEUE);
        tokio::spawn(run(readers, together, queue));
        Self { waiting }
    }

    /// The answer to `question`. When the queue ([`QUEUE`]) is full the caller waits, and with it the peer.
    pub(crate) async fn ask(&self, question: Q) -> Result<A, StoreError> {
        let (done, answer) = oneshot::channel();
        self.waiting.send(Waiting { question, done }).await.map_err(|_| sqlx::Error::PoolClosed)?;
        answer.await.map_err(|_| sqlx::Error::PoolClosed)?
    }
}

async fn run<Q, A>(readers: AnyPool, together: Together<Q, A>, mut queue: mpsc::Receiver<Waiting<Q, A>>) {
    let mut group = Vec::with_capacity(GROUP);
    while queue.recv_many(&mut group, GROUP).await > 0 {
        let (questions, callers): (Vec<_>, Vec<_>) =
            group.drain(..).map(|waiting| (waiting.question, waiting.done)).unzip();
        // Whoever asked may have gone.
        match together(readers.clone(), questions).await {
            Ok(answers) => callers.into_iter().zip(answers).for_each(|(c, answer)| drop(c.send(Ok(answer)))),
            Err(cause) => {
                let words = cause.to_string();
                let again = || StoreError::Database(sqlx::Error::Protocol(words.clone()));
                callers.into_iter().for_each(|caller| drop(caller.send(Err(again()))));
                tracing::warn!(?cause, "mail store: a question was not answered");
            }
        }
    }
}

/// Questions that may wait for the group before theirs.
const QUEUE: usize = 256;
/// Questions asked together at most.
const GROUP: usize = 64;

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    static GROUPS: AtomicUsize = AtomicUsize::new(0);

    #[tokio::test]
    async fn everybody_has_their_own_answer_and_a_failure_is_everybodys() {
        sqlx::any::install_default_drivers();
        let readers = AnyPool::connect_lazy("sqlite::memory:").unwrap();
        let doubled: Gather<usize, usize> = Gather::start(readers, |_, questions| {
            Box::pin(async move {
                GROUPS.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                match questions.contains(&1000) {
                    true => Err(StoreError::NotFound),
                    false => Ok(questions.into_iter().map(|n| 2 * n).collect()),
                }
            })
        });
        let answers = join_all((0..100).map(|n| doubled.ask(n))).await;
        let answers: Vec<usize> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers, (0..100).map(|n| 2 * n).collect::<Vec<_>>());
        assert!(GROUPS.load(Ordering::Relaxed) < 50, "they are asked together");
        let failed = join_all([doubled.ask(1000), doubled.ask(1)]).await;
        assert!(failed.iter().all(Result::is_err));
        assert_eq!(doubled.ask(4).await.unwrap(), 8, "the next question is answered again");
    }
}
