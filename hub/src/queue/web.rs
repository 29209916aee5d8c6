//! The console's page of letters that wait to leave: `/api/admin/queue`.

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    routing::{get, post},
};
use base::Timestamp;
use directory::{
    view::{PAGE_SIZE, Page},
    web::Failure,
};
use mail_gateway::{QueueAct, Queued};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::NotDone;
use crate::{
    http::console::{Administrator, Lines, unavailable},
    services::Services,
};

/// The routes; the `Principal` and the peer's address are put on requests before.
pub fn router(services: &Services) -> Router {
    Router::new()
        .route("/api/admin/queue", get(list))
        .route("/api/admin/queue/{id}", post(act))
        .with_state(services.clone())
}

/// What is to be done to a waiting letter.
#[derive(Debug, Clone, Copy, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct QueueActRequest {
    /// Hold, release, retry or bounce.
    #[ts(type = "'hold' | 'release' | 'retry' | 'bounce'")]
    pub act: QueueAct,
}

/// For how many addressees it was done.
#[derive(Debug, Clone, Copy, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct QueueActedView {
    /// Those who waited; who is being sent to at the moment is not among them.
    #[ts(type = "number")]
    pub recipients: u64,
}

async fn list(
    State(services): State<Services>,
    _: Administrator,
    Query(lines): Query<Lines>,
) -> Result<Json<Page<Queued>>, Failure> {
    let (page, skip) = lines.place();
    let found = services.mail.queued(&lines.q, skip, PAGE_SIZE, Timestamp::now()).await;
    let (items, total) = found.map_err(|cause| failure(NotDone::Unavailable(cause)))?;
    Ok(Json(Page { items, total, page, page_size: PAGE_SIZE }))
}

async fn act(
    State(services): State<Services>,
    Administrator(actor): Administrator,
    Path(id): Path<String>,
    Json(request): Json<QueueActRequest>,
) -> Result<Json<QueueActedView>, Failure> {
    let recipients = super::act(&services, &actor, &id, request.act).await.map_err(failure)?;
    Ok(Json(QueueActedView { recipients }))
}

fn failure(cause: NotDone) -> Failure {
    match cause {
        NotDone::NotFound => Failure::new(
            StatusCode::NOT_FOUND,
            "notFound",
            "Thư này không còn chờ gửi: đã gửi xong, đã trả lại người gửi hoặc đang được gửi.",
        ),
        NotDone::Directory(cause) => cause.into(),
        NotDone::Unavailable(cause) => unavailable("queue", cause),
    }
}
