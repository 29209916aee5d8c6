//! The directory's shell: store, sign-in, sessions, administration, sample data.
//!
//! One [`Directory`] serves meetings, mail and the console. Reading is answered from a
//! [`directory_core::Registry`] in memory; writing goes to `directory.db` with its audit line in the
//! same transaction, and only then is the registry replaced.

mod actor;
mod address;
mod admin;
mod app_password;
mod audit;
mod delegation;
mod error;
mod failures;
mod hasher;
mod list;
mod lookup;
mod password;
pub mod ports;
mod sample;
mod second_factor;
mod session;
mod sign_in;
mod store;
pub mod view;
pub mod web;

pub use actor::Actor;
pub use address::{GroupChange, NewGroup, NewMember};
pub use admin::{CreatedPerson, NewPerson, NewRoom};
pub use app_password::{IssuedAppPassword, SCRAM_ITERATIONS, ScramCredential, ScramKeys};
pub use audit::AuditCheck;
pub use delegation::NewDelegation;
pub use directory_core::{DirectoryEntry, Poster, Resolution};
pub use error::{DirectoryError, SignInError};
pub use lookup::{HubName, Invitee};
pub use sample::{SAMPLE_PASSWORD, SampleSignIn};
pub use session::{Revoked, SESSION_COOKIE, SESSION_IDLE, SESSION_LIFE, SessionToken};
pub use store::Directory;
pub use web::{OverTls, PeerAddress};
