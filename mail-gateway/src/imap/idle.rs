//! IDLE (RFC 2177): waits without a buffer, wakes with the mailbox.

use std::time::Duration;

use mail_gateway_core::imap::input::Next;
use tokio::time::timeout;

use super::{
    reply::{Done, Reply},
    session::Session,
};

/// What ended a wait.
enum Woken {
    Mailbox,
    Client,
    Late,
    Stopping,
}

impl Session {
    pub(super) async fn idle(&mut self) -> Done {
        self.out.extend_from_slice(b"+ idling\r\n");
        loop {
            if !Box::pin(self.sync(true)).await? {
                return Ok(Reply::no("[NONEXISTENT] Thư mục đã bị xóa / The mailbox was deleted"));
            }
            self.flush().await?;
            match self.input.poll_line(MAX_DONE) {
                Next::Command(line) if line.eq_ignore_ascii_case(b"DONE") => return Ok(Reply::ok("done")),
                Next::Command(_) => return Ok(Reply::bad("DONE expected")),
                Next::Read => {}
                _ => return Err(std::io::Error::from(std::io::ErrorKind::InvalidData).into()),
            }
            match self.wait().await? {
                Woken::Mailbox => {}
                Woken::Client => {
                    if !self.take_in().await? {
                        return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
                    }
                }
                Woken::Late | Woken::Stopping => {
                    self.untagged("BYE idle for too long, or the server stops");
                    self.flush().await?;
                    return Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into());
                }
            }
        }
    }

    async fn wait(&mut self) -> std::io::Result<Woken> {
        let patience: Duration = self.patience();
        let Self { stop, wire, selected, .. } = self;
        let changed = async {
            let Some(selected) = selected else { return std::future::pending().await };
            // Its sender lives as long as somebody watches.
            if selected.watch.changed().await.is_err() {
                return std::future::pending().await;
            }
            // `sync` looks whether there is something new.
            selected.watch.mark_changed();
        };
        let waiting = async {
            tokio::select! {
                () = stop.cancelled() => Ok(Woken::Stopping),
                () = changed => Ok(Woken::Mailbox),
                ready = wire.readable() => ready.map(|()| Woken::Client),
            }
        };
        timeout(patience, waiting).await.unwrap_or(Ok(Woken::Late))
    }
}

/// `DONE` and some blanks.
const MAX_DONE: usize = 100;
