//! The console's acts and lists. Whether the actor may is decided in the acts themselves.

use axum::{Json, extract::State, http::StatusCode};
use base::{
    Timestamp,
    id::{MailboxId, PersonId, UnitId},
};
use serde::Deserialize;

use super::{
    Failure,
    request::{Body, Filter, Id, Member},
};
use crate::{
    Directory, NewPerson, NewRoom,
    admin::require_administrator,
    view::{
        AdminMailboxView, AdminPersonView, AuditView, CreatedPersonView, NewPersonRequest, NewRoomRequest,
        Page, QuotaRequest, RoomView, TemporaryPasswordView,
    },
};

/// A console list's filters; those a list does not have are ignored.
#[derive(Deserialize)]
pub(super) struct Lines {
    #[serde(default)]
    q: String,
    /// Empty means all, as an empty choice in a form says it.
    #[serde(default)]
    unit: String,
    #[serde(default)]
    page: u32,
}

impl Lines {
    fn unit(&self) -> Result<Option<UnitId>, Failure> {
        if self.unit.is_empty() {
            return Ok(None);
        }
        self.unit.parse().map(Some).map_err(Failure::malformed)
    }
}

pub(super) async fn people(
    State(directory): State<Directory>,
    Member(actor): Member,
    Filter(lines): Filter<Lines>,
) -> Result<Json<Page<AdminPersonView>>, Failure> {
    Ok(Json(directory.list_people(&actor, &lines.q, lines.unit()?, lines.page).await?))
}

pub(super) async fn create_person(
    State(directory): State<Directory>,
    Member(actor): Member,
    Body(new): Body<NewPersonRequest>,
) -> Result<(StatusCode, Json<CreatedPersonView>), Failure> {
    let new = NewPerson { name: new.name, unit: new.unit, position: new.position, login: new.login };
    let created = directory.create_person(&actor, new, Timestamp::now()).await?;
    let view = CreatedPersonView {
        person: created.person,
        login: created.login,
        address: created.address,
        temporary_password: created.temporary_password,
    };
    Ok((StatusCode::CREATED, Json(view)))
}

pub(super) async fn reset(
    State(directory): State<Directory>,
    Member(actor): Member,
    Id(person): Id<PersonId>,
) -> Result<Json<TemporaryPasswordView>, Failure> {
    let temporary_password = directory.reset_password(&actor, person, Timestamp::now()).await?;
    Ok(Json(TemporaryPasswordView { temporary_password }))
}

pub(super) async fn reset_second_factor(
    State(directory): State<Directory>,
    Member(actor): Member,
    Id(person): Id<PersonId>,
) -> Result<StatusCode, Failure> {
    directory.reset_second_factor(&actor, person, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn disable(
    State(directory): State<Directory>,
    Member(actor): Member,
    Id(person): Id<PersonId>,
) -> Result<StatusCode, Failure> {
    directory.disable(&actor, person, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn enable(
    State(directory): State<Directory>,
    Member(actor): Member,
    Id(person): Id<PersonId>,
) -> Result<StatusCode, Failure> {
    directory.enable(&actor, person, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn rooms(
    State(directory): State<Directory>,
    Member(actor): Member,
) -> Result<Json<Vec<RoomView>>, Failure> {
    require_administrator(&actor)?;
    let registry = directory.registry();
    Ok(Json(registry.rooms().iter().map(|room| RoomView::of(&registry, room)).collect()))
}

pub(super) async fn create_room(
    State(directory): State<Directory>,
    Member(actor): Member,
    Body(new): Body<NewRoomRequest>,
) -> Result<(StatusCode, Json<RoomView>), Failure> {
    let new = NewRoom { name: new.name, unit: new.unit, place: new.place, seats: new.seats };
    Ok((StatusCode::CREATED, Json(directory.create_room(&actor, new, Timestamp::now()).await?)))
}

pub(super) async fn mailboxes(
    State(directory): State<Directory>,
    Member(actor): Member,
    Filter(lines): Filter<Lines>,
) -> Result<Json<Page<AdminMailboxView>>, Failure> {
    Ok(Json(directory.list_mailboxes(&actor, &lines.q, lines.page).await?))
}

pub(super) async fn set_quota(
    State(directory): State<Directory>,
    Member(actor): Member,
    Id(mailbox): Id<MailboxId>,
    Body(quota): Body<QuotaRequest>,
) -> Result<StatusCode, Failure> {
    directory.set_quota(&actor, mailbox, quota.bytes, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn audit(
    State(directory): State<Directory>,
    Member(actor): Member,
    Filter(lines): Filter<Lines>,
) -> Result<Json<Page<AuditView>>, Failure> {
    Ok(Json(directory.audit(&actor, &lines.q, lines.page).await?))
}
