//! The console's page of addresses: aliases, lists, positions.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use base::{
    Timestamp,
    id::{GroupId, PersonId},
};
use directory_core::{GroupKind, Period};
use serde::{Deserialize, Serialize};

use super::{
    Failure,
    request::{Body, Filter, Id, Member},
};
use crate::{
    Directory, DirectoryError, GroupChange, NewGroup, NewMember,
    view::{
        AliasView, GroupChangeRequest, GroupView, NewAliasRequest, NewGroupMemberRequest, NewGroupRequest,
        Page,
    },
};

#[derive(Deserialize)]
pub(super) struct Aliases {
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: u32,
}

#[derive(Deserialize)]
pub(super) struct Groups {
    kind: GroupKind,
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: u32,
}

/// What was made.
#[derive(Serialize)]
pub(super) struct Made {
    id: String,
}

pub(super) async fn aliases(
    State(directory): State<Directory>,
    Member(actor): Member,
    Filter(lines): Filter<Aliases>,
) -> Result<Json<Page<AliasView>>, Failure> {
    Ok(Json(directory.list_aliases(&actor, &lines.q, lines.page).await?))
}

pub(super) async fn add_alias(
    State(directory): State<Directory>,
    Member(actor): Member,
    Body(new): Body<NewAliasRequest>,
) -> Result<(StatusCode, Json<Made>), Failure> {
    let mailbox = directory.mailbox_by_address(&new.mailbox).await;
    let mailbox = mailbox.ok_or(DirectoryError::NotFound("hộp thư"))?.id;
    let id = directory.add_alias(&actor, mailbox, &new.address, Timestamp::now()).await?;
    Ok((StatusCode::CREATED, Json(Made { id })))
}

pub(super) async fn retire_alias(
    State(directory): State<Directory>,
    Member(actor): Member,
    Id(address): Id<String>,
) -> Result<StatusCode, Failure> {
    directory.retire_alias(&actor, &address, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn groups(
    State(directory): State<Directory>,
    Member(actor): Member,
    Filter(lines): Filter<Groups>,
) -> Result<Json<Page<GroupView>>, Failure> {
    Ok(Json(directory.list_groups(&actor, lines.kind, &lines.q, lines.page).await?))
}

pub(super) async fn create_group(
    State(directory): State<Directory>,
    Member(actor): Member,
    Body(new): Body<NewGroupRequest>,
) -> Result<(StatusCode, Json<Made>), Failure> {
    let new = NewGroup {
        kind: new.kind,
        address: new.address,
        name: new.name,
        unit: new.unit,
        reach: new.reach,
        title: new.title,
        posting: new.posting,
    };
    let id = directory.create_group(&actor, new, Timestamp::now()).await?.to_string();
    Ok((StatusCode::CREATED, Json(Made { id })))
}

pub(super) async fn change_group(
    State(directory): State<Directory>,
    Member(actor): Member,
    Id(group): Id<GroupId>,
    Body(said): Body<GroupChangeRequest>,
) -> Result<StatusCode, Failure> {
    let GroupChangeRequest { name, unit, reach, title, posting } = said;
    let change = GroupChange { name, unit, reach, title, posting };
    directory.change_group(&actor, group, change, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn remove_group(
    State(directory): State<Directory>,
    Member(actor): Member,
    Id(group): Id<GroupId>,
) -> Result<StatusCode, Failure> {
    directory.remove_group(&actor, group, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn add_member(
    State(directory): State<Directory>,
    Member(actor): Member,
    Id(group): Id<GroupId>,
    Body(new): Body<NewGroupMemberRequest>,
) -> Result<StatusCode, Failure> {
    let now = Timestamp::now();
    let valid = Period { from: new.from.unwrap_or(now), until: new.until };
    directory.add_member(&actor, group, NewMember { person: new.person, valid }, now).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn remove_member(
    State(directory): State<Directory>,
    Member(actor): Member,
    Path((group, person)): Path<(GroupId, PersonId)>,
) -> Result<StatusCode, Failure> {
    directory.remove_member(&actor, group, person, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
