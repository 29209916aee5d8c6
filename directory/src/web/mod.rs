//! The directory over HTTP: `/api/session`, `/api/sessions`, `/api/password`, `/api/second-factor`,
//! `/api/directory/*`, `/api/admin/*`. Hub authenticates (it puts the `Principal` on the request) and checks the origin.

mod address;
mod admin;
mod app_password;
mod delegation;
mod failure;
mod lookup;
mod request;
mod second_factor;
mod session;

use std::net::IpAddr;

use axum::{
    Router,
    routing::{delete, get, post, put},
};

use directory_core::PasswordDue;

use crate::Directory;

pub use failure::Failure;

/// Put on each request by hub: whether it came over TLS, so that the cookie is marked `Secure`.
#[derive(Debug, Clone, Copy)]
pub struct OverTls(pub bool);

/// Put on each request by hub: the client's network address.
#[derive(Debug, Clone, Copy)]
pub struct PeerAddress(pub IpAddr);

/// Put on each request by hub when the person must choose another password before anything else.
#[derive(Debug, Clone, Copy)]
pub struct ChangePasswordFirst(pub PasswordDue);

/// Whether somebody who must choose another password first may use `path`: only what leads to a new one.
pub fn allowed_before_password_change(path: &str) -> bool {
    let data = ["/api/", "/jmap/", "/mail/", "/.well-known/"].iter().any(|start| path.starts_with(start));
    !data || matches!(path, "/api/session" | "/api/password")
}

impl Directory {
    /// The routes of the directory.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/api/session", post(session::sign_in).get(session::current).delete(session::sign_out))
            .route("/api/sessions", get(session::list))
            .route("/api/sessions/{id}", delete(session::end))
            .route("/api/password", post(session::change_password))
            .route("/api/app-passwords", get(app_password::list).post(app_password::create))
            .route("/api/app-passwords/{id}", delete(app_password::revoke))
            .route("/api/second-factor", get(second_factor::current).post(second_factor::propose))
            .route("/api/second-factor/confirm", post(second_factor::confirm))
            .route("/api/second-factor/recovery-codes", post(second_factor::renew))
            .route("/api/second-factor/remove", post(second_factor::remove))
            .route("/api/mailboxes/{id}/delegations", get(delegation::list).post(delegation::create))
            .route("/api/mailboxes/{id}/delegations/{person}", delete(delegation::end))
            .route("/api/directory/units", get(lookup::units))
            .route("/api/directory/units/{id}/people", get(lookup::people))
            .route("/api/directory/search", get(lookup::search))
            .route("/api/directory/rooms", get(lookup::rooms))
            .route("/api/admin/people", get(admin::people).post(admin::create_person))
            .route("/api/admin/people/{id}/reset", post(admin::reset))
            .route("/api/admin/people/{id}/second-factor/remove", post(admin::reset_second_factor))
            .route("/api/admin/people/{id}/disable", post(admin::disable))
            .route("/api/admin/people/{id}/enable", post(admin::enable))
            .route("/api/admin/rooms", get(admin::rooms).post(admin::create_room))
            .route("/api/admin/mailboxes", get(admin::mailboxes))
            .route("/api/admin/mailboxes/{id}/quota", put(admin::set_quota))
            .route("/api/admin/addresses", get(address::aliases).post(address::add_alias))
            .route("/api/admin/addresses/{id}", delete(address::retire_alias))
            .route("/api/admin/groups", get(address::groups).post(address::create_group))
            .route("/api/admin/groups/{id}", put(address::change_group).delete(address::remove_group))
            .route("/api/admin/groups/{id}/members", post(address::add_member))
            .route("/api/admin/groups/{id}/members/{person}", delete(address::remove_member))
            .route("/api/admin/audit", get(admin::audit))
            .with_state(self.clone())
    }
}
