//! The JSON of `/api/meetings`: camelCase, times in µs UTC.

use base::{
    Timestamp,
    id::{MeetingId, PersonId, RoomId, UnitId},
};
use serde::{Deserialize, Deserializer, Serialize};
use signaling_core::{Attendance, Invitee};
use signaling_protocol::{Floor, MeetingStatus, Role};
use ts_rs::TS;

use crate::{store::Listed, translate};

/// A meeting in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MeetingSummary {
    /// Which.
    pub id: MeetingId,
    /// *Tên cuộc họp*.
    pub title: String,
    /// Planned start.
    pub starts_at: Timestamp,
    /// Planned end.
    pub ends_at: Timestamp,
    /// Where it stands; a meeting that is long over and empty counts as ended.
    pub status: MeetingStatus,
    /// The chair's name and position, empty if none is named.
    pub chair: String,
    /// Who called it, empty for one made on the command line.
    pub organiser: String,
    /// The meeting room's name.
    pub room: Option<String>,
    /// Participants who are in now.
    pub present: u32,
    /// Whether the reader may change or cancel it.
    pub may_edit: bool,
}

/// A meeting whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MeetingDetail {
    /// As in lists.
    #[serde(flatten)]
    pub summary: MeetingSummary,
    /// Which meeting room.
    pub room_id: Option<RoomId>,
    /// Who may speak.
    pub floor: Floor,
    /// Who is invited, in protocol order.
    pub invitees: Vec<InviteeView>,
    /// Invited units.
    pub units: Vec<UnitId>,
    /// iCalendar SEQUENCE.
    pub sequence: u32,
    /// Whether the reader may make links for guests.
    pub may_invite_guests: bool,
}

/// Somebody invited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct InviteeView {
    /// Absent for a unit's agency mailbox.
    pub person: Option<PersonId>,
    /// *Họ và tên*, or the mailbox's name.
    pub name: String,
    /// Mail address.
    pub address: String,
    /// Unit's name.
    pub unit_name: String,
    /// *Chức vụ*.
    pub position: String,
    /// Role in the meeting.
    pub role: Role,
    /// The newest answer to the invitation.
    pub answer: Option<AnswerView>,
}

/// An answer to an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AnswerView {
    /// What was said.
    #[ts(type = "'accepted' | 'declined' | 'delegated'")]
    pub attendance: Attendance,
    /// The reason, or a word to the organiser; may be empty.
    pub comment: String,
    /// Who comes instead; empty if nobody.
    pub substitute: String,
    /// When.
    pub at: Timestamp,
}

/// What somebody invited answers.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AnswerRequest {
    /// Where the invitation went: a mailbox the reader may send from.
    pub address: String,
    /// The answer.
    #[ts(type = "'accepted' | 'declined' | 'delegated'")]
    pub attendance: Attendance,
    /// The reason, or a word to the organiser; at most 500 characters.
    #[serde(default)]
    pub comment: String,
    /// Who comes instead; needed with `delegated`.
    #[serde(default)]
    #[ts(optional)]
    pub substitute: Option<PersonId>,
}

/// What the page before the meeting shows; guests see it without signing in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct EntryView {
    /// Which.
    pub id: MeetingId,
    /// *Tên cuộc họp*.
    pub title: String,
    /// The chair's name and position, empty if none is named.
    pub chair: String,
    /// Planned start.
    pub starts_at: Timestamp,
    /// Planned end.
    pub ends_at: Timestamp,
    /// Where it stands.
    pub status: MeetingStatus,
    /// The meeting room's name.
    pub room: Option<String>,
    /// `true`: entering needs a name, as nobody is signed in.
    pub as_guest: bool,
    /// The hub's clock.
    pub server_time: Timestamp,
}

/// A new meeting.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NewMeeting {
    /// *Tên cuộc họp*.
    pub title: String,
    /// Planned start.
    pub starts_at: Timestamp,
    /// Planned end.
    pub ends_at: Timestamp,
    /// Meeting room.
    #[serde(default)]
    #[ts(optional)]
    pub room: Option<RoomId>,
    /// Invited persons.
    #[serde(default)]
    pub persons: Vec<PersonId>,
    /// Invited units.
    #[serde(default)]
    pub units: Vec<UnitId>,
    /// Who may speak; open unless told otherwise.
    #[serde(default)]
    #[ts(optional)]
    pub floor: Option<Floor>,
    /// *Chủ trì*; whoever creates the meeting unless told otherwise.
    #[serde(default)]
    #[ts(optional)]
    pub chair: Option<PersonId>,
    /// *Thư ký*.
    #[serde(default)]
    #[ts(optional)]
    pub secretary: Option<PersonId>,
    /// Other roles; whoever is not named is a delegate.
    #[serde(default)]
    #[ts(optional)]
    pub roles: Option<Vec<RoleOf>>,
    /// The confirmation that nothing in it is a state secret; anything but `true` is refused.
    #[serde(default)]
    pub not_secret: bool,
}

