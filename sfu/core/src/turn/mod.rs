//! TURN over TLS (RFC 8656), for networks that let only HTTPS out: the one relay that a browser can reach
//! our media through. It is ours alone: the only peers it sends to are the hub's own media ports, so that
//! it is never an open relay, and whoever uses it has a seat ([`Issuer`]).
//!
//! A [`Session`] is one connection. The shell cuts its stream into [`Frames`], gives them to the session,
//! and does what [`Act`] says; time is an argument. Of the protocol there is what browsers use over a
//! stream: Allocate, Refresh, CreatePermission, ChannelBind, Send and Data, ChannelData.

mod allocation;
mod credentials;
mod frames;
mod message;
mod peers;
mod session;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};

pub use credentials::{Issuer, Pass};
pub use frames::{Broken, Frames, MAX_FRAME, is_turn};
pub use session::{Act, Refusal, Session};

/// Where the hub's media is, and so the only place anything is relayed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// Announced addresses.
    pub addresses: Vec<IpAddr>,
    /// The workers' UDP ports.
    pub ports: Vec<u16>,
}

impl Places {
    /// Whether our media is at this address, whatever the port.
    pub fn has_host(&self, host: IpAddr) -> bool {
        self.addresses.contains(&host)
    }

    /// Whether this is one of our media ports.
    pub fn has(&self, place: SocketAddr) -> bool {
        self.has_host(place.ip()) && self.ports.contains(&place.port())
    }

    /// The best announced address of a family.
    pub fn of_family(&self, is_ipv6: bool) -> Option<IpAddr> {
        self.addresses.iter().copied().find(|address| address.is_ipv6() == is_ipv6)
    }
}
