//! The change counter of an account and what it leaves behind.
//!
//! Every touched object gets a number of its own, so that an answer to "what changed since" can be
//! cut anywhere (RFC 8620 §5.2, `maxChanges`).

pub mod since;

use database::sqlx::{self, AnyConnection, Row};

use super::StoreError;

/// Kinds of object a client follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A folder; JMAP calls it Mailbox.
    Mailbox,
    /// A letter.
    Email,
    /// A conversation.
    Thread,
    /// A sender's name and signature.
    Identity,
    /// A letter handed to the queue.
    EmailSubmission,
    /// The answer of who is away.
    VacationResponse,
    /// A filter script.
    SieveScript,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Mailbox,
        Self::Email,
        Self::Thread,
        Self::Identity,
        Self::EmailSubmission,
        Self::VacationResponse,
        Self::SieveScript,
    ];

    /// The JMAP type name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mailbox => "Mailbox",
            Self::Email => "Email",
            Self::Thread => "Thread",
            Self::Identity => "Identity",
            Self::EmailSubmission => "EmailSubmission",
            Self::VacationResponse => "VacationResponse",
            Self::SieveScript => "SieveScript",
        }
    }
}

/// Draws the next number of `account` for a change of `kind`.
pub(crate) async fn next(c: &mut AnyConnection, account: &str, kind: Kind) -> Result<i64, StoreError> {
    let row = sqlx::query("UPDATE accounts SET modseq = modseq + 1 WHERE account = $1 RETURNING modseq")
        .bind(account)
        .fetch_one(&mut *c)
        .await?;
    let modseq: i64 = row.try_get(0)?;
    sqlx::query(
        "INSERT INTO states (account, kind, modseq) VALUES ($1, $2, $3) \
         ON CONFLICT (account, kind) DO UPDATE SET modseq = excluded.modseq",
    )
    .bind(account)
    .bind(kind.as_str())
    .bind(modseq)
    .execute(&mut *c)
    .await?;
    Ok(modseq)
}

/// Remembers that an object is gone.
pub(crate) async fn bury(
    c: &mut AnyConnection,
    account: &str,
    kind: Kind,
    id: &str,
    created: i64,
) -> Result<(), StoreError> {
    let modseq = next(c, account, kind).await?;
    sqlx::query("INSERT INTO tombstones (account, kind, id, created, modseq) VALUES ($1, $2, $3, $4, $5)")
        .bind(account)
        .bind(kind.as_str())
        .bind(id)
        .bind(created)
        .bind(modseq)
        .execute(&mut *c)
        .await?;
    Ok(())
}
