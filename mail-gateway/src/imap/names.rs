//! Which folder a name means: a reader's own mailbox stands at the root, the agency mailboxes it may
//! read stand under [`SHARED`] (RFC 2342), by their addresses.

use base::MailboxId;
use directory_core::MailboxGrant;
use mail_gateway_core::{imap::name::SEPARATOR, mailbox::Role, message::text};

use super::session::Session;
use crate::store::{StoreError, uid::FolderRow};

/// Where agency mailboxes stand.
pub(super) const SHARED: &str = "Hộp thư cơ quan";

/// One name and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) account: MailboxId,
    /// `None` for a name that only holds others.
    pub(super) folder: Option<String>,
    pub(super) role: Option<Role>,
}

impl Session {
    pub(super) fn grants(&self) -> &[MailboxGrant] {
        self.principal.as_ref().map(|principal| principal.mailboxes.as_slice()).unwrap_or_default()
    }

    /// Every name this reader has, in the order of the folder lists.
    pub(super) async fn nodes(&self) -> Result<Vec<Node>, StoreError> {
        let mut nodes = Vec::new();
        for (place, grant) in self.grants().iter().enumerate() {
            let rows = self.store().folder_rows(grant.mailbox).await?;
            if place == 0 {
                add(&mut nodes, grant.mailbox, "", &rows);
                continue;
            }
            let parent = |name: String| Node { name, account: grant.mailbox, folder: None, role: None };
            if place == 1 {
                nodes.push(parent(SHARED.to_owned()));
            }
            let root = root_of(grant);
            nodes.push(parent(root.clone()));
            add(&mut nodes, grant.mailbox, &format!("{root}{SEPARATOR}"), &rows);
        }
        Ok(nodes)
    }

    /// The node called `name`.
    pub(super) async fn node(&self, name: &str) -> Result<Option<Node>, StoreError> {
        let name = canonical(name);
        Ok(self.nodes().await?.into_iter().find(|node| node.name == name))
    }

    /// The folder called `name`, as account and id; `None` when there is none that holds letters.
    pub(super) async fn folder(&self, name: &str) -> Result<Option<(MailboxId, String)>, StoreError> {
        let node = self.node(name).await?;
        Ok(node.and_then(|node| node.folder.map(|folder| (node.account, folder))))
    }

    /// The mailbox in which a new name would lie, and the part of the name before its folders.
    pub(super) fn home(&self, name: &str) -> Option<(MailboxId, String)> {
        let shared = format!("{SHARED}{SEPARATOR}");
        if name == SHARED || name.starts_with(&shared) {
            return self.grants().iter().skip(1).find_map(|grant| {
                let root = format!("{}{SEPARATOR}", root_of(grant));
                name.starts_with(&root).then_some((grant.mailbox, root))
            });
        }
        self.grants().first().map(|grant| (grant.mailbox, String::new()))
    }
}

fn root_of(grant: &MailboxGrant) -> String {
    format!("{SHARED}{SEPARATOR}{}", grant.address)
}

/// `name` as it is compared: composed, `INBOX` in capitals (RFC 9051 §5.1), no separator at the end.
pub(super) fn canonical(name: &str) -> String {
    let name = text::nfc(name);
    let name = name.strip_suffix(SEPARATOR).unwrap_or(&name);
    match name.split_once(SEPARATOR) {
        None if name.eq_ignore_ascii_case(INBOX) => INBOX.to_owned(),
        Some((first, rest)) if first.eq_ignore_ascii_case(INBOX) => format!("{INBOX}{SEPARATOR}{rest}"),
        _ => name.to_owned(),
    }
}

fn add(nodes: &mut Vec<Node>, account: MailboxId, prefix: &str, rows: &[FolderRow]) {
    let start = nodes.len();
    for row in rows {
        let mut name = own_name(row).to_owned();
        let mut above = row.parent.as_deref();
        let mut depth = 0;
        while let Some(parent) = above.and_then(|id| rows.iter().find(|row| row.id == id)) {
            name = format!("{}{SEPARATOR}{name}", own_name(parent));
            above = parent.parent.as_deref();
            depth += 1;
            if depth > MAX_DEPTH {
                break;
            }
        }
        let name = text::nfc(&format!("{prefix}{name}"));
        nodes.push(Node { name, account, folder: Some(row.id.clone()), role: row.role });
    }
    // A folder below another stands behind it.
    if let Some(own) = nodes.get_mut(start..) {
        let order: Vec<String> = own.iter().map(|node| node.name.clone()).collect();
        own.sort_by_cached_key(|node| {
            let root = node.name.split(SEPARATOR).nth(prefix.matches(SEPARATOR).count()).unwrap_or_default();
            let root = format!("{prefix}{root}");
            (order.iter().position(|name| *name == root), node.name.clone())
        });
    }
}

fn own_name(row: &FolderRow) -> &str {
    if row.role == Some(Role::Inbox) { INBOX } else { &row.name }
}

pub(super) const INBOX: &str = "INBOX";
const MAX_DEPTH: usize = 20;
