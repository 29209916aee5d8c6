//! All listeners of mail and the tasks beside them: started together, ended together.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Config, Mail,
    door::{
        self, Door, Listening,
        gate::{Gate, Guesses},
    },
    imap, managesieve, pop3, queue, smtp_in,
};

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

    /// Where the listener `name` (such as `smtp`, `submission`, `submissions`) listens.
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

/// Every door, where it is, and the gate that counts its connections.
fn doors(config: &Config) -> Vec<(Door, Option<SocketAddr>, Arc<Gate>)> {
    let limits = &config.limits;
    // One count of guesses for all doors: whoever guesses at one is turned away at the others.
    let guesses = Arc::new(Guesses::new(limits.failures_per_address, limits.failure_window));
    let smtp = Arc::new(Gate::new(limits.connections, limits.connections_per_address, Arc::clone(&guesses)));
    // Programs that read have counts of their own: a crowd of them keeps no letter out.
    let readers =
        Arc::new(Gate::new(limits.connections, limits.connections_per_address, Arc::clone(&guesses)));
    let imap = Arc::new(Gate::new(limits.imap_connections, limits.imap_connections_per_address, guesses));
    vec![
        (smtp_in::RELAY, config.smtp, Arc::clone(&smtp)),
        (smtp_in::SUBMISSION, config.submission, Arc::clone(&smtp)),
        (smtp_in::SUBMISSIONS, config.submissions, smtp),
        (imap::IMAP, config.imap, Arc::clone(&imap)),
        (imap::IMAPS, config.imaps, imap),
        (pop3::STLS, config.pop3, Arc::clone(&readers)),
        (pop3::TLS, config.pop3s, Arc::clone(&readers)),
        (managesieve::DOOR, config.managesieve, readers),
    ]
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
        let tasks = TaskTracker::new();
        let mut addresses = Vec::new();
        let mut all = Vec::new();
        for (door, address, gate) in doors(&self.inner.config) {
            let Some(address) = address else { continue };
            let listener = door::bind(door, address).await?;
            addresses.push((door.name, listener.local_addr()?));
            all.push(Listening {
                mail: self.clone(),
                door,
                tls: TlsAcceptor::from(Arc::clone(&tls)),
                gate,
                tasks: tasks.clone(),
                stop: stop.clone(),
                listener,
            });
        }
        // Nobody is let in before every door could be opened.
        for listening in all {
            tasks.spawn(listening.run());
        }
        tasks.spawn(crate::store::blob::sweep::run(self.inner.store.clone(), stop.clone()));
        tasks.spawn(crate::quota::run(self.clone(), stop.clone()));
        tasks.spawn(crate::quarantine::upkeep::run(self.clone(), stop.clone()));
        tasks.spawn(crate::learning::run(self.clone(), stop.clone()));
        tasks.spawn(crate::store::index::run(self.inner.store.clone(), stop.clone()));
        tasks.spawn(queue::run(Arc::clone(&self.inner), stop));
        Ok(Serving { addresses, tasks })
    }
}

/// How long connections may take to end after the hub was asked to stop.
const PATIENCE: Duration = Duration::from_secs(10);
