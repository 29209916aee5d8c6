//! Browser sessions: rows that can be revoked, found by the hash of a random token, so that the store
//! (or a backup of it) signs nobody in.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use aws_lc_rs::digest::{SHA256, digest};
use base::{
    Redacted, Timestamp,
    id::{AccountId, SessionId},
    random::{Random, System},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use directory_core::{AccountState, AuditEvent, PasswordDue, Principal};
use sqlx::{AnyConnection, Row};
use tokio::sync::broadcast;

use crate::{
    Actor, Directory, DirectoryError,
    audit::{self, hex},
    store::{id, time},
    view::SessionEntry,
};

/// The cookie that carries a session's token.
pub const SESSION_COOKIE: &str = "lt_session";
/// A session unused for so long is over.
pub const SESSION_IDLE: Duration = Duration::from_secs(12 * 3600);
/// A session this old is over even in use.
pub const SESSION_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);

/// The secret of one session: 256 random bits in base64url. Only its SHA-256 is stored.
#[derive(Debug, Clone)]
pub struct SessionToken(pub Redacted<String>);

/// A session ended before its time: sockets opened with it must close at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revoked {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub session: SessionId,
}

/// A session's row.
#[derive(Debug, Clone, Copy)]
struct Session {
    id: SessionId,
    account: AccountId,
    created: Timestamp,
    /// As stored; written again when older than [`SEEN_EVERY`].
    seen: Timestamp,
}

/// Sessions seen lately, so that a request costs no query.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    cached: RwLock<Cache>,
}

#[derive(Debug, Default)]
struct Cache {
    by_token: HashMap<String, Session>,
    /// Raised by every revocation: what was read from the store before it is not cached after it.
    epoch: u64,
}

impl Sessions {
    fn find(&self, hash: &str) -> (Option<Session>, u64) {
        let cache = self.cached.read().unwrap_or_else(PoisonError::into_inner);
        (cache.by_token.get(hash).copied(), cache.epoch)
    }

    fn keep(&self, hash: String, session: Session, epoch: u64) {
        let mut cache = self.cached.write().unwrap_or_else(PoisonError::into_inner);
        if cache.epoch != epoch {
            return;
        }
        // Full: start over; each session in use costs one query again.
        if cache.by_token.len() >= CACHED {
            cache.by_token.clear();
        }
        cache.by_token.insert(hash, session);
    }

    fn forget(&self, gone: &[Revoked]) {
        let mut cache = self.cached.write().unwrap_or_else(PoisonError::into_inner);
        cache.epoch += 1;
        cache.by_token.retain(|_, session| gone.iter().all(|revoked| revoked.session != session.id));
    }
}

impl Session {
    fn is_over(&self, now: Timestamp) -> bool {
        now >= self.created.plus(SESSION_LIFE) || now >= self.seen.plus(SESSION_IDLE)
    }
}

/// A new session's row, in the transaction of its sign-in; ended sessions of the account are removed.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    account: AccountId,
    ip: Option<IpAddr>,
    user_agent: &str,
    now: Timestamp,
) -> Result<(SessionToken, SessionId), sqlx::Error> {
    sqlx::query("DELETE FROM session WHERE account = $1 AND (created_at <= $2 OR last_seen <= $3)")
        .bind(account.to_string())
        .bind(now.minus(SESSION_LIFE).as_micros())
        .bind(now.minus(SESSION_IDLE).as_micros())
        .execute(&mut *connection)
        .await?;
    let mut secret = [0u8; 32];
    System.fill(&mut secret);
    let token = BASE64_URL_SAFE_NO_PAD.encode(secret);
    let session = SessionId::new(now, &mut System);
    sqlx::query(
        "INSERT INTO session (id, account, token_hash, created_at, last_seen, ip, user_agent) \
         VALUES ($1, $2, $3, $4, $4, $5, $6)",
    )
    .bind(session.to_string())
    .bind(account.to_string())
    .bind(token_hash(&token))
    .bind(now.as_micros())
    .bind(ip.map_or_else(String::new, |ip| ip.to_string()))
    .bind(user_agent.chars().take(200).collect::<String>())
    .execute(connection)
    .await?;
    Ok((SessionToken(Redacted::new(token)), session))
}

/// Deletes the sessions of `account` except `kept`, in the transaction of the act that ends them.
pub(crate) async fn delete_others(
    connection: &mut AnyConnection,
    account: AccountId,
    kept: Option<SessionId>,
) -> Result<Vec<Revoked>, sqlx::Error> {
    let kept = kept.map_or_else(String::new, |id| id.to_string());
    sqlx::query("DELETE FROM session WHERE account = $1 AND id <> $2 RETURNING id")
        .bind(account.to_string())
        .bind(kept)
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| Ok(Revoked { account, session: id(row, "id")? }))
        .collect()
}

impl Directory {
    /// Who holds the session with this token, and why the password must be changed first, if it must.
    /// `None` for a token that is unknown, over or revoked, and while the store fails.
    pub async fn session(&self, token: &str) -> Option<(Principal, Option<PasswordDue>)> {
        let now = Timestamp::now();
        let hash = token_hash(token);
        let session = match self.inner.sessions.find(&hash) {
            (Some(session), _) => session,
            (None, epoch) => {
                let session = self.stored_session(&hash).await?;
                self.inner.sessions.keep(hash.clone(), session, epoch);
                session
            }
        };
        if session.is_over(now) {
            return None;
        }
        if now.since(session.seen) >= SEEN_EVERY {
            self.saw(hash, session, now).await;
        }
        let registry = self.registry();
        let account = registry.account(session.account).filter(|a| a.state == AccountState::Active)?;
        let mut principal = registry.principal(session.account)?;
        principal.session = Some(session.id);
        Some((principal, self.password_rules.due(account, session.created)))
    }

