//! The nouns of the directory. Dates of validity are everywhere because units merge, are renamed and
//! dissolved (every district of Vietnam on 1 July 2025), and letters and minutes outlive them.

use base::{
    Timestamp,
    id::{AccountId, GroupId, MailboxId, PersonId, PositionId, RoomId, SiteId, UnitId},
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// When something holds: from a moment on, perhaps until another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    /// First moment.
    pub from: Timestamp,
    /// First moment it no longer holds.
    pub until: Option<Timestamp>,
}

impl Period {
    /// Whether it holds at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.from <= now && self.until.is_none_or(|until| now < until)
    }

    /// When, after `now`, it next begins or ends to hold.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        [Some(self.from), self.until].into_iter().flatten().filter(|at| *at > now).min()
    }
}

/// What sort of unit; the level is a matter of the tree, never of the kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum UnitKind {
    /// A province or centrally-run city (*tỉnh*).
    Province,
    /// A provincial city, town or rural district (*thành phố, thị xã, huyện*).
    District,
    /// A commune, ward or township (*xã, phường, thị trấn, đặc khu*).
    Commune,
    /// A department, board or office of the province (*sở, ban, ngành*).
    Agency,
    /// A division inside an agency or a district (*phòng, ban, thanh tra*).
    Division,
    /// A public service unit (*đơn vị sự nghiệp*): a centre, a school, a hospital.
    Centre,
}

impl UnitKind {
    /// The stable word in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::District => "district",
            Self::Commune => "commune",
            Self::Agency => "agency",
            Self::Division => "division",
            Self::Centre => "centre",
        }
    }

    /// The kind that the store's word names.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Province, Self::District, Self::Commune, Self::Agency, Self::Division, Self::Centre]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }

    /// Whether the unit is a part of its parent's own staff, rather than a body below it.
    pub const fn is_part_of_parent(self) -> bool {
        matches!(self, Self::Division | Self::Centre)
    }
}

/// An organisational unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    /// The unit above; `None` at the root.
    pub parent: Option<UnitId>,
    /// Its kind.
    pub kind: UnitKind,
    /// Identifier code (*mã định danh*), unique.
    pub code: String,
    /// Full name, with its type: "UBND xã Bảo Ninh".
    pub name: String,
    /// Short name: "X. Bảo Ninh", "STTTT".
    pub short_name: String,
    /// What stands after the dot in its people's addresses; `None`: the parent's.
    pub mail_code: Option<String>,
    /// Protocol order among its siblings (*thứ tự lễ tân*).
    pub order: u32,
    /// When the unit exists.
    pub valid: Period,
    /// Who took over its tasks when it ended.
    pub successor: Option<UnitId>,
}

/// A natural person. The name is one whole: never split into first and last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Its id.
    pub id: PersonId,
    /// *Họ và tên*.
    pub name: String,
    /// Office telephone.
    pub phone: Option<String>,
}

/// A post in a unit, perhaps held by somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Its id.
    pub id: PositionId,
    /// Who holds it; `None`: the position stands alone.
    pub person: Option<PersonId>,
    /// Where.
    pub unit: UnitId,
    /// *Chức vụ*: "Chuyên viên".
    pub title: String,
    /// Protocol order of the post: 30 chairman, 60 director, 90 specialist.
    pub order: u32,
    /// From when to when.
    pub valid: Period,
}

/// Whether an account may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum AccountState {
    /// In use.
    Active,
    /// Switched off by an administrator.
    Disabled,
}

/// A person's sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Whose.
    pub person: PersonId,
    /// The sign-in name, lower case.
    pub login: String,
    /// IT staff of the hub.
    pub is_admin: bool,
    /// Whether it may sign in.
    pub state: AccountState,
    /// The password is a temporary one.
    pub must_change: bool,
    /// When the password was set.
    pub password_changed: Timestamp,
}

/// Whose letters a mailbox holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum MailboxKind {
    /// One person's.
    Personal,
    /// An agency's, read by the people its head names.
    Agency,
}

/// A store of letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// Its id.
    pub id: MailboxId,
    /// Personal or agency.
    pub kind: MailboxKind,
    /// The name shown in *From*.
    pub name: String,
    /// The unit it belongs to; for a personal one, where it was issued.
    pub unit: UnitId,
    /// The person of a personal mailbox.
    pub person: Option<PersonId>,
    /// Its primary address.
    pub address: String,
}

/// Somebody who reads a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Who.
    pub person: PersonId,
    /// Whether and how the reader sends from it.
    pub sending: Sending,
    /// From when to when.
    pub valid: Period,
}

/// How a reader may send from a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Sending {
    /// Reads only.
    Nothing,
    /// In its name with the own name beside it (*thay mặt*; RFC 5322 §3.6.2, `Sender`).
    OnBehalf,
    /// As the mailbox itself.
    As,
}

impl Sending {
    /// What a command line's word means.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "nothing" => Some(Self::Nothing),
            "on-behalf" => Some(Self::OnBehalf),
            "as" => Some(Self::As),
            _ => None,
        }
    }

    /// The command line's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::OnBehalf => "on-behalf",
            Self::As => "as",
        }
    }
}

/// A mail address ever given out; it is never given to anybody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The whole address, lower case.
    pub address: String,
    /// Where its letters go.
    pub target: Target,
}

/// Where letters to an address go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Into this mailbox.
    Mailbox(MailboxId),
    /// To every member of this group.
    Group(GroupId),
    /// Nowhere any more: the tombstone of somebody who left.
    Nobody,
}

/// A meeting room (*phòng họp*).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Its id.
    pub id: RoomId,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub unit: UnitId,
    /// Building and floor; may be empty.
    pub place: String,
    /// Seats; 0 when not known.
    pub seats: u32,
}

/// A site (*điểm cầu*): a room with a line and a device, the participant of official meetings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// Unique key, "DC-18889".
    pub code: String,
    /// "Điểm cầu UBND xã Bảo Ninh (TP Đồng Hới)".
    pub name: String,
    /// "X. Bảo Ninh – ĐH".
    pub short_name: String,
    /// Whose it is.
    pub unit: UnitId,
}
