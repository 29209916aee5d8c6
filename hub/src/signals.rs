//! When the hub ends: SIGTERM lets running meetings finish, SIGINT and a second signal do not wait.

use std::{io, time::Duration};

use sfu::SfuHandle;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How often a hub that ends looks whether its last meeting is over.
const LOOK: Duration = Duration::from_millis(200);

/// The operator's signals, caught from the first moment: one that comes while the hub still starts is
/// obeyed in order once it has started, instead of killing it half-way.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Catches SIGINT and SIGTERM from here on.
    ///
    /// # Errors
    /// The system's, when no handler can be set.
    pub fn catch() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// SIGINT, and the second signal of any kind, end the hub at once. After the first SIGTERM no new
    /// meetings begin, and the hub ends when the running ones are over or `patience` is.
    pub async fn until_over(mut self, sfu: &SfuHandle, patience: Duration) {
        tokio::select! {
            _ = self.interrupt.recv() => return,
            _ = self.terminate.recv() => {}
        }
        sfu.drain();
        tracing::info!(
            participants = sfu.live(),
            seconds = patience.as_secs(),
            "no new meetings; the running ones may end"
        );
        let mut look = tokio::time::interval(LOOK);
        let deadline = tokio::time::sleep(patience);
        tokio::pin!(deadline);
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
                () = &mut deadline => return,
                _ = look.tick() => if sfu.live() == 0 { return },
            }
        }
    }
}
