//! Lists and position addresses: creating, removing, and members by name with dates.

use base::{
    Timestamp,
    id::{GroupId, PersonId, UnitId},
    random::System,
};
use directory_core::{AuditEvent, GroupKind, Period, Posting, Reach};
use sqlx::AnyConnection;

use super::{BAD_ADDRESS, TAKEN, new_address};
use crate::{
    Actor, Directory, DirectoryError,
    admin::{require_administrator, tidy},
    audit,
};

/// A list or position address to be created.
#[derive(Debug, Clone)]
pub struct NewGroup {
    /// Which of the two.
    pub kind: GroupKind,
    /// The address, or what stands before its `@`.
    pub address: String,
    /// The name shown.
    pub name: String,
    /// Where its people are looked for; absent: named members alone. A position needs one.
    pub unit: Option<UnitId>,
    /// How far below the unit.
    pub reach: Reach,
    /// Only holders of this title; a position needs one.
    pub title: String,
    /// Who may write to it.
    pub posting: Posting,
}

/// What a list or position address shall be from now on; its kind and its address stay.
#[derive(Debug, Clone)]
pub struct GroupChange {
    /// The name shown.
    pub name: String,
    /// Where its people are looked for; absent: named members alone. A position needs one.
    pub unit: Option<UnitId>,
    /// How far below the unit.
    pub reach: Reach,
    /// Only holders of this title; a position needs one.
    pub title: String,
    /// Who may write to it.
    pub posting: Posting,
}

/// A member by name.
#[derive(Debug, Clone, Copy)]
pub struct NewMember {
    /// Who.
    pub person: PersonId,
    /// From when to when.
    pub valid: Period,
}

impl Directory {
    /// Creates a list or a position address; answers its id.
    ///
    /// # Errors
    /// When the actor is no administrator, a field is not acceptable, or the address was ever given out.
    pub async fn create_group(
        &self,
        actor: &Actor,
        new: NewGroup,
        now: Timestamp,
    ) -> Result<GroupId, DirectoryError> {
        require_administrator(actor)?;
        let name = tidy(&new.name, 150).ok_or(NAME)?;
        let title = tidy(&new.title, 150).unwrap_or_default();
        if new.kind == GroupKind::Position && (title.is_empty() || new.unit.is_none()) {
            return Err(POSITION);
        }
        let _act = self.inner.acts.lock().await;
        let registry = self.registry();
        if new.unit.is_some_and(|unit| registry.unit(unit).is_none()) {
            return Err(DirectoryError::NotFound("đơn vị"));
        }
        let address = new_address(&registry, &new.address).map_err(|_| BAD_ADDRESS)?;
        if registry.target_of(&address).is_some() {
            return Err(TAKEN);
        }
        let id = GroupId::new(now, &mut System);
        let actor = actor.clone();
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                insert(connection, id, &new, &name, &title).await?;
                sqlx::query("INSERT INTO address (address, person_group, created_at) VALUES ($1, $2, $3)")
                    .bind(address.clone())
                    .bind(id.to_string())
                    .bind(now.as_micros())
                    .execute(&mut *connection)
                    .await?;
                let event = AuditEvent::GroupCreated { address };
                audit::append(connection, &actor, &event, &name, now).await?;
                Ok::<_, DirectoryError>(())
            })
        });
        written.await?;
        self.reload().await?;
        Ok(id)
    }

    /// Changes whom a list or position address finds and who may write to it.
    ///
    /// # Errors
    /// When the actor is no administrator, there is no such group, or a field is not acceptable.
    pub async fn change_group(
        &self,
        actor: &Actor,
        group: GroupId,
        change: GroupChange,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        let _act = self.inner.acts.lock().await;
        self.group_name(actor, group)?;
        let registry = self.registry();
        let name = tidy(&change.name, 150).ok_or(NAME_CHANGED)?;
        let title = tidy(&change.title, 150).unwrap_or_default();
        let is_position = registry.group(group).is_some_and(|one| one.kind == GroupKind::Position);
        if is_position && (title.is_empty() || change.unit.is_none()) {
            return Err(POSITION_CHANGED);
        }
        if change.unit.is_some_and(|unit| registry.unit(unit).is_none()) {
            return Err(DirectoryError::NotFound("đơn vị"));
        }
        let actor = actor.clone();
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                sqlx::query(
                    "UPDATE person_group SET name = $2, unit = $3, reach = $4, title = $5, posting = $6 \
                     WHERE id = $1",
                )
                .bind(group.to_string())
                .bind(name.clone())
                .bind(change.unit.map(|unit| unit.to_string()))
                .bind(change.reach.as_str())
                .bind(title)
                .bind(change.posting.as_str())
                .execute(&mut *connection)
                .await?;
                let event = AuditEvent::GroupChanged { posting: change.posting };
                audit::append(connection, &actor, &event, &name, now).await?;
                Ok::<_, DirectoryError>(())
            })
        });
        written.await?;
        self.reload().await?;
        Ok(())
    }

    /// Removes a list or position address; the address itself is never given out again.
    ///
    /// # Errors
    /// When the actor is no administrator or there is no such group.
    pub async fn remove_group(
        &self,
        actor: &Actor,
        group: GroupId,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        let _act = self.inner.acts.lock().await;
        let name = self.group_name(actor, group)?;
        let actor = actor.clone();
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                for statement in [
                    "DELETE FROM person_group_member WHERE person_group = $1",
                    "UPDATE address SET person_group = NULL WHERE person_group = $1",
                    "DELETE FROM person_group WHERE id = $1",
                ] {
                    sqlx::query(statement).bind(group.to_string()).execute(&mut *connection).await?;
                }
                audit::append(connection, &actor, &AuditEvent::GroupRemoved, &name, now).await?;
                Ok::<_, DirectoryError>(())
            })
        });
        written.await?;
        self.reload().await?;
        Ok(())
    }

    /// Adds a member by name, or changes the dates of one: the acting holder of a position, a guest.
    ///
    /// # Errors
    /// When the actor is no administrator, group or person do not exist, or the end is before the start.
    pub async fn add_member(
        &self,
        actor: &Actor,
        group: GroupId,
        new: NewMember,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        let _act = self.inner.acts.lock().await;
        let name = self.group_name(actor, group)?;
        let person = self.registry().contact(new.person).ok_or(DirectoryError::NotFound("người dùng"))?;
        if new.valid.until.is_some_and(|until| until <= new.valid.from) {
            return Err(DATES);
        }
        let actor = actor.clone();
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO person_group_member (person_group, person, valid_from, valid_until) \
                     VALUES ($1, $2, $3, $4) ON CONFLICT (person_group, person) DO UPDATE SET \
                     valid_from = excluded.valid_from, valid_until = excluded.valid_until",
                )
                .bind(group.to_string())
                .bind(new.person.to_string())
                .bind(new.valid.from.as_micros())
                .bind(new.valid.until.map(Timestamp::as_micros))
                .execute(&mut *connection)
                .await?;
                let event = AuditEvent::MemberAdded { name: person.name };
                audit::append(connection, &actor, &event, &name, now).await?;
                Ok::<_, DirectoryError>(())
            })
        });
        written.await?;
        self.reload().await?;
        Ok(())
    }

    /// Takes a member by name off.
    ///
    /// # Errors
    /// When the actor is no administrator, or the group or its member do not exist.
    pub async fn remove_member(
        &self,
        actor: &Actor,
        group: GroupId,
        person: PersonId,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        let _act = self.inner.acts.lock().await;
        let name = self.group_name(actor, group)?;
        let registry = self.registry();
        let listed = registry.group(group).is_some_and(|g| g.members.iter().any(|m| m.person == person));
        let who =
            registry.contact(person).filter(|_| listed).ok_or(DirectoryError::NotFound("thành viên"))?;
        let actor = actor.clone();
        let written = self.inner.database.write(move |connection| {
            Box::pin(async move {
                sqlx::query("DELETE FROM person_group_member WHERE person_group = $1 AND person = $2")
                    .bind(group.to_string())
                    .bind(person.to_string())
                    .execute(&mut *connection)
                    .await?;
                let event = AuditEvent::MemberRemoved { name: who.name };
                audit::append(connection, &actor, &event, &name, now).await?;
                Ok::<_, DirectoryError>(())
            })
        });
        written.await?;
        self.reload().await?;
        Ok(())
    }

    fn group_name(&self, actor: &Actor, group: GroupId) -> Result<String, DirectoryError> {
        require_administrator(actor)?;
        let registry = self.registry();
        registry
            .group(group)
            .map(|group| group.name.clone())
            .ok_or(DirectoryError::NotFound("nhóm người nhận"))
    }
}

