//! How a command ends: the tagged answer, or the end of the connection.

use std::io;

use crate::{accept::incident, store::StoreError};

/// The tagged answer: status and the text after it, response code included.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: &'static str,
    pub(super) text: String,
}

impl Reply {
    pub(super) fn ok(text: impl Into<String>) -> Self {
        Self { status: "OK", text: text.into() }
    }

    pub(super) fn no(text: impl Into<String>) -> Self {
        Self { status: "NO", text: text.into() }
    }

    pub(super) fn bad(text: impl Into<String>) -> Self {
        Self { status: "BAD", text: text.into() }
    }

    /// The answer to a mailbox name nobody has.
    pub(super) fn nonexistent() -> Self {
        Self::no("[NONEXISTENT] Không có thư mục này / No such mailbox")
    }
}

/// Why a command did not end with an answer of its own.
#[derive(Debug)]
pub(super) enum Failure {
    /// The connection is over.
    Wire(io::Error),
    /// The store failed.
    Store(StoreError),
}

impl From<io::Error> for Failure {
    fn from(cause: io::Error) -> Self {
        Self::Wire(cause)
    }
}

impl From<StoreError> for Failure {
    fn from(cause: StoreError) -> Self {
        Self::Store(cause)
    }
}

/// What every command answers with.
pub(super) type Done = Result<Reply, Failure>;

/// A refusal or failure of the store in words; failures get an id that the log has too.
pub(super) fn of_store(error: &StoreError) -> Reply {
    match error {
        StoreError::NotFound | StoreError::BadFolders => {
            Reply::no("[TRYCREATE] Không có thư mục này / No such mailbox")
        }
        StoreError::SystemFolder => {
            Reply::no("[CANNOT] Thư mục của hệ thống, không thay đổi được / A system folder stays as it is")
        }
        StoreError::BadFolderName => {
            Reply::no("[CANNOT] Tên thư mục đã có hoặc không hợp lệ / The name is taken or not usable")
        }
        StoreError::FolderHasChild => {
            Reply::no("[HASCHILDREN] Thư mục còn chứa thư mục con / The folder holds folders")
        }
        other => {
            let id = incident();
            tracing::error!(%id, cause = ?other, "imap: a command failed");
            Reply::no(format!("[UNAVAILABLE] Hệ thống thư đang gặp lỗi / The mail store failed [{id}]"))
        }
    }
}
