//! Signing a mail program in with an app password, by the secret itself or by a SCRAM proof.

use std::{net::IpAddr, time::Duration};

use base::{
    Timestamp,
    id::{AccountId, MailboxId, PersonId},
};
use directory_core::{AccountState, EmailAddress, MailboxKind, Principal, Registry, is_app_password};

use super::{ScramCredential, ScramKeys, Stored, keys, secret_hash};
use crate::{Directory, SignInError};

impl Directory {
    /// The principal that `secret` opens for `login`; `None` when it is no app password of that name,
    /// so that it may still be the account's own password.
    ///
    /// No lock-out is asked: 99 random bits are not guessed, and whoever locks an account by guessing
    /// its password must not cut its programs off.
    pub(crate) async fn by_app_password(
        &self,
        login: &str,
        secret: &str,
        ip: IpAddr,
        now: Timestamp,
    ) -> Result<Option<Principal>, SignInError> {
        if !is_app_password(secret) {
            return Ok(None);
        }
        let found = self.stored_app_passwords("secret_hash", &secret_hash(secret)).await?;
        let Some(stored) = found.into_iter().next() else { return Ok(None) };
        if mailbox_of_login(&self.registry(), login) != Some(stored.mailbox) {
            return Ok(None);
        }
        let principal = opened(&self.registry(), &stored);
        if principal.is_some() {
            self.used(&stored, ip, now).await;
        }
        Ok(principal)
    }

    /// What SCRAM needs to know of `login`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn scram_keys(&self, login: &str) -> Result<ScramKeys, SignInError> {
        let Some(mailbox) = mailbox_of_login(&self.registry(), login) else {
            let salt = self.scram_salt(login.trim().to_lowercase()).await?;
            return Ok(ScramKeys { salt, credentials: Vec::new() });
        };
        let rows = self.stored_app_passwords("mailbox", &mailbox.to_string()).await?;
        let credentials = rows.iter().filter_map(|stored| {
            Some(ScramCredential {
                id: stored.id.to_string(),
                stored_key: keys::unhex(&stored.stored_key)?,
                server_key: keys::unhex(&stored.server_key)?,
            })
        });
        let credentials = credentials.collect();
        Ok(ScramKeys { salt: self.scram_salt(mailbox).await?, credentials })
    }

    /// The principal of the app password `id`, whose secret a client has proven to know.
    ///
    /// # Errors
    /// [`SignInError::Disabled`] when it was revoked or what it rests on has ended.
    pub async fn by_proof(&self, id: &str, ip: IpAddr, now: Timestamp) -> Result<Principal, SignInError> {
        let found = self.stored_app_passwords("id", id).await?;
        let stored = found.into_iter().next().ok_or(SignInError::Disabled)?;
        let principal = opened(&self.registry(), &stored).ok_or(SignInError::Disabled)?;
        self.used(&stored, ip, now).await;
        Ok(principal)
    }

    /// Counts a wrong proof against the network address it came from.
    pub fn disproven(&self, ip: IpAddr, now: Timestamp) {
        self.inner.failures.spend(ip, now);
    }

    /// Notes the use, seldom enough not to write at every poll of a program.
    async fn used(&self, stored: &Stored, ip: IpAddr, now: Timestamp) {
        if stored.last_used.is_some_and(|last| now.since(last) < NOTED_EVERY) {
            return;
        }
        let id = stored.id.to_string();
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                sqlx::query("UPDATE app_password SET last_used = $1, last_ip = $2 WHERE id = $3")
                    .bind(now.as_micros())
                    .bind(ip.to_string())
                    .bind(id)
                    .execute(connection)
                    .await
                    .map(drop)
            })
        });
        if let Err::<(), sqlx::Error>(cause) = written.await {
            tracing::warn!(%cause, "directory: the use of an app password could not be noted");
        }
    }
}

/// The mailbox a program means by `login`: one of its addresses, or its person's sign-in name.
fn mailbox_of_login(registry: &Registry, login: &str) -> Option<MailboxId> {
    let address = login.trim().to_lowercase().parse::<EmailAddress>().ok();
    if let Some(mailbox) = address.and_then(|address| registry.mailbox_at(&address)) {
        return Some(mailbox);
    }
    let account = registry.account_by_login(login)?.id;
    let own = registry.principal(account)?.mailboxes.into_iter().next()?;
    (own.kind == MailboxKind::Personal).then_some(own.mailbox)
}

/// Whom the row lets in, as the directory stands now: one mailbox, no administration.
fn opened(registry: &Registry, stored: &Stored) -> Option<Principal> {
    let Some(account) = stored.account else {
        return registry.mailbox(stored.mailbox).map(|mailbox| agency(registry, mailbox));
    };
    let state = registry.account(account)?.state;
    let mut principal = registry.principal(account).filter(|_| state == AccountState::Active)?;
    principal.mailboxes.retain(|grant| grant.mailbox == stored.mailbox);
    principal.is_admin = false;
    (!principal.mailboxes.is_empty()).then_some(principal)
}

/// A program of an agency mailbox itself, such as its scanner, that no person stands behind.
fn agency(registry: &Registry, mailbox: &directory_core::Mailbox) -> Principal {
    Principal {
        account: AccountId::from_u128(0),
        person: PersonId::from_u128(0),
        session: None,
        name: mailbox.name.clone(),
        unit: mailbox.unit,
        unit_name: String::new(),
        position: String::new(),
        order: u32::MAX,
        is_admin: false,
        login: mailbox.address.clone(),
        mailboxes: vec![registry.grant(mailbox)],
    }
}

/// How stale the noted last use may be.
const NOTED_EVERY: Duration = Duration::from_secs(300);
