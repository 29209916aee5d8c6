//! The SMTP listeners: 2525 for other servers, 2587 (STARTTLS) and 2465 (TLS) for mail programs.

mod connection;
mod gate;
mod wire;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use mail_gateway_core::smtp::Role;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Mail, queue};
use connection::Connection;
use gate::Gate;

/// One kind of listener.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Door {
    /// Its name in the log and in `listening.json`.
    name: &'static str,
    role: Role,
    implicit_tls: bool,
}

const DOORS: [Door; 3] = [
    Door { name: "smtp", role: Role::Relay, implicit_tls: false },
    Door { name: "submission", role: Role::Submission, implicit_tls: false },
    Door { name: "submissions", role: Role::Submission, implicit_tls: true },
];

/// Running listeners and queue.
#[derive(Debug)]
pub struct Serving {
    addresses: Vec<(&'static str, SocketAddr)>,
    tasks: TaskTracker,
}

impl Serving {
    /// Where each listener listens.
    pub fn addresses(&self) -> Vec<(&'static str, SocketAddr)> {
        self.addresses.clone()
    }

    /// Where the listener `name` (`smtp`, `submission`, `submissions`) listens.
    pub fn address(&self, name: &str) -> Option<SocketAddr> {
        self.addresses.iter().find(|(known, _)| *known == name).map(|(_, address)| *address)
    }

    /// Waits after `stop` until letters being stored are stored, for some seconds at most: a letter
    /// that is cut off was never acknowledged, its sender keeps it.
    pub async fn finished(self) {
        self.tasks.close();
        if tokio::time::timeout(PATIENCE, self.tasks.wait()).await.is_err() {
            tracing::warn!("mail: some connections did not end in time and were cut");
        }
    }
}

impl Mail {
    /// Starts the listeners that are switched on, and the queue. They end with `stop`.
    ///
    /// # Errors
    /// When an address cannot be listened on; the message names its key.
    pub async fn serve(
        &self,
        tls: Arc<rustls::ServerConfig>,
        stop: CancellationToken,
    ) -> io::Result<Serving> {
        let config = &self.inner.config;
        let tasks = TaskTracker::new();
        let gate = Arc::new(Gate::new(config.limits.clone()));
        let mut addresses = Vec::new();
        let mut listeners = Vec::new();
        for (door, address) in DOORS.into_iter().zip([config.smtp, config.submission, config.submissions]) {
            let Some(address) = address else { continue };
            let listener = TcpListener::bind(address).await.map_err(|cause| {
                io::Error::new(cause.kind(), format!("{}.listen = {address}: {cause}", door.name))
            })?;
            addresses.push((door.name, listener.local_addr()?));
            listeners.push((door, listener));
        }
        for (door, listener) in listeners {
            let listening = Listening {
                mail: self.clone(),
                door,
                tls: TlsAcceptor::from(Arc::clone(&tls)),
                gate: Arc::clone(&gate),
                tasks: tasks.clone(),
                stop: stop.clone(),
            };
            tasks.spawn(listening.run(listener));
        }
        tasks.spawn(crate::store::sweep::run(self.inner.store.clone(), stop.clone()));
        tasks.spawn(queue::run(Arc::clone(&self.inner), stop));
        Ok(Serving { addresses, tasks })
    }
}

struct Listening {
    mail: Mail,
    door: Door,
    tls: TlsAcceptor,
    gate: Arc<Gate>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Listening {
    async fn run(self, listener: TcpListener) {
        loop {
            let accepted = tokio::select! {
                () = self.stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let connection = Connection {
                        mail: self.mail.clone(),
                        door: self.door,
                        tls: self.tls.clone(),
                        gate: Arc::clone(&self.gate),
                        stop: self.stop.clone(),
                        peer: peer.ip().to_canonical(),
                    };
                    self.tasks.spawn(connection.run(stream));
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

/// How long connections may take to end after the hub was asked to stop.
const PATIENCE: Duration = Duration::from_secs(10);
