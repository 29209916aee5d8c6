//! Aliases, lists and position addresses as the console shows them.

use base::{
    Timestamp,
    id::{GroupId, PersonId, UnitId},
};
use directory_core::{GroupKind, Posting, Reach};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One more address of a mailbox.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AliasView {
    /// The address, which is also its key.
    pub id: String,
    /// The address.
    pub address: String,
    /// Primary address of the mailbox; empty when retired.
    pub mailbox: String,
    /// That mailbox's name; empty when retired.
    pub name: String,
    /// Takes no letters any more and is never given to anybody else.
    pub retired: bool,
}

/// An alias to be given.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NewAliasRequest {
    /// Address of the mailbox.
    pub mailbox: String,
    /// The alias, or what stands before its `@`.
    pub address: String,
}

/// A list or a position address.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct GroupView {
    /// Id.
    pub id: GroupId,
    /// List or position.
    pub kind: GroupKind,
    /// Its address.
    pub address: String,
    /// Its name.
    pub name: String,
    /// Where its people are looked for.
    pub unit: Option<UnitId>,
    /// That unit's name.
    pub unit_name: String,
    /// How far below the unit.
    pub reach: Option<Reach>,
    /// Only holders of this title; empty: everybody.
    pub title: String,
    /// Who may write to it.
    pub posting: Posting,
    /// How many people are behind it today.
    pub count: u32,
    /// The first names of them.
    pub people: Vec<String>,
    /// Members by name: guests, acting holders.
    pub members: Vec<GroupMemberView>,
}

/// A member by name.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct GroupMemberView {
    /// Who.
    pub person: PersonId,
    /// Full name.
    pub name: String,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub until: Option<Timestamp>,
}

/// A list or position address to be created.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NewGroupRequest {
    /// List or position.
    pub kind: GroupKind,
    /// The address, or what stands before its `@`.
    pub address: String,
    /// Its name.
    pub name: String,
    /// Where its people are looked for; absent: named members alone.
    #[serde(default)]
    #[ts(optional)]
    pub unit: Option<UnitId>,
    /// How far below the unit.
    pub reach: Reach,
    /// Only holders of this title.
    #[serde(default)]
    pub title: String,
    /// Who may write to it.
    pub posting: Posting,
}

/// What a list or position address shall be from now on.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct GroupChangeRequest {
    /// Its name.
    pub name: String,
    /// Where its people are looked for; absent: named members alone.
    #[serde(default)]
    #[ts(optional)]
    pub unit: Option<UnitId>,
    /// How far below the unit.
    pub reach: Reach,
    /// Only holders of this title.
    #[serde(default)]
    pub title: String,
    /// Who may write to it.
    pub posting: Posting,
}

/// A member to be added by name.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NewGroupMemberRequest {
    /// Who.
    pub person: PersonId,
    /// From when; now when absent.
    #[serde(default)]
    #[ts(optional)]
    pub from: Option<Timestamp>,
    /// Until when.
    #[serde(default)]
    #[ts(optional)]
    pub until: Option<Timestamp>,
}
