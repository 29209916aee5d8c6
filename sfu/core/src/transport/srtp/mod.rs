//! SRTP and SRTCP in place, AEAD profiles only (RFC 3711, RFC 7714).
//!
//! **Nonces.** With AES-GCM one index used twice under one key gives the key away. Hence one
//! [`Outbound`] per key, it alone assigns SRTCP indices, and it refuses to seal an RTP index again,
//! whatever its caller believes.

mod keys;
mod replay;
mod session;
#[cfg(test)]
mod tests;

pub use keys::{Keys, MasterKey, Profile};
pub use session::{Inbound, MAX_STREAMS, Outbound, RTCP_OVERHEAD, RTP_OVERHEAD};

/// Why a packet was not sealed or not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// It is not RTP or RTCP, or too short to be sealed.
    Malformed,
    /// The key does not fit: forged, damaged, or of another session.
    Forged,
    /// This index came before, or is too old to know.
    Repeated,
    /// More streams than one session may have.
    TooManyStreams,
    /// The buffer has no room for the authentication tag.
    NoRoom,
    /// The key has sealed as much as it may (RFC 3711 §9.2).
    Exhausted,
}
