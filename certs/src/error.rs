//! Why a certificate could not be opened or made.

use std::{fmt, io, path::PathBuf};

/// What went wrong, and with which file.
#[derive(Debug)]
pub enum CertificateError {
    /// A file could not be read or written.
    File(PathBuf, io::Error),
    /// The authority's key or certificate is there without the other, or is not what it should be.
    DamagedAuthority(PathBuf, String),
    /// A key that signs letters is not what it should be.
    DamagedKey(PathBuf, String),
    /// A certificate could not be made.
    Issue(rcgen::Error),
    /// TLS refused the key or the certificate.
    Tls(rustls::Error),
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, cause) => write!(f, "{}: {cause}", path.display()),
            Self::DamagedAuthority(path, cause) => write!(
                f,
                "{}: {cause}; restore ca.key and ca.pem from a backup, or delete both to begin with a new \
                 authority that every browser has to trust anew",
                path.display()
            ),
            Self::DamagedKey(path, cause) => {
                write!(f, "{}: {cause}; restore it from a backup or delete it", path.display())
            }
            Self::Issue(cause) => write!(f, "the certificate cannot be made: {cause}"),
            Self::Tls(cause) => write!(f, "the certificate cannot be used: {cause}"),
        }
    }
}

impl std::error::Error for CertificateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(_, cause) => Some(cause),
            Self::DamagedAuthority(..) | Self::DamagedKey(..) => None,
            Self::Issue(cause) => Some(cause),
            Self::Tls(cause) => Some(cause),
        }
    }
}

impl From<rcgen::Error> for CertificateError {
    fn from(cause: rcgen::Error) -> Self {
        Self::Issue(cause)
    }
}

impl From<rustls::Error> for CertificateError {
    fn from(cause: rustls::Error) -> Self {
        Self::Tls(cause)
    }
}
