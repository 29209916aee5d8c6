//! Passwords: the own change, and the temporary one from the IT staff.

use base::{
    Timestamp,
    id::{AccountId, PersonId, SessionId},
    random::System,
};
use directory_core::{
    Account, AuditEvent, Lockout, PasswordProblem, check_password, normalise_password, temporary_password,
};
use sqlx::{AnyConnection, Row};

use crate::{
    Actor, Directory, DirectoryError, SignInError, audit, hasher::Full, session, sign_in::set_failures,
};

/// Where a password comes from.
struct NewPassword {
    account: AccountId,
    hash: String,
    must_change: bool,
    kept: Option<SessionId>,
    event: AuditEvent,
    object: String,
}

impl Directory {
    /// Changes the actor's own password; every other session of the account ends.
    ///
    /// # Errors
    /// When `current` is wrong (counted like a failed sign-in) or `new` breaks the policy.
    pub async fn change_password(
        &self,
        actor: &Actor,
        current: &str,
        new: &str,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        let (account, name) = (actor.principal.account, &actor.principal.name);
        self.check_password(account, current, actor.ip.parse().ok(), now).await?;
        if normalise_password(current) == normalise_password(new) {
            return Err(DirectoryError::Password(PasswordProblem::SameAsCurrent));
        }
        check_password(new, name, &actor.principal.login).map_err(DirectoryError::Password)?;
        self.not_used_before(account, new).await?;
        let change = NewPassword {
            account,
            hash: self.hash(new).await?,
            must_change: false,
            kept: actor.principal.session,
            event: AuditEvent::PasswordChanged,
            object: actor.principal.login.clone(),
        };
        self.set_password(actor, change, now).await
    }

    /// Gives the person a temporary password, which must be changed at the next sign-in; every session
    /// of the account ends, and a lock after failures with them.
    ///
    /// # Errors
    /// When the actor is no administrator or the person has no account.
    pub async fn reset_password(
        &self,
        actor: &Actor,
        person: PersonId,
        now: Timestamp,
    ) -> Result<String, DirectoryError> {
        let (account, name) = self.administered(actor, person)?;
        let password = temporary_password(&name, &account.login, &mut System);
        let change = NewPassword {
            account: account.id,
            hash: self.hash(&password).await?,
            must_change: true,
            kept: None,
            event: AuditEvent::PasswordReset,
            object: format!("{name} ({})", account.login),
        };
        self.set_password(actor, change, now).await?;
        Ok(password)
    }

    async fn not_used_before(&self, account: AccountId, new: &str) -> Result<(), DirectoryError> {
        let used = sqlx::query(
            "SELECT password_hash FROM password_used WHERE account = $1 ORDER BY set_at DESC LIMIT $2",
        )
        .bind(account.to_string())
        .bind(self.password_rules.before_current())
        .fetch_all(self.inner.database.readers())
        .await?;
        for row in used {
            if self.verify(new, Some(row.try_get("password_hash")?)).await? {
                return Err(DirectoryError::Password(PasswordProblem::UsedBefore));
            }
        }
        Ok(())
    }

    pub(crate) async fn hash(&self, password: &str) -> Result<String, DirectoryError> {
        self.inner.hasher.hash(password).await.map_err(|Full| DirectoryError::SignIn(SignInError::Busy))
    }

    async fn set_password(
        &self,
        actor: &Actor,
        change: NewPassword,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        let _act = self.inner.acts.lock().await;
        let (actor, remembered) = (actor.clone(), self.password_rules.before_current());
        let gone = self
            .inner
            .database
            .write(move |connection| {
                Box::pin(async move {
                    remember(connection, change.account, remembered).await?;
                    store(connection, &change, now).await?;
                    let gone = session::delete_others(connection, change.account, change.kept).await?;
                    audit::append(connection, &actor, &change.event, &change.object, now).await?;
                    Ok::<_, DirectoryError>(gone)
                })
            })
            .await?;
        self.announce(&gone);
        self.reload().await?;
        Ok(())
    }
}

/// Keeps the password about to be replaced among the `kept` last ones. A temporary one was never the
/// person's and is not kept.
async fn remember(connection: &mut AnyConnection, account: AccountId, kept: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO password_used (account, set_at, password_hash) \
         SELECT id, password_changed_at, password_hash FROM account WHERE id = $1 AND must_change = 0",
    )
    .bind(account.to_string())
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "DELETE FROM password_used WHERE account = $1 AND set_at NOT IN \
         (SELECT set_at FROM password_used WHERE account = $1 ORDER BY set_at DESC LIMIT $2)",
    )
    .bind(account.to_string())
    .bind(kept)
    .execute(connection)
    .await
    .map(drop)
}

async fn store(
    connection: &mut AnyConnection,
    change: &NewPassword,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE account SET password_hash = $1, must_change = $2, password_changed_at = $3 WHERE id = $4",
    )
    .bind(change.hash.clone())
    .bind(i64::from(change.must_change))
    .bind(now.as_micros())
    .bind(change.account.to_string())
    .execute(&mut *connection)
    .await?;
    set_failures(connection, change.account, Lockout::default()).await
}

impl Directory {
    /// The account and name of `person`, when the actor may administer them.
    pub(crate) fn administered(
        &self,
        actor: &Actor,
        person: PersonId,
    ) -> Result<(Account, String), DirectoryError> {
        use directory_core::{Action, Object, may};
        let registry = self.registry();
        let account = registry.account_of(person);
        let object = account.map_or(Object::Directory, |account| Object::Account(account.id));
        if !may(&actor.principal, Action::Administer, object) {
            return Err(DirectoryError::Forbidden);
        }
        let account = account.ok_or(DirectoryError::NotFound("tài khoản của người này"))?;
        let name = registry.contact(person).map_or_else(String::new, |contact| contact.name);
        Ok((account.clone(), name))
    }
}
