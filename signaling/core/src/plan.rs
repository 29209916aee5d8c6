//! What was announced of a meeting: title, time, place, who is invited.

use std::time::Duration;

use base::{
    Timestamp,
    id::{PersonId, RoomId, UnitId},
};
use serde::{Deserialize, Serialize};

use crate::{Act, Answer, Role};

/// The announced facts. [`Plan::check`] holds for every plan inside a [`crate::Meeting`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// *Tên cuộc họp*.
    pub title: String,
    /// Planned start.
    pub starts_at: Timestamp,
    /// Planned end.
    pub ends_at: Timestamp,
    /// The meeting room, if people also sit together.
    pub room: Option<Room>,
    /// `true`: only the called seat's microphone and those of who may call are forwarded.
    pub called_floor: bool,
    /// Who called the meeting; absent for one made on the command line.
    pub organiser: Option<Invitee>,
    /// Who is invited, in protocol order.
    pub invitees: Vec<Invitee>,
    /// Units whose people may enter without waiting.
    pub units: Vec<UnitId>,
    /// Who else enters without waiting.
    pub admission: Admission,
}

/// Who enters without waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Admission {
    /// The organiser, invitees and people of invited units.
    Invited,
    /// Everybody who is signed in.
    Directory,
}

/// A meeting room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Room {
    /// Which.
    pub id: RoomId,
    /// Its name when it was chosen.
    pub name: String,
}

/// Somebody invited, or the agency mailbox of an invited unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invitee {
    /// Absent for an agency mailbox.
    pub person: Option<PersonId>,
    /// *Họ và tên*, or the mailbox's name.
    pub name: String,
    /// Where the letter goes.
    pub address: String,
    /// Unit's name.
    pub unit_name: String,
    /// *Chức vụ*.
    pub position: String,
    /// Protocol order.
    pub order: u32,
    /// What the person will be in the meeting.
    pub role: Role,
    /// The newest answer to the invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

/// Changes to a plan; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// New title.
    pub title: Option<String>,
    /// New start.
    pub starts_at: Option<Timestamp>,
    /// New end.
    pub ends_at: Option<Timestamp>,
    /// New room; `Some(None)`: no room any more.
    pub room: Option<Option<Room>>,
    /// New rule of the floor.
    pub called_floor: Option<bool>,
    /// New invitees, whole, with the units whose people may enter.
    pub invitees: Option<(Vec<Invitee>, Vec<UnitId>)>,
}

/// Why a plan cannot stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanFault {
    /// No title.
    TitleMissing,
    /// A title beyond [`MAX_TITLE`] characters.
    TitleTooLong,
    /// The end is not after the start.
    EndsBeforeStart,
    /// Longer than [`MAX_DURATION`].
    TooLong,
    /// More than [`MAX_INVITEES`].
    TooManyInvitees,
}

/// Characters in a title.
pub const MAX_TITLE: usize = 300;
/// The longest meeting (a session of several days is several meetings).
pub const MAX_DURATION: Duration = Duration::from_secs(7 * 24 * 3600);
/// Invitees of one meeting.
pub const MAX_INVITEES: usize = 5_000;

impl Plan {
    /// Whether the plan can stand.
    ///
    /// # Errors
    /// The first fault found.
    pub fn check(&self) -> Result<(), PlanFault> {
        if self.title.trim().is_empty() {
            return Err(PlanFault::TitleMissing);
        }
        if self.title.chars().count() > MAX_TITLE {
            return Err(PlanFault::TitleTooLong);
        }
        if self.ends_at <= self.starts_at {
            return Err(PlanFault::EndsBeforeStart);
        }
        if self.ends_at.since(self.starts_at) > MAX_DURATION {
            return Err(PlanFault::TooLong);
        }
        if self.invitees.len() > MAX_INVITEES {
            return Err(PlanFault::TooManyInvitees);
        }
        Ok(())
    }

    /// The plan after `change`. The organiser stays invited whatever the new list says.
    pub(crate) fn changed(&self, change: Change) -> Self {
        let mut plan = self.clone();
        if let Some(title) = change.title {
            plan.title = title.trim().to_owned();
        }
        plan.starts_at = change.starts_at.unwrap_or(plan.starts_at);
        plan.ends_at = change.ends_at.unwrap_or(plan.ends_at);
        plan.room = change.room.unwrap_or(plan.room);
        plan.called_floor = change.called_floor.unwrap_or(plan.called_floor);
        if let Some((invitees, units)) = change.invitees {
            plan.invitees = invitees;
            plan.units = units;
        }
        plan.keep_answers(self);
        plan
    }

    /// The invitation of a person.
    pub fn invitation(&self, person: PersonId) -> Option<&Invitee> {
        self.invitees.iter().find(|invitee| invitee.person == Some(person))
    }

    /// Whether this person called the meeting.
    pub fn is_organiser(&self, person: PersonId) -> bool {
        self.organiser.as_ref().is_some_and(|organiser| organiser.person == Some(person))
    }

    /// Whether somebody at the calendar, outside the meeting, may do `act`.
    pub fn desk_may(&self, person: PersonId, is_admin: bool, act: Act) -> bool {
        is_admin
            || (self.is_organiser(person) && Role::organiser_may(act))
            || self.invitation(person).is_some_and(|invitee| invitee.role.may(act))
    }

    /// The chair's name and position for headers and letters; empty when none is named.
    pub fn chair(&self) -> String {
        let named = self.invitees.iter().chain(&self.organiser).find(|i| i.role == Role::Chair);
        match named {
            Some(chair) if chair.position.is_empty() => chair.name.clone(),
            Some(chair) => format!("{} – {}", chair.name, chair.position),
            None => String::new(),
        }
    }

    /// Whether somebody is named as chair.
    pub(crate) fn names_chair(&self) -> bool {
        self.invitees.iter().chain(&self.organiser).any(|i| i.role == Role::Chair)
    }
}
