//! What mail needs from the directory.

use std::{net::IpAddr, sync::Arc};

use base::{MailboxId, Redacted, Timestamp};
use directory::{
    Directory, SignInError,
    ports::{MailboxUse, Use},
};
use directory_core::Principal;
use futures_util::future::{BoxFuture, FutureExt};
use mail_gateway::Mail;
use mail_gateway::ports::{Addresses, Credentials, Ports, Refused, Resolution, Unavailable};

/// The answers to every port of mail.
pub struct MailPorts {
    directory: Directory,
}

impl MailPorts {
    /// Ports that ask `directory`.
    pub fn over(directory: &Directory) -> Ports {
        let ports = Arc::new(Self { directory: directory.clone() });
        Ports { addresses: Arc::clone(&ports) as Arc<dyn Addresses>, credentials: ports }
    }
}

impl Addresses for MailPorts {
    fn resolve<'a>(&'a self, address: &'a str) -> BoxFuture<'a, Result<Resolution, Unavailable>> {
        async move {
            match self.directory.resolve(address).await {
                Ok(directory::Resolution::Local(mailboxes)) => Ok(Resolution::Local(mailboxes)),
                Ok(directory::Resolution::Unknown) => Ok(Resolution::Unknown),
                Ok(directory::Resolution::NotOurs) => Ok(Resolution::NotOurs),
                Err(cause) => {
                    tracing::error!(%cause, "mail: the directory cannot resolve an address");
                    Err(Unavailable)
                }
            }
        }
        .boxed()
    }
}

impl Credentials for MailPorts {
    fn authenticate<'a>(
        &'a self,
        login: &'a str,
        password: &'a Redacted<String>,
        peer: IpAddr,
    ) -> BoxFuture<'a, Result<Principal, Refused>> {
        async move {
            let now = Timestamp::now();
            self.directory.authenticate(login, password.expose(), peer, now).await.map_err(
                |error| match error {
                    SignInError::LockedUntil(until) => Refused::LockedUntil(until),
                    SignInError::Unavailable(_) => Refused::Unavailable,
                    _ => Refused::Wrong,
                },
            )
        }
        .boxed()
    }
}

/// What the console asks of mail.
pub struct ConsolePorts(pub Mail);

impl MailboxUse for ConsolePorts {
    fn of(&self, mailbox: MailboxId) -> BoxFuture<'_, Option<Use>> {
        async move {
            let used = self.0.usage(mailbox).await;
            let used =
                used.inspect_err(|cause| tracing::error!(%cause, "mail: the use of a mailbox is not known"));
            used.ok().map(|used| Use { letters: used.letters, bytes: used.bytes })
        }
        .boxed()
    }
}
