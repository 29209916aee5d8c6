//! Where letters to an address go: aliases, plus-addresses, lists, positions, tombstones.

use base::id::{GroupId, MailboxId, PersonId, UnitId};

use super::Registry;
use crate::{AccountState, EmailAddress, Group, GroupKind, Poster, Posting, Reach, Rule, Target};

/// Where a recipient's letters go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// To these mailboxes of ours.
    Local(Vec<MailboxId>),
    /// A list or position of ours to which only these may write; the sender is not one of them.
    Closed(Posting),
    /// Our domain, but nobody has this address.
    Unknown,
    /// Another domain.
    NotOurs,
}

impl Registry {
    /// Where letters of `poster` to `address` go.
    pub fn resolve(&self, address: &EmailAddress, poster: Poster<'_>) -> Resolution {
        let Some(key) = self.own_key(address) else { return Resolution::NotOurs };
        match self.target(&key) {
            Some(Target::Mailbox(mailbox)) => Resolution::Local(vec![mailbox]),
            Some(Target::Group(group)) => self.resolve_group(group, poster),
            Some(Target::Nobody) => Resolution::Unknown,
            None => self.resolve_role(address.local()),
        }
    }

    /// The one mailbox that has `address`, as its own or as an alias.
    pub fn mailbox_at(&self, address: &EmailAddress) -> Option<MailboxId> {
        match self.target(&self.own_key(address)?)? {
            Target::Mailbox(mailbox) => Some(mailbox),
            _ => None,
        }
    }

    /// The key of an address of ours, under the hub's own domain.
    fn own_key(&self, address: &EmailAddress) -> Option<String> {
        let domain = address.domain();
        let ours = domain == self.domain || self.domain_aliases.iter().any(|alias| alias == domain);
        ours.then(|| format!("{}@{}", address.local().to_ascii_lowercase(), self.domain))
    }

    /// What has the address: itself, or for `ten+nhan@` the mailbox of `ten@` (RFC 5233 §1).
    fn target(&self, key: &str) -> Option<Target> {
        if let Some(target) = self.addresses.get(key) {
            return Some(*target);
        }
        let (local, domain) = key.rsplit_once('@')?;
        let (base, _) = local.split_once('+')?;
        // A list behind a detail would be a second name for it that nobody administers.
        self.addresses
            .get(&format!("{base}@{domain}"))
            .copied()
            .filter(|target| matches!(target, Target::Mailbox(_)))
    }

    fn resolve_group(&self, group: GroupId, poster: Poster<'_>) -> Resolution {
        let Some(group) = self.groups.get(&group) else { return Resolution::Unknown };
        let agency = group.rule.as_ref().and_then(|rule| self.agency.get(&rule.unit)).copied();
        let mut boxes = self.boxes_of(group);
        if !group.posting.admits(poster, &boxes, agency) {
            return Resolution::Closed(group.posting);
        }
        if boxes.is_empty() && group.kind == GroupKind::Position {
            // A vacant position: the agency reads its letters, nothing is lost.
            boxes.extend(agency);
        }
        if boxes.is_empty() { Resolution::Unknown } else { Resolution::Local(boxes) }
    }

    /// Who is behind a group today, in the order of the directory.
    pub fn people_behind(&self, group: &Group) -> Vec<PersonId> {
        let mut people: Vec<PersonId> =
            group.rule.as_ref().map(|rule| self.found_by(rule)).unwrap_or_default();
        people.extend(group.members.iter().filter(|m| m.valid.holds(self.now)).map(|m| m.person));
        let mut seen = std::collections::HashSet::new();
        people.retain(|person| self.in_office(*person) && seen.insert(*person));
        people
    }

    /// Members get a group's letters in their own mailboxes.
    fn boxes_of(&self, group: &Group) -> Vec<MailboxId> {
        let people = self.people_behind(group);
        let mut boxes: Vec<_> =
            people.iter().filter_map(|person| self.personal.get(person).copied()).collect();
        boxes.sort();
        boxes.dedup();
        boxes
    }

    fn found_by(&self, rule: &Rule) -> Vec<PersonId> {
        let units: Vec<UnitId> = match rule.reach {
            Reach::Unit => vec![rule.unit],
            Reach::Divisions => self.with_divisions(rule.unit),
            Reach::Everything => {
                self.units.iter().map(|unit| unit.id).filter(|id| self.is_within(*id, rule.unit)).collect()
            }
        };
        let holds = |person: &PersonId, unit: UnitId| {
            self.held.get(person).into_iter().flatten().any(|p| p.unit == unit && rule.means(&p.title))
        };
        units
            .iter()
            .flat_map(|unit| self.staff.get(unit).into_iter().flatten().map(move |person| (person, *unit)))
            .filter(|(person, unit)| holds(person, *unit))
            .map(|(person, _)| *person)
            .collect()
    }

    /// RFC 5321 §4.5.1: every domain accepts letters to postmaster; ours go to the IT staff.
    /// RFC 2142 §4 asks the same of abuse.
    fn resolve_role(&self, local: &str) -> Resolution {
        if !local.eq_ignore_ascii_case("postmaster") && !local.eq_ignore_ascii_case("abuse") {
            return Resolution::Unknown;
        }
        let admins = self.accounts.values().filter(|a| a.is_admin && a.state == AccountState::Active);
        let mut boxes: Vec<_> = admins.filter_map(|a| self.personal.get(&a.person).copied()).collect();
        boxes.sort();
        if boxes.is_empty() { Resolution::Unknown } else { Resolution::Local(boxes) }
    }

    /// Every address ever given out, tombstones included.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        self.addresses.keys().map(String::as_str)
    }

    /// Every address with what it stands for, by address.
    pub fn address_list(&self) -> Vec<(&str, Target)> {
        let mut all: Vec<_> =
            self.addresses.iter().map(|(address, target)| (address.as_str(), *target)).collect();
        all.sort_unstable_by_key(|(address, _)| *address);
        all
    }

    /// What exactly this address (lower case, under the hub's own domain) stands for.
    pub fn target_of(&self, address: &str) -> Option<Target> {
        self.addresses.get(address).copied()
    }

    /// The group with this id.
    pub fn group(&self, id: GroupId) -> Option<&Group> {
        self.groups.get(&id)
    }

    /// Domains that mean the hub's own.
    pub fn domain_aliases(&self) -> &[String] {
        &self.domain_aliases
    }
}
