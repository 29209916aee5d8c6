//! The outgoing queue's one loop: takes what is due, attempts it, and sleeps until the next row is
//! due, a letter arrives, or an attempt ends. It never polls.

pub(crate) mod admin;
mod attempt;
pub(crate) mod look;
mod report;
pub(crate) mod rows;

use std::{collections::HashMap, sync::Arc, time::Duration};

use base::{Timestamp, random::Random, random::System};
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{Inner, store::StoreError};
use rows::Claimed;

/// Runs until `stop`; attempts under way are finished.
pub(crate) async fn run(inner: Arc<Inner>, stop: CancellationToken) {
    let before = Timestamp::now().minus(KEYS_KEPT);
    let recovered: Result<(), StoreError> =
        inner.database.write(move |c| Box::pin(async move { rows::recover(c, before).await })).await;
    if let Err(error) = recovered {
        tracing::error!(%error, "mail queue: leases of the last run could not be freed; they expire");
    }
    let mut queue = Queue { inner, attempts: JoinSet::new(), busy: HashMap::new() };
    loop {
        let wait = match queue.dispatch().await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::error!(%error, "mail queue: the database failed; trying again");
                Some(AFTER_FAILURE)
            }
        };
        let timer = async {
            match wait {
                Some(wait) => sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        queue.inner.outbound.close_idle().await;
        tokio::select! {
            () = stop.cancelled() => break,
            () = queue.inner.queue_wake.notified() => {}
            () = timer => {}
            Some(done) = queue.attempts.join_next() => queue.free(done.ok()),
        }
    }
    while queue.attempts.join_next().await.is_some() {}
    queue.inner.outbound.close_all().await;
}

struct Queue {
    inner: Arc<Inner>,
    /// Attempts under way, at most `limits.outgoing`; each answers its domain.
    attempts: JoinSet<String>,
    /// Attempts under way per domain.
    busy: HashMap<String, usize>,
}

impl Queue {
    /// Starts what may start; answers how long to sleep if nothing else happens.
    async fn dispatch(&mut self) -> Result<Option<Duration>, StoreError> {
        let limits = self.inner.config.limits.clone();
        let now = Timestamp::now();
        let free = limits.outgoing.saturating_sub(self.attempts.len());
        if free > 0 {
            let readers = self.inner.database.readers();
            // Twice the number: some may be of busy domains.
            let groups = rows::due(readers, now, limits.outgoing_per_domain, limits.outgoing * 2).await?;
            for group in groups {
                let busy = self.busy.get(&group.domain).copied().unwrap_or(0);
                if self.attempts.len() >= limits.outgoing || busy >= limits.outgoing_per_domain {
                    continue;
                }
                let (lease, until) = (format!("{:016x}", System.next_u64()), now.plus(limits.lease));
                let claimed: Option<Claimed> = self
                    .inner
                    .database
                    .write(move |c| Box::pin(async move { rows::claim(c, group, lease, now, until).await }))
                    .await?;
                if let Some(claimed) = claimed {
                    self.start(claimed);
                }
            }
        }
        let next = rows::next_due(self.inner.database.readers(), now).await?;
        let wait = next.map(|at| at.since(Timestamp::now()));
        // Connections kept for further letters are closed when their time is over.
        Ok(wait.into_iter().chain(self.inner.outbound.next_close()).min())
    }

    fn start(&mut self, claimed: Claimed) {
        let domain = claimed.group.domain.clone();
        *self.busy.entry(domain.clone()).or_default() += 1;
        let inner = Arc::clone(&self.inner);
        self.attempts.spawn(async move {
            attempt::run(&inner, claimed).await;
            domain
        });
    }

    fn free(&mut self, domain: Option<String>) {
        let Some(domain) = domain else {
            // An attempt panicked and its domain is unknown: count anew from nothing. The rows come
            // back when their lease expires.
            tracing::error!("mail queue: an attempt panicked");
            self.busy.clear();
            return;
        };
        if let Some(count) = self.busy.get_mut(&domain) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.busy.remove(&domain);
            }
        }
    }
}

/// How long a key of [`crate::Mail::submit_once`] is remembered.
const KEYS_KEPT: Duration = Duration::from_secs(60 * 24 * 3600);
const AFTER_FAILURE: Duration = Duration::from_secs(5);
