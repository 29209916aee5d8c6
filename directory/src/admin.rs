//! What IT staff do to the directory; each act and its audit line are one transaction.

use base::{
    Timestamp,
    id::{AccountId, MailboxId, PersonId, PositionId, RoomId, UnitId},
    random::System,
};
use directory_core::{
    AccountState, Action, AddressBook, AuditEvent, EmailAddress, Object, Registry, may, temporary_password,
};
use sqlx::AnyConnection;
use unicode_normalization::UnicodeNormalization;

use crate::{
    Actor, Directory, DirectoryError, audit, session,
    view::{PersonView, RoomView},
};

/// A person to be created.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Full name.
    pub name: String,
    /// The unit.
    pub unit: UnitId,
    /// *Chức vụ*.
    pub position: String,
    /// Sign-in name; made from the name when absent.
    pub login: Option<String>,
}

/// A person just created.
#[derive(Debug, Clone)]
pub struct CreatedPerson {
    /// The person.
    pub person: PersonView,
    /// The sign-in name.
    pub login: String,
    /// The personal address.
    pub address: String,
    /// The password for the first sign-in, shown once.
    pub temporary_password: String,
}

/// A room to be created.
#[derive(Debug, Clone)]
pub struct NewRoom {
    /// Name.
    pub name: String,
    /// Whose; the root unit when absent.
    pub unit: Option<UnitId>,
    /// Building and floor; may be empty.
    pub place: String,
    /// Seats; 0 when not known.
    pub seats: u32,
}

/// The rows of a new person.
struct PersonRows {
    person: PersonId,
    account: AccountId,
    mailbox: MailboxId,
    name: String,
    unit: UnitId,
    position: String,
    login: String,
    address: String,
    hash: String,
}

impl Directory {
    /// Creates a person with a position, an account with a temporary password, and a mailbox.
    ///
    /// # Errors
    /// When the actor is no administrator, the unit does not exist or a field is not acceptable.
    pub async fn create_person(
        &self,
        actor: &Actor,
        new: NewPerson,
        now: Timestamp,
    ) -> Result<CreatedPerson, DirectoryError> {
        require_administrator(actor)?;
        let name = tidy(&new.name, 100).ok_or(NAME)?;
        let position = tidy(&new.position, 150).ok_or(POSITION)?;
        let _act = self.inner.acts.lock().await;
        let registry = self.registry();
        let unit = registry.unit(new.unit).ok_or(DirectoryError::NotFound("đơn vị"))?.id;
        let local = address_book(&registry).claim_for(&name, registry.mail_code(unit));
        let address = format!("{local}@{}", self.inner.domain);
        let login = login(&registry, new.login.as_deref(), &local)?;
        let temporary_password = temporary_password(&name, &login, &mut System);
        let rows = PersonRows {
            person: PersonId::new(now, &mut System),
            account: AccountId::new(now, &mut System),
            mailbox: MailboxId::new(now, &mut System),
            hash: self.hash(&temporary_password).await?,
            name,
            unit,
            position,
            login: login.clone(),
            address: address.clone(),
        };
        let person = rows.person;
        let actor = actor.clone();
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                insert_person(connection, &rows, now).await?;
                let event = AuditEvent::PersonCreated { login: rows.login, address: rows.address };
                audit::append(connection, &actor, &event, &rows.name, now).await?;
                Ok::<_, DirectoryError>(())
            })
        });
        written.await?;
        self.reload().await?;
        let contact = self.registry().contact(person).ok_or(DirectoryError::NotFound("người vừa tạo"))?;
        Ok(CreatedPerson { person: PersonView::from(contact), login, address, temporary_password })
    }

    /// Switches the person's account off; its sessions end at once.
    ///
    /// # Errors
    /// When the actor is no administrator, or would switch the own account off.
    pub async fn disable(
        &self,
        actor: &Actor,
        person: PersonId,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        if actor.principal.person == person && actor.principal.is_admin {
            return Err(OWN_ACCOUNT);
        }
        self.set_state(actor, person, AccountState::Disabled, now).await
    }

    /// Switches the person's account on again, and lifts a lock after failures.
    ///
    /// # Errors
    /// When the actor is no administrator or the person has no account.
    pub async fn enable(
        &self,
        actor: &Actor,
        person: PersonId,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        self.set_state(actor, person, AccountState::Active, now).await
    }

    async fn set_state(
        &self,
        actor: &Actor,
        person: PersonId,
        state: AccountState,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        let _act = self.inner.acts.lock().await;
        let (account, name) = self.administered(actor, person)?;
        let (event, disabled) = match state {
            AccountState::Disabled => (AuditEvent::AccountDisabled, 1i64),
            AccountState::Active => (AuditEvent::AccountEnabled, 0),
        };
        let (actor, object, id) = (actor.clone(), format!("{name} ({})", account.login), account.id);
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                sqlx::query("UPDATE account SET disabled = $1, failures = 0, last_failure = 0 WHERE id = $2")
                    .bind(disabled)
                    .bind(id.to_string())
                    .execute(&mut *connection)
                    .await?;
                let gone = match state {
                    AccountState::Disabled => session::delete_others(connection, id, None).await?,
                    AccountState::Active => Vec::new(),
                };
                audit::append(connection, &actor, &event, &object, now).await?;
                Ok::<_, DirectoryError>(gone)
            })
        });
        let gone = written.await?;
        self.announce(&gone);
        self.reload().await?;
        Ok(())
    }

    /// Creates a meeting room.
    ///
    /// # Errors
    /// When the actor is no administrator, the unit does not exist or a field is not acceptable.
    pub async fn create_room(
        &self,
        actor: &Actor,
        new: NewRoom,
        now: Timestamp,
    ) -> Result<RoomView, DirectoryError> {
        require_administrator(actor)?;
        let name = tidy(&new.name, 150).ok_or(ROOM_NAME)?;
        let place = tidy(&new.place, 150).unwrap_or_default();
        let _act = self.inner.acts.lock().await;
        let registry = self.registry();
        let unit = match new.unit {
            Some(unit) => registry.unit(unit),
            None => registry.units().first(),
        };
        let unit = unit.ok_or(DirectoryError::NotFound("đơn vị"))?.id;
        if registry.rooms().iter().any(|room| room.unit == unit && room.name == name) {
            return Err(ROOM_TAKEN);
        }
        let room = RoomId::new(now, &mut System);
        let (actor, seats) = (actor.clone(), i64::from(new.seats.min(100_000)));
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                sqlx::query("INSERT INTO room (id, name, unit, place, seats) VALUES ($1, $2, $3, $4, $5)")
                    .bind(room.to_string())
                    .bind(name.clone())
                    .bind(unit.to_string())
                    .bind(place)
                    .bind(seats)
                    .execute(&mut *connection)
                    .await?;
                audit::append(connection, &actor, &AuditEvent::RoomCreated, &name, now).await?;
                Ok::<_, DirectoryError>(())
            })
        });
        written.await?;
        self.reload().await?;
        self.room(room).await.ok_or(DirectoryError::NotFound("phòng họp vừa tạo"))
    }
}

