//! The media plane's section of the configuration.

use std::net::IpAddr;

/// `media.*`; every default is safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `media.address`: what is announced to browsers. Empty: all local addresses, loopback last.
    /// An address that is not local (that of a NAT in front) is announced and served all the same.
    pub addresses: Vec<IpAddr>,
    /// `media.udp_port`: worker *i* uses this plus *i*; 0 lets the system choose.
    pub udp_port: u16,
    /// `media.tcp_port`: of all workers together, for networks without UDP; none is opened without one, 0
    /// lets the system choose.
    pub tcp_port: Option<u16>,
    /// `media.turn`: what the relay over TLS calls itself; none is there without a name.
    pub turn: Option<String>,
    /// `media.workers`: threads; 0 is one per core. A peer lives on one of them, a large meeting on several.
    pub workers: usize,
    /// Connections per worker; offers beyond are refused before running meetings suffer.
    pub max_peers: usize,
    /// Receivers' lines are estimated, but nobody is sent less than he wishes for it. For measurements of
    /// what forwarding costs: no key of the configuration leads here, because thin lines would choke.
    pub unlimited: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            addresses: Vec::new(),
            udp_port: 40_000,
            tcp_port: None,
            turn: None,
            workers: 1,
            max_peers: 2_000,
            unlimited: false,
        }
    }
}
