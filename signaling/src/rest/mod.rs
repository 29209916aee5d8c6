//! `/api/meetings`: the calendar, links for guests, and the door of the WebSocket.

mod answer;
mod desk;
mod door;
mod fragment;
mod guests;
mod standard;
pub(crate) mod types;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{FromRequestParts, Path, rejection::JsonRejection},
    http::request::Parts,
    routing::{delete, get, post},
};
use base::id::MeetingId;
use directory_core::Principal;

use crate::{problem::Problem, registry::Shared};

/// The routes of this service.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/api/meetings", get(desk::list).post(desk::create))
        .route("/api/meetings/{id}", get(desk::show).patch(desk::change))
        .route("/api/meetings/{id}/cancel", post(desk::cancel))
        .route("/api/meetings/{id}/answer", post(answer::answer))
        .route("/api/meetings/{id}/guest-link", post(guests::make))
        .route("/api/meetings/{id}/guest-links", get(guests::list))
        .route("/api/meetings/{id}/guest-links/{link}", delete(guests::revoke))
        .route("/api/meetings/{id}/entry", get(door::entry))
        .route("/api/meetings/{id}/socket", get(door::socket))
        .merge(standard::router())
        .with_state(shared)
}

/// Whoever the hub's authentication found; refused when it found nobody.
pub(super) struct SignedIn(pub(super) Principal);

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Principal>().cloned().map(Self).ok_or_else(Problem::signed_out)
    }
}

/// The meeting named in the path; a text that is no id names no meeting.
fn meeting_id(Path(id): Path<String>) -> Result<MeetingId, Problem> {
    id.parse().map_err(|_| Problem::not_found())
}

fn body<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Problem> {
    match body {
        Ok(Json(body)) => Ok(body),
        Err(cause) => {
            tracing::info!(%cause, "meetings: body not readable");
            Err(Problem::malformed())
        }
    }
}
