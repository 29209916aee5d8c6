//! The media plane's decisions: ICE-lite, DTLS, SRTP, slots, forwarding. No I/O.
