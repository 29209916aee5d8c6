//! Letters about meetings leave here: one after another, again until they are taken.
//!
//! A row is written with the event that caused it and deleted when the letter was handed over. A
//! crash in between sends the letter twice with the same key; the receiver drops the second.

use std::{sync::Arc, time::Duration};

use base::Timestamp;
use tokio::{sync::watch, time::sleep};

use crate::{registry::Shared, store::Waiting};

/// How long the outbox sleeps when nothing is due; a new letter wakes it.
const PATROL: Duration = Duration::from_secs(30);
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// Runs until the hub stops.
pub(crate) async fn run(shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    loop {
        let pause = match shared.store.next_letter().await {
            Ok(Some(waiting)) => {
                let early = waiting.due_at.since(Timestamp::now());
                if early.is_zero() {
                    // A letter half handed over when the hub stops is handed over again with its key.
                    tokio::select! {
                        () = hand_over(&shared, waiting) => continue,
                        _ = stop.wait_for(|stop| *stop) => return,
                    }
                }
                early
            }
            Ok(None) => PATROL,
            Err(cause) => {
                tracing::error!(%cause, "outbox: the store failed");
                PATROL
            }
        };
        tokio::select! {
            () = shared.letters.notified() => {}
            () = sleep(pause) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

async fn hand_over(shared: &Shared, waiting: Waiting) {
    let Waiting { letter, attempts, .. } = waiting;
    let key = letter.invitation.key.clone();
    let written = match shared.ports.send(letter.invitation.clone()).await {
        Ok(()) => shared.store.letter_sent(&letter).await,
        Err(cause) => {
            let again = pause_after(attempts);
            tracing::warn!(key, cause = cause.0, again = again.as_secs(), "outbox: letter not taken");
            shared.store.letter_failed(&letter, Timestamp::now().plus(again)).await
        }
    };
    if let Err(cause) = written {
        tracing::error!(key, %cause, "outbox: the store failed");
        // Lest a full disk turns this into a busy loop that sends the same letter for ever.
        sleep(PATROL).await;
    }
}

/// 1 s, 2 s, 4 s … up to ten minutes.
fn pause_after(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(0, 10)).unwrap_or(10);
    Duration::from_secs(1 << doublings).min(LONGEST_PAUSE)
}
