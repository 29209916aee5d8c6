//! Addresses as letters carry them: a name for people, an address for machines (RFC 8621 §4.1.2.3).

use mail_parser as parser;
use serde::{Deserialize, Serialize};

/// One mailbox of an address header.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// The display name.
    #[serde(default)]
    pub name: Option<String>,
    /// `local@domain`.
    pub email: String,
}

/// A named group of addresses (RFC 8621 §4.1.2.4); `name` is absent for addresses outside groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The group's name.
    pub name: Option<String>,
    /// Its members.
    pub addresses: Vec<Address>,
}

/// Addresses read from one header: a letter with more is hostile.
const MAX_ADDRESSES: usize = 2000;

fn one(address: &parser::Addr<'_>) -> Option<Address> {
    let email = address.address.as_deref().unwrap_or_default().trim().to_owned();
    let name = address.name.as_deref().map(str::trim).filter(|name| !name.is_empty()).map(super::text::nfc);
    (!email.is_empty() || name.is_some()).then_some(Address { name, email })
}

/// The addresses of a parsed header, groups flattened.
pub fn flat(value: &parser::Address<'_>) -> Vec<Address> {
    value.iter().take(MAX_ADDRESSES).filter_map(one).collect()
}

/// The addresses of a parsed header with their groups.
pub fn grouped(value: &parser::Address<'_>) -> Vec<Group> {
    match value {
        parser::Address::List(list) => {
            vec![Group { name: None, addresses: list.iter().take(MAX_ADDRESSES).filter_map(one).collect() }]
        }
        parser::Address::Group(groups) => groups
            .iter()
            .take(MAX_ADDRESSES)
            .map(|group| Group {
                name: group.name.as_deref().map(str::to_owned),
                addresses: group.addresses.iter().take(MAX_ADDRESSES).filter_map(one).collect(),
            })
            .collect(),
    }
}
