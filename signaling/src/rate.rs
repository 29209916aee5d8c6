//! How fast one socket may talk: a token bucket.

use tokio::time::Instant;

/// Messages a socket may send at once after a pause.
const BURST: f64 = 60.0;
/// Messages a second in the long run; a busy client sends about two.
const PER_SECOND: f64 = 20.0;

/// One socket's allowance.
#[derive(Debug)]
pub(crate) struct Rate {
    tokens: f64,
    at: Instant,
}

impl Rate {
    pub(crate) fn new(now: Instant) -> Self {
        Self { tokens: BURST, at: now }
    }

    /// Whether one more message is allowed now.
    pub(crate) fn allows(&mut self, now: Instant) -> bool {
        let passed = now.duration_since(self.at).as_secs_f64();
        self.at = now;
        self.tokens = (self.tokens + passed * PER_SECOND).min(BURST);
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_flood_is_stopped_and_a_pause_forgives() {
        let start = Instant::now();
        let mut rate = Rate::new(start);
        assert_eq!((0..100).filter(|_| rate.allows(start)).count(), 60);
        assert!(rate.allows(start + Duration::from_millis(60)));
        assert!(!rate.allows(start + Duration::from_millis(61)));
    }
}