    async fn stored_session(&self, hash: &str) -> Option<Session> {
        let row = sqlx::query("SELECT id, account, created_at, last_seen FROM session WHERE token_hash = $1")
            .bind(hash.to_owned())
            .fetch_optional(self.inner.database.readers())
            .await;
        let read = |row: &sqlx::any::AnyRow| {
            Ok::<_, sqlx::Error>(Session {
                id: id(row, "id")?,
                account: id(row, "account")?,
                created: time(row, "created_at")?,
                seen: time(row, "last_seen")?,
            })
        };
        match row.and_then(|row| row.as_ref().map(read).transpose()) {
            Ok(session) => session,
            Err(cause) => {
                tracing::error!(%cause, "directory: a session could not be read");
                None
            }
        }
    }

    async fn saw(&self, hash: String, session: Session, now: Timestamp) {
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                sqlx::query("UPDATE session SET last_seen = $1 WHERE id = $2")
                    .bind(now.as_micros())
                    .bind(session.id.to_string())
                    .execute(connection)
                    .await
                    .map(|done| done.rows_affected())
            })
        });
        let epoch = self.inner.sessions.find(&hash).1;
        match written.await {
            Ok(1) => self.inner.sessions.keep(hash, Session { seen: now, ..session }, epoch),
            // Revoked in the meantime.
            Ok(_) => {}
            Err::<_, sqlx::Error>(cause) => {
                tracing::warn!(%cause, "directory: a session's use could not be noted");
            }
        }
    }

    /// The sessions of the principal's account, the newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sessions(&self, principal: &Principal) -> Result<Vec<SessionEntry>, DirectoryError> {
        let now = Timestamp::now();
        let rows = sqlx::query(
            "SELECT id, created_at, last_seen, ip, user_agent FROM session \
             WHERE account = $1 AND created_at > $2 AND last_seen > $3 ORDER BY created_at DESC",
        )
        .bind(principal.account.to_string())
        .bind(now.minus(SESSION_LIFE).as_micros())
        .bind(now.minus(SESSION_IDLE).as_micros())
        .fetch_all(self.inner.database.readers())
        .await?;
        let entry = |row: &sqlx::any::AnyRow| -> Result<SessionEntry, sqlx::Error> {
            let session: SessionId = id(row, "id")?;
            Ok(SessionEntry {
                id: session,
                created_at: time(row, "created_at")?,
                last_seen: time(row, "last_seen")?,
                ip: row.try_get("ip")?,
                user_agent: row.try_get("user_agent")?,
                current: principal.session == Some(session),
            })
        };
        Ok(rows.iter().map(entry).collect::<Result<_, _>>()?)
    }

    /// Signs out: ends the principal's own session.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_out(&self, principal: &Principal) -> Result<(), DirectoryError> {
        let Some(session) = principal.session else { return Ok(()) };
        let account = principal.account;
        self.inner.database.write(move |c| Box::pin(delete_one(c, account, session))).await?;
        self.announce(&[Revoked { account, session }]);
        Ok(())
    }

    /// Ends one of the actor's sessions, chosen from the list.
    ///
    /// # Errors
    /// When the actor has no such session or the store fails.
    pub async fn end_session(&self, actor: &Actor, session: SessionId) -> Result<(), DirectoryError> {
        let (account, now) = (actor.principal.account, Timestamp::now());
        let actor = actor.clone();
        let ended = self.inner.database.write(move |connection| {
            Box::pin(async move {
                if delete_one(connection, account, session).await? == 0 {
                    return Err(DirectoryError::NotFound("phiên đăng nhập"));
                }
                let login = actor.principal.login.clone();
                audit::append(connection, &actor, &AuditEvent::SessionEnded, &login, now).await?;
                Ok(())
            })
        });
        ended.await?;
        self.announce(&[Revoked { account, session }]);
        Ok(())
    }

    /// Sessions that end before their time, as they end.
    pub fn subscribe_revocations(&self) -> broadcast::Receiver<Revoked> {
        self.inner.revocations.subscribe()
    }

    /// Forgets ended sessions and tells whoever listens.
    pub(crate) fn announce(&self, gone: &[Revoked]) {
        self.inner.sessions.forget(gone);
        for revoked in gone {
            // Nobody listening is no fault.
            let _ = self.inner.revocations.send(*revoked);
        }
    }
}

async fn delete_one(
    connection: &mut AnyConnection,
    account: AccountId,
    session: SessionId,
) -> Result<u64, sqlx::Error> {
    sqlx::query("DELETE FROM session WHERE id = $1 AND account = $2")
        .bind(session.to_string())
        .bind(account.to_string())
        .execute(connection)
        .await
        .map(|done| done.rows_affected())
}

fn token_hash(token: &str) -> String {
    hex(digest(&SHA256, token.as_bytes()).as_ref())
}

/// How stale a session's stored last use may be.
const SEEN_EVERY: Duration = Duration::from_secs(300);
/// Sessions kept in memory.
const CACHED: usize = 20_000;
