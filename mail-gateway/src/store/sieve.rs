//! What sorts the letters of mailboxes – filter scripts, the answer of who is away – and what that must
//! remember.

use std::collections::{BTreeMap, BTreeSet};

use base::{LetterId, MailboxId, Timestamp, random::System};
use database::sqlx::{self, AnyConnection, AnyPool, AssertSqlSafe, Row};
use futures_util::future::BoxFuture;
use mail_gateway_core::{
    managesieve::{Answer, Problem, Question},
    sieve::Away,
};

use super::{IN_LIST, Kind, Store, StoreError, folder, modseq, placeholders};

mod by_id;
pub mod vacation;

pub use by_id::{KeptScript, ScriptChange};

/// What sorts the letters of one mailbox.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// The active script.
    pub(crate) script: Option<String>,
    /// The answer, when its owner is away now.
    pub(crate) away: Option<Away>,
}

impl Store {
    /// Answers what a rules editor asks of the scripts of `account`; the script of a
    /// [`Question::Put`] has been checked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn scripts(
        &self,
        account: MailboxId,
        question: Question,
        now: Timestamp,
    ) -> Result<Answer, StoreError> {
        let account_name = account.to_string();
        self.write(account, move |c| {
            Box::pin(async move { Scripts { c, account: &account_name, now }.answer(question).await })
        })
        .await
    }

    /// What sorts the letters of those of `accounts` that have something to sort them, at `now`.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn filters(
        &self,
        accounts: &BTreeSet<MailboxId>,
        now: Timestamp,
    ) -> Result<Filters, StoreError> {
        self.filters.ask(Wanted { accounts: accounts.clone(), now }).await
    }

    /// The keys `account` remembers at `now`, the longest lasting ones when there are too many.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn remembered(
        &self,
        account: MailboxId,
        now: Timestamp,
    ) -> Result<BTreeSet<String>, StoreError> {
        let rows = sqlx::query(
            "SELECT memory_key FROM sieve_memory WHERE account = $1 AND expires > $2 ORDER BY expires DESC LIMIT $3",
        )
        .bind(account.to_string())
        .bind(now.as_micros())
        .bind(MOST_REMEMBERED)
        .fetch_all(self.database().readers())
        .await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }
}

/// Whose letters are to be sorted, and when.
#[derive(Debug)]
pub(super) struct Wanted {
    accounts: BTreeSet<MailboxId>,
    now: Timestamp,
}

/// What sorts the letters of those mailboxes that have something to sort them.
pub(crate) type Filters = BTreeMap<MailboxId, Filter>;

/// The answers to questions of one moment: what holds at the last of them holds for all.
pub(super) fn filters(
    readers: AnyPool,
    wanted: Vec<Wanted>,
) -> BoxFuture<'static, Result<Vec<Filters>, StoreError>> {
    Box::pin(async move {
        let accounts: BTreeSet<MailboxId> = wanted.iter().flat_map(|one| &one.accounts).copied().collect();
        let now = wanted.iter().map(|one| one.now).max().unwrap_or_else(Timestamp::now);
        let found = filters_of(&readers, &accounts, now).await?;
        let theirs = |one: &Wanted| {
            let all = found.iter().filter(|(account, _)| one.accounts.contains(account));
            all.map(|(account, filter)| (*account, filter.clone())).collect()
        };
        Ok(wanted.iter().map(theirs).collect())
    })
}

async fn filters_of(
    readers: &AnyPool,
    accounts: &BTreeSet<MailboxId>,
    now: Timestamp,
) -> Result<Filters, StoreError> {
    let all: Vec<String> = accounts.iter().map(ToString::to_string).collect();
    let mut found: Filters = BTreeMap::new();
    for piece in all.chunks(IN_LIST) {
        let (first, second) = (placeholders(1, piece.len()), placeholders(1 + piece.len(), piece.len()));
        // One question, whatever the mailboxes have.
        let sql = format!(
            "SELECT account, 1 AS scripted, source, '' AS text, '' AS html, CAST(0 AS BIGINT) AS since, {NEVER} AS until \
             FROM sieve_script WHERE active = 1 AND account IN ({first}) \
             UNION ALL SELECT account, 0 AS scripted, COALESCE(subject, '') AS source, \
             COALESCE(text_body, '') AS text, COALESCE(html_body, '') AS html, \
             COALESCE(from_date, 0) AS since, COALESCE(to_date, {NEVER}) AS until \
             FROM vacation_response WHERE enabled = 1 AND account IN ({second})"
        );
        let query = piece
            .iter()
            .chain(piece)
            .fold(sqlx::query(AssertSqlSafe(sql)), |query, account| query.bind(account.as_str()));
        for row in query.fetch_all(readers).await? {
            let account: MailboxId =
                row.try_get::<String, _>(0)?.parse().map_err(|_| StoreError::Corrupt("account"))?;
            let is_scripted = row.try_get::<i64, _>(1)? == 1;
            let holds =
                row.try_get::<i64, _>(5)? <= now.as_micros() && row.try_get::<i64, _>(6)? > now.as_micros();
            if is_scripted {
                found.entry(account).or_default().script = Some(row.try_get(2)?);
            } else if holds {
                let part = |at: usize| Ok::<_, sqlx::Error>(some(row.try_get(at)?));
                let away = Away { subject: part(2)?, text: part(3)?, html: part(4)? };
                found.entry(account).or_default().away = Some(away);
            }
        }
    }
    Ok(found)
}

/// A moment that does not come.
const NEVER: i64 = i64::MAX;

