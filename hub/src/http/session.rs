//! Who asks: the session's cookie, or a mail program's password on the JMAP paths.

use std::net::IpAddr;

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, COOKIE},
    },
    middleware::Next,
    response::Response,
};
use base64::{Engine, prelude::BASE64_STANDARD};

use directory::web::{ChangePasswordFirst, allowed_before_password_change};

use super::{Peer, refusal};
use crate::services::Services;

/// Puts the `Principal` on the request when a valid session (or, for JMAP, Basic credentials, RFC 7617)
/// comes with it. Handlers that need one and find none answer 401 themselves.
pub async fn authenticate(
    State(services): State<Services>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    let address = peer.address.ip().to_canonical();
    request.extensions_mut().insert(directory::PeerAddress(address));
    request.extensions_mut().insert(signaling::PeerAddress(address));
    let path = request.uri().path().to_owned();
    if let Some(token) = cookie(request.headers(), directory::SESSION_COOKIE) {
        if let Some((principal, due)) = services.directory.session(token).await {
            if let Some(due) = due {
                if !allowed_before_password_change(&path) {
                    return refusal(StatusCode::FORBIDDEN, "passwordChangeRequired", due.message());
                }
                request.extensions_mut().insert(ChangePasswordFirst(due));
            }
            request.extensions_mut().insert(principal);
        }
    } else if is_mail_api(&path)
        && let Some((login, password)) = basic(request.headers())
        && let Some(principal) = program(&services, &login, &password, address).await
    {
        request.extensions_mut().insert(principal);
    }
    next.run(request).await
}

async fn program(
    services: &Services,
    login: &str,
    password: &str,
    address: IpAddr,
) -> Option<directory_core::Principal> {
    services.directory.authenticate(login, password, address, base::Timestamp::now()).await.ok()
}

fn is_mail_api(path: &str) -> bool {
    path.starts_with("/jmap/") || path == "/.well-known/jmap"
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let encoded = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    decoded.split_once(':').map(|(login, password)| (login.to_owned(), password.to_owned()))
}
