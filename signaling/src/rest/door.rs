//! The door of a meeting: what is shown before it, and the WebSocket through it.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, Query, State, WebSocketUpgrade},
    http::{HeaderMap, header},
    response::Response,
};
use base::{Timestamp, id::MeetingId};
use directory_core::Principal;
use serde::Deserialize;
use signaling_core::Visitor;
use signaling_protocol::{MAX_FRAME, SUBPROTOCOL};

use super::{meeting_id, types::EntryView};
use crate::{
    problem::Problem,
    registry::Shared,
    secret,
    session::{self, Caller},
    store::Listed,
    tokens::SeatToken,
    translate,
};

/// The guest's part of the address.
#[derive(Debug, Deserialize)]
pub(super) struct Link {
    guest: Option<String>,
}

pub(super) async fn entry(
    State(shared): State<Arc<Shared>>,
    me: Option<Extension<Principal>>,
    id: Path<String>,
    Query(link): Query<Link>,
) -> Result<Json<EntryView>, Problem> {
    let id = meeting_id(id)?;
    if me.is_none() && link.guest.is_none() {
        return Err(Problem::signed_out());
    }
    let listed = at_the_door(&shared, id, me.is_some(), &link).await?.ok_or_else(Problem::not_found)?;
    let (plan, now) = (&listed.plan, Timestamp::now());
    Ok(Json(EntryView {
        id,
        title: plan.title.clone(),
        chair: plan.chair(),
        starts_at: plan.starts_at,
        ends_at: plan.ends_at,
        status: translate::status(listed.status),
        room: plan.room.as_ref().map(|room| room.name.clone()),
        as_guest: me.is_none(),
        server_time: now,
    }))
}

pub(super) async fn socket(
    State(shared): State<Arc<Shared>>,
    me: Option<Extension<Principal>>,
    id: Path<String>,
    Query(link): Query<Link>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    if me.is_none() && link.guest.is_none() {
        return Err(Problem::signed_out());
    }
    if !same_origin(&headers) {
        return Err(Problem::forbidden());
    }
    let upgrade = upgrade.protocols([SUBPROTOCOL]).max_message_size(MAX_FRAME).max_frame_size(MAX_FRAME);
    // RFC 6455 §4.2.2: the one subprotocol we speak, or none.
    if upgrade.selected_protocol().is_none() {
        return Err(Problem::old_client());
    }
    let id = meeting_id(id)?;
    // A browser cannot read the status of a refused upgrade; a stranger is told on the socket.
    let known = at_the_door(&shared, id, me.is_some(), &link).await?.is_some();
    let token = if me.is_none() { token(&shared, id, &link).await? } else { None };
    let caller = match token {
        Some(token) => Caller::Bearer(token.visitor()),
        None if known => caller(me),
        None => Caller::Stranger,
    };
    Ok(upgrade.on_upgrade(move |socket| {
        let tasks = shared.tasks.clone();
        tasks.track_future(session::run(shared, id, caller, socket))
    }))
}

fn caller(me: Option<Extension<Principal>>) -> Caller {
    let Some(Extension(me)) = me else { return Caller::Guest };
    Caller::Person {
        account: me.account,
        session: me.session,
        visitor: Visitor::Person {
            person: me.person,
            unit: me.unit,
            name: me.name,
            unit_name: me.unit_name,
            position: me.position,
            order: me.order,
        },
    }
}

/// The meeting, if it exists and whoever asks may know its title: a signed-in person, or a guest
/// whose link is good.
async fn at_the_door(
    shared: &Shared,
    id: MeetingId,
    signed_in: bool,
    link: &Link,
) -> Result<Option<Listed>, Problem> {
    if !signed_in {
        let Some(token) = &link.guest else { return Ok(None) };
        let opens = shared.store.guest_link_opens(&secret::hash(token), id).await?;
        if !opens && self::token(shared, id, link).await?.is_none() {
            return Ok(None);
        }
    }
    Ok(shared.store.meeting(id).await?)
}

/// The token in the place of a guest link's secret, if it is one and opens this meeting: whoever holds
/// it takes its seat with a browser.
async fn token(shared: &Shared, id: MeetingId, link: &Link) -> Result<Option<SeatToken>, Problem> {
    let Some(secret) = &link.guest else { return Ok(None) };
    let token = shared.store.token(&secret::hash(secret), Timestamp::now()).await?;
    Ok(token.filter(|token| token.meeting == id))
}

/// RFC 6455 §10.2: a page of another origin must not open a socket with this browser's cookie.
/// Programs that are not browsers send no Origin.
fn same_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    match (text(header::ORIGIN), text(header::HOST)) {
        (None, _) => true,
        (Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
        }
        (Some(_), None) => false,
    }
}
