//! Sign-in, sign-out, the own sessions and the own password.

use axum::{
    Extension, Json,
    extract::State,
    http::{
        HeaderMap, StatusCode,
        header::{CACHE_CONTROL, SET_COOKIE, USER_AGENT},
    },
    response::{AppendHeaders, IntoResponse, Response},
};
use base::{Timestamp, id::SessionId};
use directory_core::{PasswordDue, Principal};

use super::{
    ChangePasswordFirst, Failure, OverTls,
    request::{Body, Id, Member, Peer, SignedIn},
};
use crate::{
    Directory, SESSION_COOKIE, SESSION_LIFE,
    view::{HubView, PasswordRequest, SessionEntry, SessionPerson, SessionView, SignInRequest},
};

pub(super) async fn sign_in(
    State(directory): State<Directory>,
    Peer(ip): Peer,
    tls: Option<Extension<OverTls>>,
    headers: HeaderMap,
    Body(request): Body<SignInRequest>,
) -> Result<Response, Failure> {
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("");
    let now = Timestamp::now();
    let (token, principal, due) =
        directory.sign_in(&request.login, &request.password, request.code.as_deref(), ip, agent, now).await?;
    let cookie = cookie(token.0.expose(), SESSION_LIFE.as_secs(), over_tls(tls));
    let view = view(&directory, principal, due);
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Json(view)).into_response())
}

pub(super) async fn current(
    State(directory): State<Directory>,
    SignedIn(actor): SignedIn,
    due: Option<Extension<ChangePasswordFirst>>,
) -> Result<Response, Failure> {
    let view = view(&directory, actor.principal, due.map(|Extension(ChangePasswordFirst(due))| due));
    Ok(([(CACHE_CONTROL, "no-store")], Json(view)).into_response())
}

pub(super) async fn sign_out(
    State(directory): State<Directory>,
    principal: Option<Extension<Principal>>,
    tls: Option<Extension<OverTls>>,
) -> Result<Response, Failure> {
    if let Some(Extension(principal)) = principal {
        directory.sign_out(&principal).await?;
    }
    let cookie = cookie("", 0, over_tls(tls));
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(SET_COOKIE, cookie)])).into_response())
}

pub(super) async fn list(
    State(directory): State<Directory>,
    Member(actor): Member,
) -> Result<Json<Vec<SessionEntry>>, Failure> {
    Ok(Json(directory.sessions(&actor.principal).await?))
}

pub(super) async fn end(
    State(directory): State<Directory>,
    Member(actor): Member,
    Id(session): Id<SessionId>,
) -> Result<StatusCode, Failure> {
    directory.end_session(&actor, session).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn change_password(
    State(directory): State<Directory>,
    SignedIn(actor): SignedIn,
    Body(request): Body<PasswordRequest>,
) -> Result<StatusCode, Failure> {
    directory.change_password(&actor, &request.current, &request.new, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(directory: &Directory, principal: Principal, due: Option<PasswordDue>) -> SessionView {
    let registry = directory.registry();
    let account = registry.account(principal.account);
    SessionView {
        person: SessionPerson {
            id: principal.person,
            name: principal.name,
            unit: principal.unit,
            unit_name: principal.unit_name,
            position: principal.position,
        },
        login: principal.login,
        is_admin: principal.is_admin,
        must_change_password: due.is_some(),
        password_expires: account.and_then(|account| directory.password_rules.expires(account)),
        mailboxes: principal.mailboxes,
        hub: HubView {
            domain: directory.domain().to_owned(),
            name: directory.hub.name.clone(),
            build: directory.hub.build.clone(),
        },
        server_time: Timestamp::now(),
    }
}

fn over_tls(tls: Option<Extension<OverTls>>) -> bool {
    tls.is_some_and(|Extension(OverTls(tls))| tls)
}

/// RFC 6265 §4.1.1. `Lax` keeps the cookie off cross-site posts and lets a link in a letter open signed in.
fn cookie(token: &str, seconds: u64, over_tls: bool) -> String {
    let secure = if over_tls { "; Secure" } else { "" };
    format!("{SESSION_COOKIE}={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age={seconds}{secure}")
}
