//! Stops letters by what they hold, before anybody has them: at the end of SMTP data and where the
//! webmail hands in. The sender reads why; nothing of the letter is kept. Programs from outside may be
//! held instead ([`crate::quarantine`]).

use std::fmt;

use bytes::Bytes;
use mail_gateway_core::{reading::Reading, screen::Stop, smtp::Reply};

use crate::{accept::incident, store::StoreError};

/// A letter that was stopped, under the id its log line has.
pub(crate) struct Stopped {
    /// What the sender reads, Vietnamese and English.
    words: (String, String),
    id: String,
}

impl Stopped {
    /// What a mail program or another server is told.
    pub(crate) fn reply(&self) -> Reply {
        // RFC 3463 §3.8: x.7.1, not authorised; one line a language, so that neither is cut off.
        Reply::new(550, "5.7.1", format!("{}\n{} [{}]", self.words.0, self.words.1, self.id))
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.words.0, self.id)
    }
}

impl Stopped {
    /// Notes in the log that a letter of `sender` was refused at `door`.
    pub(crate) fn new(stop: Stop, door: &str, sender: &str) -> Self {
        let id = incident();
        // Names of files may tell what is secret: the log has the degree alone.
        match &stop {
            Stop::Secret { degree, .. } => {
                tracing::warn!(%id, door, sender, ?degree, "mail: a letter with a mark of secrecy was refused");
            }
            Stop::Program(_) => {
                tracing::info!(%id, door, sender, "mail: a letter with a program was refused");
            }
        }
        Self { words: (stop.words(), stop.english().to_owned()), id }
    }

    /// Notes in the log that a letter of `sender` with the virus `name` was refused at `door`.
    pub(crate) fn infected(name: String, door: &str, sender: &str) -> Self {
        let id = incident();
        tracing::warn!(%id, door, sender, name, "mail: a letter with a virus was refused");
        let words = format!("Thư có mã độc “{name}” nên bị từ chối; đề nghị kiểm tra máy tính đã gửi thư");
        Self { words: (words, format!("The letter carries the virus {name}")), id }
    }
}

/// Looks through `letter` that `sender` hands in at `door`, and answers what was read on the way.
pub(crate) async fn screen(
    letter: Bytes,
    door: &str,
    sender: &str,
) -> Result<Result<Reading, Stopped>, StoreError> {
    Ok(look(letter).await?.map_err(|stop| Stopped::new(stop, door, sender)))
}

/// What was read in `letter`, or what in it would stop it.
pub(crate) async fn look(letter: Bytes) -> Result<Result<Reading, Stop>, StoreError> {
    if Reading::is_quick(&letter) {
        return Ok(Reading::of(&letter));
    }
    // Reading attached files takes milliseconds, which the async workers do not have.
    let look = move || Reading::of(&letter);
    Ok(tokio::task::spawn_blocking(look).await.map_err(std::io::Error::other)?)
}
