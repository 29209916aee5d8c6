//! The media plane with real sockets: who has a seat gets through, whatever the way; who has none gets nothing,
//! and takes nothing from the others.

mod browser;
mod floods;
mod hostile;
mod ice_tcp;
mod ipv6;
mod stun;
mod turn;