impl Directory {
    /// Lets `mailbox` hold `bytes`, or what is usual for its kind.
    ///
    /// # Errors
    /// When the actor is no administrator, the mailbox does not exist or a store fails.
    pub async fn set_quota(
        &self,
        actor: &Actor,
        mailbox: MailboxId,
        bytes: Option<u64>,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        require_administrator(actor)?;
        let found = self.mailbox(mailbox).await.ok_or(DirectoryError::NotFound("hộp thư"))?;
        let mail = self.mailbox_use.as_ref().ok_or(QUOTA_FAILED)?;
        // Written down first: a room that was set and not recorded would be worse than the reverse.
        self.record_act(actor, AuditEvent::QuotaSet { bytes }, &found.address, now).await?;
        if mail.allow(mailbox, bytes).await { Ok(()) } else { Err(QUOTA_FAILED) }
    }
}

pub(crate) fn require_administrator(actor: &Actor) -> Result<(), DirectoryError> {
    if may(&actor.principal, Action::Administer, Object::Directory) {
        Ok(())
    } else {
        Err(DirectoryError::Forbidden)
    }
}

/// Composed, without control characters or double spaces; `None` when empty or longer than `most`.
pub(crate) fn tidy(text: &str, most: usize) -> Option<String> {
    let composed: String = text.nfc().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = composed.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty() && text.chars().count() <= most).then_some(text)
}

/// Every local part of our domain ever given out.
fn address_book(registry: &Registry) -> AddressBook {
    let ours = registry.addresses().filter_map(|text| text.parse::<EmailAddress>().ok());
    AddressBook::new(ours.map(|address| address.local().to_owned()))
}

