//! The whole directory in memory, indexed: 6,000 people fit in a few megabytes, and every question of
//! a screen, a letter or a meeting is answered without the disk. The shell rebuilds it after a change.

use std::collections::{HashMap, HashSet};

use base::{
    Timestamp,
    id::{AccountId, GroupId, MailboxId, PersonId, RoomId, UnitId},
};

use crate::{
    Account, AccountState, Address, DirectoryEntry, EntryKind, Group, Index, Mailbox, MailboxKind, Person,
    Position, Principal, Reader, Room, Site, Target, Unit, compare_people, people_key,
};

/// The rows of the store.
#[derive(Debug, Clone, Default)]
pub struct Records {
    /// Units, in any order.
    pub units: Vec<Unit>,
    /// Persons.
    pub persons: Vec<Person>,
    /// Positions, past ones included.
    pub positions: Vec<Position>,
    /// Accounts.
    pub accounts: Vec<Account>,
    /// Mailboxes.
    pub mailboxes: Vec<Mailbox>,
    /// Readers of mailboxes.
    pub readers: Vec<Reader>,
    /// Addresses, tombstones included.
    pub addresses: Vec<Address>,
    /// Groups.
    pub groups: Vec<Group>,
    /// Rooms.
    pub rooms: Vec<Room>,
    /// Sites.
    pub sites: Vec<Site>,
    /// Domains that mean the hub's own.
    pub domain_aliases: Vec<String>,
}

/// A person as others see one: name, first position, unit, address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The person.
    pub person: PersonId,
    /// Full name.
    pub name: String,
    /// Title of the first position.
    pub position: String,
    /// Its unit.
    pub unit: UnitId,
    /// That unit's name.
    pub unit_name: String,
    /// Address of the personal mailbox.
    pub address: Option<String>,
    /// Protocol order; lower comes first.
    pub order: u32,
}

/// The directory at one moment.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    domain: String,
    domain_aliases: Vec<String>,
    /// The moment of this reading.
    now: Timestamp,
    /// Units in protocol order: each before its children, siblings by their order.
    units: Vec<Unit>,
    unit_at: HashMap<UnitId, usize>,
    persons: HashMap<PersonId, Person>,
    /// Current positions of each person, the first in protocol order first.
    held: HashMap<PersonId, Vec<Position>>,
    /// Persons of each unit, in protocol order.
    staff: HashMap<UnitId, Vec<PersonId>>,
    accounts: HashMap<AccountId, Account>,
    account_of: HashMap<PersonId, AccountId>,
    login: HashMap<String, AccountId>,
    mailboxes: HashMap<MailboxId, Mailbox>,
    personal: HashMap<PersonId, MailboxId>,
    agency: HashMap<UnitId, MailboxId>,
    readers: HashMap<PersonId, Vec<Reader>>,
    addresses: HashMap<String, Target>,
    groups: HashMap<GroupId, Group>,
    /// Aliases of each mailbox.
    other_addresses: HashMap<MailboxId, Vec<String>>,
    /// Addresses of positions.
    position_addresses: Vec<(String, GroupId)>,
    rooms: Vec<Room>,
    sites: Vec<Site>,
    index: Index,
    /// When a unit, a position, a membership or a reader's right next begins or ends.
    next_change: Option<Timestamp>,
}

impl Registry {
    /// The directory of `domain` that `records` describe, as it holds at `now`.
    pub fn new(domain: &str, records: Records, now: Timestamp) -> Self {
        let members = records.groups.iter().flat_map(|group| &group.members).map(|member| member.valid);
        let readers = records.readers.iter().map(|reader| reader.valid);
        let periods = records.units.iter().map(|u| u.valid).chain(records.positions.iter().map(|p| p.valid));
        let next_change =
            periods.chain(members).chain(readers).filter_map(|period| period.next_change(now)).min();
        let mut registry = Self {
            domain: domain.to_lowercase(),
            domain_aliases: records.domain_aliases,
            now,
            next_change,
            ..Self::default()
        };
        registry.units =
            in_protocol_order(records.units.into_iter().filter(|u| u.valid.holds(now)).collect());
        registry.unit_at = registry.units.iter().enumerate().map(|(at, unit)| (unit.id, at)).collect();
        registry.persons = records.persons.into_iter().map(|person| (person.id, person)).collect();
        for account in records.accounts {
            registry.account_of.insert(account.person, account.id);
            registry.login.insert(account.login.clone(), account.id);
            registry.accounts.insert(account.id, account);
        }
        registry.add_positions(records.positions, now);
        registry.add_mailboxes(records.mailboxes, records.readers);
        registry.addresses = records.addresses.into_iter().map(|a| (a.address, a.target)).collect();
        registry.groups = records.groups.into_iter().map(|group| (group.id, group)).collect();
        registry.sort_addresses();
        registry.sites = records.sites;
        registry
            .sites
            .sort_by_cached_key(|site| (registry.unit_at.get(&site.unit).copied(), site.code.clone()));
        registry.rooms = records.rooms;
        registry
            .rooms
            .sort_by_cached_key(|room| (registry.unit_at.get(&room.unit).copied(), room.name.clone()));
        registry.build_index();
        registry
    }

