//! What mail asks of the rest of the hub. The hub implements these over the directory;
//! tests implement them over a table.

use std::{fmt, net::IpAddr, sync::Arc};

use base::{MailboxId, Redacted, Timestamp};
use directory_core::{MailboxKind, Poster, Principal};
use futures_util::future::BoxFuture;
use mail_gateway_core::sasl::Claim;
pub use mail_gateway_core::sasl::{Credential, Keys};

/// Everything mail asks of others, gathered.
#[derive(Clone)]
pub struct Ports {
    /// Who an address belongs to.
    pub addresses: Arc<dyn Addresses>,
    /// Who may submit.
    pub credentials: Arc<dyn Credentials>,
}

impl Ports {
    /// The principal a SASL claim opens; app passwords open one mailbox, the first of the principal.
    ///
    /// # Errors
    /// [`Refused`]; the failure is counted already.
    pub async fn sign_in(&self, claim: &Claim, peer: IpAddr) -> Result<Principal, Refused> {
        match claim {
            Claim::Password { login, password } => self.credentials.authenticate(login, password, peer).await,
            Claim::Proven { credential, .. } => self.credentials.proven(credential, peer).await,
            Claim::Disproven { login } => {
                self.credentials.disproven(login, peer).await;
                Err(Refused::Wrong)
            }
        }
    }
}

/// Resolves recipients.
pub trait Addresses: Send + Sync {
    /// Where letters of `poster` to `address` (`local@domain`) go: a person, an agency mailbox, a list.
    fn resolve<'a>(
        &'a self,
        address: &'a str,
        poster: Poster<'a>,
    ) -> BoxFuture<'a, Result<Resolution, Unavailable>>;

    /// What the directory says of `mailbox`; `None` when it is gone.
    fn mailbox(&self, mailbox: MailboxId) -> BoxFuture<'_, Result<Option<MailboxEntry>, Unavailable>>;
}

/// A mailbox in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxEntry {
    /// Its primary address.
    pub address: String,
    /// A person's or an agency's.
    pub kind: MailboxKind,
}

/// Checks the password of a mail client.
pub trait Credentials: Send + Sync {
    /// The principal that `login` (sign-in name or address) and `password` open. Lock-out after
    /// repeated failures is counted here, so that web and mail share one count.
    fn authenticate<'a>(
        &'a self,
        login: &'a str,
        password: &'a Redacted<String>,
        peer: IpAddr,
    ) -> BoxFuture<'a, Result<Principal, Refused>>;

    /// The SCRAM keys of `login`; an unknown name has a salt like any other and no credentials.
    fn scram_keys<'a>(&'a self, login: &'a str) -> BoxFuture<'a, Result<Keys, Unavailable>>;

    /// The principal of the app password `credential`, whose secret the client has proven to know.
    fn proven<'a>(&'a self, credential: &'a str, peer: IpAddr) -> BoxFuture<'a, Result<Principal, Refused>>;

    /// Counts a wrong proof for `login`.
    fn disproven<'a>(&'a self, login: &'a str, peer: IpAddr) -> BoxFuture<'a, ()>;
}

/// What an address is to this hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// Ours: delivered into these mailboxes (several for a group).
    Local(Vec<MailboxId>),
    /// A list of ours to which this poster may not write.
    Closed,
    /// In our domain, but nobody has it.
    Unknown,
    /// In a domain that is not ours.
    NotOurs,
}

/// Why a sign-in over SMTP was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Wrong name or password, or an account that may not sign in.
    Wrong,
    /// Too many failures; nothing is tried before this moment.
    LockedUntil(Timestamp),
    /// The account has a second factor: programs sign in with a secret of their own.
    AppPasswordNeeded,
    /// The directory cannot answer now.
    Unavailable,
}

/// The directory cannot answer now; the peer is asked to come back (`451`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable;

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the directory cannot answer now")
    }
}

impl std::error::Error for Unavailable {}
