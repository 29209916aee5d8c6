//! What REST says: the JSON of the session, the organisation tree and the console.

use base::{
    Timestamp,
    id::{AppPasswordId, AuditId, MailboxId, PersonId, RoomId, SessionId, UnitId},
};
use directory_core::{
    AccountState, AuditRecord, Contact, MailboxGrant, MailboxKind, Registry, Room, Unit, UnitKind,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

mod address;
mod delegation;
mod second_factor;

pub use address::{
    AliasView, GroupChangeRequest, GroupMemberView, GroupView, NewAliasRequest, NewGroupMemberRequest,
    NewGroupRequest,
};
pub use delegation::{DelegationView, DelegationsView, NewDelegationRequest};
pub use second_factor::{
    CodePicture, RecoveryCodesView, SecondFactorCodeRequest, SecondFactorPasswordRequest,
    SecondFactorProposal, SecondFactorView,
};

/// Lines of a console list's page.
pub const PAGE_SIZE: u32 = 50;

/// Who is signed in, and where.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// The person.
    pub person: SessionPerson,
    /// The sign-in name.
    pub login: String,
    /// Shows the console.
    pub is_admin: bool,
    /// The password is a temporary or expired one: nothing else works before it is changed.
    pub must_change_password: bool,
    /// When the password reaches its age; null when it never does or is a temporary one.
    pub password_expires: Option<Timestamp>,
    /// Mailboxes, the personal one first.
    pub mailboxes: Vec<MailboxGrant>,
    /// The hub.
    pub hub: HubView,
    /// The hub's clock, by which the client corrects its own.
    pub server_time: Timestamp,
}

/// The signed-in person.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SessionPerson {
    /// Id.
    pub id: PersonId,
    /// Full name.
    pub name: String,
    /// Unit of the first position.
    pub unit: UnitId,
    /// That unit's name.
    pub unit_name: String,
    /// Title of the first position.
    pub position: String,
}

/// The hub as its pages show it.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct HubView {
    /// Mail domain.
    pub domain: String,
    /// Name.
    pub name: String,
    /// Build.
    pub build: String,
}

/// Credentials.
#[derive(Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SignInRequest {
    /// Sign-in name or personal address.
    pub login: String,
    /// Password.
    pub password: String,
    /// The code of the second factor; asked for by the answer `codeNeeded`.
    #[serde(default)]
    #[ts(optional)]
    pub code: Option<String>,
}

/// A change of the own password.
#[derive(Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PasswordRequest {
    /// The present one.
    pub current: String,
    /// The next one.
    pub new: String,
}

/// One of the own sessions.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SessionEntry {
    /// Id.
    pub id: SessionId,
    /// Signed in at.
    pub created_at: Timestamp,
    /// Last used, to five minutes.
    pub last_seen: Timestamp,
    /// From which network address.
    pub ip: String,
    /// With which browser.
    pub user_agent: String,
    /// The one that asks.
    pub current: bool,
}

/// One unit of the tree; the whole tree comes as a list in protocol order, parents first.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UnitView {
    /// Id.
    pub id: UnitId,
    /// The unit above.
    pub parent: Option<UnitId>,
    /// Kind.
    pub kind: UnitKind,
    /// Full name.
    pub name: String,
    /// Short name.
    pub short_name: String,
    /// Protocol order among its siblings.
    pub order: u32,
    /// Identifier code.
    pub code: String,
    /// How many people hold a position in it.
    pub people: u32,
    /// Address of its agency mailbox.
    pub address: Option<String>,
}

/// One person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PersonView {
    /// Id.
    pub id: PersonId,
    /// Full name.
    pub name: String,
    /// Title.
    pub position: String,
    /// Unit.
    pub unit: UnitId,
    /// The unit's name.
    pub unit_name: String,
    /// Personal address.
    pub address: Option<String>,
    /// Protocol order.
    pub order: u32,
}

/// One meeting room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RoomView {
    /// Id.
    pub id: RoomId,
    /// Name.
    pub name: String,
    /// Whose.
    pub unit: UnitId,
    /// That unit's name.
    pub unit_name: String,
    /// Building and floor; may be empty.
    pub place: String,
    /// Seats; 0 when not known.
    pub seats: u32,
}

/// A page of a list.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The lines.
    pub items: Vec<T>,
    /// Lines on all pages.
    pub total: u32,
    /// This page, from 1.
    pub page: u32,
    /// Lines of a full page.
    pub page_size: u32,
}

/// A person as IT staff see one.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AdminPersonView {
    /// Id.
    pub id: PersonId,
    /// Full name.
    pub name: String,
    /// Title.
    pub position: String,
    /// Unit.
    pub unit: UnitId,
    /// The unit's name.
    pub unit_name: String,
    /// Sign-in name; empty without an account.
    pub login: String,
    /// Personal address; empty without a mailbox.
    pub address: String,
    /// Whether the account may sign in.
    pub state: AccountState,
    /// IT staff.
    pub is_admin: bool,
    /// The password is a temporary one.
    pub must_change_password: bool,
    /// Sign-in asks for a code too.
    pub second_factor: bool,
    /// Last successful sign-in.
    pub last_sign_in: Option<Timestamp>,
}

