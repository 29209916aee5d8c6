//! Upload and download of files (RFC 8620 §6).

use axum::{
    Json,
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base::{MailboxId, Timestamp};
use bytes::Bytes;
use futures_util::StreamExt;
use mail_gateway_core::{
    jmap::request::MAX_SIZE_UPLOAD,
    message::{
        blob::PartBlob,
        compose::is_media_type,
        parse::{media_type, parse},
    },
};
use serde::Deserialize;
use serde_json::json;

use super::{Reader, Service, failed, refuse, upkeep::FULL};
use crate::store::{Store, StoreError};

/// A body or part, decoded.
pub(crate) struct Loaded {
    pub(crate) bytes: Bytes,
    pub(crate) media_type: Option<String>,
}

/// The bytes of `blob`, when `account` may read them.
pub(crate) async fn load(
    store: &Store,
    account: MailboxId,
    blob: &PartBlob,
) -> Result<Option<Loaded>, StoreError> {
    if !store.may_read(account, &blob.blob).await? {
        return Ok(None);
    }
    let raw = store.open_blob(&blob.blob).await?;
    let Some(part) = blob.part else { return Ok(Some(Loaded { bytes: raw, media_type: None })) };
    let decoded = tokio::task::spawn_blocking(move || {
        let message = parse(&raw);
        let part = message.part(part)?;
        Some(Loaded { bytes: part.contents().to_vec().into(), media_type: Some(media_type(part)) })
    });
    Ok(decoded.await.map_err(std::io::Error::other)?)
}

/// The upload endpoint.
pub(crate) async fn upload(
    State(service): State<Service>,
    reader: Reader,
    Path(account): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some(grant) = reader.grant(&account) else { return not_found() };
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let kind = if is_media_type(&kind) { kind } else { "application/octet-stream".to_owned() };
    let Ok(_turn) = service.uploads.acquire().await else { return not_found() };
    let bytes = match collect(body).await {
        Ok(bytes) => bytes,
        Err(Collect::TooLarge(size)) => return too_large(size),
        Err(Collect::Broken) => {
            return refuse(
                StatusCode::BAD_REQUEST,
                "uploadBroken",
                "Tệp tải lên bị ngắt giữa chừng. Tải lại tệp.",
            );
        }
    };
    let size = bytes.len();
    // RFC 8620 §6.1.
    match service.store.room(grant.mailbox, grant.kind).await {
        Ok(room) if !room.has_room(size as u64) => {
            return refuse(StatusCode::INSUFFICIENT_STORAGE, "overQuota", FULL);
        }
        Ok(_) => {}
        Err(error) => return failed(&error),
    }
    match service.store.upload(grant.mailbox, bytes, Timestamp::now()).await {
        Ok(blob) => {
            let answer = json!({ "accountId": account, "blobId": blob, "type": kind, "size": size });
            (StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
        }
        Err(error) => failed(&error),
    }
}

enum Collect {
    TooLarge(usize),
    Broken,
}

/// Reads a body of bounded size. What is too large is read on for a while and thrown away: a browser
/// that is still sending would not show the answer.
async fn collect(body: Body) -> Result<Bytes, Collect> {
    let mut stream = body.into_data_stream();
    let (mut kept, mut size) = (Vec::new(), 0usize);
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|_| Collect::Broken)?;
        size = size.saturating_add(piece.len());
        if size > MAX_DRAINED {
            break;
        }
        if size <= MAX_SIZE_UPLOAD {
            kept.extend_from_slice(&piece);
        } else {
            kept = Vec::new();
        }
    }
    if size > MAX_SIZE_UPLOAD { Err(Collect::TooLarge(size)) } else { Ok(kept.into()) }
}

fn too_large(size: usize) -> Response {
    let id = crate::accept::incident();
    tracing::info!(%id, size, "mail: an upload is too large");
    let tenths = size.saturating_mul(10) / (1024 * 1024);
    let message = format!("Tệp {},{} MB vượt giới hạn 25 MB.", tenths / 10, tenths % 10);
    let body = json!({
        "type": "urn:ietf:params:jmap:error:limit", "limit": "maxSizeUpload", "status": 413, "detail": message,
        "error": { "code": "tooLarge", "message": message, "id": id },
    });
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (StatusCode::PAYLOAD_TOO_LARGE, kind, body.to_string()).into_response()
}

fn not_found() -> Response {
    refuse(StatusCode::NOT_FOUND, "notFound", "Không tìm thấy thư hoặc tệp này.")
}

/// How a file is wanted.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    /// The media type the client believes in; ours is used where we know better.
    r#type: Option<String>,
    /// Show it in the browser instead of saving it.
    inline: Option<String>,
}

/// The download endpoint.
pub(crate) async fn download(
    State(service): State<Service>,
    reader: Reader,
    Path((account, blob, name)): Path<(String, String, String)>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let (Some(grant), Ok(blob)) = (reader.grant(&account), blob.parse::<PartBlob>()) else {
        return not_found();
    };
    let loaded = match load(&service.store, grant.mailbox, &blob).await {
        Ok(Some(loaded)) => loaded,
        Ok(None) => return not_found(),
        Err(error) => return failed(&error),
    };
    let kind = wanted.r#type.or(loaded.media_type).unwrap_or_default().to_ascii_lowercase();
    let shown = wanted.inline.is_some() && SHOWN.contains(&kind.as_str());
    // Anything a browser might run is only ever saved.
    let kind = if shown || is_media_type(&kind) && !is_active(&kind) {
        kind
    } else {
        "application/octet-stream".to_owned()
    };
    // A PDF viewer does not start in a sandbox; a PDF has no access to the page's origin anyway.
    let policy = if kind == "application/pdf" && shown {
        "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"
    } else {
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'"
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, disposition(if shown { "inline" } else { "attachment" }, &name)),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy.to_owned()),
        // Content-addressed: it never changes; private because it is somebody's mail.
        (header::CACHE_CONTROL, "private, immutable, max-age=31536000".to_owned()),
    ];
    let mut response = loaded.bytes.into_response();
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Types a browser shows without running anything.
const SHOWN: [&str; 7] =
    ["application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "text/plain"];

fn is_active(kind: &str) -> bool {
    kind.contains("html") || kind.contains("xml") || kind.contains("svg") || kind.contains("script")
}

/// RFC 6266 with RFC 8187: the name in UTF-8, and an ASCII one for old clients.
fn disposition(how: &str, name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control() && !"/\\".contains(*c)).take(255).collect();
    let plain: String = base::fold::fold(&name)
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._- ".contains(c) { c } else { '_' })
        .collect();
    let mut coded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            coded.push(char::from(byte));
        } else {
            coded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{coded}")
}

/// Octets of an oversized upload that are read and thrown away.
const MAX_DRAINED: usize = 128 * 1024 * 1024;
