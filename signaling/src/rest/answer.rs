//! Answers to invitations from whoever reads the mailbox the invitation went to.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State, rejection::JsonRejection},
    http::StatusCode,
};
use signaling_core::{Attendance, Command, Reply, Role, Substitute};
use tokio::sync::oneshot;

use super::{SignedIn, body, meeting_id, types::AnswerRequest};
use crate::{live::Message, problem::Problem, registry::Shared};

/// Records the answer; the letter to the organiser (RFC 6047) goes out with it.
pub(super) async fn answer(
    State(shared): State<Arc<Shared>>,
    SignedIn(me): SignedIn,
    id: Path<String>,
    request: Result<Json<AnswerRequest>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let id = meeting_id(id)?;
    let said = body(request)?;
    let grant = me.mailboxes.iter().find(|grant| grant.address.eq_ignore_ascii_case(&said.address));
    if !grant.is_some_and(|grant| grant.may_send) {
        return Err(Problem::forbidden());
    }
    shared.store.meeting(id).await?.ok_or_else(Problem::not_found)?;
    let substitute = match said.substitute {
        Some(person) if said.attendance == Attendance::Delegated => {
            shared.ports.expand(vec![person], Vec::new()).await.into_iter().next()
        }
        _ => None,
    };
    if said.attendance == Attendance::Delegated && substitute.is_none() {
        return Err(Problem::malformed());
    }
    let reply = Reply {
        attendance: said.attendance,
        comment: said.comment.split_whitespace().collect::<Vec<_>>().join(" "),
        substitute: substitute
            .as_ref()
            .map(|who| Substitute { name: who.name.clone(), address: who.address.clone() }),
    };
    let command = Command::Answer {
        address: said.address,
        reply,
        substitute: substitute.map(|who| Box::new(who.with_role(Role::Delegate))),
    };
    let (reply, done) = oneshot::channel();
    let message = Message::Carry { command: Box::new(command), reply };
    shared.send(id, message).ok_or_else(Problem::busy)?;
    done.await.map_err(|_| Problem::busy())?.map_err(Problem::from)?;
    Ok(StatusCode::NO_CONTENT)
}
