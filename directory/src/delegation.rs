//! Delegation (*ủy quyền hộp thư*): a mailbox's owner, or IT staff, lets somebody read it and send from it,
//! from one moment to another. A right ends by itself at its date; each act is in the audit log.

use base::{
    Timestamp,
    id::{MailboxId, PersonId},
};
use directory_core::{Action, AuditEvent, Mailbox, Object, Period, Reader, Registry, Sending, may};

use crate::{
    Actor, Directory, DirectoryError, audit,
    view::{DelegationView, DelegationsView},
};

/// A right to be given, or whose terms change.
#[derive(Debug, Clone, Copy)]
pub struct NewDelegation {
    /// Whose letters.
    pub mailbox: MailboxId,
    /// Who may read them.
    pub person: PersonId,
    /// Whether and how that person also sends.
    pub sending: Sending,
    /// From when to when.
    pub valid: Period,
}

impl Directory {
    /// Gives a right, or changes the terms of one.
    ///
    /// # Errors
    /// When the actor neither owns the mailbox nor administers the directory, mailbox or person do not
    /// exist, the person owns the mailbox, or the dates are not in order.
    pub async fn delegate(
        &self,
        actor: &Actor,
        new: NewDelegation,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        let _act = self.inner.acts.lock().await;
        let registry = self.registry();
        let mailbox = delegable(&registry, actor, new.mailbox)?;
        let person = registry.contact(new.person).ok_or(DirectoryError::NotFound("người dùng"))?;
        if mailbox.person == Some(new.person) {
            return Err(OWN_MAILBOX);
        }
        if registry.account_of(new.person).is_none() {
            return Err(NO_ACCOUNT);
        }
        // Only who has an address can put it beside the mailbox's own.
        if new.sending == Sending::OnBehalf && person.address.is_none() {
            return Err(NO_ADDRESS);
        }
        if new.valid.until.is_some_and(|until| until <= new.valid.from || until <= now) {
            return Err(DATES);
        }
        if registry.readers_by_right(mailbox.id).len() >= MOST {
            return Err(TOO_MANY);
        }
        let (actor, address) = (actor.clone(), mailbox.address.clone());
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO mailbox_reader (mailbox, person, may_send, on_behalf, valid_from, valid_until) \
                     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (mailbox, person) DO UPDATE SET \
                     may_send = excluded.may_send, on_behalf = excluded.on_behalf, \
                     valid_from = excluded.valid_from, valid_until = excluded.valid_until",
                )
                .bind(new.mailbox.to_string())
                .bind(new.person.to_string())
                .bind(i64::from(new.sending != Sending::Nothing))
                .bind(i64::from(new.sending == Sending::OnBehalf))
                .bind(new.valid.from.as_micros())
                .bind(new.valid.until.map(Timestamp::as_micros))
                .execute(&mut *connection)
                .await?;
                let (from, until) = (moment(new.valid.from), new.valid.until.map(moment));
                let event = AuditEvent::Delegated { name: person.name, sending: new.sending, from, until };
                audit::append(connection, &actor, &event, &address, now).await?;
                Ok::<_, DirectoryError>(())
            })
        });
        written.await?;
        self.reload().await?;
        Ok(())
    }

    /// Ends a right at once.
    ///
    /// # Errors
    /// When the actor neither owns the mailbox nor administers the directory, or there is no such right.
    pub async fn end_delegation(
        &self,
        actor: &Actor,
        mailbox: MailboxId,
        person: PersonId,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        let _act = self.inner.acts.lock().await;
        let registry = self.registry();
        let address = delegable(&registry, actor, mailbox)?.address.clone();
        let given = registry.readers_by_right(mailbox).iter().any(|reader| reader.person == person);
        let who = registry.contact(person).filter(|_| given);
        let name = who.ok_or(DirectoryError::NotFound("ủy quyền"))?.name;
        let actor = actor.clone();
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                sqlx::query("DELETE FROM mailbox_reader WHERE mailbox = $1 AND person = $2")
                    .bind(mailbox.to_string())
                    .bind(person.to_string())
                    .execute(&mut *connection)
                    .await?;
                audit::append(connection, &actor, &AuditEvent::DelegationEnded { name }, &address, now)
                    .await?;
                Ok::<_, DirectoryError>(())
            })
        });
        written.await?;
        self.reload().await?;
        Ok(())
    }

    /// Who reads a mailbox by right, and will.
    ///
    /// # Errors
    /// When the actor neither owns the mailbox nor administers the directory.
    pub fn delegations(&self, actor: &Actor, mailbox: MailboxId) -> Result<DelegationsView, DirectoryError> {
        let registry = self.registry();
        let mailbox = delegable(&registry, actor, mailbox)?;
        let view = |reader: &Reader| {
            let contact = registry.contact(reader.person)?;
            Some(DelegationView {
                person: reader.person,
                name: contact.name,
                unit_name: contact.unit_name,
                address: contact.address.unwrap_or_default(),
                sending: reader.sending,
                from: reader.valid.from,
                until: reader.valid.until,
            })
        };
        let items = registry.readers_by_right(mailbox.id).iter().filter_map(view).collect();
        Ok(DelegationsView { mailbox: mailbox.id, address: mailbox.address.clone(), items })
    }
}

/// The mailbox, for its owner and for IT staff; for others it is as if it did not exist.
fn delegable<'a>(
    registry: &'a Registry,
    actor: &Actor,
    mailbox: MailboxId,
) -> Result<&'a Mailbox, DirectoryError> {
    let found = registry.mailbox(mailbox);
    let owned = found.is_some_and(|mailbox| mailbox.person == Some(actor.principal.person));
    if !owned && !may(&actor.principal, Action::Administer, Object::Directory) {
        return Err(DirectoryError::Forbidden);
    }
    found.ok_or(DirectoryError::NotFound("hộp thư"))
}

/// The moment in UTC, said so: the log's lines outlive any time zone.
fn moment(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or_default();
    at.strftime("%H:%M ngày %d/%m/%Y (UTC)").to_string()
}

/// Readers of one mailbox.
const MOST: usize = 50;

const OWN_MAILBOX: DirectoryError = DirectoryError::Invalid {
    code: "ownMailbox",
    message: "Đây là hộp thư của chính người này. Ủy quyền chưa được tạo. Đề nghị chọn người khác.",
};
const NO_ACCOUNT: DirectoryError = DirectoryError::Invalid {
    code: "noAccount",
    message: "Người được chọn chưa có tài khoản. Ủy quyền chưa được tạo. Đề nghị chọn người khác.",
};
const NO_ADDRESS: DirectoryError = DirectoryError::Invalid {
    code: "noAddress",
    message: "Người được chọn chưa có địa chỉ thư nên không gửi thay mặt được. Ủy quyền chưa được tạo. \
              Đề nghị chọn mức quyền khác.",
};
const DATES: DirectoryError = DirectoryError::Invalid {
    code: "dates",
    message: "Ngày kết thúc phải sau ngày bắt đầu và sau hôm nay. Ủy quyền chưa được tạo. \
              Đề nghị kiểm tra lại.",
};
const TOO_MANY: DirectoryError = DirectoryError::Invalid {
    code: "tooMany",
    message: "Hộp thư đã ủy quyền cho 50 người. Ủy quyền chưa được tạo. Đề nghị thôi ủy quyền người khác.",
};