    fn add_positions(&mut self, positions: Vec<Position>, now: Timestamp) {
        for position in positions.into_iter().filter(|p| p.valid.holds(now)) {
            if let (Some(person), true) = (position.person, self.unit_at.contains_key(&position.unit)) {
                self.held.entry(person).or_default().push(position);
            }
        }
        let unit_at = &self.unit_at;
        for (person, held) in &mut self.held {
            // Same rank: the earlier appointed first (the protocol's own rule).
            held.sort_by_key(|p| (p.order, unit_at.get(&p.unit).copied(), p.valid.from));
            for unit in held.iter().map(|p| p.unit).collect::<HashSet<_>>() {
                self.staff.entry(unit).or_default().push(*person);
            }
        }
        let (persons, held) = (&self.persons, &self.held);
        for (unit, staff) in &mut self.staff {
            let rank = |person: &PersonId| {
                held.get(person).into_iter().flatten().filter(|p| p.unit == *unit).map(|p| p.order).min()
            };
            let name = |person: &PersonId| persons.get(person).map_or("", |p| p.name.as_str());
            staff.sort_by(|a, b| {
                rank(a).cmp(&rank(b)).then_with(|| compare_people(name(a), name(b))).then(a.cmp(b))
            });
        }
    }

    fn add_mailboxes(&mut self, mailboxes: Vec<Mailbox>, readers: Vec<Reader>) {
        for mailbox in mailboxes {
            match (mailbox.kind, mailbox.person) {
                (MailboxKind::Personal, Some(person)) => drop(self.personal.insert(person, mailbox.id)),
                _ => drop(self.agency.entry(mailbox.unit).or_insert(mailbox.id)),
            }
            self.mailboxes.insert(mailbox.id, mailbox);
        }
        for reader in readers {
            self.readers.entry(reader.person).or_default().push(reader);
        }
    }

    fn build_index(&mut self) {
        let mut index = Index::default();
        for (at, unit) in self.units.iter().enumerate() {
            let entry = DirectoryEntry {
                kind: EntryKind::Unit,
                id: unit.id.to_string(),
                name: unit.name.clone(),
                detail: unit.parent.and_then(|id| self.unit(id)).map_or_else(String::new, |p| p.name.clone()),
                address: self.unit_address(unit.id),
            };
            index.add_unit(entry, &unit.short_name, at as u32);
        }
        for contact in
            self.persons.keys().filter_map(|id| self.contact(*id)).filter(|c| self.in_office(c.person))
        {
            let entry = DirectoryEntry {
                kind: EntryKind::Person,
                id: contact.person.to_string(),
                name: contact.name,
                detail: format!("{}, {}", contact.position, contact.unit_name),
                address: contact.address,
            };
            index.add_person(entry, &self.short_names(contact.unit), contact.order);
        }
        for mailbox in self.mailboxes.values().filter(|m| m.kind == MailboxKind::Agency) {
            let Some(unit) = self.unit(mailbox.unit).filter(|unit| unit.name != mailbox.name) else {
                continue;
            };
            let entry = DirectoryEntry {
                kind: EntryKind::Mailbox,
                id: mailbox.id.to_string(),
                name: mailbox.name.clone(),
                detail: unit.name.clone(),
                address: Some(mailbox.address.clone()),
            };
            index.add_unit(entry, &unit.short_name, self.place(mailbox.unit));
        }
        self.index = index;
    }