/// Remembers `key` until `expires`; `false` when it was remembered already at `now`.
pub(crate) async fn remember(
    c: &mut AnyConnection,
    account: &str,
    key: &str,
    expires: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let fresh = sqlx::query(
        "INSERT INTO sieve_memory (account, memory_key, expires) VALUES ($1, $2, $3) \
         ON CONFLICT (account, memory_key) DO UPDATE SET expires = excluded.expires \
         WHERE sieve_memory.expires <= $4",
    )
    .bind(account)
    .bind(key)
    .bind(expires.as_micros())
    .bind(now.as_micros())
    .execute(&mut *c)
    .await?;
    Ok(fresh.rows_affected() > 0)
}

/// Forgets what has expired.
pub(crate) async fn forget(c: &mut AnyConnection, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sieve_memory WHERE expires <= $1")
        .bind(now.as_micros())
        .execute(&mut *c)
        .await?;
    Ok(())
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

struct Scripts<'a> {
    c: &'a mut AnyConnection,
    account: &'a str,
    now: Timestamp,
}

impl Scripts<'_> {
    /// Answers; what changes the scripts moves their JMAP state (RFC 9661 §2).
    async fn answer(mut self, question: Question) -> Result<Answer, StoreError> {
        let reads = matches!(question, Question::List | Question::Get(_) | Question::HaveSpace(_));
        let answer = self.obey(question).await?;
        if !reads && answer == Answer::Done {
            folder::ensure_account(self.c, self.account, self.now).await?;
            modseq::next(self.c, self.account, Kind::SieveScript).await?;
        }
        Ok(answer)
    }

    async fn obey(&mut self, question: Question) -> Result<Answer, StoreError> {
        let refused = |problem| Ok(Answer::Refused(problem));
        match question {
            Question::List => self.list().await,
            Question::Get(name) => Ok(match self.find(&name).await? {
                Some((source, _)) => Answer::Text(source),
                None => Answer::Refused(Problem::NonExistent),
            }),
            Question::HaveSpace(name) | Question::Put(name, _) if self.is_full(&name).await? => {
                tracing::debug!(account = self.account, script = name, "mail: too many scripts");
                refused(Problem::TooMany)
            }
            Question::HaveSpace(_) => Ok(Answer::Done),
            Question::Put(name, source) => self.put(&name, &source).await,
            Question::Activate(name) => self.activate(name.as_deref()).await,
            Question::Delete(name) => match self.find(&name).await? {
                None => refused(Problem::NonExistent),
                Some((_, true)) => refused(Problem::Active),
                Some(_) => {
                    self.change("DELETE FROM sieve_script WHERE account = $1 AND name = $2", &name).await
                }
            },
            Question::Rename(old, new) => {
                if self.find(&old).await?.is_none() {
                    return refused(Problem::NonExistent);
                }
                if old != new && self.find(&new).await?.is_some() {
                    return refused(Problem::AlreadyExists);
                }
                sqlx::query("UPDATE sieve_script SET name = $3 WHERE account = $1 AND name = $2")
                    .bind(self.account)
                    .bind(old)
                    .bind(new)
                    .execute(&mut *self.c)
                    .await?;
                Ok(Answer::Done)
            }
        }
    }

    async fn list(&mut self) -> Result<Answer, StoreError> {
        let rows = sqlx::query("SELECT name, active FROM sieve_script WHERE account = $1 ORDER BY name")
            .bind(self.account)
            .fetch_all(&mut *self.c)
            .await?;
        let scripts = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get::<i64, _>(1)? != 0)));
        Ok(Answer::Scripts(scripts.collect::<Result<_, sqlx::Error>>()?))
    }

    /// A script's text and whether it is active.
    async fn find(&mut self, name: &str) -> Result<Option<(String, bool)>, StoreError> {
        let row = sqlx::query("SELECT source, active FROM sieve_script WHERE account = $1 AND name = $2")
            .bind(self.account)
            .bind(name)
            .fetch_optional(&mut *self.c)
            .await?;
        Ok(row
            .map(|row| Ok::<_, sqlx::Error>((row.try_get(0)?, row.try_get::<i64, _>(1)? != 0)))
            .transpose()?)
    }

    async fn is_full(&mut self, name: &str) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT COUNT(*) FROM sieve_script WHERE account = $1 AND name <> $2")
            .bind(self.account)
            .bind(name)
            .fetch_one(&mut *self.c)
            .await?;
        Ok(row.try_get::<i64, _>(0)? >= MOST_SCRIPTS)
    }

    async fn put(&mut self, name: &str, source: &str) -> Result<Answer, StoreError> {
        sqlx::query(
            "INSERT INTO sieve_script (account, name, source, active, changed_at, id) VALUES ($1, $2, $3, 0, $4, $5) \
             ON CONFLICT (account, name) DO UPDATE SET source = excluded.source, changed_at = excluded.changed_at",
        )
        .bind(self.account)
        .bind(name)
        .bind(source)
        .bind(self.now.as_micros())
        .bind(LetterId::new(self.now, &mut System).to_string())
        .execute(&mut *self.c)
        .await?;
        Ok(Answer::Done)
    }

    async fn activate(&mut self, name: Option<&str>) -> Result<Answer, StoreError> {
        if let Some(name) = name
            && self.find(name).await?.is_none()
        {
            return Ok(Answer::Refused(Problem::NonExistent));
        }
        let one = "UPDATE sieve_script SET active = CASE WHEN name = $2 THEN 1 ELSE 0 END WHERE account = $1";
        self.change(one, name.unwrap_or_default()).await
    }

    async fn change(&mut self, sql: &'static str, name: &str) -> Result<Answer, StoreError> {
        sqlx::query(sql).bind(self.account).bind(name).execute(&mut *self.c).await?;
        Ok(Answer::Done)
    }
}

/// Scripts of one mailbox.
pub(crate) const MOST_SCRIPTS: i64 = 32;
/// Keys looked at for one letter.
const MOST_REMEMBERED: i64 = 10_000;
