//! The hub's certificate authority: made once, on this machine, kept in `ca.key` and `ca.pem`.

use std::path::Path;

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256,
};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use x509_parser::parse_x509_certificate;

use crate::{
    CertificateError,
    file::{self, Access},
};

/// The authority, ready to sign.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    /// Its subject in DER: what stands as issuer in everything it signed. Random, hence unique.
    subject: Vec<u8>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    /// Opens the authority in `folder`, or makes it when neither of its files is there.
    pub(crate) fn open(folder: &Path, now: Timestamp) -> Result<Self, CertificateError> {
        let (key_path, pem_path) = (folder.join("ca.key"), folder.join("ca.pem"));
        let (key, pem) = match (file::read(&key_path)?, file::read(&pem_path)?) {
            (Some(key), Some(pem)) => (key, pem),
            (None, None) => {
                let (key, pem) = make(now)?;
                // The key first: a crash in between leaves what the next start complains about, rather
                // than a certificate nobody can sign with.
                file::write(&key_path, &key, Access::Secret)?;
                file::write(&pem_path, &pem, Access::Public)?;
                (key, pem)
            }
            (None, Some(_)) => return Err(damaged(&key_path, "is missing")),
            (Some(_), None) => return Err(damaged(&pem_path, "is missing")),
        };
        let key = KeyPair::from_pem(&key).map_err(|cause| damaged(&key_path, &cause.to_string()))?;
        let subject = subject(&pem, &key).map_err(|cause| damaged(&pem_path, &cause))?;
        let issuer =
            Issuer::from_ca_cert_pem(&pem, key).map_err(|cause| damaged(&pem_path, &cause.to_string()))?;
        Ok(Self { issuer, pem, subject })
    }

    pub(crate) fn issuer(&self) -> &Issuer<'static, KeyPair> {
        &self.issuer
    }

    pub(crate) fn subject(&self) -> &[u8] {
        &self.subject
    }

    pub(crate) fn certificate_pem(&self) -> &str {
        &self.pem
    }
}

fn damaged(path: &Path, cause: &str) -> CertificateError {
    CertificateError::DamagedAuthority(path.to_path_buf(), cause.to_owned())
}

/// A new key and its self-signed certificate.
fn make(now: Timestamp) -> Result<(String, String), CertificateError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::default();
    // RFC 5280 §4.2.1.9: signs end entities only, no further authorities.
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let mut name = DistinguishedName::new();
    // Eight digits of the key tell two hubs' authorities apart in a browser's list.
    let mark: String = params.key_identifier(&key).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    name.push(DnType::CommonName, format!("Lien Thong Hub CA {mark}"));
    params.distinguished_name = name;
    set_validity(&mut params, now, 3_650);
    let certificate = params.self_signed(&key)?;
    Ok((key.serialize_pem(), certificate.pem()))
}

/// The subject of the certificate in `pem`, which must be the one of `key`.
fn subject(pem: &str, key: &KeyPair) -> Result<Vec<u8>, String> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|cause| cause.to_string())?;
    let (_, certificate) = parse_x509_certificate(&der).map_err(|cause| cause.to_string())?;
    if certificate.public_key().subject_public_key.data != key.public_key_raw() {
        return Err("belongs to another key than ca.key".to_owned());
    }
    Ok(certificate.subject().as_raw().to_vec())
}

/// From the day before `now` (clocks of site PCs run late) for `days`.
pub(crate) fn set_validity(params: &mut CertificateParams, now: Timestamp, days: i64) {
    let today = TimeZone::UTC.to_datetime(now).date();
    let date = |date: jiff::civil::Date| {
        let month = u8::try_from(date.month()).unwrap_or(1);
        let day = u8::try_from(date.day()).unwrap_or(1);
        rcgen::date_time_ymd(i32::from(date.year()), month, day)
    };
    params.not_before = date(today.saturating_sub(1.day()));
    params.not_after = date(today.saturating_add(days.days()));
}
