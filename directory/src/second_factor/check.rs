//! Looking at a code: of the telephone's clock or of the paper, each good once, wrong ones counted.

use std::net::IpAddr;

use base::{Timestamp, id::AccountId};
use directory_core::{AuditEvent, Lockout, Principal, Refusal, SecondFactorKey, as_recovery_code};
use sqlx::{AnyConnection, Row};

use super::{NOT_ON, code_hash};
use crate::{
    Actor, Directory, DirectoryError, SignInError, audit,
    store::{number, time},
};

/// What a right code used up.
enum Spent {
    /// The code of this step of the clock.
    Step(i64),
    /// The recovery code with this hash.
    Recovery(String),
}

/// A row.
struct Factor {
    key: SecondFactorKey,
    confirmed: bool,
    last_step: i64,
    wrong: Lockout,
}

impl Directory {
    /// Lets the sign-in of `principal` pass its second step, if its account has one.
    ///
    /// # Errors
    /// [`SignInError::CodeNeeded`] without a code, [`SignInError::WrongCode`] or
    /// [`SignInError::CodesLockedUntil`] for a wrong one.
    pub(crate) async fn pass_second_factor(
        &self,
        principal: &Principal,
        code: Option<&str>,
        ip: IpAddr,
        now: Timestamp,
    ) -> Result<(), SignInError> {
        match (self.has_second_factor(principal.account).await?, code) {
            (false, _) => Ok(()),
            (true, None) => Err(SignInError::CodeNeeded),
            (true, Some(code)) => {
                self.spend_code(&Actor::person(principal.clone(), Some(ip)), code, now).await
            }
        }
    }

    /// Whether the account asks for a code at sign-in.
    pub(crate) async fn has_second_factor(&self, account: AccountId) -> Result<bool, SignInError> {
        Ok(self.factor(account).await?.is_some_and(|factor| factor.confirmed))
    }

    /// The same check for an act of somebody signed in.
    pub(super) async fn prove_second_factor(
        &self,
        actor: &Actor,
        code: &str,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        if !self.has_second_factor(actor.principal.account).await? {
            return Err(NOT_ON);
        }
        Ok(self.spend_code(actor, code, now).await?)
    }

    /// The step whose code `code` is, by the key that is proposed and not confirmed.
    pub(super) async fn proposed_step(
        &self,
        account: AccountId,
        code: &str,
        now: Timestamp,
    ) -> Result<i64, DirectoryError> {
        let factor = self.factor(account).await?.filter(|factor| !factor.confirmed).ok_or(NOT_ON)?;
        // Not counted: whoever tries has just been shown the key.
        let wrong = DirectoryError::SignIn(SignInError::WrongCode { left: None });
        factor.key.step_of(code, now).ok_or(wrong)
    }

    async fn spend_code(&self, actor: &Actor, code: &str, now: Timestamp) -> Result<(), SignInError> {
        let account = actor.principal.account;
        let _turn = self.turn(account).await;
        let Some(factor) = self.factor(account).await? else { return Ok(()) };
        if let Some(until) = factor.wrong.locked_until(now) {
            return Err(SignInError::CodesLockedUntil(until));
        }
        let spent = match factor.key.step_of(code, now).filter(|step| *step > factor.last_step) {
            Some(step) => Some(Spent::Step(step)),
            None => as_recovery_code(code).map(|code| Spent::Recovery(code_hash(&code))),
        };
        if let Some(spent) = spent
            && self.write_spent(actor.clone(), spent, now).await?
        {
            return Ok(());
        }
        if let Ok(ip) = actor.ip.parse() {
            self.disproven(ip, now);
        }
        let (next, refusal) = factor.wrong.fail(now);
        let locked = matches!(refusal, Refusal::LockedUntil(_)).then(|| actor.clone());
        self.inner.database.write(move |c| Box::pin(count_wrong(c, account, next, locked, now))).await?;
        Err(match refusal {
            Refusal::Left(left) => SignInError::WrongCode { left: Some(left) },
            Refusal::LockedUntil(until) => SignInError::CodesLockedUntil(until),
        })
    }

    /// Uses the code up; `false` when there was none to use up.
    async fn write_spent(&self, actor: Actor, spent: Spent, now: Timestamp) -> Result<bool, sqlx::Error> {
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                let account = actor.principal.account.to_string();
                let done =
                    match &spent {
                        Spent::Step(step) => sqlx::query(
                            "UPDATE second_factor SET last_step = $1 WHERE account = $2 AND last_step < $1",
                        )
                        .bind(*step)
                        .bind(account.clone())
                        .execute(&mut *connection)
                        .await?,
                        Spent::Recovery(hash) => {
                            sqlx::query("DELETE FROM recovery_code WHERE code_hash = $1 AND account = $2")
                                .bind(hash.clone())
                                .bind(account.clone())
                                .execute(&mut *connection)
                                .await?
                        }
                    };
                if done.rows_affected() == 0 {
                    return Ok(false);
                }
                if let Spent::Recovery(_) = spent {
                    let login = actor.principal.login.clone();
                    audit::append(connection, &actor, &AuditEvent::RecoveryCodeUsed, &login, now).await?;
                }
                sqlx::query("UPDATE second_factor SET failures = 0 WHERE account = $1")
                    .bind(account)
                    .execute(connection)
                    .await?;
                Ok(true)
            })
        });
        written.await
    }

    async fn factor(&self, account: AccountId) -> Result<Option<Factor>, sqlx::Error> {
        let row = sqlx::query("SELECT * FROM second_factor WHERE account = $1")
            .bind(account.to_string())
            .fetch_optional(self.inner.database.readers())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let text: String = row.try_get("shared_key")?;
        let key = SecondFactorKey::from_base32(&text)
            .ok_or_else(|| sqlx::Error::Decode("a second factor's key is not base32".into()))?;
        let confirmed: Option<i64> = row.try_get("confirmed_at")?;
        Ok(Some(Factor {
            key,
            confirmed: confirmed.is_some(),
            last_step: row.try_get("last_step")?,
            wrong: Lockout { failures: number(&row, "failures")?, last: time(&row, "last_failure")? },
        }))
    }
}

async fn count_wrong(
    connection: &mut AnyConnection,
    account: AccountId,
    state: Lockout,
    locked: Option<Actor>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE second_factor SET failures = $1, last_failure = $2 WHERE account = $3")
        .bind(i64::from(state.failures))
        .bind(state.last.as_micros())
        .bind(account.to_string())
        .execute(&mut *connection)
        .await?;
    if let Some(actor) = locked {
        let login = actor.principal.login.clone();
        audit::append(connection, &actor, &AuditEvent::CodesLocked, &login, now).await?;
    }
    Ok(())
}
