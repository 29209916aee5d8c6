//! The addresses of this machine, from Linux's own tables: a certificate that lacks the address in the
//! browser's bar is a certificate nobody accepts.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Every address of this machine that a browser could use, loopback included, link-local ones not.
pub fn local_addresses() -> Vec<IpAddr> {
    let v4 = fs::read_to_string("/proc/net/fib_trie").unwrap_or_default();
    let v6 = fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
    let mut found = vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    found.extend(v4_addresses(&v4).into_iter().filter(|address| !address.is_link_local()).map(IpAddr::V4));
    let global = |address: &Ipv6Addr| !address.is_unicast_link_local();
    found.extend(v6_addresses(&v6).into_iter().filter(global).map(IpAddr::V6));
    found.sort();
    found.dedup();
    found
}

/// `fib_trie` shows each local address as a leaf `|-- 10.0.0.5` followed by `/32 host LOCAL`.
fn v4_addresses(table: &str) -> Vec<Ipv4Addr> {
    let mut leaf: Option<Ipv4Addr> = None;
    let mut found = Vec::new();
    for line in table.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            leaf = address.parse().ok();
        } else if line == "/32 host LOCAL" {
            found.extend(leaf);
        }
    }
    found
}

/// Each line of `if_inet6` begins with the address in 32 hexadecimal digits.
fn v6_addresses(table: &str) -> Vec<Ipv6Addr> {
    let digits = table.lines().filter_map(|line| line.split_whitespace().next());
    digits.filter_map(|digits| u128::from_str_radix(digits, 16).ok()).map(Ipv6Addr::from_bits).collect()
}

#[cfg(test)]
mod tests {
    use super::{local_addresses, v4_addresses, v6_addresses};

    #[test]
    fn the_kernels_tables_are_read() {
        let table = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     \
                     |-- 192.168.7.2\n        /32 host LOCAL\n     |-- 192.168.7.255\n        /32 link BROADCAST\n";
        assert_eq!(v4_addresses(table), ["192.168.7.2".parse::<std::net::Ipv4Addr>().unwrap()]);
        let table = "fd000000000000000000000000000005 02 40 00 80     eth0\nnot hex\n";
        assert_eq!(v6_addresses(table), ["fd00::5".parse::<std::net::Ipv6Addr>().unwrap()]);
        assert!(local_addresses().iter().any(std::net::IpAddr::is_loopback));
    }
}
