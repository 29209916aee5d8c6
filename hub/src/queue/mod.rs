//! What IT staff do with letters that wait to leave, each act an entry of the audit log; the command line and
//! the console ([`web`]) do the same.

pub mod web;

use std::fmt;

use base::Timestamp;
use directory::{Actor, DirectoryError};
use directory_core::AuditEvent;
use mail_gateway::{QueueAct, store::StoreError};

use crate::services::Services;

/// Why an act on a waiting letter was not done.
#[derive(Debug)]
pub enum NotDone {
    /// Nobody waits for such a letter, or it is being sent at this moment.
    NotFound,
    /// The directory refused or failed.
    Directory(DirectoryError),
    /// The store of mail cannot do it now.
    Unavailable(StoreError),
}

impl fmt::Display for NotDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => {
                f.write_str("no recipient of this letter waits; `lienthong admin queue list` shows all")
            }
            Self::Directory(cause) => cause.fmt(f),
            Self::Unavailable(cause) => cause.fmt(f),
        }
    }
}

/// Does `act` to the addressees who wait for the letter `id`; answers how many there were.
///
/// # Errors
/// See [`NotDone`].
pub async fn act(services: &Services, actor: &Actor, id: &str, act: QueueAct) -> Result<u64, NotDone> {
    let touched = services.mail.queue_act(id, act).await.map_err(NotDone::Unavailable)?;
    if touched == 0 {
        return Err(NotDone::NotFound);
    }
    let event = AuditEvent::QueueChanged { act: words(act).to_owned() };
    services.directory.record_act(actor, event, id, Timestamp::now()).await.map_err(NotDone::Directory)?;
    Ok(touched)
}

/// The act, as the audit log says it.
const fn words(act: QueueAct) -> &'static str {
    match act {
        QueueAct::Hold => "Giữ lại",
        QueueAct::Release => "Cho gửi tiếp",
        QueueAct::Retry => "Gửi lại ngay",
        QueueAct::Bounce => "Trả lại người gửi",
    }
}
