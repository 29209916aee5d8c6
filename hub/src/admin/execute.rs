//! The acts themselves: the same calls the console makes, under the operator's name.

use base::{MailboxId, PersonId, Timestamp, UnitId};
use directory::{Actor, NewPerson, NewRoom};

use super::{
    Answer, Command, backup,
    command::{AppPassword, Mailbox, Meeting, Room, Unit, User},
};
use crate::services::Services;

/// Carries `command` out for the operating system's user `operator`.
///
/// # Errors
/// What went wrong, for the person at the terminal.
pub async fn execute(services: &Services, operator: &str, command: Command) -> Answer {
    let act = Act { services, actor: Actor::system(operator) };
    match command {
        Command::User(user) => act.user(user).await,
        Command::Unit(Unit::List) => Ok(act.units()),
        Command::Room(room) => act.room(room).await,
        Command::Mailbox(mailbox) => act.mailbox(mailbox).await,
        Command::Address(address) => act.address(address).await,
        Command::List(list) => act.list(list).await,
        Command::Delegation(delegation) => act.delegation(delegation).await,
        Command::AppPassword(secret) => act.app_password(secret).await,
        Command::Meeting(meeting) => act.meeting(meeting).await,
        Command::Token { meeting, role, name, days } => {
            act.issue(&meeting, &role, &name, u64::from(days)).await
        }
        Command::Tokens { meeting } => act.tokens(&meeting).await,
        Command::RevokeToken { id } => act.revoke(&id).await,
        Command::Queue(queue) => act.queue(queue).await,
        Command::Import(import) => act.import(import).await,
        Command::Quarantine(quarantine) => act.quarantine(quarantine).await,
        Command::Report(span) => act.report(&span).await,
        Command::Dns { check } => act.dns(check).await,
        Command::Dkim(dkim) => act.dkim(dkim).await,
        Command::Audit { limit } => act.audit(limit).await,
        Command::Backup { dir } => backup::write(services, &dir).await,
        // Done before any store is opened, and never in a running hub.
        Command::Restore { .. } => Err("a backup is restored where no hub runs; stop it first".to_owned()),
        Command::Verify { repair } => act.verify(repair).await,
    }
}

pub(super) struct Act<'a> {
    pub(super) services: &'a Services,
    pub(super) actor: Actor,
}

