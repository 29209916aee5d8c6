//! What the console's pages of the hub itself have in common: who asks, and for which page.

use axum::Extension;
use directory::{Actor, PeerAddress, view::PAGE_SIZE, web::Failure};
use directory_core::Principal;
use serde::Deserialize;

/// Who asks, as far as requests carry it.
pub type Asked = (Option<Extension<Principal>>, Option<Extension<PeerAddress>>);

/// The administrator who asks. This comes before anything is read or done.
///
/// # Errors
/// When nobody is signed in, or somebody who does not administer the hub.
pub fn administrator((principal, peer): Asked) -> Result<Actor, Failure> {
    let Extension(principal) = principal.ok_or_else(Failure::sign_in_required)?;
    if !principal.is_admin {
        return Err(directory::DirectoryError::Forbidden.into());
    }
    Ok(Actor::person(principal, peer.map(|Extension(peer)| peer.0)))
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
