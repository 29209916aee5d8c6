//! SMTP (RFC 5321) as decisions: a server session, the header rules of acceptance, and what a client
//! must know (replies, dot-stuffing). Sockets and files are the shell's.

pub mod address;
mod answers;
mod chunking;
mod commands;
pub mod data;
pub mod header;
mod parameters;
pub mod reply;
mod session;
mod transaction;

pub use address::Address;
pub use reply::Reply;
pub use session::{Session, Settings, Step};
pub use transaction::{Destination, Envelope, StoreFailure};

/// Which door a session came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Another mail server brings letters for us; nothing is relayed (RFC 5321).
    Relay,
    /// A person's mail program hands in letters after signing in (RFC 6409).
    Submission,
}

/// Who signed in on a submission session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The sign-in name, for the log.
    pub login: String,
    /// The addresses this account may send as.
    pub addresses: Vec<Address>,
    /// The addresses this account may write for, with its own name beside them.
    pub principals: Vec<Behalf>,
}

/// An address that somebody writes for: `From` names it, `Sender` who really wrote (RFC 5322 §3.6.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behalf {
    /// In whose name.
    pub author: Address,
    /// Who writes.
    pub sender: Address,
}

impl Account {
    /// Whether this account may send as `address`.
    pub fn may_send_as(&self, address: &Address) -> bool {
        self.addresses.iter().any(|own| own.same_as(address))
    }

    /// Who must stand in `Sender` beside `author` in `From`; `None` when this account may not write for it.
    pub fn writes_for(&self, author: &Address) -> Option<&Address> {
        self.principals.iter().find(|behalf| behalf.author.same_as(author)).map(|behalf| &behalf.sender)
    }
}

/// What the directory says of a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// Delivered here.
    Local,
    /// A list that takes no letters of this sender.
    Closed,
    /// In our domain, but nobody has it.
    Unknown,
    /// In somebody else's domain.
    Elsewhere,
    /// The sender has used up what one may send in an hour.
    Limited,
    /// The directory cannot answer now.
    Unavailable,
    /// Delivered here, but there is no room for the letter now.
    Full,
    /// Delivered here, but the letter is larger than the whole mailbox may be.
    TooSmall,
}

/// What became of a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// Name and password were right.
    Welcome(Account),
    /// Name or password were wrong.
    Wrong,
    /// Too many failures; try later.
    Locked,
    /// The account has a second factor: programs sign in with a secret of their own.
    AppPasswordNeeded,
    /// The directory cannot answer now.
    Unavailable,
}

#[cfg(test)]
mod tests;
