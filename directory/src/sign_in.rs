//! Signing in, with every failure counted before it is answered.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    net::IpAddr,
};

use base::{Timestamp, id::AccountId};
use directory_core::{Account, AccountState, AuditEvent, Lockout, PasswordDue, Principal, Refusal};
use sqlx::{AnyConnection, Row};
use tokio::sync::MutexGuard;

use crate::{
    Actor, Directory, SessionToken, SignInError, audit,
    hasher::Full,
    session,
    store::{number, time},
};

impl Directory {
    /// Signs a browser in: a new session, its principal, and whether the password must be changed
    /// before anything else, and why. `login` may be the sign-in name or the personal address; `code` is what the
    /// account's second factor asks for, if it has one.
    ///
    /// # Errors
    /// [`SignInError`], with what the person is told.
    pub async fn sign_in(
        &self,
        login: &str,
        password: &str,
        code: Option<&str>,
        ip: IpAddr,
        user_agent: &str,
        now: Timestamp,
    ) -> Result<(SessionToken, Principal, Option<PasswordDue>), SignInError> {
        let account = self.check(login, password, ip, now).await?;
        let registry = self.registry();
        let mut principal = registry.principal(account.id).ok_or(SignInError::Disabled)?;
        self.pass_second_factor(&principal, code, ip, now).await?;
        let (actor, user_agent) = (Actor::person(principal.clone(), Some(ip)), user_agent.to_owned());
        let (id, login) = (account.id, account.login.clone());
        let created = self.inner.database.write(move |connection| {
            Box::pin(async move {
                let session = session::insert(connection, id, Some(ip), &user_agent, now).await?;
                sqlx::query("UPDATE account SET last_sign_in = $1 WHERE id = $2")
                    .bind(now.as_micros())
                    .bind(id.to_string())
                    .execute(&mut *connection)
                    .await?;
                audit::append(connection, &actor, &AuditEvent::SignedIn, &login, now).await?;
                Ok::<_, sqlx::Error>(session)
            })
        });
        let (token, session) = created.await?;
        principal.session = Some(session);
        Ok((token, principal, self.password_rules.due(&account, now)))
    }

    /// Checks a mail program's credentials: an app password, or the account's own password with the
    /// same counting and locking as in the browser.
    ///
    /// # Errors
    /// [`SignInError`]; [`SignInError::MustChange`] for a temporary or expired password,
    /// [`SignInError::AppPasswordNeeded`] where a second factor would be got round.
    pub async fn authenticate(
        &self,
        login: &str,
        password: &str,
        ip: IpAddr,
        now: Timestamp,
    ) -> Result<Principal, SignInError> {
        if let Some(principal) = self.by_app_password(login, password, ip, now).await? {
            return Ok(principal);
        }
        let account = self.check(login, password, ip, now).await?;
        if let Some(due) = self.password_rules.due(&account, now) {
            return Err(SignInError::MustChange(due));
        }
        if self.has_second_factor(account.id).await? {
            return Err(SignInError::AppPasswordNeeded);
        }
        self.registry().principal(account.id).ok_or(SignInError::Disabled)
    }

    async fn check(
        &self,
        login: &str,
        password: &str,
        ip: IpAddr,
        now: Timestamp,
    ) -> Result<Account, SignInError> {
        if let Some(until) = self.inner.failures.exhausted(ip, now) {
            return Err(SignInError::TooMany(until));
        }
        let account = self.registry().account_by_login(login).cloned();
        let result = match account {
            Some(account) => self.check_account(account, password, ip, now).await,
            None => {
                self.verify(password, None).await?;
                let login = login.trim().to_lowercase();
                Err(refused(self.inner.failures.unknown_login(&login, now)))
            }
        };
        if matches!(result, Err(SignInError::WrongPassword { .. } | SignInError::LockedUntil(_))) {
            self.inner.failures.spend(ip, now);
        }
        result
    }

    async fn check_account(
        &self,
        account: Account,
        password: &str,
        ip: IpAddr,
        now: Timestamp,
    ) -> Result<Account, SignInError> {
        self.check_password(account.id, password, Some(ip), now).await?;
        if account.state == AccountState::Disabled {
            return Err(SignInError::Disabled);
        }
        Ok(account)
    }

    /// Compares `password` with the account's, counting failures in the store.
    pub(crate) async fn check_password(
        &self,
        account: AccountId,
        password: &str,
        ip: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), SignInError> {
        let _turn = self.turn(account).await;
        let row = sqlx::query("SELECT password_hash, failures, last_failure FROM account WHERE id = $1")
            .bind(account.to_string())
            .fetch_one(self.inner.database.readers())
            .await?;
        let state = Lockout { failures: number(&row, "failures")?, last: time(&row, "last_failure")? };
        if let Some(until) = state.locked_until(now) {
            return Err(SignInError::LockedUntil(until));
        }
        if self.verify(password, Some(row.try_get("password_hash")?)).await? {
            if state.failures > 0 {
                self.remember(account, Lockout::default(), None, now).await?;
            }
            return Ok(());
        }
        let (next, refusal) = state.fail(now);
        let locked = matches!(refusal, Refusal::LockedUntil(_)).then(|| {
            let principal = self.registry().principal(account);
            principal.map(|principal| Actor::person(principal, ip))
        });
        self.remember(account, next, locked.flatten(), now).await?;
        Err(refused(refusal))
    }

    pub(crate) async fn verify(&self, password: &str, stored: Option<String>) -> Result<bool, SignInError> {
        self.inner.hasher.verify(password, stored).await.map_err(|Full| SignInError::Busy)
    }

    async fn remember(
        &self,
        account: AccountId,
        state: Lockout,
        locked: Option<Actor>,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                set_failures(connection, account, state).await?;
                if let Some(actor) = locked {
                    let login = actor.principal.login.clone();
                    audit::append(connection, &actor, &AuditEvent::Locked, &login, now).await?;
                }
                Ok(())
            })
        });
        written.await
    }

    pub(crate) async fn turn(&self, account: AccountId) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        account.hash(&mut hasher);
        let turns = &self.inner.turns;
        // The remainder is below the length, which is a constant above zero.
        let at = usize::try_from(hasher.finish() % turns.len() as u64).unwrap_or(0);
        turns[at].lock().await
    }
}

/// Writes an account's failures.
pub(crate) async fn set_failures(
    connection: &mut AnyConnection,
    account: AccountId,
    state: Lockout,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE account SET failures = $1, last_failure = $2 WHERE id = $3")
        .bind(i64::from(state.failures))
        .bind(state.last.as_micros())
        .bind(account.to_string())
        .execute(connection)
        .await
        .map(drop)
}

fn refused(refusal: Refusal) -> SignInError {
    match refusal {
        Refusal::Left(left) => SignInError::WrongPassword { left },
        Refusal::LockedUntil(until) => SignInError::LockedUntil(until),
    }
}
