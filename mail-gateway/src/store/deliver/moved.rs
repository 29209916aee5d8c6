//! Letters that come from another system, each once however often they are brought.

use std::collections::BTreeSet;

use base::{LetterId, MailboxId, Timestamp, random::System};
use database::sqlx::{self, Row};
use mail_gateway_core::message::{BlobId, Summary};

use super::{NewLetter, insert};
use crate::store::{IN_LIST, Store, StoreError, placeholders};

/// A letter with its stored body.
#[derive(Debug, Clone)]
pub(crate) struct Moved {
    /// Where it lay, as `moved_in` knows it.
    pub(crate) source: String,
    pub(crate) blob: BlobId,
    pub(crate) summary: Summary,
    pub(crate) keywords: BTreeSet<String>,
    pub(crate) received: Timestamp,
}

impl Store {
    /// Those of `sources` that were brought before.
    pub(crate) async fn moved_before(
        &self,
        account: MailboxId,
        sources: &[String],
    ) -> Result<BTreeSet<String>, StoreError> {
        let account = account.to_string();
        let mut known = BTreeSet::new();
        for some in sources.chunks(IN_LIST) {
            let places = placeholders(2, some.len());
            let text = format!("SELECT source FROM moved_in WHERE account = $1 AND source IN ({places})");
            let mut query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(account.as_str());
            for source in some {
                query = query.bind(source.as_str());
            }
            for row in query.fetch_all(self.database().readers()).await? {
                known.insert(row.try_get("source")?);
            }
        }
        Ok(known)
    }

    /// Adds `letters` to `folder`, all in one transaction; answers how many were new.
    pub(crate) async fn bring(
        &self,
        account: MailboxId,
        folder: &str,
        letters: Vec<Moved>,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let folders = BTreeSet::from([folder.to_owned()]);
        self.write(account, move |c| {
            Box::pin(async move {
                let account = account.to_string();
                let mut brought = 0;
                for letter in letters {
                    let noted = sqlx::query(
                        "INSERT INTO moved_in (account, source, moved_at) VALUES ($1, $2, $3) \
                         ON CONFLICT (account, source) DO NOTHING",
                    );
                    let noted =
                        noted.bind(account.as_str()).bind(letter.source.as_str()).bind(now.as_micros());
                    if noted.execute(&mut *c).await?.rows_affected() == 0 {
                        continue;
                    }
                    let new = NewLetter {
                        id: LetterId::new(letter.received, &mut System),
                        blob: &letter.blob,
                        summary: &letter.summary,
                        folders: &folders,
                        keywords: &letter.keywords,
                        received: letter.received,
                    };
                    insert(c, &account, &new).await?;
                    brought += 1;
                }
                Ok(brought)
            })
        })
        .await
    }
}
