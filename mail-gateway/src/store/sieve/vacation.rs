//! The answer of a mailbox whose owner is away (RFC 8621 §8); `store::sieve` reads it when letters come.

use base::{MailboxId, Timestamp};
use database::sqlx::{self, Row};

use crate::store::{Kind, Store, StoreError, modseq};

/// Whether, when and how a mailbox answers by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VacationResponse {
    /// Letters are answered, from the one moment to the other.
    pub is_enabled: bool,
    /// Since when; always, without one.
    pub from: Option<Timestamp>,
    /// Until when; for ever, without one.
    pub to: Option<Timestamp>,
    /// The subject of the answer.
    pub subject: Option<String>,
    /// The answer as plain text.
    pub text: Option<String>,
    /// The answer as HTML.
    pub html: Option<String>,
}

impl Store {
    /// The answer of `account`; a disabled one until somebody sets it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn vacation(&self, account: MailboxId) -> Result<VacationResponse, StoreError> {
        let row = sqlx::query(
            "SELECT enabled, from_date, to_date, subject, text_body, html_body FROM vacation_response \
             WHERE account = $1",
        )
        .bind(account.to_string())
        .fetch_optional(self.database().readers())
        .await?;
        let Some(row) = row else { return Ok(VacationResponse::default()) };
        let moment =
            |at: usize| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(at)?.map(Timestamp::from_micros));
        Ok(VacationResponse {
            is_enabled: row.try_get::<i64, _>(0)? != 0,
            from: moment(1)?,
            to: moment(2)?,
            subject: row.try_get(3)?,
            text: row.try_get(4)?,
            html: row.try_get(5)?,
        })
    }

    /// Sets the answer of `account`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_vacation(
        &self,
        account: MailboxId,
        response: VacationResponse,
    ) -> Result<(), StoreError> {
        self.write(account, move |c| {
            Box::pin(async move {
                let account = account.to_string();
                modseq::next(c, &account, Kind::VacationResponse).await?;
                sqlx::query(
                    "INSERT INTO vacation_response (account, enabled, from_date, to_date, subject, text_body, \
                     html_body) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account) DO UPDATE SET \
                     enabled = excluded.enabled, from_date = excluded.from_date, to_date = excluded.to_date, \
                     subject = excluded.subject, text_body = excluded.text_body, html_body = excluded.html_body",
                )
                .bind(account)
                .bind(i64::from(response.is_enabled))
                .bind(response.from.map(Timestamp::as_micros))
                .bind(response.to.map(Timestamp::as_micros))
                .bind(response.subject)
                .bind(response.text)
                .bind(response.html)
                .execute(&mut *c)
                .await?;
                Ok(())
            })
        })
        .await
    }
}
