//! The second factor of an account: proposed, confirmed by a first code, asked at each sign-in, taken away.
//!
//! The rules are [`directory_core::SecondFactorKey`]'s. Wrong codes are counted in the store and lock the
//! second step for a while, as wrong passwords do the first.

mod check;
mod picture;
#[cfg(test)]
mod tests;

use aws_lc_rs::digest::{SHA256, digest};
use base::{
    Timestamp,
    id::{AccountId, PersonId},
    random::System,
};
use directory_core::{AuditEvent, RECOVERY_CODES, SecondFactorKey, recovery_code};
use sqlx::{AnyConnection, Row};

use crate::{
    Actor, Directory, DirectoryError,
    audit::{self, hex},
    session,
    view::{SecondFactorProposal, SecondFactorView},
};

impl Directory {
    /// Whether the actor's account has a second factor, since when, and how many recovery codes are left.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn second_factor(&self, actor: &Actor) -> Result<SecondFactorView, DirectoryError> {
        let row = sqlx::query(
            "SELECT confirmed_at, (SELECT COUNT(*) FROM recovery_code WHERE account = $1) AS left_over \
             FROM second_factor WHERE account = $1",
        )
        .bind(actor.principal.account.to_string())
        .fetch_optional(self.inner.database.readers())
        .await?;
        let Some(row) = row else { return Ok(SecondFactorView::default()) };
        let since: Option<i64> = row.try_get("confirmed_at")?;
        let left: i64 = row.try_get("left_over")?;
        Ok(SecondFactorView {
            since: since.map(Timestamp::from_micros),
            recovery_codes: u32::try_from(left).unwrap_or(0),
        })
    }

    /// Makes a key for the actor's telephone. It is asked for nothing before [`Self::confirm_second_factor`];
    /// proposing again replaces a key that was not confirmed.
    ///
    /// # Errors
    /// When `password` is wrong (counted like a failed sign-in) or a second factor is on already.
    pub async fn propose_second_factor(
        &self,
        actor: &Actor,
        password: &str,
        now: Timestamp,
    ) -> Result<SecondFactorProposal, DirectoryError> {
        let account = actor.principal.account;
        self.check_password(account, password, actor.ip.parse().ok(), now).await?;
        let key = SecondFactorKey::new(&mut System);
        let text = key.base32();
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO second_factor (account, shared_key, last_step, failures, last_failure) \
                     VALUES ($1, $2, 0, 0, 0) ON CONFLICT (account) DO UPDATE \
                     SET shared_key = excluded.shared_key WHERE second_factor.confirmed_at IS NULL",
                )
                .bind(account.to_string())
                .bind(text)
                .execute(connection)
                .await
                .map(|done| done.rows_affected())
            })
        });
        if written.await.map_err(DirectoryError::Unavailable)? == 0 {
            return Err(ALREADY_ON);
        }
        let link = key.link(&self.inner.domain, &actor.principal.login);
        Ok(SecondFactorProposal { key: grouped(&key.base32()), picture: picture::of(&link), link })
    }

    /// Switches the proposed second factor on, `code` showing that the telephone has the key. Every other
    /// session of the account ends. Returns the recovery codes, which are not shown again.
    ///
    /// # Errors
    /// When nothing is proposed or `code` is wrong (counted).
    pub async fn confirm_second_factor(
        &self,
        actor: &Actor,
        code: &str,
        now: Timestamp,
    ) -> Result<Vec<String>, DirectoryError> {
        let account = actor.principal.account;
        let step = self.proposed_step(account, code, now).await?;
        let codes = new_codes();
        let (actor, kept, given) = (actor.clone(), actor.principal.session, codes.clone());
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                let on = sqlx::query(
                    "UPDATE second_factor SET confirmed_at = $1, last_step = $2, failures = 0 \
                     WHERE account = $3 AND confirmed_at IS NULL",
                )
                .bind(now.as_micros())
                .bind(step)
                .bind(account.to_string())
                .execute(&mut *connection)
                .await?;
                if on.rows_affected() == 0 {
                    return Err(ALREADY_ON);
                }
                write_codes(connection, account, &given).await?;
                let gone = session::delete_others(connection, account, kept).await?;
                let login = actor.principal.login.clone();
                audit::append(connection, &actor, &AuditEvent::SecondFactorOn, &login, now).await?;
                Ok::<_, DirectoryError>(gone)
            })
        });
        self.announce(&written.await?);
        Ok(codes)
    }

    /// Replaces the recovery codes. Returns the new ones, which are not shown again.
    ///
    /// # Errors
    /// When `code` is wrong (counted) or no second factor is on.
    pub async fn renew_recovery_codes(
        &self,
        actor: &Actor,
        code: &str,
        now: Timestamp,
    ) -> Result<Vec<String>, DirectoryError> {
        self.prove_second_factor(actor, code, now).await?;
        let codes = new_codes();
        let (actor, given) = (actor.clone(), codes.clone());
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                write_codes(connection, actor.principal.account, &given).await?;
                let login = actor.principal.login.clone();
                audit::append(connection, &actor, &AuditEvent::RecoveryCodesRenewed, &login, now).await
            })
        });
        written.await.map_err(DirectoryError::Unavailable)?;
        Ok(codes)
    }

    /// Switches the actor's own second factor off.
    ///
    /// # Errors
    /// When `code` is wrong (counted) or no second factor is on.
    pub async fn remove_second_factor(
        &self,
        actor: &Actor,
        code: &str,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        self.prove_second_factor(actor, code, now).await?;
        let actor = actor.clone();
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                forget(connection, actor.principal.account).await?;
                let login = actor.principal.login.clone();
                audit::append(connection, &actor, &AuditEvent::SecondFactorOff, &login, now).await
            })
        });
        written.await.map_err(DirectoryError::Unavailable)
    }

    /// Takes the second factor off a person who has lost the telephone and the recovery codes; every session of
    /// the account ends.
    ///
    /// # Errors
    /// When the actor is no administrator, or the person has no second factor.
    pub async fn reset_second_factor(
        &self,
        actor: &Actor,
        person: PersonId,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        let (account, name) = self.administered(actor, person)?;
        let (actor, object, id) = (actor.clone(), format!("{name} ({})", account.login), account.id);
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                if forget(connection, id).await? == 0 {
                    return Err(NOT_ON);
                }
                let gone = session::delete_others(connection, id, None).await?;
                audit::append(connection, &actor, &AuditEvent::SecondFactorReset, &object, now).await?;
                Ok::<_, DirectoryError>(gone)
            })
        });
        self.announce(&written.await?);
        Ok(())
    }
}

