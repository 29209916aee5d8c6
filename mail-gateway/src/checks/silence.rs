//! A name service that answers nobody, remembered for a while: on a network without one every letter of a
//! stranger would wait the whole time in vain.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use hickory_resolver::{TokioResolver, proto::rr::RecordType};
use tokio::time::timeout;

/// When the name service was found silent; lives as long as the hub.
#[derive(Debug, Default)]
pub(crate) struct Silence {
    since: Mutex<Option<Instant>>,
}

impl Silence {
    /// Whether nothing need be asked at `now`.
    pub(crate) fn lasts(&self, now: Instant) -> bool {
        let since = *self.since.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| now.saturating_duration_since(since) < REMEMBERED)
    }

    /// After questions about a letter went unanswered: finds out whether the name service itself is silent. A
    /// domain whose own servers are slow says nothing about it, else a stranger could switch every check off.
    pub(crate) async fn listen(&self, resolver: &TokioResolver, patience: Duration) {
        // The root is known to every name service that works; a refusal is an answer too.
        let asked = resolver.lookup(".", RecordType::NS);
        if timeout(patience.min(CONTROL), asked).await.is_ok() {
            return;
        }
        tracing::warn!("mail: the name service is silent; for a minute no sender is checked");
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

/// How long a silent name service is left in peace.
const REMEMBERED: Duration = Duration::from_secs(60);
/// How long the name service may take to name the root's servers.
const CONTROL: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_remembered_for_a_minute() {
        let silence = Silence::default();
        let start = Instant::now();
        assert!(!silence.lasts(start));
        *silence.since.lock().unwrap() = Some(start);
        assert!(silence.lasts(start + Duration::from_secs(59)));
        assert!(!silence.lasts(start + Duration::from_secs(60)));
    }
}
