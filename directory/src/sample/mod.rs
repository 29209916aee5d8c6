//! Sample data for `--sample`: the province of Quảng Bình as of 2021 with invented people.
//!
//! Units and agencies are public facts (`sample/*.csv`); people are made up, and no made-up name ever
//! stands on a top office: there the position stands alone, or with "Họ tên mẫu 01".

mod insert;
mod names;
mod plan;

use base::Timestamp;
use directory_core::{AuditEvent, Principal};
use sqlx::Row;

use crate::{Actor, Directory, DirectoryError, audit};

/// The password of every sample account. Public on purpose: sample data only ever sits on a demo hub.
pub const SAMPLE_PASSWORD: &str = "Lienthong@2026";

/// One of the sample's well-known accounts, for the hub to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleSignIn {
    /// Sign-in name.
    pub login: &'static str,
    /// Password.
    pub password: &'static str,
    /// Who it is: "Quản trị hệ thống".
    pub role: &'static str,
    /// The account, with its person and mailboxes.
    pub principal: Principal,
}

/// Sign-in names and what they stand for.
const WELL_KNOWN: [(&str, &str); 5] = [
    ("quantri", "Quản trị hệ thống"),
    ("chutri", "Chủ trì cuộc họp"),
    ("thuky", "Thư ký cuộc họp"),
    ("vanthu.stttt", "Đại biểu, văn thư Sở TT&TT"),
    ("kythuat", "Cán bộ kỹ thuật"),
];

impl Directory {
    /// Fills an empty directory with the sample. Does nothing to one that holds any unit; the sign-ins
    /// are returned whenever the directory holds the sample, so that a second start prints them too.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn load_sample(&self) -> Result<Vec<SampleSignIn>, DirectoryError> {
        let _act = self.inner.acts.lock().await;
        if self.registry().units().is_empty() {
            let now = Timestamp::now();
            let records = plan::records(&self.inner.domain, now);
            let hash = self.hash(SAMPLE_PASSWORD).await?;
            let written = self.inner.database.write(move |connection| {
                Box::pin(async move {
                    insert::insert(connection, &records, &hash, now).await?;
                    sqlx::query("INSERT INTO setting (key, value) VALUES ('sample', '1')")
                        .execute(&mut *connection)
                        .await?;
                    let actor = Actor::system("--sample");
                    audit::append(connection, &actor, &AuditEvent::SampleLoaded, "", now).await?;
                    Ok::<_, DirectoryError>(())
                })
            });
            written.await?;
            self.reload().await?;
        }
        let marks: i64 = sqlx::query("SELECT COUNT(*) FROM setting WHERE key = 'sample'")
            .fetch_one(self.inner.database.readers())
            .await?
            .try_get(0)?;
        let registry = self.registry();
        let sign_in = |(login, role): &(&'static str, &'static str)| {
            let principal = registry.principal(registry.account_by_login(login)?.id)?;
            Some(SampleSignIn { login, password: SAMPLE_PASSWORD, role, principal })
        };
        Ok(if marks > 0 { WELL_KNOWN.iter().filter_map(sign_in).collect() } else { Vec::new() })
    }
}

#[cfg(test)]
mod tests;
