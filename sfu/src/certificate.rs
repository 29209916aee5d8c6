//! The certificate browsers see in DTLS: ECDSA P-256, self-signed, born with the worker and gone with
//! it. Its hash in the answer is what makes it trusted (RFC 8827 §6.5).

use std::io;

use sfu_core::transport::dtls::Certificate;

/// A new one.
pub(crate) fn generate() -> io::Result<Certificate> {
    let failed = |error: rcgen::Error| io::Error::other(format!("DTLS certificate: {error}"));
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(failed)?;
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).map_err(failed)?;
    // Nothing about the hub: whoever sits on the line may read it.
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, "WebRTC");
    let certificate = parameters.self_signed(&key).map_err(failed)?;
    Certificate::new(certificate.der().to_vec(), key.serialize_der()).map_err(io::Error::other)
}
