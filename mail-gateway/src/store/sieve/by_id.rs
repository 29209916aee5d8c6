//! Filter scripts as JMAP knows them, by ids that outlive their names (RFC 9661 §2).

use base::{MailboxId, Timestamp};
use database::sqlx::{self, Row};
use mail_gateway_core::managesieve::{Answer, Problem, Question};

use super::{Scripts, Store, StoreError};

/// A script that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptScript {
    /// Its id.
    pub id: String,
    /// Its name, unique in its mailbox.
    pub name: String,
    /// Its text.
    pub source: String,
    /// Whether it sorts the letters that come.
    pub active: bool,
}

/// One change of the scripts of a mailbox; texts have been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptChange {
    /// A new script.
    Create {
        /// Its name.
        name: String,
        /// Its text.
        source: String,
    },
    /// Another name, another text, or both.
    Update {
        /// Which.
        id: String,
        /// The new name.
        name: Option<String>,
        /// The new text.
        source: Option<String>,
    },
    /// Away with it.
    Destroy(String),
    /// Make it the active one; `None` leaves none active.
    Activate(Option<String>),
}

impl Store {
    /// The scripts of `account` by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn kept_scripts(&self, account: MailboxId) -> Result<Vec<KeptScript>, StoreError> {
        let rows =
            sqlx::query("SELECT id, name, source, active FROM sieve_script WHERE account = $1 ORDER BY name")
                .bind(account.to_string())
                .fetch_all(self.database().readers())
                .await?;
        rows.iter()
            .map(|row| {
                let active = row.try_get::<i64, _>(3)? != 0;
                Ok(KeptScript { id: row.try_get(0)?, name: row.try_get(1)?, source: row.try_get(2)?, active })
            })
            .collect()
    }

    /// Makes one change; answers the script's id, or why it cannot be.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_script(
        &self,
        account: MailboxId,
        change: ScriptChange,
        now: Timestamp,
    ) -> Result<Result<String, Problem>, StoreError> {
        let name = account.to_string();
        self.write(account, move |c| {
            Box::pin(async move { Scripts { c, account: &name, now }.change_one(change).await })
        })
        .await
    }
}

impl Scripts<'_> {
    async fn change_one(mut self, change: ScriptChange) -> Result<Result<String, Problem>, StoreError> {
        match change {
            ScriptChange::Create { name, source } => {
                if self.find(&name).await?.is_some() {
                    return Ok(Err(Problem::AlreadyExists));
                }
                match self.ask(Question::Put(name.clone(), source)).await? {
                    Some(problem) => Ok(Err(problem)),
                    None => self.id_of(&name).await,
                }
            }
            ScriptChange::Update { id, name, source } => {
                let Some(old) = self.name_of(&id).await? else { return Ok(Err(Problem::NonExistent)) };
                let rename = name.clone().filter(|name| *name != old);
                let put = |source| Question::Put(name.unwrap_or_else(|| old.clone()), source);
                let put = source.map(put);
                let rename = rename.map(|name| Question::Rename(old.clone(), name));
                for question in rename.into_iter().chain(put) {
                    if let Some(problem) = self.ask(question).await? {
                        return Ok(Err(problem));
                    }
                }
                Ok(Ok(id))
            }
            ScriptChange::Destroy(id) => {
                let Some(name) = self.name_of(&id).await? else { return Ok(Err(Problem::NonExistent)) };
                Ok(self.ask(Question::Delete(name)).await?.map_or(Ok(id), Err))
            }
            ScriptChange::Activate(id) => {
                let name = match &id {
                    None => None,
                    Some(id) => match self.name_of(id).await? {
                        None => return Ok(Err(Problem::NonExistent)),
                        known => known,
                    },
                };
                Ok(self.ask(Question::Activate(name)).await?.map_or(Ok(id.unwrap_or_default()), Err))
            }
        }
    }

    async fn ask(&mut self, question: Question) -> Result<Option<Problem>, StoreError> {
        let scripts = Scripts { c: &mut *self.c, account: self.account, now: self.now };
        Ok(match scripts.answer(question).await? {
            Answer::Refused(problem) => Some(problem),
            _ => None,
        })
    }

    async fn id_of(&mut self, name: &str) -> Result<Result<String, Problem>, StoreError> {
        let row = sqlx::query("SELECT id FROM sieve_script WHERE account = $1 AND name = $2")
            .bind(self.account)
            .bind(name)
            .fetch_one(&mut *self.c)
            .await?;
        Ok(Ok(row.try_get(0)?))
    }

    async fn name_of(&mut self, id: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT name FROM sieve_script WHERE account = $1 AND id = $2")
            .bind(self.account)
            .bind(id)
            .fetch_optional(&mut *self.c)
            .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }
}
