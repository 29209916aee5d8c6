//! App passwords: secrets for mail programs, each for one mailbox, shown once, revocable.
//!
//! A person makes them for a mailbox the person reads; such a secret works as long as that right lasts.
//! IT staff make them on the command line; for an agency mailbox those rest on the mailbox alone.

mod keys;
mod sign_in;

use aws_lc_rs::digest::{SHA256, digest};
use base::{
    Redacted, Timestamp,
    id::{AccountId, AppPasswordId, MailboxId},
    random::System,
};
use directory_core::{Action, AuditEvent, MailboxKind, Object, app_password, may};
use sqlx::{Row, any::AnyRow};

pub use keys::{SCRAM_ITERATIONS, ScramCredential, ScramKeys};

use crate::{
    Actor, Directory, DirectoryError,
    admin::tidy,
    audit::{self, hex},
    store::{id, optional_id, optional_time, time},
    view::AppPasswordView,
};

/// A new app password; the secret is not stored and cannot be shown again.
#[derive(Debug, Clone)]
pub struct IssuedAppPassword {
    /// What the program is given as its password.
    pub secret: Redacted<String>,
    /// What the program is given as its user name: the mailbox's address.
    pub login: String,
    /// The row.
    pub entry: AppPasswordView,
}

/// A row.
#[derive(Debug, Clone)]
struct Stored {
    id: AppPasswordId,
    mailbox: MailboxId,
    account: Option<AccountId>,
    name: String,
    stored_key: String,
    server_key: String,
    created_at: Timestamp,
    last_used: Option<Timestamp>,
    last_ip: String,
}

impl Directory {
    /// Makes an app password called `name` for `mailbox`.
    ///
    /// # Errors
    /// When the actor neither reads the mailbox nor administers the directory, the name is empty, or
    /// the mailbox has too many already.
    pub async fn create_app_password(
        &self,
        actor: &Actor,
        mailbox: MailboxId,
        name: &str,
        now: Timestamp,
    ) -> Result<IssuedAppPassword, DirectoryError> {
        let registry = self.registry();
        let target = registry.mailbox(mailbox).cloned().ok_or(DirectoryError::NotFound("hộp thư"))?;
        let account = if may(&actor.principal, Action::ReadMail, Object::Mailbox(mailbox)) {
            Some(actor.principal.account)
        } else if actor.is_system() {
            // The machine's operator, who owns the data anyway; a console session reads no foreign mail.
            target.person.and_then(|person| registry.account_of(person)).map(|account| account.id)
        } else {
            return Err(DirectoryError::Forbidden);
        };
        if account.is_none() && target.kind == MailboxKind::Personal {
            return Err(DirectoryError::NotFound("tài khoản của hộp thư này"));
        }
        let name = tidy(name, 60).ok_or(NAME)?;
        if self.stored_app_passwords("mailbox", &mailbox.to_string()).await?.len() >= MOST {
            return Err(TOO_MANY);
        }
        let secret = app_password(&mut System);
        let keys = keys::derive(&secret, &self.scram_salt(mailbox).await?);
        let stored = Stored {
            id: AppPasswordId::new(now, &mut System),
            mailbox,
            account,
            name,
            stored_key: hex(&keys.0),
            server_key: hex(&keys.1),
            created_at: now,
            last_used: None,
            last_ip: String::new(),
        };
        let entry = self.app_password_view(&stored);
        let (actor, hash) = (actor.clone(), secret_hash(&secret));
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                insert(connection, &stored, hash).await?;
                let event = AuditEvent::AppPasswordCreated { name: stored.name };
                audit::append(connection, &actor, &event, &target.address, now).await?;
                Ok::<_, DirectoryError>(target.address)
            })
        });
        let login = written.await?;
        Ok(IssuedAppPassword { secret: Redacted::new(secret), login, entry })
    }

    /// The app passwords that rest on the actor's rights, the newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn own_app_passwords(&self, actor: &Actor) -> Result<Vec<AppPasswordView>, DirectoryError> {
        let rows = self.stored_app_passwords("account", &actor.principal.account.to_string()).await?;
        Ok(rows.iter().map(|stored| self.app_password_view(stored)).collect())
    }

    /// The app passwords of a mailbox, the newest first; for the machine's operator.
    ///
    /// # Errors
    /// When the actor is no administrator or the store fails.
    pub async fn app_passwords_of(
        &self,
        actor: &Actor,
        mailbox: MailboxId,
    ) -> Result<Vec<AppPasswordView>, DirectoryError> {
        crate::admin::require_administrator(actor)?;
        let rows = self.stored_app_passwords("mailbox", &mailbox.to_string()).await?;
        Ok(rows.iter().map(|stored| self.app_password_view(stored)).collect())
    }

    /// Revokes an app password: its owner's own, or any for an administrator.
    ///
    /// # Errors
    /// When the actor has no such app password or the store fails.
    pub async fn revoke_app_password(
        &self,
        actor: &Actor,
        password: AppPasswordId,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        let rows = self.stored_app_passwords("id", &password.to_string()).await?;
        let stored = rows.into_iter().next().ok_or(GONE)?;
        let own = stored.account == Some(actor.principal.account);
        if !own && crate::admin::require_administrator(actor).is_err() {
            // Whose it is must not be learnt from the answer.
            return Err(GONE);
        }
        let address = self.app_password_view(&stored).address;
        let actor = actor.clone();
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                let deleted = sqlx::query("DELETE FROM app_password WHERE id = $1")
                    .bind(stored.id.to_string())
                    .execute(&mut *connection)
                    .await?;
                if deleted.rows_affected() == 0 {
                    return Err(GONE);
                }
                let event = AuditEvent::AppPasswordRevoked { name: stored.name };
                audit::append(connection, &actor, &event, &address, now).await?;
                Ok::<_, DirectoryError>(())
            })
        });
        written.await
    }

    fn app_password_view(&self, stored: &Stored) -> AppPasswordView {
        let address = self.registry().mailbox(stored.mailbox).map(|mailbox| mailbox.address.clone());
        AppPasswordView {
            id: stored.id,
            name: stored.name.clone(),
            mailbox: stored.mailbox,
            address: address.unwrap_or_default(),
            created_at: stored.created_at,
            last_used: stored.last_used,
            last_ip: stored.last_ip.clone(),
        }
    }

    /// Rows whose `column`, a name from this module, holds `value`.
    async fn stored_app_passwords(
        &self,
        column: &'static str,
        value: &str,
    ) -> Result<Vec<Stored>, sqlx::Error> {
        let query = match column {
            "mailbox" => "SELECT * FROM app_password WHERE mailbox = $1 ORDER BY created_at DESC, id",
            "account" => "SELECT * FROM app_password WHERE account = $1 ORDER BY created_at DESC, id",
            "secret_hash" => "SELECT * FROM app_password WHERE secret_hash = $1",
            _ => "SELECT * FROM app_password WHERE id = $1",
        };
        let rows = sqlx::query(query).bind(value.to_owned()).fetch_all(self.inner.database.readers()).await?;
        rows.iter().map(stored).collect()
    }
}

