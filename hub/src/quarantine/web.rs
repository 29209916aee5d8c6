//! The console's page of held letters: `/api/admin/quarantine`.

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    routing::{get, post},
};
use directory::{
    view::{PAGE_SIZE, Page},
    web::Failure,
};
use mail_gateway::quarantine::{Held, Opened};
use serde::Serialize;
use ts_rs::TS;

use super::NotDone;
use crate::{
    http::console::{Administrator, Lines, unavailable},
    services::Services,
};

/// The routes; the `Principal` and the peer's address are put on requests before.
pub fn router(services: &Services) -> Router {
    Router::new()
        .route("/api/admin/quarantine", get(list))
        .route("/api/admin/quarantine/{id}", get(open).delete(delete))
        .route("/api/admin/quarantine/{id}/release", post(release))
        .with_state(services.clone())
}

/// Who got a letter that was let go.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ReleasedView {
    /// The addresses that have it.
    pub delivered: Vec<String>,
    /// The addresses that nobody has any more.
    pub gone: Vec<String>,
}

async fn list(
    State(services): State<Services>,
    _: Administrator,
    Query(lines): Query<Lines>,
) -> Result<Json<Page<Held>>, Failure> {
    let (page, skip) = lines.place();
    let (items, total) =
        services.mail.held(&lines.q, skip, PAGE_SIZE).await.map_err(|cause| failure(cause.into()))?;
    Ok(Json(Page { items, total, page, page_size: PAGE_SIZE }))
}

async fn open(
    State(services): State<Services>,
    Administrator(actor): Administrator,
    Path(id): Path<String>,
) -> Result<Json<Opened>, Failure> {
    super::open(&services, &actor, &id).await.map(Json).map_err(failure)
}

async fn release(
    State(services): State<Services>,
    Administrator(actor): Administrator,
    Path(id): Path<String>,
) -> Result<Json<ReleasedView>, Failure> {
    let released = super::release(&services, &actor, &id).await.map_err(failure)?;
    Ok(Json(ReleasedView { delivered: released.delivered, gone: released.gone }))
}

async fn delete(
    State(services): State<Services>,
    Administrator(actor): Administrator,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    super::delete(&services, &actor, &id).await.map_err(failure)?;
    Ok(StatusCode::NO_CONTENT)
}

fn failure(cause: NotDone) -> Failure {
    match cause {
        NotDone::NotFound => Failure::new(
            StatusCode::NOT_FOUND,
            "notFound",
            "Thư này không còn được giữ lại: đã được chuyển, đã xóa hoặc hết thời hạn lưu.",
        ),
        NotDone::NobodyLeft => Failure::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "nobodyLeft",
            "Không chuyển được: các địa chỉ nhận không còn tồn tại.",
        ),
        NotDone::Directory(cause) => cause.into(),
        NotDone::Unavailable(cause) => unavailable("quarantine", cause),
    }
}
