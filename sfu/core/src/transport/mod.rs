//! From datagrams to packets that are known to be a peer's: ICE-lite, DTLS, SRTP, and the framing of
//! media over TCP.

pub mod dtls;
pub mod framing;
pub mod ice;
pub mod srtp;
