//! DTLS 1.2, passive side, for its keys only (RFC 5764); `dimpl` does the handshake.
//!
//! Behind a trait, because the implementation was chosen by measurement and the choice may fall
//! again. Any error means the association is over.

use std::{fmt, sync::Arc, time::Instant};

use aws_lc_rs::digest;
use dimpl::{Config, Dtls, DtlsCertificate, Output, SrtpProfile};

use crate::{
    sdp::Fingerprint,
    transport::srtp::{Keys, Profile},
};

/// The worker's certificate; one for all its peers.
#[derive(Clone)]
pub struct Certificate {
    der: DtlsCertificate,
    fingerprint: Fingerprint,
    config: Arc<Config>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

impl Certificate {
    /// From DER: an X.509 certificate over ECDSA P-256 and its PKCS #8 key.
    pub fn new(certificate: Vec<u8>, private_key: Vec<u8>) -> Result<Self, DtlsError> {
        let fingerprint = Fingerprint {
            algorithm: "sha-256".to_owned(),
            digest: digest::digest(&digest::SHA256, &certificate).as_ref().to_vec(),
        };
        // The cookie proves the client's address; here ICE has proved it already, and without the
        // cookie the handshake is a round trip shorter.
        let config =
            Config::builder().use_server_cookie(false).mtu(MTU).build().map_err(DtlsError::Config)?;
        let der = DtlsCertificate { certificate, private_key };
        Ok(Self { der, fingerprint, config: Arc::new(config) })
    }

    /// Its hash, for answers.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

/// Why an association ended.
#[derive(Debug)]
pub enum DtlsError {
    /// The configuration is not usable; a fault of ours.
    Config(dimpl::Error),
    /// The handshake or a record failed.
    Failed(dimpl::Error),
    /// The peer's certificate is not the one of the offer (RFC 5763 §5).
    WrongCertificate,
    /// The peer agreed to a profile that is not AES-GCM.
    WrongProfile,
    /// The peer closed.
    Closed,
}

impl fmt::Display for DtlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(_) => f.write_str("the DTLS configuration is not usable"),
            Self::Failed(_) => f.write_str("the DTLS association failed"),
            Self::WrongCertificate => f.write_str("the certificate does not match the offer"),
            Self::WrongProfile => f.write_str("no AES-GCM profile was agreed"),
            Self::Closed => f.write_str("the peer closed"),
        }
    }
}

impl std::error::Error for DtlsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Config(source) | Self::Failed(source) => Some(source),
            _ => None,
        }
    }
}

/// What a handshake is for.
#[derive(Debug)]
pub struct Secrets {
    /// The agreed profile.
    pub profile: Profile,
    /// Keys of both directions.
    pub keys: Keys,
}

/// The server side of one association.
pub trait DtlsServer: Send {
    /// Takes a datagram; the keys come out once.
    fn handle_datagram(&mut self, now: Instant, datagram: &[u8]) -> Result<Option<Secrets>, DtlsError>;
    /// Takes the time.
    fn handle_timeout(&mut self, now: Instant) -> Result<Option<Secrets>, DtlsError>;
    /// Gives the next datagram to send.
    fn poll_transmit(&mut self) -> Option<Vec<u8>>;
    /// When it wants the time again.
    fn poll_timeout(&self) -> Option<Instant>;
    /// Says goodbye; one datagram may follow.
    fn close(&mut self);
}

/// [`DtlsServer`] by `dimpl`.
pub struct Dimpl {
    dtls: Dtls,
    expected: Fingerprint,
    verified: bool,
    /// Flights are at most a few datagrams; the engine bounds them (`max_queue_tx`).
    outgoing: std::collections::VecDeque<Vec<u8>>,
    timeout: Option<Instant>,
    buffer: Vec<u8>,
}

impl Dimpl {
    /// A server waiting for the ClientHello of whoever holds the certificate `expected` names.
    pub fn new(certificate: &Certificate, expected: Fingerprint, now: Instant) -> Self {
        let dtls = Dtls::new_12(Arc::clone(&certificate.config), certificate.der.clone(), now);
        Self {
            dtls,
            expected,
            verified: false,
            outgoing: std::collections::VecDeque::new(),
            timeout: None,
            buffer: vec![0; 2_048],
        }
    }

    fn drain(&mut self) -> Result<Option<Secrets>, DtlsError> {
        let mut keys = None;
        loop {
            let mut buffer = std::mem::take(&mut self.buffer);
            let step = match self.dtls.poll_output(&mut buffer) {
                Output::Packet(bytes) => {
                    self.outgoing.push_back(bytes.to_vec());
                    Ok(true)
                }
                Output::BufferTooSmall { needed } => {
                    buffer.resize(needed, 0);
                    Ok(true)
                }
                Output::Timeout(at) => {
                    self.timeout = Some(at);
                    Ok(false)
                }
                Output::PeerCert(der) => {
                    self.verified = matches(&self.expected, der);
                    if self.verified { Ok(true) } else { Err(DtlsError::WrongCertificate) }
                }
                Output::KeyingMaterial(material, profile) => {
                    keys = accepted(profile, &material);
                    if keys.is_some() { Ok(true) } else { Err(DtlsError::WrongProfile) }
                }
                Output::CloseNotify => Err(DtlsError::Closed),
                // Data channels were refused in the answer: whatever comes is not for us.
                _ => Ok(true),
            };
            self.buffer = buffer;
            if !step? {
                // A client without a certificate could be anybody (RFC 5763 §5).
                return if keys.is_some() && !self.verified {
                    Err(DtlsError::WrongCertificate)
                } else {
                    Ok(keys)
                };
            }
        }
    }
}

impl DtlsServer for Dimpl {
    fn handle_datagram(&mut self, now: Instant, datagram: &[u8]) -> Result<Option<Secrets>, DtlsError> {
        // The engine takes the time only through its timer.
        let early = self.handle_timeout(now)?;
        self.dtls.handle_packet(datagram).map_err(DtlsError::Failed)?;
        Ok(self.drain()?.or(early))
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<Option<Secrets>, DtlsError> {
        self.dtls.handle_timeout(now).map_err(DtlsError::Failed)?;
        self.drain()
    }

    fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.outgoing.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.timeout
    }

    fn close(&mut self) {
        if self.dtls.close().is_ok() {
            // The association is over either way; only its last datagram matters.
            let _ = self.drain();
        }
    }
}

/// RFC 8122 §5.
fn matches(expected: &Fingerprint, der: &[u8]) -> bool {
    let algorithm = match expected.algorithm.as_str() {
        "sha-256" => &digest::SHA256,
        "sha-384" => &digest::SHA384,
        "sha-512" => &digest::SHA512,
        _ => return false,
    };
    digest::digest(algorithm, der).as_ref() == expected.digest
}

fn accepted(profile: SrtpProfile, material: &[u8]) -> Option<Secrets> {
    let profile = match profile {
        SrtpProfile::AEAD_AES_128_GCM => Profile::AeadAes128Gcm,
        SrtpProfile::AEAD_AES_256_GCM => Profile::AeadAes256Gcm,
        _ => return None,
    };
    Some(Secrets { profile, keys: profile.split(material)? })
}

/// Fits every path of the Internet (RFC 8200 §5 minus IP and UDP headers).
const MTU: usize = 1_200;
