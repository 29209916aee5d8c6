//! Asks the scanners beside the hub, bounded in time, in octets read and in connections. A letter that finds
//! every connection taken waits for one within the same time; after it the letter counts as not looked at.

use std::{io, time::Duration};

use mail_gateway_core::scan::{
    clamd::{self, Answer},
    rspamd::{self, Lesson, Way},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    sync::Semaphore,
    time::timeout,
};

use super::scanning::{Scanning, Unreached, Where};

/// The scanners of a hub; lives as long as the hub.
pub(crate) struct Scanners {
    config: Scanning,
    /// Connections to clamd, and to rspamd.
    places: (Semaphore, Semaphore),
}

/// A scanner gave no verdict, and the policy wants one.
#[derive(Debug)]
pub(crate) struct Unscanned;

impl Scanners {
    pub(crate) fn new(config: Scanning) -> Self {
        Self { config, places: (Semaphore::new(CLAMD_AT_ONCE), Semaphore::new(RSPAMD_AT_ONCE)) }
    }

    /// The name of the virus in `letter`; `None` when none is known, or nobody is asked.
    pub(crate) async fn virus(&self, letter: &[u8]) -> Result<Option<String>, Unscanned> {
        let Some(place) = &self.config.clamd else { return Ok(None) };
        match within(&self.places.0, CLAMD_PATIENCE, ask_clamd(place, letter)).await {
            Ok(Answer::Clean) => Ok(None),
            Ok(Answer::Infected(name)) => Ok(Some(name)),
            Err(cause) => unreached("clamd", &cause, self.config.clamd_down),
        }
    }

    /// What rspamd thinks of `letter`; `None` when nobody is asked.
    pub(crate) async fn score(&self, way: &Way<'_>, letter: &[u8]) -> Result<Option<f64>, Unscanned> {
        let Some(place) = &self.config.rspamd else { return Ok(None) };
        match within(&self.places.1, RSPAMD_PATIENCE, ask_rspamd(place, way, letter)).await {
            Ok(score) => Ok(Some(score)),
            Err(cause) => unreached("rspamd", &cause, self.config.rspamd_down),
        }
    }

    /// Tells rspamd what a person thinks of `letter`; `None` when nobody learns.
    pub(crate) async fn teach(&self, is_spam: bool, letter: &[u8]) -> io::Result<Option<Lesson>> {
        let Some(place) = &self.config.controller else { return Ok(None) };
        let head = rspamd::lesson(is_spam, self.config.password.expose(), letter.len());
        let work =
            async { rspamd::read_lesson(&post(place, &head, letter).await?).map_err(io::Error::other) };
        within(&self.places.1, RSPAMD_PATIENCE, work).await.map(Some)
    }
}

fn unreached<T>(scanner: &str, cause: &io::Error, policy: Unreached) -> Result<Option<T>, Unscanned> {
    match policy {
        Unreached::Deliver => {
            tracing::warn!(scanner, %cause, "mail: a letter goes on without its scanner's verdict");
            Ok(None)
        }
        Unreached::Later => {
            tracing::error!(scanner, %cause, "mail: no verdict of a scanner; the letter's sender must try again");
            Err(Unscanned)
        }
    }
}

async fn within<T>(
    places: &Semaphore,
    patience: Duration,
    work: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    let work = async {
        let _place = places.acquire().await.map_err(io::Error::other)?;
        work.await
    };
    timeout(patience, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn ask_clamd(place: &Where, letter: &[u8]) -> io::Result<Answer> {
    let mut stream = connect(place).await?;
    // clamd answers a letter that is too large and closes without reading on.
    let sent = send_pieces(&mut stream, letter).await;
    let answer = read(stream, clamd::MAX_ANSWER).await;
    match (sent, answer) {
        (Err(cause), Err(_)) => Err(cause),
        (Err(cause), Ok(answer)) if answer.is_empty() => Err(cause),
        (_, answer) => clamd::read(&answer?).map_err(io::Error::other),
    }
}

async fn send_pieces(stream: &mut Box<dyn Stream>, letter: &[u8]) -> io::Result<()> {
    stream.write_all(clamd::COMMAND).await?;
    for piece in letter.chunks(clamd::PIECE) {
        stream.write_all(&clamd::length(piece)).await?;
        stream.write_all(piece).await?;
    }
    stream.write_all(&clamd::END).await?;
    stream.flush().await
}

async fn ask_rspamd(place: &Where, way: &Way<'_>, letter: &[u8]) -> io::Result<f64> {
    let answer = post(place, &rspamd::question(way, letter.len()), letter).await?;
    rspamd::read(&answer).map_err(io::Error::other)
}

async fn post(place: &Where, head: &[u8], letter: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = connect(place).await?;
    stream.write_all(head).await?;
    stream.write_all(letter).await?;
    stream.flush().await?;
    read(stream, rspamd::MAX_ANSWER).await
}

/// What comes until the other side closes, which both scanners do after their answer.
async fn read(stream: Box<dyn Stream>, most: usize) -> io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    stream.take(most as u64).read_to_end(&mut answer).await?;
    Ok(answer)
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

async fn connect(place: &Where) -> io::Result<Box<dyn Stream>> {
    Ok(match place {
        Where::Socket(path) => Box::new(UnixStream::connect(path).await?),
        Where::Server(host) => Box::new(TcpStream::connect((host.name.as_str(), host.port)).await?),
    })
}

/// Letters that clamd looks at together; it has ten threads unless told otherwise (`MaxThreads`).
const CLAMD_AT_ONCE: usize = 8;
/// Letters that rspamd looks at together.
const RSPAMD_AT_ONCE: usize = 16;
/// How long a letter waits for clamd's verdict; its sender is patient for ten minutes (RFC 5321 §4.5.3.2.6).
const CLAMD_PATIENCE: Duration = Duration::from_secs(60);
/// How long a letter waits for rspamd's; rspamd itself ends after eight seconds (`task_timeout`).
const RSPAMD_PATIENCE: Duration = Duration::from_secs(20);
