//! `directory.db`: opened once, read whole into a [`Registry`], replaced after each change.

use std::{
    path::Path,
    str::FromStr,
    sync::{Arc, PoisonError, RwLock},
};

use base::{Timestamp, id::AccountId};
use database::{Database, OpenError, Source};
use directory_core::{
    Account, AccountState, Address, Group, GroupKind, Mailbox, MailboxKind, Member, PasswordRules, Period,
    Person, Position, Posting, Reach, Reader, Records, Registry, Room, Rule, Sending, Site, Target, Unit,
    UnitKind,
};
use sqlx::{AnyPool, Row, any::AnyRow, migrate::Migrator};
use tokio::sync::{Mutex, broadcast};

use crate::{
    failures::Failures,
    hasher::Hasher,
    lookup::HubName,
    ports::MailboxUse,
    session::{Revoked, Sessions},
};

/// The directory; clones share everything.
#[derive(Clone)]
pub struct Directory {
    pub(crate) inner: Arc<Inner>,
    pub(crate) hub: HubName,
    pub(crate) password_rules: PasswordRules,
    /// Set by hub once mail is open.
    pub(crate) mailbox_use: Option<Arc<dyn MailboxUse>>,
}

pub(crate) struct Inner {
    pub(crate) database: Database,
    pub(crate) domain: String,
    /// Replaced whole; readers keep the one they have.
    registry: RwLock<Arc<Registry>>,
    /// Held while an act decides, writes and replaces the registry: acts see each other's results.
    pub(crate) acts: Mutex<()>,
    pub(crate) hasher: Hasher,
    pub(crate) failures: Failures,
    /// One sign-in at a time per account (by the id's hash): guesses in parallel are counted too.
    pub(crate) turns: Vec<Mutex<()>>,
    pub(crate) sessions: Sessions,
    pub(crate) revocations: broadcast::Sender<Revoked>,
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Directory").field("domain", &self.inner.domain).finish_non_exhaustive()
    }
}

impl Directory {
    /// Opens (creating if needed) the directory of mail domain `domain` at `source`.
    ///
    /// # Errors
    /// When the database cannot be opened, brought up to date or read.
    pub async fn open(source: impl Into<Source>, domain: &str) -> Result<Self, OpenError> {
        let database = Database::open(source, &MIGRATOR).await?;
        let domain = domain.to_lowercase();
        let records = load(database.readers()).await?;
        let inner = Inner {
            registry: RwLock::new(Arc::new(Registry::new(&domain, records, Timestamp::now()))),
            database,
            domain,
            acts: Mutex::new(()),
            hasher: Hasher::new(),
            failures: Failures::default(),
            turns: (0..TURNS).map(|_| Mutex::new(())).collect(),
            sessions: Sessions::default(),
            revocations: broadcast::channel(REVOCATIONS).0,
        };
        Ok(Self {
            inner: Arc::new(inner),
            hub: HubName::default(),
            password_rules: PasswordRules::default(),
            mailbox_use: None,
        })
    }

    /// How long passwords last and which may not come back.
    #[must_use]
    pub fn with_password_rules(mut self, rules: PasswordRules) -> Self {
        self.password_rules = rules;
        self
    }

