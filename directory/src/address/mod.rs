//! Which addresses there are besides people's own: aliases, lists, positions, the hub's other domains.
//! An address once given out is never given to anybody else.

mod group;
mod list;

use base::{Timestamp, id::MailboxId};
use directory_core::{AuditEvent, EmailAddress, Registry, Target};
use sqlx::{AnyConnection, Row};

pub use group::{GroupChange, NewGroup, NewMember};

use crate::{Actor, Directory, DirectoryError, admin::require_administrator, audit};

impl Directory {
    /// Gives `mailbox` one more address; answers it whole. What stands before the `@` is enough.
    ///
    /// # Errors
    /// When the actor is no administrator, the mailbox does not exist, or the address is not acceptable
    /// or was ever somebody else's.
    pub async fn add_alias(
        &self,
        actor: &Actor,
        mailbox: MailboxId,
        address: &str,
        now: Timestamp,
    ) -> Result<String, DirectoryError> {
        require_administrator(actor)?;
        let _act = self.inner.acts.lock().await;
        let registry = self.registry();
        let owner = registry.mailbox(mailbox).ok_or(DirectoryError::NotFound("hộp thư"))?.address.clone();
        let address = new_address(&registry, address)?;
        if registry.target_of(&address).is_some_and(|target| target != Target::Nobody) {
            return Err(TAKEN);
        }
        let (actor, added) = (actor.clone(), address.clone());
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                claim_alias(connection, &added, mailbox, now).await?;
                let event = AuditEvent::AliasAdded { address: added };
                audit::append(connection, &actor, &event, &owner, now).await?;
                Ok::<_, DirectoryError>(())
            })
        });
        written.await?;
        self.reload().await?;
        Ok(address)
    }

    /// Takes an alias away. Letters to it are refused from now on; only its mailbox may have it again.
    ///
    /// # Errors
    /// When the actor is no administrator, or the address is no alias.
    pub async fn retire_alias(
        &self,
        actor: &Actor,
        address: &str,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        require_administrator(actor)?;
        let _act = self.inner.acts.lock().await;
        let registry = self.registry();
        let address = address.trim().to_lowercase();
        let Some(Target::Mailbox(mailbox)) = registry.target_of(&address) else {
            return Err(DirectoryError::NotFound("bí danh"));
        };
        let owner = registry.mailbox(mailbox).map(|mailbox| mailbox.address.clone()).unwrap_or_default();
        if owner == address {
            return Err(PRIMARY);
        }
        let actor = actor.clone();
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                sqlx::query("UPDATE address SET former_mailbox = mailbox, mailbox = NULL WHERE address = $1")
                    .bind(address.clone())
                    .execute(&mut *connection)
                    .await?;
                let event = AuditEvent::AliasRetired { address };
                audit::append(connection, &actor, &event, &owner, now).await?;
                Ok::<_, DirectoryError>(())
            })
        });
        written.await?;
        self.reload().await?;
        Ok(())
    }

    /// Lets `domain` mean the hub's own: letters to its addresses reach the same people.
    ///
    /// # Errors
    /// When the actor is no administrator or this is no name of a domain.
    pub async fn add_domain_alias(
        &self,
        actor: &Actor,
        domain: &str,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        require_administrator(actor)?;
        let probe: EmailAddress = format!("x@{}", domain.trim()).parse().map_err(|_| DOMAIN)?;
        let domain = probe.domain().to_owned();
        if domain.starts_with('[') || domain == self.inner.domain {
            return Err(DOMAIN);
        }
        let statement = "INSERT INTO domain_alias (domain, created_at) VALUES ($1, $2) \
                         ON CONFLICT (domain) DO NOTHING";
        self.change_domain(actor, statement, Some(now), domain, AuditEvent::DomainAliasAdded, now).await
    }

    /// Letters to `domain` are somebody else's again.
    ///
    /// # Errors
    /// When the actor is no administrator or the domain is no alias.
    pub async fn remove_domain_alias(
        &self,
        actor: &Actor,
        domain: &str,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        require_administrator(actor)?;
        let domain = domain.trim().to_lowercase();
        if !self.registry().domain_aliases().contains(&domain) {
            return Err(DirectoryError::NotFound("tên miền phụ"));
        }
        let statement = "DELETE FROM domain_alias WHERE domain = $1";
        self.change_domain(actor, statement, None, domain, AuditEvent::DomainAliasRemoved, now).await
    }

    async fn change_domain(
        &self,
        actor: &Actor,
        statement: &'static str,
        created: Option<Timestamp>,
        domain: String,
        event: AuditEvent,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        let _act = self.inner.acts.lock().await;
        let actor = actor.clone();
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                let mut query = sqlx::query(statement).bind(domain.clone());
                if let Some(created) = created {
                    query = query.bind(created.as_micros());
                }
                query.execute(&mut *connection).await?;
                audit::append(connection, &actor, &event, &domain, now).await?;
                Ok::<_, DirectoryError>(())
            })
        });
        written.await?;
        self.reload().await?;
        Ok(())
    }
}

