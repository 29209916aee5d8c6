//! Who acts on a request: the value every router receives from hub's authentication.

use base::id::{AccountId, MailboxId, PersonId, SessionId, UnitId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::MailboxKind;

/// A signed-in person (or the system itself), with everything a permission depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The account that signed in.
    pub account: AccountId,
    /// Its person.
    pub person: PersonId,
    /// The browser session; `None` for mail clients and the command line.
    pub session: Option<SessionId>,
    /// The person's full name, whole (*họ và tên*).
    pub name: String,
    /// The unit of the person's first position.
    pub unit: UnitId,
    /// That unit's name.
    pub unit_name: String,
    /// The title of the person's first position.
    pub position: String,
    /// Protocol order: lower comes first in lists and tiles.
    pub order: u32,
    /// IT staff of the hub.
    pub is_admin: bool,
    /// The sign-in name.
    pub login: String,
    /// Mailboxes this person reads, the personal one first.
    pub mailboxes: Vec<MailboxGrant>,
}

impl Principal {
    /// The actor of the command line: the operating-system user `name`, who owns the data anyway.
    pub fn system(name: &str) -> Self {
        Self {
            account: AccountId::from_u128(0),
            person: PersonId::from_u128(0),
            session: None,
            name: format!("Người vận hành máy chủ ({name})"),
            unit: UnitId::from_u128(0),
            unit_name: String::new(),
            position: String::new(),
            order: u32::MAX,
            is_admin: true,
            login: format!("os:{name}"),
            mailboxes: Vec::new(),
        }
    }
}

impl MailboxGrant {
    /// Whether the reader leaves everything in it as it is: whoever may not answer its letters neither
    /// marks, files nor deletes them.
    pub fn is_read_only(&self) -> bool {
        !self.may_send
    }

    /// Whether letters from this mailbox may have `address` in `From`.
    pub fn has(&self, address: &str) -> bool {
        std::iter::once(&self.address).chain(&self.aliases).any(|own| own.eq_ignore_ascii_case(address))
    }
}

/// A mailbox its reader may open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MailboxGrant {
    /// The mailbox; also the JMAP account id.
    pub mailbox: MailboxId,
    /// Its primary address.
    pub address: String,
    /// The name shown in *From*.
    pub name: String,
    /// Personal or agency.
    pub kind: MailboxKind,
    /// Whether the reader may also send as this address.
    pub may_send: bool,
    /// Other addresses its letters may be from: aliases, and positions its person holds today.
    pub aliases: Vec<String>,
    /// The reader's own address, when that must stand in `Sender` beside the mailbox's in `From`.
    pub sender: Option<String>,
    /// Somebody else's, opened to the reader by delegation: its rules stay its owner's.
    pub delegated: bool,
}
