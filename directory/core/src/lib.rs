//! The directory's model and rules: units, people, accounts, addresses, who may do what.
//!
//! Pure: no clock, no disk, no randomness of its own. The shell (`directory`) loads a [`Registry`]
//! and asks it; every other service may import the types here, above all [`Principal`].

mod address;
mod audit;
mod group;
mod lockout;
mod model;
mod name;
mod naming;
mod password;
mod permission;
mod principal;
mod registry;
mod search;
mod second_factor;

pub use address::{EmailAddress, InvalidAddress};
pub use audit::{AuditEvent, AuditRecord};
pub use group::{Group, GroupKind, Member, Poster, Posting, Reach, Rule};
pub use lockout::{Allowance, LOCK_AFTER, LOCK_FOR, Lockout, Refusal};
pub use model::{
    Account, AccountState, Address, Mailbox, MailboxKind, Period, Person, Position, Reader, Room, Sending,
    Site, Target, Unit, UnitKind,
};
pub use name::{compare_people, compare_text, given_name, people_key};
pub use naming::{AddressBook, person_local_part};
pub use password::{
    MIN_PASSWORD, PasswordDue, PasswordProblem, PasswordRules, app_password, check_password, is_app_password,
    normalise_password, temporary_password,
};
pub use permission::{Action, Object, may};
pub use principal::{MailboxGrant, Principal};
pub use registry::{Contact, Records, Registry, Resolution};
pub use search::{DirectoryEntry, EntryKind, Index};
pub use second_factor::{RECOVERY_CODES, SecondFactorKey, as_recovery_code, recovery_code};
