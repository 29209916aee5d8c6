//! The calendar: list, create, show, change, cancel.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, Query, State, rejection::JsonRejection},
};
use base::{
    Timestamp,
    id::{MeetingId, PersonId, RoomId, UnitId},
    random,
};
use directory_core::Principal;
use serde::Deserialize;
use signaling_core::{Admission, Change, Command, Invitee, Plan, Role, Room};
use signaling_protocol::{self as wire, Floor};
use tokio::sync::oneshot;

use super::{
    SignedIn, body, meeting_id,
    types::{MeetingChange, MeetingDetail, MeetingSummary, NewMeeting, RoleOf},
};
use crate::{
    live::Message,
    problem::Problem,
    registry::Shared,
    store::{Listed, Whose},
    translate,
};

type Shell = State<Arc<Shared>>;

/// The span of a list.
#[derive(Debug, Deserialize)]
pub(super) struct Span {
    from: Option<i64>,
    to: Option<i64>,
}

const DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) async fn list(
    State(shared): Shell,
    SignedIn(me): SignedIn,
    Query(span): Query<Span>,
) -> Result<Json<Vec<MeetingSummary>>, Problem> {
    let now = Timestamp::now();
    let from = span.from.map_or_else(|| now.minus(DAY), Timestamp::from_micros);
    let to = span.to.map_or_else(|| now.plus(DAY * 366), Timestamp::from_micros);
    let whose = if me.is_admin { Whose::Everybody } else { Whose::Mine { person: me.person, unit: me.unit } };
    let listed = shared.store.list(whose, from, to).await?;
    Ok(Json(listed.iter().map(|l| MeetingSummary::of(l, me.person, me.is_admin, now)).collect()))
}

pub(super) async fn create(
    State(shared): Shell,
    SignedIn(me): SignedIn,
    request: Result<Json<NewMeeting>, JsonRejection>,
) -> Result<Json<MeetingDetail>, Problem> {
    let new = body(request)?;
    if !new.not_secret {
        return Err(Problem::secret());
    }
    let room = room(&shared, new.room).await?;
    let (organiser, invitees) = invite(&shared, &me, &new).await;
    let plan = Plan {
        title: new.title,
        starts_at: new.starts_at,
        ends_at: new.ends_at,
        room,
        called_floor: new.floor == Some(Floor::Called),
        organiser: Some(organiser),
        invitees,
        units: new.units,
        admission: Admission::Invited,
    };
    let id = MeetingId::new(Timestamp::now(), &mut random::System);
    crate::meetings::create(&shared, id, plan, true).await?;
    detail(&shared, id, &me).await
}

pub(super) async fn show(
    State(shared): Shell,
    SignedIn(me): SignedIn,
    id: Path<String>,
) -> Result<Json<MeetingDetail>, Problem> {
    detail(&shared, meeting_id(id)?, &me).await
}

pub(super) async fn change(
    State(shared): Shell,
    SignedIn(me): SignedIn,
    id: Path<String>,
    request: Result<Json<MeetingChange>, JsonRejection>,
) -> Result<Json<MeetingDetail>, Problem> {
    let id = meeting_id(id)?;
    let listed = visible(&shared, id, &me).await?;
    let change = body(request)?;
    let room = match change.room {
        Some(chosen) => Some(room(&shared, chosen).await?),
        None => None,
    };
    let change = Change {
        title: change.title,
        starts_at: change.starts_at,
        ends_at: change.ends_at,
        room,
        called_floor: change.floor.map(|floor| floor == Floor::Called),
        invitees: reinvite(&shared, &listed.plan, change.persons, change.units, change.roles).await,
    };
    decide(&shared, id, &me, Command::Change(change)).await?;
    detail(&shared, id, &me).await
}

pub(super) async fn cancel(
    State(shared): Shell,
    SignedIn(me): SignedIn,
    id: Path<String>,
) -> Result<Json<MeetingDetail>, Problem> {
    let id = meeting_id(id)?;
    visible(&shared, id, &me).await?;
    decide(&shared, id, &me, Command::Cancel).await?;
    detail(&shared, id, &me).await
}

/// A meeting somebody may know of; for others it does not exist.
pub(super) async fn visible(shared: &Shared, id: MeetingId, me: &Principal) -> Result<Listed, Problem> {
    let listed = shared.store.meeting(id).await?.ok_or_else(Problem::not_found)?;
    let plan = &listed.plan;
    let known = me.is_admin
        || plan.is_organiser(me.person)
        || plan.invitation(me.person).is_some()
        || plan.units.contains(&me.unit)
        || plan.admission == Admission::Directory;
    if known { Ok(listed) } else { Err(Problem::not_found()) }
}

