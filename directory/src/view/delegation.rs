//! Delegations as the webmail and the console show them.

use base::{
    Timestamp,
    id::{MailboxId, PersonId},
};
use directory_core::Sending;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Who reads one mailbox by right.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DelegationsView {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Its address.
    pub address: String,
    /// The rights, the earliest first.
    pub items: Vec<DelegationView>,
}

/// A right that holds or will hold.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DelegationView {
    /// Who has it.
    pub person: PersonId,
    /// Full name.
    pub name: String,
    /// Unit of the first position.
    pub unit_name: String,
    /// That person's own address; may be empty.
    pub address: String,
    /// Whether and how that person also sends.
    pub sending: Sending,
    /// From when; 0 when always.
    pub from: Timestamp,
    /// Until when; null when for good.
    pub until: Option<Timestamp>,
}

/// A right to be given.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NewDelegationRequest {
    /// Who gets it.
    pub person: PersonId,
    /// Whether and how that person also sends.
    pub sending: Sending,
    /// From when; now when absent.
    #[serde(default)]
    #[ts(optional)]
    pub from: Option<Timestamp>,
    /// Until when; for good when absent.
    #[serde(default)]
    #[ts(optional)]
    pub until: Option<Timestamp>,
}