    /// Short names of the unit and of those above it.
    fn short_names(&self, unit: UnitId) -> String {
        self.path(unit).iter().map(|unit| unit.short_name.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// The unit and those above it, nearest first.
    fn path(&self, unit: UnitId) -> Vec<&Unit> {
        let mut path = Vec::new();
        let mut next = Some(unit);
        // A cycle in the store must not hang the hub: no real tree is deeper.
        while let Some(unit) = next.and_then(|id| self.unit(id)).filter(|_| path.len() < 32) {
            path.push(unit);
            next = unit.parent;
        }
        path
    }

    /// A unit's place in the tree's protocol order.
    fn place(&self, unit: UnitId) -> u32 {
        self.unit_at.get(&unit).map_or(u32::MAX / 1_000_000, |at| *at as u32)
    }

    /// Whether the person's account, if any, is in use.
    fn in_office(&self, person: PersonId) -> bool {
        self.account_of(person).is_none_or(|account| account.state == AccountState::Active)
    }

    /// When this reading is no longer true of itself: a unit, a position or a membership begins or ends.
    pub fn next_change(&self) -> Option<Timestamp> {
        self.next_change
    }

    /// The mail domain.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// All units: each before its children, siblings in protocol order.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The unit with this id.
    pub fn unit(&self, id: UnitId) -> Option<&Unit> {
        self.unit_at.get(&id).and_then(|at| self.units.get(*at))
    }

    /// The unit with this identifier code.
    pub fn unit_by_code(&self, code: &str) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.code == code)
    }

    /// The address of the unit's agency mailbox.
    pub fn unit_address(&self, unit: UnitId) -> Option<String> {
        self.mailboxes.get(self.agency.get(&unit)?).map(|mailbox| mailbox.address.clone())
    }

    /// What stands after the dot in the addresses of the unit's people.
    pub fn mail_code(&self, unit: UnitId) -> &str {
        self.path(unit).iter().find_map(|unit| unit.mail_code.as_deref()).unwrap_or("")
    }

    /// How many people hold a position in the unit itself.
    pub fn staff_count(&self, unit: UnitId) -> usize {
        self.staff.get(&unit).into_iter().flatten().filter(|person| self.in_office(**person)).count()
    }

    /// The people who hold a position in the unit itself, in protocol order.
    pub fn staff(&self, unit: UnitId) -> Vec<Contact> {
        let staff = self.staff.get(&unit).into_iter().flatten();
        staff.filter(|person| self.in_office(**person)).filter_map(|id| self.contact_in(*id, unit)).collect()
    }

    /// The people of the unit and of its divisions and centres, but not of the bodies below it:
    /// inviting a district does not invite its communes.
    pub fn staff_with_divisions(&self, unit: UnitId) -> Vec<Contact> {
        let mut seen = HashSet::new();
        let mut people: Vec<_> = self
            .with_divisions(unit)
            .into_iter()
            .flat_map(|unit| self.staff(unit))
            .filter(|contact| seen.insert(contact.person))
            .collect();
        people.sort_by_key(|contact| contact.order);
        people
    }

    /// The unit, its divisions and its centres, in protocol order.
    fn with_divisions(&self, unit: UnitId) -> Vec<UnitId> {
        let mut inside = HashSet::from([unit]);
        for candidate in &self.units {
            if candidate.kind.is_part_of_parent() && candidate.parent.is_some_and(|id| inside.contains(&id)) {
                inside.insert(candidate.id);
            }
        }
        self.units.iter().map(|unit| unit.id).filter(|id| inside.contains(id)).collect()
    }

    /// Everybody, whether or not in office, by given name.
    pub fn everybody(&self) -> Vec<Contact> {
        let mut people: Vec<_> = self.persons.keys().filter_map(|id| self.contact(*id)).collect();
        people.sort_by_cached_key(|contact| (people_key(&contact.name), contact.person));
        people
    }

    /// The person under the first position.
    pub fn contact(&self, person: PersonId) -> Option<Contact> {
        let first = self.held.get(&person).and_then(|held| held.first());
        self.contact_at(person, first)
    }

    /// The person under the position held in `unit`.
    fn contact_in(&self, person: PersonId, unit: UnitId) -> Option<Contact> {
        let position = self.held.get(&person).into_iter().flatten().find(|p| p.unit == unit);
        self.contact_at(person, position)
    }

    fn contact_at(&self, person: PersonId, position: Option<&Position>) -> Option<Contact> {
        let record = self.persons.get(&person)?;
        let unit = position.map(|p| p.unit).or_else(|| Some(self.units.first()?.id))?;
        let address = self.personal.get(&person).and_then(|id| self.mailboxes.get(id));
        Some(Contact {
            person,
            name: record.name.clone(),
            position: position.map_or_else(String::new, |p| p.title.clone()),
            unit,
            unit_name: self.unit(unit).map_or_else(String::new, |unit| unit.name.clone()),
            address: address.map(|mailbox| mailbox.address.clone()),
            // Rank of the post, then the unit's place: directors by unit order, then deputies.
            order: position.map_or(999, |p| p.order.min(999)) * 1_000_000 + self.place(unit),
        })
    }

