//! Tells the spam filter what people call spam: one letter after the other, by one worker. While the filter is
//! away the opinions wait in the database ([`crate::store::learning`]).

use std::time::Duration;

use base::Timestamp;
use mail_gateway_core::scan::rspamd::Lesson;
use tokio_util::sync::CancellationToken;

use crate::{Mail, store::StoreError};

/// Teaches what waits whenever something is noted, and every [`EVERY`], until `stop`.
pub(crate) async fn run(mail: Mail, stop: CancellationToken) {
    if mail.inner.config.checks.scanning.controller.is_none() {
        return;
    }
    loop {
        if let Err(cause) = mail.teach(&stop).await {
            tracing::error!(?cause, "mail: the spam filter was not taught; it is tried again soon");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = mail.inner.store.opinions.notified() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

impl Mail {
    /// Teaches everything that waits, or until the spam filter is away.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn teach(&self, stop: &CancellationToken) -> Result<(), StoreError> {
        let inner = &self.inner;
        let gone = inner.store.expire_opinions(Timestamp::now()).await?;
        if gone > 0 {
            tracing::warn!(gone, "mail: opinions about letters waited too long for the spam filter");
        }
        while !stop.is_cancelled() {
            let Some(opinion) = inner.store.next_opinion().await? else { return Ok(()) };
            let letter = match inner.store.open_blob(&opinion.blob).await {
                Ok(letter) => letter,
                Err(StoreError::MissingBlob(_)) => {
                    inner.store.forget_opinion(opinion).await?;
                    continue;
                }
                Err(cause) => return Err(cause),
            };
            match inner.scanners.teach(opinion.is_spam, &letter).await {
                Ok(Some(Lesson::Learned)) => {
                    tracing::debug!(blob = %opinion.blob, spam = opinion.is_spam, "mail: learned");
                }
                Ok(Some(Lesson::Useless(why))) => {
                    tracing::info!(blob = %opinion.blob, why, "mail: the spam filter learns nothing of a letter");
                }
                Ok(None) => return Ok(()),
                Err(cause) => {
                    tracing::warn!(%cause, "mail: the spam filter cannot be taught now; what waits is kept");
                    return Ok(());
                }
            }
            inner.store.forget_opinion(opinion).await?;
        }
        Ok(())
    }
}

/// How soon a spam filter that was away is tried again.
const EVERY: Duration = Duration::from_secs(15);
