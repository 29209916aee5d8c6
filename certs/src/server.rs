//! The server certificate: issued by the hub's authority, kept in `server.key` and `server.pem`.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::Path,
    sync::Arc,
};

use jiff::Timestamp;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256,
};
use rustls::{crypto::aws_lc_rs::default_provider, sign::CertifiedKey};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use x509_parser::{extensions::GeneralName, parse_x509_certificate};

use crate::{
    CertificateError,
    authority::{Authority, set_validity},
    file::{self, Access},
};

/// A certificate with its key, and what it is good for.
#[derive(Debug)]
pub(crate) struct Identity {
    key: Arc<CertifiedKey>,
    issuer: Vec<u8>,
    names: BTreeSet<String>,
    /// Seconds since the epoch.
    until: i64,
}

impl Identity {
    /// The identity in `folder` when it still serves, else a new one.
    pub(crate) fn open(
        folder: &Path,
        authority: &Authority,
        names: &BTreeSet<String>,
        now: Timestamp,
    ) -> Result<Self, CertificateError> {
        let stored = (file::read(&folder.join(KEY))?, file::read(&folder.join(CERTIFICATE))?);
        if let (Some(key), Some(pem)) = stored
            && let Ok(identity) = Self::from_pem(&key, &pem)
            && identity.serves(authority, names, now)
        {
            return Ok(identity);
        }
        Self::issue(folder, authority, names, now)
    }

    /// A new key and its certificate, written to `folder`.
    ///
    /// A crash between the two files leaves a pair that does not match; the next start issues another.
    pub(crate) fn issue(
        folder: &Path,
        authority: &Authority,
        names: &BTreeSet<String>,
        now: Timestamp,
    ) -> Result<Self, CertificateError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let names: Vec<String> = names.iter().cloned().collect();
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "Lien Thong Hub");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        set_validity(&mut params, now, DAYS);
        let pem = params.signed_by(&key, authority.issuer())?.pem();
        let key = key.serialize_pem();
        let identity = Self::from_pem(&key, &pem)?;
        file::write(&folder.join(KEY), &key, Access::Secret)?;
        file::write(&folder.join(CERTIFICATE), &pem, Access::Public)?;
        Ok(identity)
    }

    fn from_pem(key: &str, pem: &str) -> Result<Self, CertificateError> {
        let unreadable = |cause: &dyn std::fmt::Display| rustls::Error::General(cause.to_string());
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|cause| unreadable(&cause))?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|cause| unreadable(&cause))?;
        let (_, parsed) = parse_x509_certificate(&der).map_err(|cause| unreadable(&cause))?;
        let names = parsed.subject_alternative_name().ok().flatten();
        let names = names.iter().flat_map(|names| &names.value.general_names).filter_map(text).collect();
        let (issuer, until) = (parsed.issuer().as_raw().to_vec(), parsed.validity().not_after.timestamp());
        // Fails when the key is not the certificate's.
        let key = CertifiedKey::from_der(vec![der.clone()], key, &default_provider())?;
        Ok(Self { key: Arc::new(key), issuer, names, until })
    }

    /// Whether it is the authority's, holds every name and is not near its end.
    pub(crate) fn serves(&self, authority: &Authority, names: &BTreeSet<String>, now: Timestamp) -> bool {
        self.issuer == authority.subject()
            && names.is_subset(&self.names)
            && self.until - now.as_second() > RENEW_BEFORE
    }

    pub(crate) fn key(&self) -> &Arc<CertifiedKey> {
        &self.key
    }
}

/// RFC 5280 §4.2.1.6: host names and addresses, as text.
fn text(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(host) => Some((*host).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let v4 = || <[u8; 4]>::try_from(*bytes).ok().map(|b| IpAddr::V4(Ipv4Addr::from(b)));
            let v6 = || <[u8; 16]>::try_from(*bytes).ok().map(|b| IpAddr::V6(Ipv6Addr::from(b)));
            v4().or_else(v6).map(|address| address.to_string())
        }
        _ => None,
    }
}

const KEY: &str = "server.key";
const CERTIFICATE: &str = "server.pem";
/// How long a certificate holds.
const DAYS: i64 = 90;
/// Seconds before its end at which it is replaced.
const RENEW_BEFORE: i64 = 30 * 24 * 3600;
