//! The console's lists: people, mailboxes.

use base::fold::words;
use base::{
    Timestamp,
    id::{PersonId, UnitId},
};
use directory_core::{AccountState, Contact, Registry};
use sqlx::Row;

use crate::{
    Actor, Directory, DirectoryError,
    admin::require_administrator,
    view::{AdminMailboxView, AdminPersonView, PAGE_SIZE, Page},
};

impl Directory {
    /// A page of people by given name: those whose name, login, address, position or unit hold every
    /// word of `query`, or words that begin so (diacritics not needed), in `unit` and below when given.
    ///
    /// # Errors
    /// When the actor is no administrator.
    pub async fn list_people(
        &self,
        actor: &Actor,
        query: &str,
        unit: Option<UnitId>,
        page: u32,
    ) -> Result<Page<AdminPersonView>, DirectoryError> {
        require_administrator(actor)?;
        let registry = self.registry();
        let wanted = words(query);
        let mut found: Vec<_> = registry
            .everybody()
            .into_iter()
            .filter(|contact| unit.is_none_or(|top| registry.is_within(contact.unit, top)))
            .map(|contact| view(&registry, contact))
            .collect();
        found.retain(|person| {
            let address = local_part(&person.address);
            holds(&[&person.name, &person.position, &person.unit_name, &person.login, address], &wanted)
        });
        // Who bears the name comes before who only works in a unit of that name.
        found.sort_by_cached_key(|person| !holds(&[&person.name], &wanted));
        let mut page = paged(found, page);
        for person in &mut page.items {
            (person.last_sign_in, person.second_factor) = self.signing_in(person.id).await?;
        }
        Ok(page)
    }

    /// A page of mailboxes by address, found like people. Their use (letters, bytes) is
    /// mail's to say.
    ///
    /// # Errors
    /// When the actor is no administrator.
    pub async fn list_mailboxes(
        &self,
        actor: &Actor,
        query: &str,
        page: u32,
    ) -> Result<Page<AdminMailboxView>, DirectoryError> {
        require_administrator(actor)?;
        let registry = self.registry();
        let wanted = words(query);
        let mut found: Vec<_> = registry
            .mailboxes()
            .into_iter()
            .map(|mailbox| AdminMailboxView {
                id: mailbox.id,
                address: mailbox.address.clone(),
                name: mailbox.name.clone(),
                kind: mailbox.kind,
                unit_name: registry.unit(mailbox.unit).map_or_else(String::new, |unit| unit.name.clone()),
                readers: registry.readers(mailbox),
                letters: None,
                bytes: None,
                limit: None,
            })
            .collect();
        found.retain(|mailbox| {
            holds(&[local_part(&mailbox.address), &mailbox.name, &mailbox.unit_name], &wanted)
        });
        let mut page = paged(found, page);
        if let Some(mail) = &self.mailbox_use {
            for mailbox in &mut page.items {
                let used = mail.of(mailbox.id, mailbox.kind).await;
                mailbox.letters = used.map(|used| used.letters);
                mailbox.bytes = used.map(|used| used.bytes);
                mailbox.limit = used.map(|used| used.limit);
            }
        }
        Ok(page)
    }
}

impl Directory {
    /// When the person signed in last, and whether a second factor is on. Neither changes a rule, so the registry
    /// is not loaded anew for them: the rows know.
    async fn signing_in(&self, person: PersonId) -> Result<(Option<Timestamp>, bool), DirectoryError> {
        let row = sqlx::query(
            "SELECT last_sign_in, (SELECT confirmed_at FROM second_factor WHERE account = account.id) AS factor \
             FROM account WHERE person = $1",
        )
        .bind(person.to_string())
        .fetch_optional(self.inner.database.readers())
        .await?;
        let Some(row) = row else { return Ok((None, false)) };
        let (last, factor): (Option<i64>, Option<i64>) =
            (row.try_get("last_sign_in")?, row.try_get("factor")?);
        Ok((last.map(Timestamp::from_micros), factor.is_some()))
    }
}

fn view(registry: &Registry, contact: Contact) -> AdminPersonView {
    let account = registry.account_of(contact.person);
    AdminPersonView {
        id: contact.person,
        name: contact.name,
        position: contact.position,
        unit: contact.unit,
        unit_name: contact.unit_name,
        login: account.map_or_else(String::new, |account| account.login.clone()),
        address: contact.address.unwrap_or_default(),
        state: account.map_or(AccountState::Disabled, |account| account.state),
        is_admin: account.is_some_and(|account| account.is_admin),
        must_change_password: account.is_some_and(|account| account.must_change),
        second_factor: false,
        last_sign_in: None,
    }
}

/// The domain is left out: "quangbinh" would find everybody.
pub(crate) fn local_part(address: &str) -> &str {
    address.split('@').next().unwrap_or("")
}

/// Whether each wanted word begins a word of the texts.
pub(crate) fn holds(texts: &[&str], wanted: &[String]) -> bool {
    if wanted.is_empty() {
        return true;
    }
    let words = words(&texts.join(" "));
    wanted.iter().all(|wanted| words.iter().any(|word| word.starts_with(wanted.as_str())))
}

pub(crate) fn paged<T>(found: Vec<T>, page: u32) -> Page<T> {
    let (page, total) = (page.max(1), u32::try_from(found.len()).unwrap_or(u32::MAX));
    let skipped = usize::try_from((page - 1).saturating_mul(PAGE_SIZE)).unwrap_or(usize::MAX);
    let items = found.into_iter().skip(skipped).take(PAGE_SIZE as usize).collect();
    Page { items, total, page, page_size: PAGE_SIZE }
}
