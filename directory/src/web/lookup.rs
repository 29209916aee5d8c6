//! The organisation tree, its people, search and rooms: for everybody who is signed in.

use axum::{Json, extract::State};
use base::id::UnitId;
use directory_core::{Action, DirectoryEntry, Object, may};
use serde::Deserialize;

use super::{
    Failure,
    request::{Filter, Id, Member},
};
use crate::{
    Directory, DirectoryError,
    view::{PersonView, RoomView, UnitView},
};

#[derive(Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    q: String,
    limit: Option<usize>,
}

pub(super) async fn units(
    State(directory): State<Directory>,
    member: Member,
) -> Result<Json<Vec<UnitView>>, Failure> {
    readable(&member)?;
    let registry = directory.registry();
    Ok(Json(registry.units().iter().map(|unit| UnitView::of(&registry, unit)).collect()))
}

pub(super) async fn people(
    State(directory): State<Directory>,
    member: Member,
    Id(unit): Id<UnitId>,
) -> Result<Json<Vec<PersonView>>, Failure> {
    readable(&member)?;
    let registry = directory.registry();
    if registry.unit(unit).is_none() {
        return Err(DirectoryError::NotFound("đơn vị").into());
    }
    Ok(Json(registry.staff(unit).into_iter().map(PersonView::from).collect()))
}

pub(super) async fn search(
    State(directory): State<Directory>,
    member: Member,
    Filter(search): Filter<Search>,
) -> Result<Json<Vec<DirectoryEntry>>, Failure> {
    readable(&member)?;
    let limit = search.limit.unwrap_or(20).min(MOST_FOUND);
    let query: String = search.q.chars().take(LONGEST_QUERY).collect();
    Ok(Json(directory.search(&query, limit).await))
}

pub(super) async fn rooms(
    State(directory): State<Directory>,
    member: Member,
) -> Result<Json<Vec<RoomView>>, Failure> {
    readable(&member)?;
    let registry = directory.registry();
    Ok(Json(registry.rooms().iter().map(|room| RoomView::of(&registry, room)).collect()))
}

fn readable(member: &Member) -> Result<(), Failure> {
    if may(&member.0.principal, Action::Read, Object::Directory) {
        Ok(())
    } else {
        Err(DirectoryError::Forbidden.into())
    }
}

const MOST_FOUND: usize = 100;
const LONGEST_QUERY: usize = 200;
