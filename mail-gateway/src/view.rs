//! `/mail/view/{account}/{letter}`: a letter's text as a page of its own, behind two fences.
//!
//! The HTML is cleaned, and the page carries a CSP with `sandbox`: scripts do not run, nothing is
//! loaded but pictures, and the page has no origin, so it could not touch the webmail that frames it.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use mail_gateway_core::html::{
    RemoteImages,
    page::{Page, page},
};
use serde::Deserialize;

use crate::jmap::{Reader, Service, failed, refuse};

/// The route; its state is the JMAP service's.
pub(crate) fn router() -> Router<Service> {
    Router::new().route("/mail/view/{account}/{letter}", get(view))
}

#[derive(Deserialize)]
struct Wanted {
    /// `1`: the reader wants the pictures of other servers. Her browser loads them; the hub never calls out.
    images: Option<String>,
}

async fn view(
    State(service): State<Service>,
    reader: Reader,
    Path((account, letter)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let Some(grant) = reader.grant(&account) else {
        return refuse(StatusCode::NOT_FOUND, "notFound", "Không tìm thấy thư này.");
    };
    let letter = match service.store.letter(grant.mailbox, &letter).await {
        Ok(letter) => letter,
        Err(error) => return failed(&error),
    };
    let raw = match service.store.open_blob(&letter.blob).await {
        Ok(raw) => raw,
        Err(error) => return failed(&error),
    };
    let images =
        if wanted.images.as_deref() == Some("1") { RemoteImages::Allow } else { RemoteImages::Block };
    match tokio::task::spawn_blocking(move || page(&raw, images)).await {
        Ok(page) => respond(page, images),
        Err(cause) => failed(&std::io::Error::other(cause).into()),
    }
}

fn respond(page: Page, images: RemoteImages) -> Response {
    let sources = match images {
        RemoteImages::Block => "data:",
        RemoteImages::Allow => "data: https: http:",
    };
    let policy = format!(
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; \
         img-src {sources}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    );
    let text = format!("{HEAD}{}</body></html>", page.body);
    let mut response = Html(text).into_response();
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "private, no-store"),
        // Whether [Hiện ảnh] has anything to show.
        (header::HeaderName::from_static("x-blocked-images"), if page.blocked_images { "1" } else { "0" }),
    ];
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

const HEAD: &str = "<!doctype html><html lang=\"vi\"><head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width\"><title>Nội dung thư</title><style>\
:root{color-scheme:light}body{margin:16px;font:17px/1.6 'Be Vietnam Pro',system-ui,'Noto Sans',Arial,sans-serif;\
color:#1b1f24;background:#fff;overflow-wrap:anywhere}img{max-width:100%;height:auto}table{max-width:100%}\
a{color:#0b57a4}.plain{white-space:pre-wrap}.quote{color:#57606a;border-left:3px solid #d0d7de;padding-left:12px}\
blockquote{margin:8px 0;padding-left:12px;border-left:3px solid #d0d7de}pre{white-space:pre-wrap}\
</style></head><body>";

#[cfg(test)]
mod tests;
