//! The audit log: appended in the transaction of the act it tells of, each line's hash over the one
//! before, so that altering or removing a line breaks every hash after it.

use aws_lc_rs::digest::{SHA256, digest};
use base::{Timestamp, fold::fold, id::AuditId, random::System};
use directory_core::{Action, AuditEvent, AuditRecord, Object, may};
use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::{
    Actor, Directory, DirectoryError,
    store::{id, time},
    view::{AuditView, PAGE_SIZE, Page},
};

/// What checking the whole log found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditCheck {
    /// Lines read.
    pub lines: i64,
    /// The first line that is not what was written, or where one is missing.
    pub broken_at: Option<i64>,
}

/// Adds a line about `event` on `object`, in the transaction `connection` stands in.
pub(crate) async fn append(
    connection: &mut AnyConnection,
    actor: &Actor,
    event: &AuditEvent,
    object: &str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let last = sqlx::query("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1")
        .fetch_optional(&mut *connection)
        .await?;
    let (sequence, previous): (i64, String) = match last {
        Some(row) => (row.try_get("sequence")?, row.try_get("hash")?),
        None => (0, String::new()),
    };
    let record = AuditRecord {
        sequence: sequence + 1,
        id: AuditId::new(now, &mut System),
        at: now,
        login: actor.principal.login.clone(),
        actor: actor.principal.name.clone(),
        action: event.code().to_owned(),
        sentence: event.sentence(object),
        ip: actor.ip.clone(),
    };
    let folded = fold(&format!("{} {} {}", record.login, record.actor, record.sentence));
    sqlx::query(
        "INSERT INTO audit (sequence, id, at, login, actor, action, sentence, ip, hash, folded) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(record.sequence)
    .bind(record.id.to_string())
    .bind(record.at.as_micros())
    .bind(record.login.clone())
    .bind(record.actor.clone())
    .bind(record.action.clone())
    .bind(record.sentence.clone())
    .bind(record.ip.clone())
    .bind(hash(&record, &previous))
    .bind(folded)
    .execute(connection)
    .await?;
    Ok(())
}

impl Directory {
    /// A page of the log, newest first; `query` is looked for in names and sentences, without diacritics.
    ///
    /// # Errors
    /// When the actor is no administrator or the store fails.
    pub async fn audit(
        &self,
        actor: &Actor,
        query: &str,
        page: u32,
    ) -> Result<Page<AuditView>, DirectoryError> {
        if !may(&actor.principal, Action::Administer, Object::Directory) {
            return Err(DirectoryError::Forbidden);
        }
        let pattern = format!("%{}%", fold(query.trim()).replace(['%', '_'], " "));
        let pool = self.inner.database.readers();
        let total: i64 = sqlx::query("SELECT COUNT(*) FROM audit WHERE folded LIKE $1")
            .bind(pattern.clone())
            .fetch_one(pool)
            .await?
            .try_get(0)?;
        let page = page.max(1);
        let rows =
            sqlx::query("SELECT * FROM audit WHERE folded LIKE $1 ORDER BY sequence DESC LIMIT $2 OFFSET $3")
                .bind(pattern)
                .bind(i64::from(PAGE_SIZE))
                .bind(i64::from(page - 1) * i64::from(PAGE_SIZE))
                .fetch_all(pool)
                .await?;
        let items =
            rows.iter().map(|row| Ok(AuditView::from(record(row)?))).collect::<Result<_, sqlx::Error>>()?;
        Ok(Page { items, total: u32::try_from(total).unwrap_or(u32::MAX), page, page_size: PAGE_SIZE })
    }

    /// Records an act that another service carried out, such as issuing a token for a meeting.
    ///
    /// # Errors
    /// When the actor is no administrator or the store fails.
    pub async fn record_act(
        &self,
        actor: &Actor,
        event: AuditEvent,
        object: &str,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        if !may(&actor.principal, Action::Administer, Object::Directory) {
            return Err(DirectoryError::Forbidden);
        }
        let (actor, object) = (actor.clone(), object.to_owned());
        let write = self.inner.database.write(move |connection| {
            Box::pin(async move { append(connection, &actor, &event, &object, now).await })
        });
        Ok(write.await?)
    }

    /// Reads the whole log and recomputes its chain.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn verify_audit(&self) -> Result<AuditCheck, DirectoryError> {
        let mut check = AuditCheck { lines: 0, broken_at: None };
        let mut previous = String::new();
        loop {
            let rows = sqlx::query("SELECT * FROM audit WHERE sequence > $1 ORDER BY sequence LIMIT 1000")
                .bind(check.lines)
                .fetch_all(self.inner.database.readers())
                .await?;
            if rows.is_empty() {
                return Ok(check);
            }
            for row in &rows {
                let stored: String = row.try_get("hash")?;
                // A line that cannot even be read was altered.
                let intact = record(row)
                    .is_ok_and(|line| line.sequence == check.lines + 1 && hash(&line, &previous) == stored);
                if !intact {
                    check.broken_at = Some(check.lines + 1);
                    return Ok(check);
                }
                check.lines += 1;
                previous = stored;
            }
        }
    }
}

fn record(row: &AnyRow) -> Result<AuditRecord, sqlx::Error> {
    Ok(AuditRecord {
        sequence: row.try_get("sequence")?,
        id: id(row, "id")?,
        at: time(row, "at")?,
        login: row.try_get("login")?,
        actor: row.try_get("actor")?,
        action: row.try_get("action")?,
        sentence: row.try_get("sentence")?,
        ip: row.try_get("ip")?,
    })
}

fn hash(record: &AuditRecord, previous: &str) -> String {
    hex(digest(&SHA256, &record.chained_bytes(previous.as_bytes())).as_ref())
}

/// Bytes as lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
