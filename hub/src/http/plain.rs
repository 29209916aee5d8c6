//! The plain door. What comes there and is not HTTP is answered by the server and told to nobody; here it
//! leaves a line for the operator.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Instant,
};

use axum::serve::Listener;
use base::{Seldom, random::System};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

type Nonsense = Arc<Mutex<Seldom>>;

/// A listener whose connections look at what comes first.
pub struct PlainListener {
    listener: TcpListener,
    nonsense: Nonsense,
}

impl PlainListener {
    /// Accepts on `listener`.
    pub fn new(listener: TcpListener) -> Self {
        Self { listener, nonsense: Nonsense::default() }
    }
}

impl Listener for PlainListener {
    type Io = PlainStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, peer) = Listener::accept(&mut self.listener).await;
        (PlainStream { stream, peer, nonsense: Some(Arc::clone(&self.nonsense)) }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection.
pub struct PlainStream {
    stream: TcpStream,
    peer: SocketAddr,
    /// Until the first bytes have come.
    nonsense: Option<Nonsense>,
}

impl PlainStream {
    fn look(&mut self, start: &[u8]) {
        let Some(nonsense) = self.nonsense.take().filter(|_| !begins_as_http(start)) else { return };
        let said = nonsense.lock().unwrap_or_else(PoisonError::into_inner).say(Instant::now());
        if let Some(alike) = said {
            let (id, what) = (base::log_id(&mut System), "its first bytes are no method");
            tracing::info!(id, from = %self.peer, what, alike, "http: what came is not HTTP");
        }
    }
}

/// RFC 9112 §3: a method, which is a token (RFC 9110 §5.6.2), and a space. Empty lines before it are passed
/// over (RFC 9112 §2.2).
fn begins_as_http(start: &[u8]) -> bool {
    let mut word =
        start.iter().skip_while(|byte| matches!(byte, b'\r' | b'\n')).take_while(|byte| **byte != b' ');
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    word.by_ref().take(LONGEST_METHOD).all(is_token) && word.next().is_none()
}

impl AsyncRead for PlainStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let read = buffer.filled().get(before..).unwrap_or_default();
        if !read.is_empty() {
            self.look(read);
        }
        polled
    }
}

impl AsyncWrite for PlainStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Registered methods have up to seventeen letters.
const LONGEST_METHOD: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_all_kinds_are_told_from_other_protocols() {
        for start in ["GET / HTTP/1.1", "\r\nPOST /x", "PRI * HTTP/2.0", "VERSION-CONTROL /", "G"] {
            assert!(begins_as_http(start.as_bytes()), "{start}");
        }
        let others: [&[u8]; 5] =
            [&[22, 3, 1, 2, 0], &[0; 40], b"{\"a\": 1}", &[b'A'; 40], "xin chào".as_bytes()];
        for start in &others[..4] {
            assert!(!begins_as_http(start), "{start:?}");
        }
    }

    #[test]
    fn fuzz_any_beginning_is_one_or_the_other() {
        bolero::check!().for_each(|bytes| {
            let is_http = begins_as_http(bytes);
            assert!(!is_http || bytes.iter().take_while(|byte| **byte != b' ').all(u8::is_ascii));
        });
    }
}
