//! The control socket: one JSON command in, one JSON answer out.

use std::{
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
};
use tokio_util::sync::CancellationToken;

use super::{Answer, Command, execute, operator};
use crate::services::Services;

/// What crosses the socket.
#[derive(Serialize, Deserialize)]
struct Request {
    operator: String,
    command: Command,
}

/// The listening end, in the hub. Whoever opens it holds the data lock, so a file left by a killed hub is
/// stale and replaced.
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Listens at `<data>/control.sock`.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn open(data: &Path) -> io::Result<Self> {
        let path = data.join(NAME);
        match std::fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }

    /// Serves until `stop`.
    pub async fn serve(self, services: Services, stop: CancellationToken) {
        loop {
            let stream = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(cause) => {
                        tracing::warn!(%cause, "control: accept failed");
                        continue;
                    }
                },
            };
            let services = services.clone();
            tokio::spawn(async move {
                if let Err(cause) = answer(stream, &services).await {
                    tracing::warn!(%cause, "control: connection failed");
                }
            });
        }
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn answer(stream: UnixStream, services: &Services) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    BufReader::new(reader.take(MAX_REQUEST)).read_line(&mut line).await?;
    let answer: Answer = match serde_json::from_str::<Request>(&line) {
        Ok(request) => execute::execute(services, &request.operator, request.command).await,
        Err(cause) => Err(format!("this hub does not know that command: {cause}")),
    };
    writer.write_all(&serde_json::to_vec(&answer)?).await?;
    writer.shutdown().await
}

/// Asks the hub that runs on `data`; `None` when none does.
///
/// # Errors
/// When a hub is there but does not answer.
pub async fn ask(data: &Path, command: &Command) -> Result<Option<Answer>, String> {
    let Ok(mut stream) = UnixStream::connect(data.join(NAME)).await else { return Ok(None) };
    let failed = |cause: String| format!("the running hub does not answer: {cause}");
    let request = Request { operator: operator(), command: command.clone() };
    let mut line = serde_json::to_vec(&request).map_err(|cause| failed(cause.to_string()))?;
    line.push(b'\n');
    stream.write_all(&line).await.map_err(|cause| failed(cause.to_string()))?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.map_err(|cause| failed(cause.to_string()))?;
    serde_json::from_slice(&answer).map(Some).map_err(|cause| failed(cause.to_string()))
}

const NAME: &str = "control.sock";
const MAX_REQUEST: u64 = 64 * 1024;
