//! The web client, embedded in the binary: hashed assets for ever, the shell never cached,
//! every unknown page path answered by the shell (the client's router decides).

use axum::{
    body::Body,
    extract::Request,
    http::{
        HeaderValue, Method, StatusCode,
        header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY},
    },
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

/// `web-client/dist`, built by `npm run build`. A debug build reads the folder when asked.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../web-client/dist"]
#[allow_missing = true]
struct Dist;

/// Answers with a file of the web client.
pub async fn serve(request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    let api = ["api/", "jmap/", "mail/"].iter().any(|prefix| path.starts_with(prefix));
    let page = !api && !path.rsplit('/').next().unwrap_or_default().contains('.');
    let name = if page { "index.html" } else { path };
    let Some(plain) = Dist::get(name) else {
        return if page {
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "The web client is not built: run `npm run build` in web-client.",
            )
                .into_response()
        } else {
            super::guard::refusal(StatusCode::NOT_FOUND, "notFound", "Không có địa chỉ này trên hệ thống.")
        };
    };
    let etag = etag(&plain);
    if request.headers().get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, [(ETAG, etag)]).into_response();
    }
    let accepted = request.headers().get(ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let (file, encoding) = compressed(name, accepted).unwrap_or((plain, None));
    let kind = mime_guess::from_path(name).first_raw().unwrap_or("application/octet-stream");
    let kind = if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind.to_owned() };
    let cache = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = Body::from(file.data.into_owned()).into_response();
    let headers = response.headers_mut();
    headers
        .insert(CONTENT_TYPE, HeaderValue::from_str(&kind).unwrap_or(HeaderValue::from_static("text/plain")));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(ETAG, etag);
    }
    if let Some(encoding) = encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// The file compressed at build time, in the best way the client takes.
fn compressed(name: &str, accepted: &str) -> Option<(EmbeddedFile, Option<&'static str>)> {
    [("br", ".br"), ("gzip", ".gz")].into_iter().find_map(|(encoding, suffix)| {
        let wanted = accepted.split(',').any(|e| e.trim().split(';').next() == Some(encoding));
        wanted.then(|| Dist::get(&format!("{name}{suffix}"))).flatten().map(|file| (file, Some(encoding)))
    })
}

fn etag(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    let hex: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}