    /// The account with this id.
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)
    }

    /// The person's account.
    pub fn account_of(&self, person: PersonId) -> Option<&Account> {
        self.account_of.get(&person).and_then(|id| self.accounts.get(id))
    }

    /// The account that signs in under this name, or under its person's own address.
    pub fn account_by_login(&self, login_or_address: &str) -> Option<&Account> {
        let wanted = login_or_address.trim().to_lowercase();
        if let Some(account) = self.login.get(&wanted).and_then(|id| self.accounts.get(id)) {
            return Some(account);
        }
        let Target::Mailbox(mailbox) = self.addresses.get(&wanted)? else { return None };
        self.account_of(self.mailboxes.get(mailbox)?.person?)
    }

    /// The principal of an account: its person, first position and mailboxes, the personal one first.
    pub fn principal(&self, account: AccountId) -> Option<Principal> {
        let account = self.accounts.get(&account)?;
        let contact = self.contact(account.person)?;
        Some(Principal {
            account: account.id,
            person: contact.person,
            session: None,
            name: contact.name,
            unit: contact.unit,
            unit_name: contact.unit_name,
            position: contact.position,
            order: contact.order,
            is_admin: account.is_admin,
            login: account.login.clone(),
            mailboxes: self.grants(account.person),
        })
    }

    /// The mailbox with this id.
    pub fn mailbox(&self, id: MailboxId) -> Option<&Mailbox> {
        self.mailboxes.get(&id)
    }

    /// All mailboxes by address.
    pub fn mailboxes(&self) -> Vec<&Mailbox> {
        let mut all: Vec<_> = self.mailboxes.values().collect();
        all.sort_by(|a, b| a.address.cmp(&b.address));
        all
    }

    /// The names of the people who read a mailbox, its person included.
    pub fn readers(&self, mailbox: &Mailbox) -> Vec<String> {
        let readers = self.readers.values().flatten();
        let readers = readers.filter(|reader| reader.mailbox == mailbox.id && reader.valid.holds(self.now));
        let mut people: Vec<_> = readers.map(|reader| reader.person).chain(mailbox.person).collect();
        people.sort();
        people.dedup();
        let mut names: Vec<_> =
            people.iter().filter_map(|id| self.persons.get(id)).map(|person| person.name.clone()).collect();
        names.sort_by(|a, b| compare_people(a, b));
        names
    }

    /// All rooms, by unit in protocol order.
    pub fn rooms(&self) -> &[Room] {
        &self.rooms
    }

    /// The room with this id.
    pub fn room(&self, id: RoomId) -> Option<&Room> {
        self.rooms.iter().find(|room| room.id == id)
    }

    /// All sites, by unit in protocol order.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// Whether `unit` is `top` or lies anywhere below it.
    pub fn is_within(&self, unit: UnitId, top: UnitId) -> bool {
        self.path(unit).iter().any(|unit| unit.id == top)
    }

    /// The best `limit` entries for `query`.
    pub fn search(&self, query: &str, limit: usize) -> Vec<DirectoryEntry> {
        self.index.search(query, limit)
    }
}

/// Each unit before its children, siblings by order; orphans and cycles are left out.
fn in_protocol_order(units: Vec<Unit>) -> Vec<Unit> {
    let known: HashSet<UnitId> = units.iter().map(|unit| unit.id).collect();
    let mut children: HashMap<Option<UnitId>, Vec<Unit>> = HashMap::new();
    for unit in units {
        // A unit whose parent has ended stands at the root until it is moved, rather than vanishing.
        let parent = unit.parent.filter(|id| known.contains(id));
        children.entry(parent).or_default().push(unit);
    }
    for siblings in children.values_mut() {
        siblings.sort_by(|a, b| b.order.cmp(&a.order).then_with(|| b.code.cmp(&a.code)));
    }
    let mut stack = children.remove(&None).unwrap_or_default();
    let mut ordered = Vec::new();
    while let Some(unit) = stack.pop() {
        stack.extend(children.remove(&Some(unit.id)).unwrap_or_default());
        ordered.push(unit);
    }
    ordered
}

mod grant;
mod resolve;

pub use resolve::Resolution;

#[cfg(test)]
mod tests;
