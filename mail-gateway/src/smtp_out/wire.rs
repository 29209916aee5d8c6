//! A connection to a server: lines in, octets out, every wait bounded (RFC 5321 §4.5.3.2).

use std::{future::Future, io, time::Duration};

use mail_gateway_core::smtp::{Reply, reply::Parser};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    time::timeout,
};

use super::client::Broken;

pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Lines in, octets out.
pub(super) struct Wire<S> {
    stream: BufReader<S>,
}

impl<S: Stream> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream: BufReader::new(stream) }
    }

    /// The stream itself; `None` when octets were received that nobody read.
    pub(super) fn into_stream(self) -> Option<S> {
        self.stream.buffer().is_empty().then(|| self.stream.into_inner())
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        let write = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        within(WRITE, write).await.map_err(|cause| Broken::Connection(cause.to_string()))
    }

    pub(super) async fn reply(&mut self, patience: Duration) -> Result<Reply, Broken> {
        let read = async {
            let mut parser = Parser::default();
            loop {
                let line = self.line().await?;
                match parser.handle_line(&line) {
                    Ok(Some(reply)) => return Ok(reply),
                    Ok(None) => {}
                    Err(_) => return Err(io::Error::other("the server does not speak SMTP")),
                }
            }
        };
        within(patience, read).await.map_err(|cause| Broken::Connection(cause.to_string()))
    }

    async fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        loop {
            let available = self.stream.fill_buf().await?;
            if available.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let end = available.iter().position(|&b| b == b'\n');
            let used = end.map_or(available.len(), |at| at + 1);
            line.extend_from_slice(available.get(..used).unwrap_or_default());
            self.stream.consume(used);
            if end.is_some() {
                while line.last().is_some_and(|b| matches!(b, b'\r' | b'\n')) {
                    line.pop();
                }
                return Ok(line);
            }
            if line.len() > MAX_LINE {
                return Err(io::Error::other("the server's reply never ends"));
            }
        }
    }

    /// RFC 5321 §4.1.1.10; nothing that matters depends on it any more.
    pub(super) async fn quit(&mut self) {
        if self.write(b"QUIT\r\n").await.is_ok() {
            let _ = self.reply(GOODBYE).await;
        }
    }
}

pub(super) async fn within<T>(
    patience: Duration,
    work: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    timeout(patience, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

const WRITE: Duration = Duration::from_secs(180);
const GOODBYE: Duration = Duration::from_secs(2);
const MAX_LINE: usize = 4096;
