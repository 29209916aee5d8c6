//! `lienthong admin address|list`: aliases, other domains, lists and position addresses.

use base::{GroupId, Timestamp};
use directory::{GroupChange, NewGroup, NewMember};
use directory_core::{GroupKind, Period, Posting, Reach};

use super::{
    Answer,
    command::{Address, ChangedList, Group, NewList},
    execute::{Act, text},
};

impl Act<'_> {
    pub(super) async fn address(&self, address: Address) -> Answer {
        let (directory, now) = (&self.services.directory, Timestamp::now());
        match address {
            Address::List { query } => self.aliases(&query).await,
            Address::Add { mailbox, address } => {
                let mailbox = self.mailbox_at(&mailbox).await?;
                directory.add_alias(&self.actor, mailbox, &address, now).await.map_err(text)
            }
            Address::Remove { address } => {
                directory.retire_alias(&self.actor, &address, now).await.map_err(text)?;
                Ok(String::new())
            }
            Address::AddDomain { domain } => {
                directory.add_domain_alias(&self.actor, &domain, now).await.map_err(text)?;
                Ok(String::new())
            }
            Address::RemoveDomain { domain } => {
                directory.remove_domain_alias(&self.actor, &domain, now).await.map_err(text)?;
                Ok(String::new())
            }
        }
    }

    async fn aliases(&self, query: &str) -> Answer {
        let mut lines = Vec::new();
        for page in 1.. {
            let found = self.services.directory.list_aliases(&self.actor, query, page).await.map_err(text)?;
            if found.items.is_empty() {
                break;
            }
            let line = |alias: &directory::view::AliasView| {
                let mailbox = if alias.retired { "-" } else { &alias.mailbox };
                format!("{}\t{mailbox}\t{}", alias.address, alias.name)
            };
            lines.extend(found.items.iter().map(line));
        }
        let registry = self.services.directory.registry();
        lines.extend(
            registry.domain_aliases().iter().map(|domain| format!("@{domain}\t@{}\t", registry.domain())),
        );
        Ok(lines.join("\n"))
    }

    pub(super) async fn list(&self, list: Group) -> Answer {
        let (directory, now) = (&self.services.directory, Timestamp::now());
        match list {
            Group::List { query } => self.groups(&query).await,
            Group::Create(new) => self.create_list(new, now).await,
            Group::Change(said) => self.change_list(said, now).await,
            Group::Remove { address } => {
                directory.remove_group(&self.actor, self.group(&address)?, now).await.map_err(text)?;
                Ok(String::new())
            }
            Group::AddMember { address, login, from, until } => {
                let from = from.map_or(Ok(now), |at| moment(&at))?;
                let valid = Period { from, until: until.map(|at| moment(&at)).transpose()? };
                let member = NewMember { person: self.person(&login)?, valid };
                let group = self.group(&address)?;
                directory.add_member(&self.actor, group, member, now).await.map_err(text)?;
                Ok(String::new())
            }
            Group::RemoveMember { address, login } => {
                let (group, person) = (self.group(&address)?, self.person(&login)?);
                directory.remove_member(&self.actor, group, person, now).await.map_err(text)?;
                Ok(String::new())
            }
        }
    }

    async fn change_list(&self, said: ChangedList, now: Timestamp) -> Answer {
        let id = self.group(&said.address)?;
        let registry = self.services.directory.registry();
        let group = registry.group(id).ok_or("no such list")?;
        let rule = group.rule.as_ref();
        let unit = said.unit.map(|unit| self.unit(&unit)).transpose()?;
        let reach = said.reach.map(|said| Reach::parse(&said).ok_or_else(|| word("reach", &said)));
        let posting =
            said.posting.map(|said| Posting::parse(&said).ok_or_else(|| word("posting rule", &said)));
        let change = GroupChange {
            name: said.name.unwrap_or_else(|| group.name.clone()),
            unit: unit.or(rule.map(|rule| rule.unit)),
            reach: reach.transpose()?.or(rule.map(|rule| rule.reach)).unwrap_or(Reach::Divisions),
            title: said.title.or(rule.map(|rule| rule.title.clone())).unwrap_or_default(),
            posting: posting.transpose()?.unwrap_or(group.posting),
        };
        self.services.directory.change_group(&self.actor, id, change, now).await.map_err(text)?;
        Ok(String::new())
    }

    async fn create_list(&self, new: NewList, now: Timestamp) -> Answer {
        let kind = GroupKind::parse(&new.kind).ok_or_else(|| word("kind", &new.kind))?;
        // Letters to a position come from everywhere, letters to many people from inside.
        let posting = match (new.posting.as_deref(), kind) {
            (Some(said), _) => Posting::parse(said).ok_or_else(|| word("posting rule", said))?,
            (None, GroupKind::Position) => Posting::Anyone,
            (None, GroupKind::List) => Posting::Inside,
        };
        let group = NewGroup {
            kind,
            address: new.address,
            name: new.name,
            unit: new.unit.map(|unit| self.unit(&unit)).transpose()?,
            reach: Reach::parse(&new.reach).ok_or_else(|| word("reach", &new.reach))?,
            title: new.title,
            posting,
        };
        let id = self.services.directory.create_group(&self.actor, group, now).await.map_err(text)?;
        Ok(id.to_string())
    }

    async fn groups(&self, query: &str) -> Answer {
        let mut lines = Vec::new();
        for kind in [GroupKind::List, GroupKind::Position] {
            for page in 1.. {
                let directory = &self.services.directory;
                let found = directory.list_groups(&self.actor, kind, query, page).await.map_err(text)?;
                if found.items.is_empty() {
                    break;
                }
                lines.extend(found.items.iter().map(|group| {
                    let (kind, posting) = (group.kind.as_str(), group.posting.as_str());
                    format!("{}\t{kind}\t{posting}\t{}\t{}", group.address, group.count, group.name)
                }));
            }
        }
        Ok(lines.join("\n"))
    }

    /// The list or position with this address.
    fn group(&self, address: &str) -> Result<GroupId, String> {
        let registry = self.services.directory.registry();
        let whole = address.trim().to_lowercase();
        let whole = if whole.contains('@') { whole } else { format!("{whole}@{}", registry.domain()) };
        match registry.target_of(&whole) {
            Some(directory_core::Target::Group(id)) => Ok(id),
            _ => Err(format!("no list has the address “{whole}”; `lienthong admin list list` shows all")),
        }
    }
}

/// Says that a word is none of those there are.
fn word(what: &str, said: &str) -> String {
    format!("“{said}” is no {what}; see --help")
}

/// A moment in RFC 3339.
pub(super) fn moment(said: &str) -> Result<Timestamp, String> {
    let at: jiff::Timestamp =
        said.parse().map_err(|_| format!("“{said}” is no moment such as 2026-12-01T07:30:00+07:00"))?;
    Ok(Timestamp::from_micros(at.as_microsecond()))
}