async fn detail(shared: &Shared, id: MeetingId, me: &Principal) -> Result<Json<MeetingDetail>, Problem> {
    let listed = visible(shared, id, me).await?;
    Ok(Json(MeetingDetail::of(&listed, me.person, me.is_admin, Timestamp::now())))
}

/// Lets the meeting decide; returns when it is on disk.
async fn decide(
    shared: &Arc<Shared>,
    id: MeetingId,
    me: &Principal,
    command: Command,
) -> Result<(), Problem> {
    let (reply, answer) = oneshot::channel();
    let (person, is_admin) = (me.person, me.is_admin);
    let message = Message::Desk { person, is_admin, command: Box::new(command), reply };
    shared.send(id, message).ok_or_else(Problem::busy)?;
    answer.await.map_err(|_| Problem::busy())?.map_err(Problem::from)
}

async fn room(shared: &Shared, id: Option<RoomId>) -> Result<Option<Room>, Problem> {
    let Some(id) = id else { return Ok(None) };
    let name = shared.ports.room_name(id).await.ok_or_else(Problem::unknown_room)?;
    Ok(Some(Room { id, name }))
}

/// The organiser and the invited, each with a role. The organiser gets no letter: he wrote it.
async fn invite(shared: &Shared, me: &Principal, new: &NewMeeting) -> (Invitee, Vec<Invitee>) {
    let mut persons = new.persons.clone();
    persons.extend(new.chair.iter().chain(&new.secretary));
    persons.push(me.person);
    persons.sort_unstable();
    persons.dedup();
    let found = shared.ports.expand(persons, new.units.clone()).await;
    let roles = new.roles.as_deref().unwrap_or_default();
    let role = |person: Option<PersonId>| match person {
        Some(person) if new.chair == Some(person) => Role::Chair,
        Some(person) if new.secretary == Some(person) => Role::Secretary,
        person => role_among(roles, person),
    };
    let with_role = |invitee: crate::ports::Invitee| {
        let role = role(invitee.person);
        invitee.with_role(role)
    };
    let mut invitees: Vec<Invitee> = found.into_iter().map(with_role).collect();
    let found = invitees.iter().position(|invitee| invitee.person == Some(me.person));
    let mut organiser = found.map(|at| invitees.remove(at)).unwrap_or_else(|| invitee_of(me));
    let other_chair = new.chair.is_some_and(|chair| chair != me.person)
        || roles.iter().any(|of| of.role == wire::Role::Chair && of.person != me.person);
    organiser.role = if other_chair { Role::Moderator } else { Role::Chair };
    (organiser, invitees)
}

/// The new list of invitees, with the roles given or the ones people already have.
async fn reinvite(
    shared: &Shared,
    plan: &Plan,
    persons: Option<Vec<PersonId>>,
    units: Option<Vec<UnitId>>,
    roles: Option<Vec<RoleOf>>,
) -> Option<(Vec<Invitee>, Vec<UnitId>)> {
    if persons.is_none() && units.is_none() && roles.is_none() {
        return None;
    }
    let units = units.unwrap_or_else(|| plan.units.clone());
    let persons = persons.unwrap_or_else(|| plan.invitees.iter().filter_map(|i| i.person).collect());
    let found = shared.ports.expand(persons, units.clone()).await;
    let guests = found.into_iter().filter(|i| i.person.is_none_or(|person| !plan.is_organiser(person)));
    let with_role = |invitee: crate::ports::Invitee| {
        let role = match &roles {
            Some(roles) => role_among(roles, invitee.person),
            None => {
                let before = invitee.person.and_then(|person| plan.invitation(person));
                before.map_or(Role::Delegate, |before| before.role)
            }
        };
        invitee.with_role(role)
    };
    let invitees = guests.map(with_role).collect();
    Some((invitees, units))
}

/// The role a person was given; a guest comes by link, so nobody of the directory is made one.
fn role_among(roles: &[RoleOf], person: Option<PersonId>) -> Role {
    let given = roles.iter().find(|of| Some(of.person) == person && of.role != wire::Role::Guest);
    given.map_or(Role::Delegate, |of| translate::role_in(of.role))
}

fn invitee_of(me: &Principal) -> Invitee {
    Invitee {
        person: Some(me.person),
        name: me.name.clone(),
        address: me.mailboxes.first().map(|mailbox| mailbox.address.clone()).unwrap_or_default(),
        unit_name: me.unit_name.clone(),
        position: me.position.clone(),
        order: me.order,
        role: Role::Chair,
        answer: None,
    }
}
