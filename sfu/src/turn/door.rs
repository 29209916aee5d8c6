//! Who comes to the relay and gets passes for it.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use base::{Timestamp, id::SeatId, random::System};
use sfu_core::turn::{Issuer, Pass, Places};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    connection::{Connection, Routes},
    quota::Relays,
};
use crate::local_addresses;

/// The relay. Clones are the same one.
#[derive(Clone)]
pub struct Turn(Arc<Shared>);

struct Shared {
    issuer: Issuer,
    /// As configured; empty follows the machine.
    addresses: Vec<IpAddr>,
    ports: Vec<u16>,
    relays: Arc<Relays>,
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").field("ports", &self.0.ports).finish_non_exhaustive()
    }
}

impl Turn {
    pub(crate) fn new(
        realm: &str,
        addresses: Vec<IpAddr>,
        candidates: &[SocketAddr],
        relays: Arc<Relays>,
    ) -> Self {
        let mut ports: Vec<u16> = candidates.iter().map(SocketAddr::port).collect();
        ports.dedup();
        Self(Arc::new(Shared { issuer: Issuer::new(realm, &mut System), addresses, ports, relays }))
    }

    /// A pass for a seat, good for as long as a meeting may last.
    pub fn pass(&self, seat: SeatId) -> Pass {
        self.0.issuer.issue(seat, Timestamp::now().plus(PASS))
    }

    /// Clients that have a relayed address now.
    pub fn live(&self) -> usize {
        self.0.relays.live()
    }

    /// Serves a connection from its first byte to its end.
    pub async fn serve<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S, remote: SocketAddr) {
        let Some(stranger) = self.0.relays.enter(remote.ip()) else {
            return tracing::info!(peer = %remote.ip(), "turn: too many connections without a pass");
        };
        let local = local_addresses();
        let addresses = if self.0.addresses.is_empty() { local.clone() } else { self.0.addresses.clone() };
        let places = Places { addresses, ports: self.0.ports.clone() };
        let connection = Connection::new(
            self.0.issuer.clone(),
            Arc::clone(&self.0.relays),
            Routes::new(places, local),
            (remote, stranger),
        );
        match connection.run(stream).await {
            Ok(dropped) => tracing::debug!(peer = %remote, dropped, "turn: a connection ended"),
            Err(why) => tracing::info!(peer = %remote, %why, "turn: a connection was closed"),
        }
    }
}

/// A browser that loses its network asks for a new relayed address with the pass of its joining.
const PASS: Duration = Duration::from_secs(12 * 3_600);