async fn insert(
    connection: &mut sqlx::AnyConnection,
    stored: &Stored,
    hash: String,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO app_password (id, mailbox, account, name, secret_hash, stored_key, server_key, \
         created_at, last_ip) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '')",
    )
    .bind(stored.id.to_string())
    .bind(stored.mailbox.to_string())
    .bind(stored.account.map(|account| account.to_string()))
    .bind(stored.name.clone())
    .bind(hash)
    .bind(stored.stored_key.clone())
    .bind(stored.server_key.clone())
    .bind(stored.created_at.as_micros())
    .execute(connection)
    .await
    .map(drop)
}

fn stored(row: &AnyRow) -> Result<Stored, sqlx::Error> {
    Ok(Stored {
        id: id(row, "id")?,
        mailbox: id(row, "mailbox")?,
        account: optional_id(row, "account")?,
        name: row.try_get("name")?,
        stored_key: row.try_get("stored_key")?,
        server_key: row.try_get("server_key")?,
        created_at: time(row, "created_at")?,
        last_used: optional_time(row, "last_used")?,
        last_ip: row.try_get("last_ip")?,
    })
}

fn secret_hash(secret: &str) -> String {
    hex(digest(&SHA256, secret.as_bytes()).as_ref())
}

/// App passwords of one mailbox: one proof of SCRAM is held against each of them.
const MOST: usize = 20;
const GONE: DirectoryError = DirectoryError::NotFound("mật khẩu ứng dụng");
const NAME: DirectoryError = DirectoryError::Invalid {
    code: "name",
    message: "Chưa có tên hợp lệ. Mật khẩu ứng dụng chưa được tạo. Đề nghị nhập tên thiết bị hoặc chương \
              trình, tối đa 60 ký tự.",
};
const TOO_MANY: DirectoryError = DirectoryError::Invalid {
    code: "tooMany",
    message: "Hộp thư đã có 20 mật khẩu ứng dụng. Mật khẩu mới chưa được tạo. Đề nghị thu hồi những mật \
              khẩu không còn dùng.",
};
