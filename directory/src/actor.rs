//! Who stands in the audit log: a signed-in administrator with a network address, or the machine's operator.

use std::net::IpAddr;

use directory_core::Principal;

/// Who performs an administrative act, and from where.
#[derive(Debug, Clone)]
pub struct Actor {
    pub(crate) principal: Principal,
    pub(crate) ip: String,
}

impl Actor {
    /// A signed-in person at `ip`.
    pub fn person(principal: Principal, ip: Option<IpAddr>) -> Self {
        Self { principal, ip: ip.map_or_else(String::new, |ip| ip.to_string()) }
    }

    /// The operating-system user `name` on the machine itself (the `lienthong admin` command).
    pub fn system(name: &str) -> Self {
        Self { principal: Principal::system(name), ip: String::new() }
    }

    /// Whether this is the machine's operator.
    pub(crate) fn is_system(&self) -> bool {
        self.principal.account == Principal::system("").account && self.principal.is_admin
    }
}
