//! What the console and the command line show of addresses.

use base::fold::words;
use directory_core::{Group, GroupKind, Registry, Target};

use crate::{
    Actor, Directory, DirectoryError,
    admin::require_administrator,
    list::{holds, local_part, paged},
    view::{AliasView, GroupMemberView, GroupView, Page},
};

impl Directory {
    /// A page of aliases by address, found by address or owner; retired ones included.
    ///
    /// # Errors
    /// When the actor is no administrator.
    pub async fn list_aliases(
        &self,
        actor: &Actor,
        query: &str,
        page: u32,
    ) -> Result<Page<AliasView>, DirectoryError> {
        require_administrator(actor)?;
        let registry = self.registry();
        let wanted = words(query);
        let mut found: Vec<_> = registry
            .address_list()
            .into_iter()
            .filter_map(|(address, to)| alias(&registry, address, to))
            .collect();
        found.retain(|one| holds(&[local_part(&one.address), local_part(&one.mailbox), &one.name], &wanted));
        Ok(paged(found, page))
    }

    /// A page of lists or position addresses by address, found by address, name, unit or title.
    ///
    /// # Errors
    /// When the actor is no administrator.
    pub async fn list_groups(
        &self,
        actor: &Actor,
        kind: GroupKind,
        query: &str,
        page: u32,
    ) -> Result<Page<GroupView>, DirectoryError> {
        require_administrator(actor)?;
        let registry = self.registry();
        let wanted = words(query);
        let mut found: Vec<GroupView> = registry
            .address_list()
            .into_iter()
            .filter_map(|(address, target)| match target {
                Target::Group(id) => registry.group(id).map(|group| (address, group)),
                _ => None,
            })
            .filter(|(_, group)| group.kind == kind)
            .map(|(address, group)| view(&registry, address, group))
            .collect();
        found
            .retain(|one| holds(&[local_part(&one.address), &one.name, &one.unit_name, &one.title], &wanted));
        Ok(paged(found, page))
    }
}

fn alias(registry: &Registry, address: &str, target: Target) -> Option<AliasView> {
    let owner = match target {
        Target::Mailbox(id) => Some(registry.mailbox(id)?),
        Target::Nobody => None,
        Target::Group(_) => return None,
    };
    if owner.is_some_and(|mailbox| mailbox.address == address) {
        return None;
    }
    Some(AliasView {
        id: address.to_owned(),
        address: address.to_owned(),
        mailbox: owner.map(|mailbox| mailbox.address.clone()).unwrap_or_default(),
        name: owner.map(|mailbox| mailbox.name.clone()).unwrap_or_default(),
        retired: owner.is_none(),
    })
}

fn view(registry: &Registry, address: &str, group: &Group) -> GroupView {
    let names = registry.people_behind(group).into_iter().filter_map(|id| registry.contact(id));
    let mut people: Vec<String> = names.map(|contact| contact.name).collect();
    let count = u32::try_from(people.len()).unwrap_or(u32::MAX);
    people.truncate(SHOWN);
    let member = |member: &directory_core::Member| {
        Some(GroupMemberView {
            person: member.person,
            name: registry.contact(member.person)?.name,
            from: member.valid.from,
            until: member.valid.until,
        })
    };
    let rule = group.rule.as_ref();
    GroupView {
        id: group.id,
        kind: group.kind,
        address: address.to_owned(),
        name: group.name.clone(),
        unit: rule.map(|rule| rule.unit),
        unit_name: rule
            .and_then(|rule| registry.unit(rule.unit))
            .map_or_else(String::new, |u| u.name.clone()),
        reach: rule.map(|rule| rule.reach),
        title: rule.map_or_else(String::new, |rule| rule.title.clone()),
        posting: group.posting,
        count,
        people,
        members: group.members.iter().filter_map(member).collect(),
    }
}

/// Names of a group's people that a line shows.
const SHOWN: usize = 5;
