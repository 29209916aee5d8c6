//! The inbox alone, for programs that know no other folder.

use base::{MailboxId, Timestamp};
use database::sqlx::{self, Row};
use mail_gateway_core::mailbox::Role;

use crate::store::{Store, StoreError, letter, unsigned};

impl Store {
    /// Ids and octets of the letters in the inbox, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn inbox(&self, account: MailboxId) -> Result<Vec<(String, u64)>, StoreError> {
        let rows = sqlx::query(
            "SELECT f.letter, b.size FROM letter_folder f JOIN letters l ON l.id = f.letter \
             JOIN bodies b ON b.blob = l.blob WHERE f.account = $1 AND f.folder = $2 ORDER BY f.uid",
        )
        .bind(account.to_string())
        .bind(Role::Inbox.as_str())
        .fetch_all(self.database().readers())
        .await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, unsigned(row.try_get(1)?)))).collect()
    }

    /// Takes letters out of the inbox in one transaction; those that lie nowhere else are destroyed.
    /// What is not there any more is left alone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_from_inbox(
        &self,
        account: MailboxId,
        letters: Vec<String>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(account, move |c| {
            Box::pin(async move {
                let account = account.to_string();
                for id in letters {
                    let known = sqlx::query("SELECT 1 FROM letters WHERE account = $1 AND id = $2")
                        .bind(account.as_str())
                        .bind(id.as_str());
                    if known.fetch_optional(&mut *c).await?.is_none() {
                        continue;
                    }
                    let mut folders = letter::folders_of(c, &id).await?;
                    if !folders.remove(Role::Inbox.as_str()) {
                        continue;
                    }
                    if folders.is_empty() {
                        letter::destroy(c, &account, &id, now).await?;
                    } else {
                        letter::set_folders(c, &account, &id, &folders).await?;
                    }
                }
                Ok(())
            })
        })
        .await
    }
}
