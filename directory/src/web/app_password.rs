//! The own app passwords.

use axum::{Json, extract::State, http::StatusCode};
use base::{Timestamp, id::AppPasswordId};

use super::{
    Failure,
    request::{Body, Id, Member},
};
use crate::{
    Directory,
    view::{AppPasswordView, IssuedAppPasswordView, NewAppPasswordRequest},
};

pub(super) async fn list(
    State(directory): State<Directory>,
    Member(actor): Member,
) -> Result<Json<Vec<AppPasswordView>>, Failure> {
    Ok(Json(directory.own_app_passwords(&actor).await?))
}

pub(super) async fn create(
    State(directory): State<Directory>,
    Member(actor): Member,
    Body(new): Body<NewAppPasswordRequest>,
) -> Result<(StatusCode, Json<IssuedAppPasswordView>), Failure> {
    let issued = directory.create_app_password(&actor, new.mailbox, &new.name, Timestamp::now()).await?;
    let view = IssuedAppPasswordView {
        secret: issued.secret.into_inner(),
        login: issued.login,
        entry: issued.entry,
    };
    Ok((StatusCode::CREATED, Json(view)))
}

pub(super) async fn revoke(
    State(directory): State<Directory>,
    Member(actor): Member,
    Id(password): Id<AppPasswordId>,
) -> Result<StatusCode, Failure> {
    directory.revoke_app_password(&actor, password, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
