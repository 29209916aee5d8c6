//! Which mailboxes a person opens today, and which addresses the letters from them may bear: the own
//! mailbox, its aliases, positions held, agency mailboxes, and what others delegate.

use base::id::{MailboxId, PersonId};

use super::Registry;
use crate::{GroupKind, Mailbox, MailboxGrant, MailboxKind, Reader, Sending, Target};

impl Registry {
    /// The mailboxes of `person`, the personal one first.
    pub(super) fn grants(&self, person: PersonId) -> Vec<MailboxGrant> {
        let own = self.personal.get(&person).and_then(|id| self.mailboxes.get(id));
        let mut shared: Vec<(&Mailbox, &Reader)> = self
            .readers_of(person)
            .filter(|reader| own.is_none_or(|own| own.id != reader.mailbox))
            .filter_map(|reader| Some((self.mailboxes.get(&reader.mailbox)?, reader)))
            .collect();
        shared.sort_by_key(|(mailbox, _)| (self.place(mailbox.unit), mailbox.address.as_str()));
        let shared = shared.into_iter().map(|(mailbox, reader)| MailboxGrant {
            // Nobody's name can stand beside the mailbox's where the reader has no address.
            may_send: match reader.sending {
                Sending::Nothing => false,
                Sending::OnBehalf => own.is_some(),
                Sending::As => true,
            },
            sender: own.filter(|_| reader.sending == Sending::OnBehalf).map(|own| own.address.clone()),
            delegated: mailbox.kind == MailboxKind::Personal,
            ..self.grant(mailbox)
        });
        own.map(|own| self.own_grant(own, person)).into_iter().chain(shared).collect()
    }

    /// What the program of a mailbox itself may do: read it, and send as it.
    pub fn grant(&self, mailbox: &Mailbox) -> MailboxGrant {
        MailboxGrant {
            mailbox: mailbox.id,
            address: mailbox.address.clone(),
            name: mailbox.name.clone(),
            kind: mailbox.kind,
            may_send: true,
            aliases: self.aliases_of(mailbox),
            sender: None,
            delegated: false,
        }
    }

    fn own_grant(&self, mailbox: &Mailbox, person: PersonId) -> MailboxGrant {
        let mut grant = self.grant(mailbox);
        grant.aliases.extend(self.positions_held(person));
        grant
    }

    fn readers_of(&self, person: PersonId) -> impl Iterator<Item = &Reader> {
        let now = self.now;
        self.readers.get(&person).into_iter().flatten().filter(move |reader| reader.valid.holds(now))
    }

    fn aliases_of(&self, mailbox: &Mailbox) -> Vec<String> {
        self.other_addresses.get(&mailbox.id).cloned().unwrap_or_default()
    }

    /// The addresses of positions that `person` holds today.
    fn positions_held(&self, person: PersonId) -> Vec<String> {
        let positions = self.position_addresses.iter().filter_map(|(address, group)| {
            let group = self.groups.get(group)?;
            self.people_behind(group).contains(&person).then(|| address.clone())
        });
        positions.collect()
    }

    /// Sorts the addresses by what they stand for, once for each reading of the store.
    pub(super) fn sort_addresses(&mut self) {
        for (address, target) in &self.addresses {
            match target {
                Target::Mailbox(id) if self.mailboxes.get(id).is_some_and(|m| m.address != *address) => {
                    self.other_addresses.entry(*id).or_default().push(address.clone());
                }
                Target::Group(id) if self.groups.get(id).is_some_and(|g| g.kind == GroupKind::Position) => {
                    self.position_addresses.push((address.clone(), *id));
                }
                _ => {}
            }
        }
        self.other_addresses.values_mut().for_each(|addresses| addresses.sort_unstable());
        self.position_addresses.sort_unstable();
    }

    /// Who reads `mailbox` besides its owner, or will: delegates and clerks.
    pub fn readers_by_right(&self, mailbox: MailboxId) -> Vec<Reader> {
        let readers = self.readers.values().flatten().filter(|reader| reader.mailbox == mailbox);
        let mut readers: Vec<Reader> = readers
            .filter(|reader| reader.valid.until.is_none_or(|until| self.now < until))
            .copied()
            .collect();
        readers.sort_by_key(|reader| (reader.valid.from, reader.person));
        readers
    }
}