/// Changes to a meeting; what is absent stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct MeetingChange {
    /// New title.
    #[ts(optional)]
    pub title: Option<String>,
    /// New start.
    #[ts(optional)]
    pub starts_at: Option<Timestamp>,
    /// New end.
    #[ts(optional)]
    pub ends_at: Option<Timestamp>,
    /// New room; `null` for none.
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "string | null")]
    pub room: Option<Option<RoomId>>,
    /// New list of persons; goes together with `units`.
    #[ts(optional)]
    pub persons: Option<Vec<PersonId>>,
    /// New list of units; goes together with `persons`.
    #[ts(optional)]
    pub units: Option<Vec<UnitId>>,
    /// New rule of the floor.
    #[ts(optional)]
    pub floor: Option<Floor>,
    /// New roles of invited persons, whole: whoever is not named is a delegate. They hold from the next
    /// entering on.
    #[ts(optional)]
    pub roles: Option<Vec<RoleOf>>,
}

/// An invited person's role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RoleOf {
    /// Whose.
    pub person: PersonId,
    /// Any but `guest`, which comes by link.
    pub role: Role,
}

/// What may be said about a new link for guests.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct NewGuestLink {
    /// For whom it is; at most 120 characters, may be empty.
    pub label: String,
}

/// A link for guests that works; its secret was shown once, when it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct GuestLinkView {
    /// Names the link when it is revoked; opens no door.
    pub id: String,
    /// For whom it is.
    pub label: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A link for guests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct GuestLink {
    /// The link; begins with `/` where the hub does not know its own address.
    pub url: String,
    /// The token alone.
    pub token: String,
}

/// Tells `null` from absent.
fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

impl MeetingSummary {
    /// As `person` sees it.
    pub(crate) fn of(listed: &Listed, person: PersonId, is_admin: bool, now: Timestamp) -> Self {
        let plan = &listed.plan;
        Self {
            id: listed.id,
            title: plan.title.clone(),
            starts_at: plan.starts_at,
            ends_at: plan.ends_at,
            status: translate::status_outside(translate::status(listed.status), plan.ends_at, now),
            chair: plan.chair(),
            organiser: plan.organiser.as_ref().map(|o| o.name.clone()).unwrap_or_default(),
            room: plan.room.as_ref().map(|room| room.name.clone()),
            present: listed.present,
            may_edit: plan.desk_may(person, is_admin, signaling_core::Act::Edit),
        }
    }
}

impl MeetingDetail {
    /// As `person` sees it.
    pub(crate) fn of(listed: &Listed, person: PersonId, is_admin: bool, now: Timestamp) -> Self {
        let plan = &listed.plan;
        Self {
            summary: MeetingSummary::of(listed, person, is_admin, now),
            room_id: plan.room.as_ref().map(|room| room.id),
            floor: translate::floor(plan.called_floor),
            invitees: plan.invitees.iter().map(InviteeView::of).collect(),
            units: plan.units.clone(),
            sequence: listed.sequence,
            may_invite_guests: plan.desk_may(person, is_admin, signaling_core::Act::InviteGuests),
        }
    }
}

impl InviteeView {
    fn of(invitee: &Invitee) -> Self {
        Self {
            person: invitee.person,
            name: invitee.name.clone(),
            address: invitee.address.clone(),
            unit_name: invitee.unit_name.clone(),
            position: invitee.position.clone(),
            role: translate::role(invitee.role),
            answer: invitee.answer.as_ref().map(|answer| AnswerView {
                attendance: answer.reply.attendance,
                comment: answer.reply.comment.clone(),
                substitute: answer.reply.substitute.as_ref().map(|who| who.name.clone()).unwrap_or_default(),
                at: answer.at,
            }),
        }
    }
}
