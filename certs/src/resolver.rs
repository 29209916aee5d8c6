//! Which certificate a handshake gets: the newest, for whatever name is asked, so that a renewal needs
//! no restart. Connections that stand keep the one they began with.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use crate::server::Identity;

/// The certificate in use.
#[derive(Debug)]
pub(crate) struct Resolver {
    current: RwLock<Arc<Identity>>,
}

impl Resolver {
    pub(crate) fn new(identity: Identity) -> Self {
        Self { current: RwLock::new(Arc::new(identity)) }
    }

    pub(crate) fn current(&self) -> Arc<Identity> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn replace(&self, identity: Identity) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(identity);
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(self.current().key()))
    }
}
