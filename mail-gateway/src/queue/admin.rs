//! What an administrator sees of the queue and does to it: hold, release, try now, end now.

use base::Timestamp;
use database::sqlx::{self, Row};
use serde::{Deserialize, Serialize};

use crate::{Mail, store::StoreError};

/// One recipient that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// The letter's id, as in the log.
    pub letter: String,
    /// Envelope sender; empty is the null sender.
    pub sender: String,
    /// The recipient.
    pub recipient: String,
    /// 0 thường, 3 khẩn, 6 thượng khẩn, 9 hỏa tốc.
    pub priority: i64,
    /// When it was accepted, µs UTC.
    pub accepted_at: i64,
    /// When it is tried next, µs UTC.
    pub due_at: i64,
    /// Attempts so far.
    pub attempts: i64,
    /// An administrator keeps it back.
    pub held: bool,
    /// The other side's last words.
    pub last_answer: String,
}

/// What is done to the waiting recipients of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum QueueAct {
    /// Keep it back until released.
    Hold,
    /// Let it go again.
    Release,
    /// Try now.
    Retry,
    /// Give it up now; the sender is told.
    Bounce,
}

impl Mail {
    /// The recipients that wait, the next due first; at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue(&self, limit: u32) -> Result<Vec<Waiting>, StoreError> {
        let rows = sqlx::query(
            "SELECT r.letter, l.sender, r.address, l.priority, l.accepted_at, r.due_at, r.attempts, r.held, \
                    r.last_answer \
             FROM queue_recipient r JOIN queue_letter l ON l.id = r.letter \
             ORDER BY r.held, r.due_at, r.letter, r.address LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(self.inner.database.readers())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Waiting {
                    letter: row.try_get(0)?,
                    sender: row.try_get(1)?,
                    recipient: row.try_get(2)?,
                    priority: row.try_get(3)?,
                    accepted_at: row.try_get(4)?,
                    due_at: row.try_get(5)?,
                    attempts: row.try_get(6)?,
                    held: row.try_get::<i64, _>(7)? != 0,
                    last_answer: row.try_get(8)?,
                })
            })
            .collect()
    }

    /// Does `act` to the waiting recipients of `letter`; answers how many there were. What is being
    /// sent at this moment is not touched.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue_act(&self, letter: &str, act: QueueAct) -> Result<u64, StoreError> {
        let (letter, now) = (letter.to_owned(), Timestamp::now().as_micros());
        let statement = match act {
            QueueAct::Hold => "UPDATE queue_recipient SET held = 1 WHERE letter = $1 AND leased_until <= $2",
            QueueAct::Release | QueueAct::Retry => {
                "UPDATE queue_recipient SET held = 0, due_at = $2 WHERE letter = $1 AND leased_until <= $2"
            }
            QueueAct::Bounce => {
                "UPDATE queue_recipient SET held = 0, ended = 1, due_at = $2 \
                 WHERE letter = $1 AND leased_until <= $2"
            }
        };
        let touched: Result<u64, StoreError> = self
            .inner
            .database
            .write(move |c| {
                Box::pin(async move {
                    let done = sqlx::query(statement).bind(letter).bind(now).execute(c).await?;
                    Ok(done.rows_affected())
                })
            })
            .await;
        self.inner.queue_wake.notify_one();
        touched
    }
}