async fn insert(
    connection: &mut AnyConnection,
    id: GroupId,
    new: &NewGroup,
    name: &str,
    title: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO person_group (id, name, kind, unit, reach, title, posting) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id.to_string())
    .bind(name.to_owned())
    .bind(new.kind.as_str())
    .bind(new.unit.map(|unit| unit.to_string()))
    .bind(new.reach.as_str())
    .bind(title.to_owned())
    .bind(new.posting.as_str())
    .execute(connection)
    .await
    .map(drop)
}

const NAME: DirectoryError = DirectoryError::Invalid {
    code: "name",
    message: "Chưa có tên hợp lệ. Địa chỉ chưa được tạo. Đề nghị nhập tên, tối đa 150 ký tự.",
};
const POSITION: DirectoryError = DirectoryError::Invalid {
    code: "position",
    message: "Địa chỉ theo chức vụ cần có đơn vị và chức vụ. Địa chỉ chưa được tạo. Đề nghị chọn đủ.",
};
const NAME_CHANGED: DirectoryError = DirectoryError::Invalid {
    code: "name",
    message: "Chưa có tên hợp lệ. Địa chỉ chưa được sửa. Đề nghị nhập tên, tối đa 150 ký tự.",
};
const POSITION_CHANGED: DirectoryError = DirectoryError::Invalid {
    code: "position",
    message: "Địa chỉ theo chức vụ cần có đơn vị và chức vụ. Địa chỉ chưa được sửa. Đề nghị chọn đủ.",
};
const DATES: DirectoryError = DirectoryError::Invalid {
    code: "dates",
    message: "Ngày kết thúc phải sau ngày bắt đầu. Thành viên chưa được thêm. Đề nghị kiểm tra lại.",
};
