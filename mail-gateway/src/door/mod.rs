//! What every listener of mail needs, whatever it speaks: sockets, TLS, limits, an orderly end.
//!
//! A protocol brings one function that serves a [`Visit`]; the accept loop, the counts of the
//! [`gate`] and the octets' way through the [`wire`] are the same for SMTP, IMAP and the others.

pub(crate) mod gate;
pub(crate) mod wire;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::Mail;
use gate::{Gate, Pass};
use wire::Wire;

/// One kind of listener.
#[derive(Clone, Copy)]
pub(crate) struct Door {
    /// Its name in the log and in `listening.json`; `<name>.listen` is its configuration key.
    pub(crate) name: &'static str,
    /// Whether TLS comes before the first word (RFC 8314).
    pub(crate) implicit_tls: bool,
    /// Serves one connection until either side has enough.
    pub(crate) serve: fn(Visit) -> BoxFuture<'static, ()>,
}

/// One connection and what it may use.
pub(crate) struct Visit {
    pub(crate) mail: Mail,
    pub(crate) door: Door,
    pub(crate) tls: TlsAcceptor,
    pub(crate) gate: Arc<Gate>,
    pub(crate) stop: CancellationToken,
    pub(crate) peer: IpAddr,
    pub(crate) stream: TcpStream,
}

/// Why a connection is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TurnedAway {
    /// Too many failed sign-ins of this address lately.
    Guessing,
    /// Too many connections.
    Full,
}

/// Counts a visitor; with `signs_in`, an address that guesses passwords is turned away.
pub(crate) fn admit(gate: &Arc<Gate>, peer: IpAddr, signs_in: bool) -> Result<Pass, TurnedAway> {
    if signs_in && gate.is_barred(peer, Instant::now()) {
        return Err(TurnedAway::Guessing);
    }
    gate.enter(peer).ok_or(TurnedAway::Full)
}

/// The wire of an admitted visitor, under TLS if the door is; `None` when the handshake failed.
pub(crate) async fn open(
    door: Door,
    stream: TcpStream,
    tls: &TlsAcceptor,
    patience: Duration,
) -> Option<Wire> {
    let _ = stream.set_nodelay(true);
    let peer = stream.peer_addr().ok().map(|address| address.ip());
    let wire = Wire::Clear(stream);
    if !door.implicit_tls {
        return Some(wire);
    }
    match wire.encrypt(tls, patience).await {
        Ok(wire) => Some(wire),
        Err(cause) => {
            tracing::info!(door = door.name, ?peer, %cause, "mail: TLS handshake failed");
            None
        }
    }
}

/// Tells a visitor why it is not served, in the words of its protocol. Under implicit TLS it could not
/// read them; closing must do.
pub(crate) async fn refuse(door: Door, stream: TcpStream, words: &[u8], patience: Duration) {
    if door.implicit_tls {
        return;
    }
    let mut wire = Wire::Clear(stream);
    let _ = wire.write(words, patience).await;
    wire.close().await;
}

/// A bound listener and what it hands to every connection.
pub(crate) struct Listening {
    pub(crate) mail: Mail,
    pub(crate) door: Door,
    pub(crate) tls: TlsAcceptor,
    pub(crate) gate: Arc<Gate>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    pub(crate) listener: TcpListener,
}

/// Binds `door`.
///
/// # Errors
/// When the address cannot be listened on; the message names its key.
pub(crate) async fn bind(door: Door, address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .map_err(|cause| io::Error::new(cause.kind(), format!("{}.listen = {address}: {cause}", door.name)))
}

impl Listening {
    /// Accepts until the hub stops.
    pub(crate) async fn run(self) {
        loop {
            let accepted = tokio::select! {
                () = self.stop.cancelled() => return,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let visit = Visit {
                        mail: self.mail.clone(),
                        door: self.door,
                        tls: self.tls.clone(),
                        gate: Arc::clone(&self.gate),
                        stop: self.stop.clone(),
                        peer: peer.ip().to_canonical(),
                        stream,
                    };
                    self.tasks.spawn((self.door.serve)(visit));
                }
                Err(cause) => {
                    // Out of file descriptors, usually: waiting lets connections end.
                    tracing::warn!(door = self.door.name, %cause, "mail: cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }
}
