//! Links for guests: made, listed, revoked one by one.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use base::{
    Timestamp,
    id::{MeetingId, PersonId},
    random,
};
use directory_core::Principal;
use signaling_core::Act;
use tokio::sync::oneshot;

use super::{
    SignedIn, meeting_id,
    types::{GuestLink, GuestLinkView, NewGuestLink},
};
use crate::{live::Message, problem::Problem, registry::Shared, secret};

type Shell = State<Arc<Shared>>;

/// Characters kept of a link's label.
const MAX_LABEL: usize = 120;

pub(super) async fn make(
    State(shared): Shell,
    SignedIn(me): SignedIn,
    id: Path<String>,
    request: Option<Json<NewGuestLink>>,
) -> Result<Json<GuestLink>, Problem> {
    let id = meeting_id(id)?;
    permit(&shared, id, &me).await?;
    let label = request.map(|Json(new)| new.label).unwrap_or_default();
    let label = label.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_LABEL).collect();
    let token = secret::fresh(&mut random::System);
    shared.store.add_guest_link(secret::hash(&token), id, me.person, label, Timestamp::now()).await?;
    let base = shared.config.base_url.as_deref().unwrap_or_default();
    Ok(Json(GuestLink { url: format!("{base}/hop/{id}?khach={token}"), token }))
}

pub(super) async fn list(
    State(shared): Shell,
    SignedIn(me): SignedIn,
    id: Path<String>,
) -> Result<Json<Vec<GuestLinkView>>, Problem> {
    let id = meeting_id(id)?;
    permit(&shared, id, &me).await?;
    Ok(Json(shared.store.guest_links(id).await?))
}

/// Whoever is in stays in until he is removed; nobody enters or comes back by this link any more.
pub(super) async fn revoke(
    State(shared): Shell,
    SignedIn(me): SignedIn,
    Path((meeting, link)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let id = meeting_id(Path(meeting))?;
    permit(&shared, id, &me).await?;
    if !shared.store.revoke_guest_link(link, id).await? {
        return Err(Problem::not_found());
    }
    tracing::info!(meeting = %id, by = %me.person, "a link for guests was revoked");
    Ok(StatusCode::NO_CONTENT)
}

async fn permit(shared: &Arc<Shared>, id: MeetingId, me: &Principal) -> Result<(), Problem> {
    let listed = shared.store.meeting(id).await?.ok_or_else(Problem::not_found)?;
    let may = listed.plan.desk_may(me.person, me.is_admin, Act::InviteGuests)
        || presides(shared, id, me.person).await;
    if may { Ok(()) } else { Err(Problem::forbidden()) }
}

/// Whether a person has a seat that may invite guests, as the first to come to a meeting without a
/// named chair has.
async fn presides(shared: &Arc<Shared>, id: MeetingId, person: PersonId) -> bool {
    let (reply, answer) = oneshot::channel();
    let look = Message::Inspect(Box::new(move |meeting| {
        let may = meeting.seats().any(|seat| seat.person == Some(person) && seat.may(Act::InviteGuests));
        let _ = reply.send(may);
    }));
    match shared.reach(id) {
        Some(live) if live.send(look).await.is_ok() => answer.await.unwrap_or(false),
        _ => false,
    }
}
