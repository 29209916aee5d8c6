//! What mail needs from the directory.

use std::{net::IpAddr, sync::Arc};

use base::{MailboxId, Redacted, Timestamp};
use directory::{
    Directory, SignInError,
    ports::{MailboxUse, Use},
};
use directory_core::{MailboxKind, Poster, Principal};
use futures_util::future::{BoxFuture, FutureExt};
use mail_gateway::{
    Mail,
    ports::{
        Addresses, Credential, Credentials, Keys, MailboxEntry, Ports, Refused, Resolution, Unavailable,
    },
    store::room::Room,
};

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
    fn resolve<'a>(
        &'a self,
        address: &'a str,
        poster: Poster<'a>,
    ) -> BoxFuture<'a, Result<Resolution, Unavailable>> {
        async move {
            match self.directory.resolve(address, poster).await {
                Ok(directory::Resolution::Local(mailboxes)) => Ok(Resolution::Local(mailboxes)),
                Ok(directory::Resolution::Closed(_)) => Ok(Resolution::Closed),
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

    fn mailbox(&self, mailbox: MailboxId) -> BoxFuture<'_, Result<Option<MailboxEntry>, Unavailable>> {
        async move {
            let found = self.directory.mailbox(mailbox).await;
            Ok(found.map(|found| MailboxEntry { address: found.address, kind: found.kind }))
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
            self.directory.authenticate(login, password.expose(), peer, now).await.map_err(refused)
        }
        .boxed()
    }

    fn scram_keys<'a>(&'a self, login: &'a str) -> BoxFuture<'a, Result<Keys, Unavailable>> {
        async move {
            let keys = self.directory.scram_keys(login).await.map_err(|cause| {
                tracing::error!(%cause, "mail: the directory has no keys for a sign-in");
                Unavailable
            })?;
            let credentials = keys.credentials.into_iter().map(|known| Credential {
                id: known.id,
                stored_key: known.stored_key,
                server_key: known.server_key,
            });
            let credentials = credentials.collect();
            Ok(Keys { salt: keys.salt, iterations: directory::SCRAM_ITERATIONS, credentials })
        }
        .boxed()
    }

    fn proven<'a>(&'a self, credential: &'a str, peer: IpAddr) -> BoxFuture<'a, Result<Principal, Refused>> {
        let now = Timestamp::now();
        async move { self.directory.by_proof(credential, peer, now).await.map_err(refused) }.boxed()
    }

    fn disproven<'a>(&'a self, _: &'a str, peer: IpAddr) -> BoxFuture<'a, ()> {
        async move { self.directory.disproven(peer, Timestamp::now()) }.boxed()
    }
}

fn refused(error: SignInError) -> Refused {
    match error {
        SignInError::LockedUntil(until) => Refused::LockedUntil(until),
        SignInError::Unavailable(_) => Refused::Unavailable,
        SignInError::AppPasswordNeeded => Refused::AppPasswordNeeded,
        _ => Refused::Wrong,
    }
}

/// What the console asks of mail.
pub struct ConsolePorts(pub Mail);

impl MailboxUse for ConsolePorts {
    fn of(&self, mailbox: MailboxId, kind: MailboxKind) -> BoxFuture<'_, Option<Use>> {
        async move {
            let room = self.0.room(mailbox, kind).await;
            let room =
                room.inspect_err(|cause| tracing::error!(%cause, "mail: the use of a mailbox is not known"));
            let used =
                |room: Room| Use { letters: room.usage.letters, bytes: room.usage.bytes, limit: room.limit };
            room.ok().map(used)
        }
        .boxed()
    }

    fn allow(&self, mailbox: MailboxId, bytes: Option<u64>) -> BoxFuture<'_, bool> {
        async move {
            let done = self.0.store().set_quota(mailbox, bytes).await;
            done.inspect_err(|cause| tracing::error!(%cause, "mail: the room of a mailbox was not set"))
                .is_ok()
        }
        .boxed()
    }
}
