//! The hub's own PKI: a certificate authority born on this machine, and the TLS certificate it issues
//! for the hub's names and addresses. For networks where no public authority can be reached; nothing
//! here ever leaves the machine.
//!
//! Profiles follow RFC 5280: ECDSA P-256 (RFC 5480), the authority for ten years, the server for ninety
//! days under a new key each time, renewed thirty days before its end or when the machine gets a new
//! address, without a restart.

mod addresses;
mod authority;
mod dkim;
mod error;
mod file;
mod resolver;
mod server;

use std::{
    collections::BTreeSet,
    future::Future,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use rustls::ServerConfig;
use tokio_util::sync::CancellationToken;

pub use addresses::local_addresses;
pub use dkim::{DkimAlgorithm, DkimKey, DkimKeys};
pub use error::CertificateError;

use authority::Authority;
use resolver::Resolver;
use server::Identity;

/// The hub's authority and server certificate; clones share them.
#[derive(Clone, Debug)]
pub struct Certificates {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    /// Configured names and addresses; the machine's own addresses come on top.
    names: Vec<String>,
    authority: Authority,
    resolver: Arc<Resolver>,
    config: Arc<ServerConfig>,
    /// Held while a certificate is issued: two renewals at once would mix key and certificate.
    renewal: Mutex<()>,
}

impl Certificates {
    /// Opens the authority in `folder`, making it on the first start, and a server certificate for
    /// `names` (host names or addresses), `localhost` and every address of this machine.
    ///
    /// # Errors
    /// When a file cannot be read or written, or the authority's files are damaged: they are never
    /// replaced silently, for every browser that trusts them would have to be visited again.
    pub fn open(folder: &Path, names: &[String]) -> Result<Self, CertificateError> {
        Self::open_at(folder, names, Timestamp::now())
    }

    fn open_at(folder: &Path, names: &[String], now: Timestamp) -> Result<Self, CertificateError> {
        file::create_folder(folder)?;
        let authority = Authority::open(folder, now)?;
        let names = names.to_vec();
        let identity = Identity::open(folder, &authority, &wanted(&names), now)?;
        let resolver = Arc::new(Resolver::new(identity));
        let config = server_config(Arc::clone(&resolver))?;
        let folder = folder.to_path_buf();
        let inner = Inner { folder, names, authority, resolver, config, renewal: Mutex::new(()) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The TLS configuration of the hub's listeners; it follows renewals by itself.
    pub fn server_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.inner.config)
    }

    /// The authority's certificate, for people to install in their browsers.
    pub fn ca_certificate_pem(&self) -> String {
        self.inner.authority.certificate_pem().to_owned()
    }

    /// Issues a new server certificate when the present one nears its end or lacks a name.
    /// True when it did.
    ///
    /// # Errors
    /// When the certificate cannot be made or written; the present one stays in use.
    pub fn renew(&self) -> Result<bool, CertificateError> {
        self.renew_at(Timestamp::now())
    }

    fn renew_at(&self, now: Timestamp) -> Result<bool, CertificateError> {
        let inner = &*self.inner;
        let _renewal = inner.renewal.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = wanted(&inner.names);
        if inner.resolver.current().serves(&inner.authority, &wanted, now) {
            return Ok(false);
        }
        inner.resolver.replace(Identity::issue(&inner.folder, &inner.authority, &wanted, now)?);
        Ok(true)
    }

    /// Looks every hour whether the certificate must be renewed, until `stop`.
    pub fn renew_until(&self, stop: CancellationToken) -> impl Future<Output = ()> + Send + use<> {
        let certificates = self.clone();
        async move {
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(EVERY) => {}
                }
                let certificates = certificates.clone();
                match tokio::task::spawn_blocking(move || certificates.renew()).await {
                    Ok(Ok(true)) => tracing::info!("certificates: the server certificate was renewed"),
                    Ok(Ok(false)) => {}
                    Ok(Err(cause)) => tracing::error!(%cause, "certificates: renewal failed; trying again"),
                    Err(cause) => tracing::error!(%cause, "certificates: renewal was cut short"),
                }
            }
        }
    }
}

/// The configured names, `localhost` and the machine's addresses, each once.
fn wanted(names: &[String]) -> BTreeSet<String> {
    let own = local_addresses().into_iter().map(|address| address.to_string());
    let configured = names.iter().map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty());
    configured.chain(own).chain(["localhost".to_owned()]).collect()
}

/// TLS 1.3, and 1.2 for the oldest browsers we serve; X25519MLKEM768 is offered first.
fn server_config(resolver: Arc<Resolver>) -> Result<Arc<ServerConfig>, CertificateError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    // RFC 7301. WebSockets ride on HTTP/1.1; mail programs that name no protocol are served all the same.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// How often the certificate's end and the machine's addresses are looked at.
const EVERY: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests;
