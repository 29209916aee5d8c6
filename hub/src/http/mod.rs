//! The hub's web server: every service's router under one roof, guarded the same way.

mod assets;
pub mod console;
mod guard;
mod listener;
pub mod metrics;
mod plain;
mod programs;
mod session;

use std::{io, sync::Arc};

use axum::{
    Extension, Json, Router,
    extract::DefaultBodyLimit,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    middleware,
    response::IntoResponse,
    routing::get,
};
use rustls::ServerConfig;
use serde_json::{Value, json};
use sfu::{SfuHandle, Turn};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::services::Services;

pub use guard::refusal;
pub use listener::{Peer, TlsListener};
pub use plain::PlainListener;

/// The build, shown to clients so that those of another build reload.
pub const BUILD: &str = env!("CARGO_PKG_VERSION");

/// Everything the hub answers over HTTP.
pub fn router(services: &Services, ca_certificate: String, sfu: SfuHandle) -> Router {
    let name = services.config.hub.name.clone();
    let support = services.config.hub.support.clone();
    let domain = services.config.hub.domain.clone();
    let hub = json!({ "name": name, "domain": domain, "support": support, "build": BUILD });
    Router::new()
        .route("/api/health", get(move || async move { health(&sfu) }))
        .route("/api/hub", get(move || async move { Json::<Value>(hub) }))
        .route("/ca.crt", get(move || async move { certificate(ca_certificate) }))
        .merge(services.directory.router())
        .merge(services.meetings.router())
        .merge(services.mail.router())
        .merge(programs::router(&services.config))
        .merge(crate::quarantine::web::router(services))
        .merge(crate::queue::web::router(services))
        .fallback(assets::serve)
        .layer(middleware::from_fn_with_state(services.clone(), session::authenticate))
        .layer(middleware::from_fn(guard::same_origin))
        .layer(middleware::from_fn(guard::identify))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

/// `draining`: the hub ends soon and takes no new meetings.
fn health(sfu: &SfuHandle) -> Json<Value> {
    let status = if sfu.is_draining() { "draining" } else { "ok" };
    Json(json!({ "status": status, "build": BUILD }))
}

/// The CA's certificate, for devices that shall trust this hub.
fn certificate(pem: String) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "application/x-x509-ca-cert"),
        (CONTENT_DISPOSITION, "attachment; filename=\"lienthong-ca.crt\""),
    ];
    (headers, pem)
}

/// Serves `router` on plain HTTP until `stop`.
///
/// # Errors
/// When the socket fails for good.
pub async fn serve_plain(listener: TcpListener, router: Router, stop: CancellationToken) -> io::Result<()> {
    let service = router.layer(Extension(directory::OverTls(false)));
    axum::serve(PlainListener::new(listener), service.into_make_service_with_connect_info::<Peer>())
        .with_graceful_shutdown(async move { stop.cancelled().await })
        .await
}

/// Serves `router` over TLS until `stop`, and `turn` on the same port.
///
/// # Errors
/// When the socket fails for good.
pub async fn serve_tls(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    (router, turn): (Router, Option<Turn>),
    stop: CancellationToken,
) -> io::Result<()> {
    let listener = TlsListener::start(listener, tls, turn)?;
    let service = router.layer(Extension(directory::OverTls(true)));
    axum::serve(listener, service.into_make_service_with_connect_info::<Peer>())
        .with_graceful_shutdown(async move { stop.cancelled().await })
        .await
}

/// JSON bodies; uploads of attachments have a limit of their own.
const MAX_BODY: usize = 1024 * 1024;
