//! The doors for standard clients: WHIP (RFC 9725) to publish, WHEP (its draft mirror image) to view.
//!
//! `POST` an offer, get a session with an answer; `DELETE` the session, or let it fall silent. Whoever
//! comes shows a bearer token (RFC 6750 §2.1), which is one seat of one meeting. No cookie is looked at,
//! so pages of other origins may use these doors (CORS). ICE is lite and complete at once: trickled
//! candidates are accepted and of no use; `If-Match: "*"` restarts ICE.

use std::{net::IpAddr, sync::Arc};

use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::{Path, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{self, ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, LOCATION, RETRY_AFTER},
    },
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{delete, post},
};
use base::{Timestamp, id::MeetingId};
use serde_json::json;
use signaling_core::Refusal;
use signaling_protocol::Relay;
use tokio::{sync::oneshot, time::Instant};

use super::fragment::Fragment;
use crate::{
    live::{DoorRequest, Message, Opened, Refused, ToDoor},
    ports::OfferError,
    problem::log_id,
    rate::PeerAddress,
    registry::Shared,
    secret,
    tokens::SeatToken,
};

/// The routes; sessions lie below the door that made them.
pub(super) fn router() -> Router<Arc<Shared>> {
    let doors = Router::new()
        .route("/whip/{meeting}", post(|s, p, r| open(s, p, r, false)).options(options))
        .route("/whep/{meeting}", post(|s, p, r| open(s, p, r, true)).options(options))
        .route(
            "/whip/{meeting}/{session}",
            delete(|s, p, r| close(s, p, r, false)).patch(|s, p, r| patch(s, p, r, false)).options(options),
        )
        .route(
            "/whep/{meeting}/{session}",
            delete(|s, p, r| close(s, p, r, true)).patch(|s, p, r| patch(s, p, r, true)).options(options),
        );
    doors.layer(from_fn(cross_origin))
}

/// Why a request at these doors failed, as RFC 9457 tells it.
#[derive(Debug)]
struct Denied(StatusCode, &'static str);

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        let Self(status, detail) = self;
        let id = log_id();
        tracing::info!(id, status = status.as_u16(), detail, "standard client refused");
        let title = status.canonical_reason().unwrap_or_default();
        let body = json!({ "title": title, "status": status.as_u16(), "detail": detail, "instance": id });
        let mut response = (status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
            }
            _ => {}
        }
        response
    }
}

impl From<Refused> for Denied {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Meeting(Refusal::Ended) => Self(StatusCode::CONFLICT, "the meeting is over"),
            Refused::Meeting(Refusal::Locked) => Self(StatusCode::FORBIDDEN, "the meeting is locked"),
            Refused::Meeting(Refusal::Full) => Self(StatusCode::SERVICE_UNAVAILABLE, "the meeting is full"),
            Refused::Meeting(_) => Self(StatusCode::FORBIDDEN, "this token may not do that in this meeting"),
            Refused::TooManyViewers => {
                Self(StatusCode::CONFLICT, "this token has as many sessions as it may have")
            }
            Refused::NoSession => Self(StatusCode::NOT_FOUND, "there is no such session"),
            Refused::WrongVersion => {
                Self(StatusCode::PRECONDITION_FAILED, "the session's ICE has another entity tag")
            }
            Refused::Offer(OfferError::Bad(_)) => {
                Self(StatusCode::BAD_REQUEST, "the body is not an SDP offer")
            }
            Refused::Offer(OfferError::Unusable(_)) => Self(
                StatusCode::UNPROCESSABLE_ENTITY,
                "the offer cannot be answered: Opus or VP8, DTLS-SRTP with ICE in one bundle, at most 64 m-lines",
            ),
            Refused::Offer(OfferError::Unavailable) => {
                Self(StatusCode::SERVICE_UNAVAILABLE, "the media plane takes no more connections")
            }
        }
    }
}

const BUSY: Denied = Denied(StatusCode::SERVICE_UNAVAILABLE, "the hub is stopping or overloaded");

