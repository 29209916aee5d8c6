//! The two doors: plain TCP and TLS. A TLS handshake runs in its own task with a deadline, so that a
//! client that says nothing never keeps another waiting.
//!
//! Behind TLS there is the relay for media as well (TURN, RFC 8656): browsers on networks that let only
//! HTTPS out come to the same port. The first decrypted bytes tell them from HTTP. Who names HTTP in the
//! handshake (RFC 7301) is not asked: a browser may keep such a connection silent for later.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use rustls::ServerConfig;
use sfu::{Turn, is_turn};
use tokio::{
    io::AsyncBufReadExt,
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::PlainListener;

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// Its address.
    pub address: SocketAddr,
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self { address: *stream.remote_addr() }
    }
}

impl Connected<IncomingStream<'_, PlainListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, PlainListener>) -> Self {
        Self { address: *stream.remote_addr() }
    }
}

/// A listener whose connections have finished their TLS handshake.
pub struct TlsListener {
    local: SocketAddr,
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
}

impl TlsListener {
    /// Starts accepting on `listener`; stops when the returned value is dropped.
    ///
    /// # Errors
    /// When the socket has no local address.
    pub fn start(listener: TcpListener, config: Arc<ServerConfig>, turn: Option<Turn>) -> io::Result<Self> {
        let local = listener.local_addr()?;
        // Full means that the server takes no connection for a moment; handshakes wait, then time out.
        let (done, ready) = mpsc::channel(64);
        let door = Door { acceptor: TlsAcceptor::from(config), turn, done };
        tokio::spawn(accept(listener, door));
        Ok(Self { local, ready })
    }
}

/// What every connection needs on its way in.
#[derive(Clone)]
struct Door {
    acceptor: TlsAcceptor,
    turn: Option<Turn>,
    done: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
}

async fn accept(listener: TcpListener, door: Door) {
    let handshakes = Arc::new(Semaphore::new(MAX_HANDSHAKES));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = door.done.closed() => return,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(cause) => {
                // Out of file descriptors, most likely: give others the time to close.
                tracing::warn!(%cause, "https: accept failed");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(permit) = Arc::clone(&handshakes).acquire_owned().await else { return };
        let door = door.clone();
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            let handshake = timeout(HANDSHAKE_DEADLINE, door.acceptor.accept(stream)).await;
            drop(permit);
            match handshake {
                Ok(Ok(stream)) => door.enter(stream, address).await,
                Ok(Err(cause)) => tracing::info!(%cause, peer = %address.ip(), "https: handshake failed"),
                Err(_) => tracing::info!(peer = %address.ip(), "https: handshake timed out"),
            }
        });
    }
}

impl Door {
    /// Leads a connection to whom it is for.
    async fn enter(self, mut stream: TlsStream<TcpStream>, address: SocketAddr) {
        if let Some(turn) = self.turn.filter(|_| stream.get_ref().1.alpn_protocol().is_none()) {
            match timeout(HANDSHAKE_DEADLINE, begins_as_turn(&mut stream)).await {
                Ok(Ok(true)) => {
                    slim(&mut stream);
                    return tokio::select! {
                        () = turn.serve(stream, address) => {}
                        () = self.done.closed() => {}
                    };
                }
                Ok(Ok(false)) => {}
                Ok(Err(_)) | Err(_) => {
                    return tracing::info!(peer = %address.ip(), "https: a connection said nothing");
                }
            }
        }
        // Nobody takes it when the hub stops.
        drop(self.done.send((stream, address)).await);
    }
}

/// Looks at the first decrypted bytes and leaves them where they are. One byte tells HTTP; a client of TURN
/// whose first record has a single byte is none.
async fn begins_as_turn(stream: &mut TlsStream<TcpStream>) -> io::Result<bool> {
    let start = stream.fill_buf().await?;
    if start.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(is_turn(start) == Some(true))
}

/// What waits in the kernel or in a TLS buffer is media that comes late.
fn slim(stream: &mut TlsStream<TcpStream>) {
    let (socket, tls) = stream.get_mut();
    tls.set_buffer_limit(Some(MEDIA_BUFFER));
    if let Err(error) = socket2::SockRef::from(&*socket).set_send_buffer_size(2 * MEDIA_BUFFER) {
        tracing::debug!(%error, "https: a relay's connection keeps its buffer");
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            // The accepting task ends only after this value is dropped.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }
}

const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);
const MAX_HANDSHAKES: usize = 512;
const MEDIA_BUFFER: usize = 32 << 10;