/// The wanted sign-in name, or one like the address.
fn login(registry: &Registry, wanted: Option<&str>, local: &str) -> Result<String, DirectoryError> {
    let Some(wanted) = wanted.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty()) else {
        // Addresses are unique, sign-in names chosen by hand may be like one of them.
        let mut number = 2;
        let mut login = local.to_owned();
        while registry.account_by_login(&login).is_some() {
            login = format!("{local}.{number}");
            number += 1;
        }
        return Ok(login);
    };
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
    if !(3..=64).contains(&wanted.len()) || !wanted.chars().all(legal) {
        return Err(LOGIN);
    }
    if registry.account_by_login(&wanted).is_some() {
        return Err(LOGIN_TAKEN);
    }
    Ok(wanted)
}

async fn insert_person(
    connection: &mut AnyConnection,
    rows: &PersonRows,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let (person, unit, mailbox) = (rows.person.to_string(), rows.unit.to_string(), rows.mailbox.to_string());
    sqlx::query("INSERT INTO person (id, name, created_at) VALUES ($1, $2, $3)")
        .bind(person.clone())
        .bind(rows.name.clone())
        .bind(now.as_micros())
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "INSERT INTO position (id, person, unit, title, protocol_order, valid_from) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(PositionId::new(now, &mut System).to_string())
    .bind(person.clone())
    .bind(unit.clone())
    .bind(rows.position.clone())
    .bind(ORDER_STAFF)
    .bind(now.as_micros())
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO account (id, person, login, password_hash, must_change, is_admin, disabled, failures, \
         last_failure, password_changed_at, created_at) VALUES ($1, $2, $3, $4, 1, 0, 0, 0, 0, $5, $5)",
    )
    .bind(rows.account.to_string())
    .bind(person.clone())
    .bind(rows.login.clone())
    .bind(rows.hash.clone())
    .bind(now.as_micros())
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO mailbox (id, kind, name, unit, person, address) VALUES ($1, 'personal', $2, $3, $4, $5)",
    )
    .bind(mailbox.clone())
    .bind(rows.name.clone())
    .bind(unit)
    .bind(person)
    .bind(rows.address.clone())
    .execute(&mut *connection)
    .await?;
    sqlx::query("INSERT INTO address (address, mailbox, created_at) VALUES ($1, $2, $3)")
        .bind(rows.address.clone())
        .bind(mailbox)
        .bind(now.as_micros())
        .execute(connection)
        .await
        .map(drop)
}

/// Protocol order of a specialist, the rank of who is created without another.
const ORDER_STAFF: i64 = 90;

const NAME: DirectoryError = DirectoryError::Invalid {
    code: "name",
    message: "Chưa có họ và tên hợp lệ. Người dùng chưa được tạo. Đề nghị nhập họ và tên, tối đa 100 ký tự.",
};
const POSITION: DirectoryError = DirectoryError::Invalid {
    code: "position",
    message: "Chưa có chức vụ hợp lệ. Người dùng chưa được tạo. Đề nghị nhập chức vụ, tối đa 150 ký tự.",
};
const LOGIN: DirectoryError = DirectoryError::Invalid {
    code: "login",
    message: "Tên đăng nhập không hợp lệ. Người dùng chưa được tạo. Đề nghị dùng 3 đến 64 ký tự gồm chữ \
              thường không dấu, chữ số, dấu chấm, gạch ngang.",
};
const LOGIN_TAKEN: DirectoryError = DirectoryError::Invalid {
    code: "loginTaken",
    message: "Tên đăng nhập đã có người dùng. Người dùng chưa được tạo. Đề nghị chọn tên khác.",
};
const ROOM_NAME: DirectoryError = DirectoryError::Invalid {
    code: "name",
    message: "Chưa có tên phòng họp hợp lệ. Phòng chưa được tạo. Đề nghị nhập tên, tối đa 150 ký tự.",
};
const ROOM_TAKEN: DirectoryError = DirectoryError::Invalid {
    code: "nameTaken",
    message: "Đơn vị đã có phòng họp cùng tên. Phòng chưa được tạo. Đề nghị chọn tên khác.",
};
const QUOTA_FAILED: DirectoryError = DirectoryError::Invalid {
    code: "quotaFailed",
    message: "Dung lượng hộp thư chưa được đặt vì dịch vụ thư không trả lời. Đề nghị thử lại sau ít phút.",
};
const OWN_ACCOUNT: DirectoryError = DirectoryError::Invalid {
    code: "ownAccount",
    message: "Không thể tự khóa tài khoản của mình. Tài khoản vẫn hoạt động. Đề nghị nhờ quản trị viên khác.",
};