async fn open(
    State(shared): State<Arc<Shared>>,
    Path(meeting): Path<String>,
    request: Request,
    views: bool,
) -> Result<Response, Denied> {
    let token = admit(&shared, &meeting, request.headers(), address_of(&request)).await?;
    if !is_type(request.headers(), "application/sdp") {
        return Err(Denied(StatusCode::UNSUPPORTED_MEDIA_TYPE, "an offer is application/sdp"));
    }
    if !accepts_sdp(request.headers()) {
        return Err(Denied(StatusCode::NOT_ACCEPTABLE, "the answer is application/sdp"));
    }
    let door = if views { "whep" } else { "whip" };
    let sdp = text(request).await?;
    let opened = ask(&shared, token, DoorRequest::Open { views, sdp }).await?;
    // RFC 9725 §4.2: 201, where the session is, which version its ICE has, the answer.
    let headers = [
        (LOCATION, format!("/{door}/{meeting}/{}", opened.session)),
        (ETAG, format!("\"{}\"", opened.tag)),
        (CONTENT_TYPE, "application/sdp".to_owned()),
    ];
    let mut response = (StatusCode::CREATED, headers, opened.sdp).into_response();
    // What a header cannot say is left out: the client comes without a relay.
    if let Some(link) = opened.relay.and_then(|relay| HeaderValue::from_str(&ice_server(&relay)).ok()) {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

/// RFC 9725 §4.6: the relay, and a pass for this session.
fn ice_server(relay: &Relay) -> String {
    let Relay { url, username, credential } = relay;
    format!(
        "<{url}>; rel=\"ice-server\"; username=\"{username}\"; credential=\"{credential}\"; \
         credential-type=\"password\""
    )
}

async fn close(
    State(shared): State<Arc<Shared>>,
    Path((meeting, session)): Path<(String, String)>,
    request: Request,
    views: bool,
) -> Result<StatusCode, Denied> {
    let token = admit(&shared, &meeting, request.headers(), address_of(&request)).await?;
    ask(&shared, token, DoorRequest::Close { session, views }).await?;
    Ok(StatusCode::OK)
}

async fn patch(
    State(shared): State<Arc<Shared>>,
    Path((meeting, session)): Path<(String, String)>,
    request: Request,
    views: bool,
) -> Result<Response, Denied> {
    let token = admit(&shared, &meeting, request.headers(), address_of(&request)).await?;
    if !is_type(request.headers(), FRAGMENT) {
        return Err(Denied(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "a change is application/trickle-ice-sdpfrag",
        ));
    }
    let tag = request.headers().get(IF_MATCH).and_then(|value| value.to_str().ok());
    // RFC 9725 §4.3.1: a PATCH without If-Match is answered 428.
    let tag = tag.ok_or(Denied(StatusCode::PRECONDITION_REQUIRED, "If-Match is missing"))?;
    let tag = tag.trim().trim_matches('"').to_owned();
    let malformed = Denied(StatusCode::BAD_REQUEST, "the body is not an SDP fragment");
    let fragment = Fragment::parse(&text(request).await?).ok_or(malformed)?;
    if tag != "*" {
        ask(&shared, token, DoorRequest::Trickle { session, views, tag }).await?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    // RFC 9725 §4.3.3: a restart brings new credentials and gets new ones.
    let remote = fragment
        .credentials()
        .ok_or(Denied(StatusCode::BAD_REQUEST, "a restart brings ice-ufrag and ice-pwd"))?;
    let opened = ask(&shared, token, DoorRequest::Restart { session, views, remote }).await?;
    let (ufrag, password) = opened.credentials.unwrap_or_default();
    let headers = [(ETAG, format!("\"{}\"", opened.tag)), (CONTENT_TYPE, FRAGMENT.to_owned())];
    Ok((StatusCode::OK, headers, fragment.answer(&ufrag, &password)).into_response())
}

/// Who is at the door, if he may be: not too often, with a token, for this meeting.
async fn admit(
    shared: &Shared,
    meeting: &str,
    headers: &HeaderMap,
    address: Option<IpAddr>,
) -> Result<SeatToken, Denied> {
    if address.is_some_and(|address| !shared.knocks.allows(address, Instant::now())) {
        return Err(Denied(StatusCode::TOO_MANY_REQUESTS, "too many requests from this address"));
    }
    let store_failed = |cause: sqlx::Error| {
        tracing::error!(%cause, "meetings: the store failed");
        BUSY
    };
    let token = match bearer(headers) {
        Some(secret) => {
            shared.store.token(&secret::hash(secret), Timestamp::now()).await.map_err(store_failed)?
        }
        None => None,
    };
    let Some(token) = token else {
        if let Some(address) = address {
            shared.knocks.was_wrong(address);
        }
        return Err(Denied(StatusCode::UNAUTHORIZED, "a valid bearer token is needed"));
    };
    let id: Option<MeetingId> = meeting.parse().ok();
    match id {
        Some(id) if id == token.meeting => Ok(token),
        Some(id) if shared.store.meeting(id).await.map_err(store_failed)?.is_some() => {
            Err(Denied(StatusCode::FORBIDDEN, "this token is for another meeting"))
        }
        _ => Err(Denied(StatusCode::NOT_FOUND, "there is no such meeting")),
    }
}

fn address_of(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<PeerAddress>().map(|peer| peer.0)
}

async fn ask(shared: &Arc<Shared>, token: SeatToken, what: DoorRequest) -> Result<Opened, Denied> {
    let (reply, answer) = oneshot::channel();
    let meeting = token.meeting;
    let message = Message::Door(Box::new(ToDoor { token, what, reply }));
    shared.send(meeting, message).ok_or(BUSY)?;
    Ok(answer.await.map_err(|_| BUSY)??)
}

/// RFC 6750 §2.1; the scheme's case does not matter (RFC 9110 §11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| token.len() <= 256)
}

fn is_type(headers: &HeaderMap, wanted: &str) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
}

/// RFC 9110 §12.5.1, as far as one type needs it.
fn accepts_sdp(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    lines.peek().is_none()
        || lines.flat_map(|line| line.split(',')).any(|range| {
            let name = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            matches!(name.as_str(), "*/*" | "application/*" | "application/sdp")
        })
}

async fn text(request: Request) -> Result<String, Denied> {
    let too_long = |_| Denied(StatusCode::PAYLOAD_TOO_LARGE, "the body is longer than 192 kB");
    let bytes: Bytes = to_bytes(request.into_body(), MAX_BODY).await.map_err(too_long)?;
    String::from_utf8(bytes.into()).map_err(|_| Denied(StatusCode::BAD_REQUEST, "the body is not text"))
}

/// RFC 9725 §4.1: what may be posted.
async fn options() -> impl IntoResponse {
    let headers = [
        (HeaderName::from_static("accept-post"), "application/sdp"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST, PATCH, DELETE, OPTIONS"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, If-Match"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, headers)
}

/// Fetch standard: pages of any origin may read the answers; nothing here depends on a cookie.
async fn cross_origin(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let exposed = HeaderValue::from_static("Location, ETag, Link, Retry-After");
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    response
}

const FRAGMENT: &str = "application/trickle-ice-sdpfrag";
/// As much as the media plane reads of an offer.
const MAX_BODY: usize = 192 * 1024;
