//! What handlers need of a request: who asks, from where, and a body that answers in our own words
//! when it cannot be read.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{
    Json,
    extract::{ConnectInfo, FromRequest, FromRequestParts, Path, Query, Request},
    http::{StatusCode, request::Parts},
};
use directory_core::Principal;
use serde::de::DeserializeOwned;

use super::{ChangePasswordFirst, Failure, PeerAddress};
use crate::{Actor, Directory};

/// Where the request comes from.
pub(super) struct Peer(pub IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let told = parts.extensions.get::<PeerAddress>().map(|peer| peer.0);
        let seen = || parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        Ok(Self(told.or_else(seen).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }
}

/// Whoever is signed in, perhaps with a temporary or expired password.
pub(super) struct SignedIn(pub Actor);

impl FromRequestParts<Directory> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, directory: &Directory) -> Result<Self, Failure> {
        let principal = parts.extensions.get::<Principal>().cloned().ok_or_else(Failure::sign_in_required)?;
        let Peer(ip) = Peer::from_request_parts(parts, directory).await?;
        Ok(Self(Actor::person(principal, Some(ip))))
    }
}

/// Whoever is signed in with a valid password of their own.
pub(super) struct Member(pub Actor);

impl FromRequestParts<Directory> for Member {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, directory: &Directory) -> Result<Self, Failure> {
        let SignedIn(actor) = SignedIn::from_request_parts(parts, directory).await?;
        if let Some(ChangePasswordFirst(due)) = parts.extensions.get() {
            return Err(Failure::new(StatusCode::FORBIDDEN, "passwordChangeRequired", due.message()));
        }
        Ok(Self(actor))
    }
}

/// A JSON body.
pub(super) struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let Json(body) = Json::from_request(request, state).await.map_err(Failure::malformed)?;
        Ok(Self(body))
    }
}

/// The id in the path; one that is none is simply not found.
pub(super) struct Id<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let Path(id) = Path::from_request_parts(parts, state).await.map_err(Failure::malformed)?;
        Ok(Self(id))
    }
}

/// The query string.
pub(super) struct Filter<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Filter<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let Query(filter) = Query::from_request_parts(parts, state).await.map_err(Failure::malformed)?;
        Ok(Self(filter))
    }
}
