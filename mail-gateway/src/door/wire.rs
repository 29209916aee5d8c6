//! A connection in clear or under TLS, with the waits that keep a silent peer from staying for ever.

use std::{io, time::Duration};

use mail_gateway_core::sasl::Bindings;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// The octets' way.
pub(crate) enum Wire {
    Clear(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// The handshake failed; nothing can be read or written any more.
    Closed,
}

impl Wire {
    /// Makes a clear connection TLS.
    pub(crate) async fn encrypt(self, acceptor: &TlsAcceptor, patience: Duration) -> io::Result<Self> {
        match self {
            Self::Clear(stream) => {
                let stream = timeout(patience, acceptor.accept(stream)).await??;
                Ok(Self::Tls(Box::new(stream)))
            }
            Self::Tls(_) | Self::Closed => Ok(self),
        }
    }

    /// Makes a clear connection TLS where it stands.
    pub(crate) async fn encrypt_in_place(
        &mut self,
        acceptor: &TlsAcceptor,
        patience: Duration,
    ) -> io::Result<()> {
        *self = std::mem::replace(self, Self::Closed).encrypt(acceptor, patience).await?;
        Ok(())
    }

    /// Waits until there is something to read, without a buffer.
    pub(crate) async fn readable(&self) -> io::Result<()> {
        match self {
            Self::Clear(stream) => stream.readable().await,
            // Octets that are decrypted already are not announced by the socket again.
            Self::Tls(stream) if !stream.get_ref().1.wants_read() => Ok(()),
            Self::Tls(stream) => stream.get_ref().0.readable().await,
            Self::Closed => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// What sign-in may bind to: RFC 9266 under TLS 1.3, nothing otherwise (§4.2 there: the exporter of
    /// TLS 1.2 is unique only with an extension that rustls does not tell of).
    pub(crate) fn bindings(&self) -> Bindings {
        let Self::Tls(stream) = self else { return Bindings::default() };
        let connection = stream.get_ref().1;
        if connection.protocol_version() != Some(rustls::ProtocolVersion::TLSv1_3) {
            return Bindings::default();
        }
        let exporter =
            connection.export_keying_material(vec![0; 32], b"EXPORTER-Channel-Binding", Some(b"")).ok();
        Bindings { exporter, server_end_point: None }
    }

    pub(crate) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.read(buffer).await,
            Self::Tls(stream) => stream.read(buffer).await,
            Self::Closed => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    pub(crate) async fn write(&mut self, bytes: &[u8], patience: Duration) -> io::Result<()> {
        match self {
            Self::Clear(stream) => timeout(patience, all(stream, bytes)).await?,
            Self::Tls(stream) => timeout(patience, all(stream.as_mut(), bytes)).await?,
            Self::Closed => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Closes so that the last reply arrives: closing with unread input would make the kernel reset the
    /// connection and throw the reply away, so what the peer still sends is read for a moment.
    pub(crate) async fn close(mut self) {
        let _ = match &mut self {
            Self::Clear(stream) => stream.shutdown().await,
            Self::Tls(stream) => stream.shutdown().await,
            Self::Closed => return,
        };
        let drain = async {
            let mut buffer = [0; 4096];
            let mut left = LINGER_OCTETS;
            while left > 0 {
                match self.read(&mut buffer).await {
                    Ok(0) | Err(_) => return,
                    Ok(n) => left = left.saturating_sub(n),
                }
            }
        };
        let _ = timeout(LINGER, drain).await;
    }
}

async fn all<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

const LINGER: Duration = Duration::from_secs(2);
const LINGER_OCTETS: usize = 1 << 20;