    /// The directory as it stands now.
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.inner.registry.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the store again after a change. Call it with `acts` held, so that an older reading never
    /// replaces a newer one.
    pub(crate) async fn reload(&self) -> Result<(), sqlx::Error> {
        let records = load(self.inner.database.readers()).await?;
        let fresh = Arc::new(Registry::new(&self.inner.domain, records, Timestamp::now()));
        *self.inner.registry.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// Reads the store again when a unit or a position has begun or ended since the last reading: dates of
    /// validity hold to the minute, not from start to start. To be called every minute.
    ///
    /// # Errors
    /// When the store cannot be read; the last reading stays.
    pub async fn keep_current(&self, now: Timestamp) -> Result<(), sqlx::Error> {
        if self.registry().next_change().is_none_or(|at| now < at) {
            return Ok(());
        }
        let _act = self.inner.acts.lock().await;
        self.reload().await
    }

    /// Writes a consistent copy of the store to `target`, which must not exist yet.
    ///
    /// # Errors
    /// When the copy cannot be written.
    pub async fn copy_to(&self, target: &Path) -> Result<(), sqlx::Error> {
        self.inner.database.copy_to(target).await
    }
}

/// The schema.
pub(crate) static MIGRATOR: Migrator = sqlx::migrate!();
/// Turnstiles of sign-ins; two accounts behind one only wait for each other.
const TURNS: usize = 64;
/// Revocations a receiver may lag behind; then it is told so and its sockets end at their next request.
const REVOCATIONS: usize = 1_024;

async fn load(pool: &AnyPool) -> Result<Records, sqlx::Error> {
    Ok(Records {
        units: all(pool, "SELECT * FROM unit", unit).await?,
        persons: all(pool, "SELECT id, name, phone FROM person", person).await?,
        positions: all(pool, "SELECT * FROM position", position).await?,
        accounts: all(
            pool,
            "SELECT id, person, login, must_change, is_admin, disabled, password_changed_at FROM account",
            account,
        )
        .await?,
        mailboxes: all(pool, "SELECT * FROM mailbox", mailbox).await?,
        readers: all(pool, "SELECT * FROM mailbox_reader", reader).await?,
        addresses: all(pool, "SELECT address, mailbox, person_group FROM address", address).await?,
        groups: groups(pool).await?,
        rooms: all(pool, "SELECT * FROM room", room).await?,
        sites: all(pool, "SELECT * FROM site", site).await?,
        domain_aliases: all(pool, "SELECT domain FROM domain_alias ORDER BY domain", |row| row.try_get(0))
            .await?,
    })
}

async fn all<T>(
    pool: &AnyPool,
    query: &'static str,
    read: fn(&AnyRow) -> Result<T, sqlx::Error>,
) -> Result<Vec<T>, sqlx::Error> {
    sqlx::query(query).fetch_all(pool).await?.iter().map(read).collect()
}

/// An id column.
pub(crate) fn id<T: FromStr>(row: &AnyRow, column: &'static str) -> Result<T, sqlx::Error> {
    parse(column, row.try_get::<String, _>(column)?.as_str())
}

/// An id column that may be empty.
pub(crate) fn optional_id<T: FromStr>(row: &AnyRow, column: &'static str) -> Result<Option<T>, sqlx::Error> {
    row.try_get::<Option<String>, _>(column)?.map(|text| parse(column, &text)).transpose()
}

fn parse<T: FromStr>(column: &str, text: &str) -> Result<T, sqlx::Error> {
    text.parse().map_err(|_| sqlx::Error::Decode(format!("{column} holds no identifier: {text}").into()))
}

/// A moment column.
pub(crate) fn time(row: &AnyRow, column: &'static str) -> Result<Timestamp, sqlx::Error> {
    row.try_get::<i64, _>(column).map(Timestamp::from_micros)
}

/// A moment column that may be empty.
pub(crate) fn optional_time(row: &AnyRow, column: &'static str) -> Result<Option<Timestamp>, sqlx::Error> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_micros))
}

/// A non-negative number column.
pub(crate) fn number(row: &AnyRow, column: &'static str) -> Result<u32, sqlx::Error> {
    Ok(u32::try_from(row.try_get::<i64, _>(column)?).unwrap_or(0))
}

/// A 0/1 column.
pub(crate) fn flag(row: &AnyRow, column: &'static str) -> Result<bool, sqlx::Error> {
    row.try_get::<i64, _>(column).map(|value| value != 0)
}

fn period(row: &AnyRow) -> Result<Period, sqlx::Error> {
    Ok(Period { from: time(row, "valid_from")?, until: optional_time(row, "valid_until")? })
}

fn unit(row: &AnyRow) -> Result<Unit, sqlx::Error> {
    let kind: String = row.try_get("kind")?;
    Ok(Unit {
        id: id(row, "id")?,
        parent: optional_id(row, "parent")?,
        kind: UnitKind::parse(&kind)
            .ok_or_else(|| sqlx::Error::Decode(format!("unit kind {kind}").into()))?,
        code: row.try_get("code")?,
        name: row.try_get("name")?,
        short_name: row.try_get("short_name")?,
        mail_code: row.try_get("mail_code")?,
        order: number(row, "protocol_order")?,
        valid: period(row)?,
        successor: optional_id(row, "successor")?,
    })
}

fn person(row: &AnyRow) -> Result<Person, sqlx::Error> {
    Ok(Person { id: id(row, "id")?, name: row.try_get("name")?, phone: row.try_get("phone")? })
}

fn position(row: &AnyRow) -> Result<Position, sqlx::Error> {
    Ok(Position {
        id: id(row, "id")?,
        person: optional_id(row, "person")?,
        unit: id(row, "unit")?,
        title: row.try_get("title")?,
        order: number(row, "protocol_order")?,
        valid: period(row)?,
    })
}

fn account(row: &AnyRow) -> Result<Account, sqlx::Error> {
    Ok(Account {
        id: id::<AccountId>(row, "id")?,
        person: id(row, "person")?,
        login: row.try_get("login")?,
        is_admin: flag(row, "is_admin")?,
        state: if flag(row, "disabled")? { AccountState::Disabled } else { AccountState::Active },
        must_change: flag(row, "must_change")?,
        password_changed: time(row, "password_changed_at")?,
    })
}

fn mailbox(row: &AnyRow) -> Result<Mailbox, sqlx::Error> {
    let kind: String = row.try_get("kind")?;
    Ok(Mailbox {
        id: id(row, "id")?,
        kind: if kind == "personal" { MailboxKind::Personal } else { MailboxKind::Agency },
        name: row.try_get("name")?,
        unit: id(row, "unit")?,
        person: optional_id(row, "person")?,
        address: row.try_get("address")?,
    })
}

fn reader(row: &AnyRow) -> Result<Reader, sqlx::Error> {
    let sending = match (flag(row, "may_send")?, flag(row, "on_behalf")?) {
        (false, _) => Sending::Nothing,
        (true, true) => Sending::OnBehalf,
        (true, false) => Sending::As,
    };
    Ok(Reader { mailbox: id(row, "mailbox")?, person: id(row, "person")?, sending, valid: period(row)? })
}

fn address(row: &AnyRow) -> Result<Address, sqlx::Error> {
    let target = match (optional_id(row, "mailbox")?, optional_id(row, "person_group")?) {
        (Some(mailbox), _) => Target::Mailbox(mailbox),
        (None, Some(group)) => Target::Group(group),
        (None, None) => Target::Nobody,
    };
    Ok(Address { address: row.try_get("address")?, target })
}

async fn groups(pool: &AnyPool) -> Result<Vec<Group>, sqlx::Error> {
    let mut groups: Vec<Group> = all(pool, "SELECT * FROM person_group", group).await?;
    let members = all(pool, "SELECT * FROM person_group_member", |row| {
        Ok((id(row, "person_group")?, Member { person: id(row, "person")?, valid: period(row)? }))
    });
    for (group, member) in members.await? {
        if let Some(group) = groups.iter_mut().find(|candidate| candidate.id == group) {
            group.members.push(member);
        }
    }
    Ok(groups)
}

fn group(row: &AnyRow) -> Result<Group, sqlx::Error> {
    let word = |column| row.try_get::<String, _>(column);
    let unknown = |column: &str| sqlx::Error::Decode(format!("person_group.{column}").into());
    let reach = Reach::parse(&word("reach")?).ok_or_else(|| unknown("reach"))?;
    let title = word("title")?;
    Ok(Group {
        id: id(row, "id")?,
        name: word("name")?,
        kind: GroupKind::parse(&word("kind")?).ok_or_else(|| unknown("kind"))?,
        rule: optional_id(row, "unit")?.map(|unit| Rule { unit, reach, title }),
        posting: Posting::parse(&word("posting")?).ok_or_else(|| unknown("posting"))?,
        members: Vec::new(),
    })
}

fn room(row: &AnyRow) -> Result<Room, sqlx::Error> {
    Ok(Room {
        id: id(row, "id")?,
        name: row.try_get("name")?,
        unit: id(row, "unit")?,
        place: row.try_get("place")?,
        seats: number(row, "seats")?,
    })
}

fn site(row: &AnyRow) -> Result<Site, sqlx::Error> {
    Ok(Site {
        id: id(row, "id")?,
        code: row.try_get("code")?,
        name: row.try_get("name")?,
        short_name: row.try_get("short_name")?,
        unit: id(row, "unit")?,
    })
}