fn new_codes() -> Vec<String> {
    (0..RECOVERY_CODES).map(|_| recovery_code(&mut System)).collect()
}

async fn write_codes(
    connection: &mut AnyConnection,
    account: AccountId,
    codes: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM recovery_code WHERE account = $1")
        .bind(account.to_string())
        .execute(&mut *connection)
        .await?;
    for code in codes {
        sqlx::query("INSERT INTO recovery_code (account, code_hash) VALUES ($1, $2)")
            .bind(account.to_string())
            .bind(code_hash(code))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Removes key and codes; says how many keys there were.
async fn forget(connection: &mut AnyConnection, account: AccountId) -> Result<u64, sqlx::Error> {
    sqlx::query("DELETE FROM recovery_code WHERE account = $1")
        .bind(account.to_string())
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM second_factor WHERE account = $1")
        .bind(account.to_string())
        .execute(connection)
        .await
        .map(|done| done.rows_affected())
}

fn code_hash(code: &str) -> String {
    hex(digest(&SHA256, code.as_bytes()).as_ref())
}

/// In groups of four, as people read it aloud.
fn grouped(key: &str) -> String {
    let letters: Vec<char> = key.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

const ALREADY_ON: DirectoryError = DirectoryError::Invalid {
    code: "secondFactorOn",
    message: "Xác thực hai lớp đã được bật. Thiết lập cũ vẫn giữ nguyên. Đề nghị tắt trước khi thiết lập lại.",
};
const NOT_ON: DirectoryError = DirectoryError::Invalid {
    code: "secondFactorOff",
    message: "Tài khoản chưa bật xác thực hai lớp nên không có gì thay đổi. Đề nghị tải lại trang.",
};
