//! The own second factor.

use axum::{Json, extract::State, http::StatusCode};
use base::Timestamp;

use super::{
    Failure,
    request::{Body, Member},
};
use crate::{
    Directory,
    view::{
        RecoveryCodesView, SecondFactorCodeRequest, SecondFactorPasswordRequest, SecondFactorProposal,
        SecondFactorView,
    },
};

pub(super) async fn current(
    State(directory): State<Directory>,
    Member(actor): Member,
) -> Result<Json<SecondFactorView>, Failure> {
    Ok(Json(directory.second_factor(&actor).await?))
}

pub(super) async fn propose(
    State(directory): State<Directory>,
    Member(actor): Member,
    Body(request): Body<SecondFactorPasswordRequest>,
) -> Result<Json<SecondFactorProposal>, Failure> {
    Ok(Json(directory.propose_second_factor(&actor, &request.password, Timestamp::now()).await?))
}

pub(super) async fn confirm(
    State(directory): State<Directory>,
    Member(actor): Member,
    Body(request): Body<SecondFactorCodeRequest>,
) -> Result<Json<RecoveryCodesView>, Failure> {
    let codes = directory.confirm_second_factor(&actor, &request.code, Timestamp::now()).await?;
    Ok(Json(RecoveryCodesView { codes }))
}

pub(super) async fn renew(
    State(directory): State<Directory>,
    Member(actor): Member,
    Body(request): Body<SecondFactorCodeRequest>,
) -> Result<Json<RecoveryCodesView>, Failure> {
    let codes = directory.renew_recovery_codes(&actor, &request.code, Timestamp::now()).await?;
    Ok(Json(RecoveryCodesView { codes }))
}

pub(super) async fn remove(
    State(directory): State<Directory>,
    Member(actor): Member,
    Body(request): Body<SecondFactorCodeRequest>,
) -> Result<StatusCode, Failure> {
    directory.remove_second_factor(&actor, &request.code, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
