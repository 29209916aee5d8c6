//! A meeting as a state machine: commands in, recorded events out.
//!
//! Everything that happened is an append-only list of [`Recorded`] events, and a [`Meeting`] is the
//! fold of that list ([`Meeting::replay`]): the state after a crash, the attendance list and the
//! minutes are readings of it. [`Meeting::apply`] decides (permissions live here, nowhere else),
//! [`Meeting::effects`] says what the world outside has to do about an event.
//!
//! **Invariant**: no clock, randomness, socket or task; the shell passes the time, fresh ids and
//! hashed keys in. Wire types stay in the shell.

mod answer;
mod command;
mod decide;
mod effect;
mod event;
mod floor;
mod line;
mod meeting;
mod plan;
mod role;
mod seat;
mod showing;

pub use answer::{Answer, Attendance, MAX_COMMENT, Reply, Substitute};
pub use command::{Actor, Command, Refusal, Visitor};
pub use effect::{Effect, Letter};
pub use event::{Event, LeaveReason, Recorded};
pub use line::{LineFigures, LineGrade, LineWatch};
pub use meeting::{BrokenRecord, ChatLine, Meeting, Status};
pub use plan::{Admission, Change, Invitee, Plan, PlanFault, Room};
pub use role::{Act, Role, UnknownRole};
pub use seat::{MediaKind, MediaWish, Seat, TrackState, Tracks, VisitKey};
pub use showing::{Picture, place};

/// How long a seat waits for its participant to come back.
pub const ABSENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// Seats a meeting holds, the waiting room included.
pub const MAX_SEATS: usize = 500;

/// Lines of chat a meeting remembers for those who enter later.
pub const CHAT_KEPT: usize = 400;

/// Characters in a line of chat.
pub const MAX_CHAT: usize = 2_000;

/// Characters in a guest's name.
pub const MAX_NAME: usize = 80;

#[cfg(test)]
mod tests;
