//! JMAP over HTTP (RFC 8620, RFC 8621): how the webmail, and any other JMAP client, reads and sends.
//!
//! One JMAP account is one mailbox of the directory; a person who reads an agency mailbox beside the
//! own one sees two accounts. Who may open which is in the request's [`Principal`], put there by hub.

mod api;
mod blob;
mod changes;
mod context;
mod email;
mod email_add;
mod email_query;
mod email_set;
mod identity;
mod mailbox;
mod outgoing;
mod push;
mod session;
mod sieve;
mod snippet;
mod submission;
mod thread;
mod turns;
mod upkeep;
mod vacation;
mod web_socket;

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use directory_core::{MailboxGrant, Principal};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::{
    config::Forwarding,
    store::{Store, StoreError},
};

pub use outgoing::Outgoing;

/// What the JMAP and letter routes work with.
#[derive(Clone)]
pub struct Service {
    pub(crate) store: Store,
    pub(crate) outgoing: Arc<dyn Outgoing>,
    /// The domain of message ids.
    pub(crate) domain: Arc<str>,
    /// Uploads in memory at the same time; more wait their turn.
    pub(crate) uploads: Arc<Semaphore>,
    /// How far rules may pass letters on.
    pub(crate) forwarding: Forwarding,
    /// Requests being answered, by account of the directory.
    pub(crate) turns: turns::Turns,
}

impl Service {
    /// The routes' state: letters of `store`, sent through `outgoing`.
    pub fn new(store: Store, outgoing: Arc<dyn Outgoing>, domain: &str) -> Self {
        Self {
            store,
            outgoing,
            domain: domain.into(),
            uploads: Arc::new(Semaphore::new(UPLOADS)),
            forwarding: Forwarding::default(),
            turns: turns::Turns::default(),
        }
    }

    /// The same, where rules may pass letters on as far as `forwarding` says.
    #[must_use]
    pub fn with_forwarding(mut self, forwarding: Forwarding) -> Self {
        self.forwarding = forwarding;
        self
    }
}

/// The JMAP routes and `/mail/view`.
pub fn router(service: Service) -> Router {
    Router::new()
        .route("/.well-known/jmap", get(|| async { Redirect::temporary("/jmap/session") }))
        .route("/jmap/session", get(session::session))
        .route("/jmap/api", post(api::api))
        .route("/jmap/upload/{account}/", post(blob::upload))
        .route("/jmap/upload/{account}", post(blob::upload))
        .route("/jmap/download/{account}/{blob}/{name}", get(blob::download))
        .route("/jmap/eventsource", get(push::events))
        .route("/jmap/ws", get(web_socket::connect))
        .merge(crate::view::router())
        .with_state(service)
}

/// The person a request comes from; refuses the request when there is none.
pub(crate) struct Reader(pub(crate) Principal);

impl<S: Send + Sync> FromRequestParts<S> for Reader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        match Extension::<Principal>::from_request_parts(parts, state).await {
            Ok(Extension(principal)) => Ok(Self(principal)),
            Err(_) => Err(refuse(
                StatusCode::UNAUTHORIZED,
                "signInNeeded",
                "Phiên làm việc đã hết hạn. Đăng nhập lại để tiếp tục.",
            )),
        }
    }
}

impl Reader {
    /// The grant for the account called `account`.
    pub(crate) fn grant(&self, account: &str) -> Option<&MailboxGrant> {
        self.0.mailboxes.iter().find(|grant| grant.mailbox.to_string() == account)
    }
}

/// An answer that names its error for programs and people, with an id the log line has too.
pub(crate) fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    let id = crate::accept::incident();
    tracing::info!(%id, code, status = status.as_u16(), "mail: a request was refused");
    let body = json!({ "error": { "code": code, "message": message, "id": id } });
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// The answer to a failure of the store.
pub(crate) fn failed(error: &StoreError) -> Response {
    match error {
        StoreError::NotFound => refuse(StatusCode::NOT_FOUND, "notFound", "Không tìm thấy thư hoặc tệp này."),
        StoreError::MissingBlob(_) => refuse(
            StatusCode::GONE,
            "bodyMissing",
            "Nội dung thư không còn trên đĩa của máy chủ. Báo cán bộ CNTT khôi phục từ bản sao lưu.",
        ),
        other => {
            let id = crate::accept::incident();
            tracing::error!(%id, cause = ?other, "mail store failed");
            let message =
                "Hệ thống thư đang gặp lỗi. Thử lại sau ít phút; nếu còn lỗi, báo mã lỗi cho cán bộ CNTT.";
            let body = json!({ "error": { "code": "mailFailed", "message": message, "id": id } });
            (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
        }
    }
}

/// Uploads in memory at the same time: 8 × 25 MB at most.
const UPLOADS: usize = 8;

#[cfg(test)]
pub(crate) mod tests;
