//! What IT staff do with held letters, each act an entry of the audit log; the command line and the console
//! ([`web`]) do the same.

pub mod web;

use std::fmt;

use base::Timestamp;
use directory::{Actor, DirectoryError};
use directory_core::AuditEvent;
use mail_gateway::{
    quarantine::{Fate, Held, Opened, Released},
    store::StoreError,
};

use crate::services::Services;

/// Why an act on a held letter was not done.
#[derive(Debug)]
pub enum NotDone {
    /// No such letter is held.
    NotFound,
    /// Its addressees have no addresses any more.
    NobodyLeft,
    /// The directory refused or failed.
    Directory(DirectoryError),
    /// The directory or the store of mail cannot do it now.
    Unavailable(String),
}

impl fmt::Display for NotDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => {
                f.write_str("no such letter is held; `lienthong admin quarantine list` shows all")
            }
            Self::NobodyLeft => f.write_str("none of its addressees has an address any more"),
            Self::Directory(cause) => cause.fmt(f),
            Self::Unavailable(cause) => f.write_str(cause),
        }
    }
}

impl From<StoreError> for NotDone {
    fn from(cause: StoreError) -> Self {
        match cause {
            StoreError::NotFound => Self::NotFound,
            cause => Self::Unavailable(cause.to_string()),
        }
    }
}

impl From<DirectoryError> for NotDone {
    fn from(cause: DirectoryError) -> Self {
        Self::Directory(cause)
    }
}

/// The held letter `id`, to be read.
///
/// # Errors
/// See [`NotDone`].
pub async fn open(services: &Services, actor: &Actor, id: &str) -> Result<Opened, NotDone> {
    let opened = services.mail.open_held(id).await?;
    note(services, actor, "Xem", &opened.letter).await?;
    Ok(opened)
}

/// Delivers the held letter `id` to its addressees.
///
/// # Errors
/// See [`NotDone`]; then it is still held.
pub async fn release(services: &Services, actor: &Actor, id: &str) -> Result<Released, NotDone> {
    match services.mail.release_held(id).await? {
        Fate::Released(released) => {
            note(services, actor, "Chuyển cho người nhận", &released.letter).await?;
            Ok(*released)
        }
        Fate::NobodyLeft => Err(NotDone::NobodyLeft),
        Fate::Unavailable => Err(NotDone::Unavailable("the directory cannot answer now".to_owned())),
    }
}

/// Throws the held letter `id` away.
///
/// # Errors
/// See [`NotDone`].
pub async fn delete(services: &Services, actor: &Actor, id: &str) -> Result<(), NotDone> {
    let letter = services.mail.delete_held(id).await?;
    note(services, actor, "Xóa", &letter).await
}

async fn note(services: &Services, actor: &Actor, act: &str, letter: &Held) -> Result<(), NotDone> {
    let event = AuditEvent::QuarantineChanged { act: act.to_owned() };
    let sender = if letter.sender.is_empty() { "không rõ người gửi" } else { &letter.sender };
    let mut recipients: Vec<&str> = letter.recipients.iter().take(MAX_NAMED).map(String::as_str).collect();
    if letter.recipients.len() > MAX_NAMED {
        recipients.push("…");
    }
    let object = format!("{} ({sender} gửi {})", letter.id, recipients.join(", "));
    Ok(services.directory.record_act(actor, event, &object, Timestamp::now()).await?)
}

/// Addressees that an entry of the audit log names.
const MAX_NAMED: usize = 5;
