//! Delegations of a mailbox, for its owner and for IT staff.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use base::{
    Timestamp,
    id::{MailboxId, PersonId},
};
use directory_core::Period;

use super::{
    Failure,
    request::{Body, Id, Member},
};
use crate::{
    Directory, NewDelegation,
    view::{DelegationsView, NewDelegationRequest},
};

pub(super) async fn list(
    State(directory): State<Directory>,
    Member(actor): Member,
    Id(mailbox): Id<MailboxId>,
) -> Result<Json<DelegationsView>, Failure> {
    Ok(Json(directory.delegations(&actor, mailbox)?))
}

pub(super) async fn create(
    State(directory): State<Directory>,
    Member(actor): Member,
    Id(mailbox): Id<MailboxId>,
    Body(new): Body<NewDelegationRequest>,
) -> Result<StatusCode, Failure> {
    let now = Timestamp::now();
    let valid = Period { from: new.from.unwrap_or(now), until: new.until };
    let new = NewDelegation { mailbox, person: new.person, sending: new.sending, valid };
    directory.delegate(&actor, new, now).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn end(
    State(directory): State<Directory>,
    Member(actor): Member,
    Path((mailbox, person)): Path<(MailboxId, PersonId)>,
) -> Result<StatusCode, Failure> {
    directory.end_delegation(&actor, mailbox, person, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
