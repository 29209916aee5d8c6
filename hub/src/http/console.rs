//! What the console's pages of the hub itself have in common: who asks, for which page, and what they are
//! told when the mail cannot be reached.

use std::fmt::Display;

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use directory::{Actor, PeerAddress, view::PAGE_SIZE, web::Failure};
use directory_core::Principal;
use serde::Deserialize;

/// The administrator who asks, as entries of the audit log name them. Nobody signed in, or somebody who does
/// not administer the hub, is refused before anything is read or done.
pub struct Administrator(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for Administrator {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let principal = parts.extensions.get::<Principal>().cloned().ok_or_else(Failure::sign_in_required)?;
        if !principal.is_admin {
            return Err(directory::DirectoryError::Forbidden.into());
        }
        Ok(Self(Actor::person(principal, parts.extensions.get::<PeerAddress>().map(|peer| peer.0))))
    }
}

/// The answer when `what` cannot be read or changed now; the cause stands in the log.
pub fn unavailable(what: &str, cause: impl Display) -> Failure {
    tracing::error!(%cause, "console: the {what} cannot answer");
    let words = "Hệ thống thư chưa thực hiện được. Đề nghị thử lại sau ít phút.";
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", words)
}

/// A list's filters.
#[derive(Deserialize)]
pub struct Lines {
    /// The words to look for.
    #[serde(default)]
    pub q: String,
    /// The page, from 1.
    #[serde(default)]
    page: u32,
}

impl Lines {
    /// The page's number, and the lines before it.
    pub fn place(&self) -> (u32, u32) {
        let page = self.page.max(1);
        (page, (page - 1).saturating_mul(PAGE_SIZE))
    }
}