impl Act<'_> {
    async fn user(&self, user: User) -> Answer {
        let directory = &self.services.directory;
        let now = Timestamp::now();
        match user {
            User::List { query } => self.people(&query).await,
            User::Create { name, unit, position, login } => {
                let unit = self.unit(&unit)?;
                let made = directory
                    .create_person(&self.actor, NewPerson { name, unit, position, login }, now)
                    .await
                    .map_err(text)?;
                Ok(format!("{} {} {}", made.login, made.address, made.temporary_password))
            }
            User::Reset { login } => {
                directory.reset_password(&self.actor, self.person(&login)?, now).await.map_err(text)
            }
            User::RemoveSecondFactor { login } => {
                directory.reset_second_factor(&self.actor, self.person(&login)?, now).await.map_err(text)?;
                Ok(String::new())
            }
            User::Disable { login } => {
                directory.disable(&self.actor, self.person(&login)?, now).await.map_err(text)?;
                Ok(String::new())
            }
            User::Enable { login } => {
                directory.enable(&self.actor, self.person(&login)?, now).await.map_err(text)?;
                Ok(String::new())
            }
        }
    }

    async fn people(&self, query: &str) -> Answer {
        let mut lines = Vec::new();
        for page in 1.. {
            let found =
                self.services.directory.list_people(&self.actor, query, None, page).await.map_err(text)?;
            if found.items.is_empty() {
                break;
            }
            lines.extend(
                found
                    .items
                    .iter()
                    .map(|p| format!("{}\t{}\t{}\t{}", p.login, p.address, p.name, p.unit_name)),
            );
        }
        Ok(lines.join("\n"))
    }

    fn units(&self) -> String {
        let registry = self.services.directory.registry();
        let lines: Vec<String> = registry
            .units()
            .iter()
            .map(|unit| format!("{}\t{}\t{}", unit.id, unit.short_name, unit.name))
            .collect();
        lines.join("\n")
    }

    async fn room(&self, room: Room) -> Answer {
        let directory = &self.services.directory;
        match room {
            Room::List => {
                let registry = directory.registry();
                let lines: Vec<String> =
                    registry.rooms().iter().map(|room| format!("{}\t{}", room.id, room.name)).collect();
                Ok(lines.join("\n"))
            }
            Room::Create { name, place, seats } => {
                let new = NewRoom { name, unit: None, place, seats };
                let room = directory.create_room(&self.actor, new, Timestamp::now()).await.map_err(text)?;
                Ok(room.id.to_string())
            }
        }
    }

    async fn mailbox(&self, mailbox: Mailbox) -> Answer {
        match mailbox {
            Mailbox::List => self.mailboxes().await,
            Mailbox::Quota { address, bytes } => {
                let mailbox = self.mailbox_at(&address).await?;
                let act = self.services.directory.set_quota(&self.actor, mailbox, bytes, Timestamp::now());
                act.await.map_err(text)?;
                Ok(String::new())
            }
        }
    }

    async fn mailboxes(&self) -> Answer {
        let mut lines = Vec::new();
        for page in 1.. {
            let found = self.services.directory.list_mailboxes(&self.actor, "", page).await.map_err(text)?;
            if found.items.is_empty() {
                break;
            }
            lines.extend(found.items.into_iter().map(|mailbox| mailbox.address));
        }
        Ok(lines.join("\n"))
    }

    async fn app_password(&self, secret: AppPassword) -> Answer {
        let (directory, now) = (&self.services.directory, Timestamp::now());
        match secret {
            AppPassword::Create { mailbox, name } => {
                let mailbox = self.mailbox_at(&mailbox).await?;
                let issued =
                    directory.create_app_password(&self.actor, mailbox, &name, now).await.map_err(text)?;
                Ok(issued.secret.into_inner())
            }
            AppPassword::List { mailbox } => {
                let mailbox = self.mailbox_at(&mailbox).await?;
                let found = directory.app_passwords_of(&self.actor, mailbox).await.map_err(text)?;
                let line = |entry: &directory::view::AppPasswordView| {
                    let used = entry.last_used.map_or_else(|| "-".to_owned(), moment);
                    format!("{}\t{}\t{used}\t{}", entry.id, moment(entry.created_at), entry.name)
                };
                Ok(found.iter().map(line).collect::<Vec<_>>().join("\n"))
            }
            AppPassword::Revoke { id } => {
                let id = id.parse().map_err(|_| format!("“{id}” is not the id of an app password"))?;
                directory.revoke_app_password(&self.actor, id, now).await.map_err(text)?;
                Ok(String::new())
            }
        }
    }

    pub(super) async fn mailbox_at(&self, address: &str) -> Result<MailboxId, String> {
        let found = self.services.directory.mailbox_by_address(address).await;
        found.map(|mailbox| mailbox.id).ok_or_else(|| {
            format!("no mailbox has the address “{address}”; `lienthong admin mailbox list` shows all")
        })
    }

    async fn meeting(&self, meeting: Meeting) -> Answer {
        match meeting {
            Meeting::List => {
                let (from, to) = (Timestamp::default(), Timestamp::from_micros(i64::MAX));
                let found = self.services.meetings.list(from, to).await.map_err(text)?;
                let line =
                    |m: &signaling::MeetingSummary| format!("{}\t{}\t{}", m.id, moment(m.starts_at), m.title);
                Ok(found.iter().map(line).collect::<Vec<_>>().join("\n"))
            }
            Meeting::Create { title } => Ok(self.services.meetings.create(&title).await?.to_string()),
        }
    }

    async fn audit(&self, limit: u32) -> Answer {
        let directory = &self.services.directory;
        let mut lines = Vec::new();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        for page in 1.. {
            let found = directory.audit(&self.actor, "", page).await.map_err(text)?;
            if found.items.is_empty() || lines.len() >= limit {
                break;
            }
            lines.extend(
                found
                    .items
                    .iter()
                    .map(|line| format!("{}\t{}\t{}", moment(line.at), line.actor, line.sentence)),
            );
        }
        lines.truncate(limit);
        let check = directory.verify_audit().await.map_err(text)?;
        match check.broken_at {
            None => lines.push(format!("The chain of {} lines is intact.", check.lines)),
            Some(line) => return Err(format!("the audit log was altered at line {line}")),
        }
        Ok(lines.join("\n"))
    }

    async fn verify(&self, repair: bool) -> Answer {
        let store = self.services.mail.store();
        let report = store.verify(repair, Timestamp::now()).await.map_err(text)?;
        if report.is_sound() { Ok(report.to_string()) } else { Err(report.to_string()) }
    }

    pub(super) fn person(&self, login: &str) -> Result<PersonId, String> {
        let registry = self.services.directory.registry();
        registry
            .account_by_login(login)
            .map(|account| account.person)
            .ok_or_else(|| format!("nobody signs in as “{login}”"))
    }

    /// The unit meant by its id, code, short name or name.
    pub(super) fn unit(&self, text: &str) -> Result<UnitId, String> {
        let registry = self.services.directory.registry();
        let wanted = base::fold::fold(text);
        let meant = |name: &str| base::fold::fold(name) == wanted;
        let mut found = registry.units().iter().filter(|unit| {
            unit.id.to_string() == text || unit.code == text || meant(&unit.short_name) || meant(&unit.name)
        });
        match (found.next(), found.next()) {
            (Some(unit), None) => Ok(unit.id),
            (None, _) => Err(format!("no unit is called “{text}”; `lienthong admin unit list` shows all")),
            (Some(_), Some(_)) => Err(format!("several units are called “{text}”; name one by its id")),
        }
    }
}

pub(super) fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.as_micros()).map(|m| m.to_string()).unwrap_or_default()
}

pub(super) fn text(cause: impl std::fmt::Display) -> String {
    cause.to_string()
}
