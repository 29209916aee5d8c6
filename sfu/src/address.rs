//! Where this machine can be reached: the local addresses, and sockets for them.
//!
//! One socket per address, so that answers leave from the address the browser wrote to; a socket
//! for all of them would let the kernel choose, and browsers drop what comes from elsewhere.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use crate::udp::Socket;

/// The sockets of a worker and what its answers say.
#[derive(Debug)]
pub(crate) struct Bound {
    /// At most [`MAX_SOCKETS`].
    pub sockets: Vec<Socket>,
    /// Announced, best first.
    pub candidates: Vec<SocketAddr>,
    /// They are the machine's own, and change as those do.
    pub follows: bool,
}

impl Bound {
    /// Follows the machine: binds addresses that `local` has and that have no socket, and announces those
    /// that `local` has. Sockets of addresses that are gone stay, because peers are known by their place,
    /// and because addresses return. Whether the candidates changed.
    pub fn follow(sockets: &mut Vec<Socket>, candidates: &mut Vec<SocketAddr>, local: &[IpAddr]) -> bool {
        let Some(port) = sockets.first().map(|socket| socket.address().port()) else { return false };
        for address in local {
            let is_bound = sockets.iter().any(|socket| socket.address().ip() == *address);
            if is_bound || sockets.len() >= MAX_SOCKETS {
                continue;
            }
            match Socket::bind(SocketAddr::new(*address, port)) {
                Ok(socket) => sockets.push(socket),
                // An address that is only just coming up; it is tried again.
                Err(error) => tracing::debug!(%address, %error, "an address cannot be used yet"),
            }
        }
        let is_bound = |address: &&IpAddr| sockets.iter().any(|socket| socket.address().ip() == **address);
        let now: Vec<SocketAddr> =
            local.iter().filter(is_bound).map(|address| SocketAddr::new(*address, port)).collect();
        let changed = now != *candidates;
        *candidates = now;
        changed
    }
}

/// Binds `port` for the configured addresses, or for all local ones.
pub(crate) fn bind(addresses: &[IpAddr], port: u16) -> io::Result<Bound> {
    let local = local_addresses();
    let announced = if addresses.is_empty() { local.clone() } else { addresses.to_vec() };
    let behind_nat = announced.iter().any(|address| !local.contains(address));
    let mut to_bind = announced.clone();
    if behind_nat {
        // What is not ours cannot be bound: one socket for everything of its family.
        to_bind = Vec::new();
        if announced.iter().any(IpAddr::is_ipv4) {
            to_bind.push(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        }
        if announced.iter().any(IpAddr::is_ipv6) {
            to_bind.push(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
        }
    }
    to_bind.truncate(MAX_SOCKETS);
    let mut sockets = Vec::new();
    let mut port = port;
    for address in to_bind {
        let at = SocketAddr::new(address, port);
        let named = |error: io::Error| io::Error::new(error.kind(), format!("UDP {at}: {error}"));
        let socket = Socket::bind(at).map_err(named)?;
        port = socket.address().port();
        sockets.push(socket);
    }
    let candidates = announced.into_iter().take(MAX_SOCKETS).map(|ip| SocketAddr::new(ip, port)).collect();
    Ok(Bound { sockets, candidates, follows: addresses.is_empty() })
}

/// The addresses of this machine that a browser can be told: link-local ones left out, loopback last.
pub fn local_addresses() -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = interface_addresses().into_iter().filter(is_useful).collect();
    // IPv4 first: where both work, fewer things go wrong on it; loopback serves this machine only.
    found.sort_by_key(|address| (address.is_loopback(), address.is_ipv6()));
    found.dedup();
    if !found.contains(&IpAddr::V4(Ipv4Addr::LOCALHOST)) {
        found.push(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    found
}

fn is_useful(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_link_local() && !v4.is_unspecified(),
        // Loopback of one family is enough.
        IpAddr::V6(v6) => !v6.is_unicast_link_local() && !v6.is_loopback() && !v6.is_unspecified(),
    }
}

/// All addresses of interfaces that are up.
fn interface_addresses() -> Vec<IpAddr> {
    let mut found = Vec::new();
    let mut list: *mut libc::ifaddrs = std::ptr::null_mut();
    // SAFETY: getifaddrs fills the pointer with a list that stays valid until freeifaddrs below.
    if unsafe { libc::getifaddrs(&mut list) } != 0 {
        return found;
    }
    let mut next = list;
    while !next.is_null() {
        // SAFETY: `next` is a non-null entry of the list, which is not freed yet.
        let entry = unsafe { &*next };
        next = entry.ifa_next;
        let is_up = entry.ifa_flags & libc::IFF_UP as libc::c_uint != 0;
        if entry.ifa_addr.is_null() || !is_up {
            continue;
        }
        // SAFETY: a non-null ifa_addr points to a socket address; its family says which, and the
        // structure of that family is what lies there.
        unsafe {
            match i32::from((*entry.ifa_addr).sa_family) {
                libc::AF_INET => {
                    let address = &*entry.ifa_addr.cast::<libc::sockaddr_in>();
                    found.push(IpAddr::V4(Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr))));
                }
                libc::AF_INET6 => {
                    let address = &*entry.ifa_addr.cast::<libc::sockaddr_in6>();
                    found.push(IpAddr::V6(Ipv6Addr::from(address.sin6_addr.s6_addr)));
                }
                _ => {}
            }
        }
    }
    // SAFETY: the list came from getifaddrs and nothing refers to it any more.
    unsafe { libc::freeifaddrs(list) };
    found
}

/// Sockets per worker: a machine with more addresses should be told which to use.
const MAX_SOCKETS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_the_last_resort_and_always_there() {
        let addresses = local_addresses();
        assert_eq!(addresses.last(), Some(&IpAddr::V4(Ipv4Addr::LOCALHOST)));
    }

    #[test]
    fn a_port_in_use_is_named() {
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST)];
        let first = bind(&loopback, 0).unwrap();
        let taken = first.candidates[0];
        let error = bind(&loopback, taken.port()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        assert!(error.to_string().contains(&taken.to_string()));
    }

    #[test]
    fn addresses_that_come_and_go_are_followed() {
        let [first, second]: [IpAddr; 2] = ["127.0.0.1", "127.0.0.2"].map(|text| text.parse().unwrap());
        let Bound { mut sockets, mut candidates, .. } = bind(&[first], 0).unwrap();
        let port = candidates[0].port();
        assert!(!Bound::follow(&mut sockets, &mut candidates, &[first]));
        assert!(Bound::follow(&mut sockets, &mut candidates, &[second, first]));
        assert_eq!(candidates, [second, first].map(|address| SocketAddr::new(address, port)));
        assert!(Bound::follow(&mut sockets, &mut candidates, &[second]));
        assert_eq!((sockets.len(), candidates.len()), (2, 1), "who uses the first one is not cut off");
    }

    #[test]
    fn an_address_of_a_nat_is_announced_though_it_is_not_local() {
        let nat: IpAddr = "198.51.100.7".parse().unwrap();
        let bound = bind(&[nat], 0).unwrap();
        assert_eq!(bound.candidates[0].ip(), nat);
        assert!(bound.sockets[0].address().ip().is_unspecified());
    }
}