/// The whole of a wanted address under the hub's domain.
fn new_address(registry: &Registry, wanted: &str) -> Result<String, DirectoryError> {
    let wanted = wanted.trim().to_lowercase();
    let (local, domain) = wanted.rsplit_once('@').unwrap_or((&wanted, registry.domain()));
    // Fewer characters than RFC 5321 allows: they are read out over the telephone, and "+" begins a detail.
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
    if domain != registry.domain() || !(1..=64).contains(&local.len()) || !local.chars().all(legal) {
        return Err(BAD_ADDRESS);
    }
    let address: EmailAddress = format!("{local}@{domain}").parse().map_err(|_| BAD_ADDRESS)?;
    Ok(address.key())
}

/// Enters the alias: fresh, or back to the mailbox that had it.
async fn claim_alias(
    connection: &mut AnyConnection,
    address: &str,
    mailbox: MailboxId,
    now: Timestamp,
) -> Result<(), DirectoryError> {
    let row = sqlx::query("SELECT former_mailbox FROM address WHERE address = $1")
        .bind(address.to_owned())
        .fetch_optional(&mut *connection)
        .await?;
    let mailbox = mailbox.to_string();
    let Some(row) = row else {
        sqlx::query("INSERT INTO address (address, mailbox, created_at) VALUES ($1, $2, $3)")
            .bind(address.to_owned())
            .bind(mailbox)
            .bind(now.as_micros())
            .execute(connection)
            .await?;
        return Ok(());
    };
    if row.try_get::<Option<String>, _>(0)?.as_ref() != Some(&mailbox) {
        return Err(TAKEN);
    }
    sqlx::query("UPDATE address SET mailbox = former_mailbox, former_mailbox = NULL WHERE address = $1")
        .bind(address.to_owned())
        .execute(connection)
        .await?;
    Ok(())
}

const BAD_ADDRESS: DirectoryError = DirectoryError::Invalid {
    code: "address",
    message: "Địa chỉ không hợp lệ. Địa chỉ chưa được tạo. Đề nghị dùng chữ thường không dấu, chữ số, dấu \
              chấm, gạch ngang, thuộc tên miền của hệ thống.",
};
const TAKEN: DirectoryError = DirectoryError::Invalid {
    code: "addressTaken",
    message: "Địa chỉ đã được cấp trước đây, kể cả khi người cũ đã nghỉ, nên không cấp lại cho người khác. \
              Đề nghị chọn địa chỉ khác.",
};
const PRIMARY: DirectoryError = DirectoryError::Invalid {
    code: "primaryAddress",
    message: "Đây là địa chỉ chính của hộp thư nên không bỏ được. Địa chỉ vẫn nhận thư.",
};
const DOMAIN: DirectoryError = DirectoryError::Invalid {
    code: "domain",
    message: "Tên miền không hợp lệ. Tên miền phụ chưa được thêm. Đề nghị kiểm tra lại.",
};
