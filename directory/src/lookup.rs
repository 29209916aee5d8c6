//! Questions the other services ask, through hub: who is this address, who is invited, which room.

use std::collections::HashSet;

use std::sync::Arc;

use base::id::{MailboxId, PersonId, RoomId, UnitId};
use directory_core::{Contact, DirectoryEntry, EmailAddress, Mailbox, Poster, Registry, Resolution};

use crate::{Directory, DirectoryError, ports::MailboxUse, view::RoomView};

/// How the hub introduces itself in [`crate::view::SessionView`].
#[derive(Debug, Clone)]
pub struct HubName {
    /// Shown in page heads.
    pub name: String,
    /// The program's build.
    pub build: String,
}

impl Default for HubName {
    fn default() -> Self {
        Self { name: "Liên Thông".to_owned(), build: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// Somebody invited to a meeting: a person, or a unit through its agency mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitee {
    /// Absent for an agency mailbox.
    pub person: Option<PersonId>,
    /// Full name, or the mailbox's.
    pub name: String,
    /// Where the invitation goes; empty when the person has no mailbox.
    pub address: String,
    /// The unit's name.
    pub unit_name: String,
    /// Title of the first position; empty for an agency mailbox.
    pub position: String,
    /// Protocol order.
    pub order: u32,
}

impl Directory {
    /// The same directory under the hub's own name and build.
    #[must_use]
    pub fn with_hub(mut self, name: &str, build: &str) -> Self {
        self.hub = HubName { name: name.to_owned(), build: build.to_owned() };
        self
    }

    /// The same directory, whose console also tells how much mailboxes hold.
    #[must_use]
    pub fn with_mailbox_use(mut self, mail: Arc<dyn MailboxUse>) -> Self {
        self.mailbox_use = Some(mail);
        self
    }

    /// The mail domain.
    pub fn domain(&self) -> &str {
        &self.inner.domain
    }

    /// Where letters of `poster` to `address` go; what is no address is unknown.
    ///
    /// # Errors
    /// Never today: the answer comes from memory. Callers treat an error as "try again later".
    pub async fn resolve(&self, address: &str, poster: Poster<'_>) -> Result<Resolution, DirectoryError> {
        let address = address.parse::<EmailAddress>();
        Ok(address.map_or(Resolution::Unknown, |address| self.registry().resolve(&address, poster)))
    }

    /// The mailbox with this id.
    pub async fn mailbox(&self, id: MailboxId) -> Option<Mailbox> {
        self.registry().mailbox(id).cloned()
    }

    /// The mailbox with this primary or other address.
    pub async fn mailbox_by_address(&self, address: &str) -> Option<Mailbox> {
        let registry = self.registry();
        let mailbox = registry.mailbox_at(&address.parse().ok()?)?;
        registry.mailbox(mailbox).cloned()
    }

    /// People, units and mailboxes that match `query`, the best first.
    pub async fn search(&self, query: &str, limit: usize) -> Vec<DirectoryEntry> {
        self.registry().search(query, limit)
    }

    /// One person.
    pub async fn person(&self, id: PersonId) -> Option<Contact> {
        self.registry().contact(id)
    }

    /// One room.
    pub async fn room(&self, id: RoomId) -> Option<RoomView> {
        let registry = self.registry();
        registry.room(id).map(|room| RoomView::of(&registry, room))
    }

    /// Everybody whom an invitation of these persons and units reaches, in protocol order, nobody twice:
    /// the persons, and of each unit its own people, its divisions' and its agency mailbox.
    pub async fn expand(&self, persons: &[PersonId], units: &[UnitId]) -> Vec<Invitee> {
        let registry = self.registry();
        let mut all: Vec<Invitee> =
            persons.iter().filter_map(|id| registry.contact(*id)).map(Invitee::from).collect();
        for unit in units {
            all.extend(agency(&registry, *unit));
            all.extend(registry.staff_with_divisions(*unit).into_iter().map(Invitee::from));
        }
        // Somebody with two positions is the same person under two orders: the first one counts.
        let mut seen = HashSet::new();
        all.retain(|invitee| seen.insert((invitee.person, invitee.address.clone())));
        all.sort_by(|a, b| (a.order, &a.address, a.person).cmp(&(b.order, &b.address, b.person)));
        all
    }
}

/// The unit's agency mailbox, ordered after its people.
fn agency(registry: &Registry, unit: UnitId) -> Option<Invitee> {
    let unit = registry.unit(unit)?;
    Some(Invitee {
        person: None,
        name: unit.name.clone(),
        address: registry.unit_address(unit.id)?,
        unit_name: unit.name.clone(),
        position: String::new(),
        order: u32::MAX,
    })
}

impl From<Contact> for Invitee {
    fn from(contact: Contact) -> Self {
        Self {
            person: Some(contact.person),
            name: contact.name,
            address: contact.address.unwrap_or_default(),
            unit_name: contact.unit_name,
            position: contact.position,
            order: contact.order,
        }
    }
}