/// A person to be created.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NewPersonRequest {
    /// Full name.
    pub name: String,
    /// Unit.
    pub unit: UnitId,
    /// Title.
    pub position: String,
    /// Sign-in name; made from the name when absent.
    #[serde(default)]
    #[ts(optional)]
    pub login: Option<String>,
}

/// A person just created; the only time the temporary password is shown.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CreatedPersonView {
    /// The person.
    pub person: PersonView,
    /// Sign-in name.
    pub login: String,
    /// Personal address.
    pub address: String,
    /// Password for the first sign-in.
    pub temporary_password: String,
}

/// A password just reset; the only time it is shown.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TemporaryPasswordView {
    /// Password for the next sign-in.
    pub temporary_password: String,
}

/// A room to be created.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NewRoomRequest {
    /// Name.
    pub name: String,
    /// Whose; the root unit when absent.
    #[serde(default)]
    #[ts(optional)]
    pub unit: Option<UnitId>,
    /// Building and floor.
    #[serde(default)]
    pub place: String,
    /// Seats.
    #[serde(default)]
    pub seats: u32,
}

/// A mailbox as IT staff see one.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AdminMailboxView {
    /// Id.
    pub id: MailboxId,
    /// Primary address.
    pub address: String,
    /// Name shown in *From*.
    pub name: String,
    /// Personal or agency.
    pub kind: MailboxKind,
    /// The unit's name.
    pub unit_name: String,
    /// Names of who reads it.
    pub readers: Vec<String>,
    /// Letters in it, when mail tells.
    pub letters: Option<u64>,
    /// Octets in it, when mail tells.
    pub bytes: Option<u64>,
    /// Octets it may hold, when mail tells.
    pub limit: Option<u64>,
}

/// How much a mailbox may hold.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuotaRequest {
    /// Octets; absent or null is what is usual for its kind.
    #[serde(default)]
    pub bytes: Option<u64>,
}

/// A secret of a mail program, without the secret.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AppPasswordView {
    /// Id.
    pub id: AppPasswordId,
    /// What its owner calls it.
    pub name: String,
    /// The mailbox it opens.
    pub mailbox: MailboxId,
    /// That mailbox's address, the program's user name.
    pub address: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a program used it last.
    pub last_used: Option<Timestamp>,
    /// From which network address; empty before the first use.
    pub last_ip: String,
}

/// A secret to be made.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NewAppPasswordRequest {
    /// What its owner calls it.
    pub name: String,
    /// The mailbox it shall open.
    pub mailbox: MailboxId,
}

/// A secret just made, shown once.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct IssuedAppPasswordView {
    /// The secret.
    pub secret: String,
    /// The program's user name.
    pub login: String,
    /// The row.
    pub entry: AppPasswordView,
}

/// One line of the audit log.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AuditView {
    /// Id.
    pub id: AuditId,
    /// Its place in the chain.
    #[ts(type = "number")]
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// Who acted: the name.
    pub actor: String,
    /// Who acted: the sign-in name.
    pub login: String,
    /// The act, for programs.
    pub action: String,
    /// The act, in words.
    pub sentence: String,
    /// From which network address; empty on the machine itself.
    pub ip: String,
}

impl UnitView {
    /// The unit as it stands in `registry`.
    pub fn of(registry: &Registry, unit: &Unit) -> Self {
        Self {
            id: unit.id,
            parent: unit.parent,
            kind: unit.kind,
            name: unit.name.clone(),
            short_name: unit.short_name.clone(),
            order: unit.order,
            code: unit.code.clone(),
            people: u32::try_from(registry.staff_count(unit.id)).unwrap_or(u32::MAX),
            address: registry.unit_address(unit.id),
        }
    }
}

impl RoomView {
    /// The room as it stands in `registry`.
    pub fn of(registry: &Registry, room: &Room) -> Self {
        Self {
            id: room.id,
            name: room.name.clone(),
            unit: room.unit,
            unit_name: registry.unit(room.unit).map_or_else(String::new, |unit| unit.name.clone()),
            place: room.place.clone(),
            seats: room.seats,
        }
    }
}

impl From<Contact> for PersonView {
    fn from(contact: Contact) -> Self {
        Self {
            id: contact.person,
            name: contact.name,
            position: contact.position,
            unit: contact.unit,
            unit_name: contact.unit_name,
            address: contact.address,
            order: contact.order,
        }
    }
}

impl From<AuditRecord> for AuditView {
    fn from(record: AuditRecord) -> Self {
        Self {
            id: record.id,
            sequence: record.sequence,
            at: record.at,
            actor: record.actor,
            login: record.login,
            action: record.action,
            sentence: record.sentence,
            ip: record.ip,
        }
    }
}
