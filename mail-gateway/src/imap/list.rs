//! LIST, LSUB, NAMESPACE, STATUS (RFC 9051 §6.3.9–6.3.11, RFC 5258, 5819, 6154, 2342).

use std::collections::BTreeMap;

use base::MailboxId;
use mail_gateway_core::{
    imap::{
        command::{List, StatusItem},
        name::{self, SEPARATOR},
        write,
    },
    mailbox::Role,
};

use super::{
    names::{Node, SHARED},
    reply::{Done, Failure, Reply},
    session::Session,
};

impl Session {
    pub(super) fn namespace(&mut self) -> Reply {
        let shared = if self.grants().len() > 1 {
            let prefix = write::mailbox(&format!("{SHARED}{SEPARATOR}"), self.utf8());
            format!("(({prefix} \"/\"))")
        } else {
            "NIL".to_owned()
        };
        self.untagged(format!("NAMESPACE ((\"\" \"/\")) NIL {shared}"));
        Reply::ok("done")
    }

    pub(super) async fn list(&mut self, list: List) -> Done {
        // RFC 9051 §6.3.9: an empty pattern asks for the separator.
        if !list.is_extended && list.patterns.iter().all(String::is_empty) {
            self.untagged("LIST (\\Noselect) \"/\" \"\"");
            return Ok(Reply::ok("done"));
        }
        let nodes = self.nodes().await?;
        let said = self.said().await?;
        let patterns: Vec<String> =
            list.patterns.iter().map(|pattern| pattern_of(&list.reference, pattern)).collect();
        let matches = |name: &str| patterns.iter().any(|pattern| name::matches(pattern, name));
        for node in nodes.iter().filter(|node| matches(&node.name)) {
            let subscribed = is_subscribed(&said, &node.name);
            let below = has_children(&nodes, &node.name);
            let chosen =
                (!list.only_subscribed || subscribed) && (!list.only_special || special(node).is_some());
            // RFC 5258 §3.5: a parent is told for the sake of what lies below it.
            let for_child = !chosen
                && list.recursive_match
                && nodes.iter().any(|other| {
                    is_below(&other.name, &node.name)
                        && !matches(&other.name)
                        && is_subscribed(&said, &other.name)
                });
            if !chosen && !for_child {
                continue;
            }
            let mut attributes = attributes(node, below);
            if subscribed && list.return_subscribed {
                attributes.push("\\Subscribed");
            }
            let info = if for_child { " (\"CHILDINFO\" (\"SUBSCRIBED\"))" } else { "" };
            self.list_line("LIST", &attributes, &node.name, info);
            self.list_extras(node, &list).await?;
            self.flush_if_large().await?;
        }
        if list.only_subscribed {
            self.list_lost(&nodes, &said, &patterns);
        }
        Ok(Reply::ok("done"))
    }

    /// RFC 5258 §3.1: subscribed names that no longer exist are told too.
    fn list_lost(&mut self, nodes: &[Node], said: &BTreeMap<String, bool>, patterns: &[String]) {
        for (name, subscribed) in said {
            let exists = nodes.iter().any(|node| node.name == *name);
            if *subscribed && !exists && patterns.iter().any(|pattern| name::matches(pattern, name)) {
                self.list_line("LIST", &["\\Subscribed", "\\NonExistent"], name, "");
            }
        }
    }

    async fn list_extras(&mut self, node: &Node, list: &List) -> Result<(), Failure> {
        let name = write::mailbox(&node.name, self.utf8());
        if list.my_rights && node.folder.is_some() {
            self.untagged(format!("MYRIGHTS {name} {}", self.rights(node)));
        }
        if let (Some(items), Some(folder)) = (&list.status, &node.folder) {
            let status = self.status_of(node.account, folder, items).await?;
            self.untagged(format!("STATUS {name} ({status})"));
        }
        Ok(())
    }

    fn list_line(&mut self, verb: &str, attributes: &[&str], name: &str, info: &str) {
        let name = write::mailbox(name, self.utf8());
        self.untagged(format!("{verb} ({}) \"/\" {name}{info}", attributes.join(" ")));
    }

    pub(super) async fn lsub(&mut self, reference: &str, pattern: &str) -> Done {
        let nodes = self.nodes().await?;
        let said = self.said().await?;
        let pattern = pattern_of(reference, pattern);
        for node in nodes.iter().filter(|node| name::matches(&pattern, &node.name)) {
            if is_subscribed(&said, &node.name) {
                let attributes = attributes(node, has_children(&nodes, &node.name));
                self.list_line("LSUB", &attributes, &node.name, "");
            }
        }
        Ok(Reply::ok("done"))
    }

    /// What this reader said of folders.
    async fn said(&self) -> Result<BTreeMap<String, bool>, Failure> {
        match &self.principal {
            Some(principal) => Ok(self.store().subscriptions(principal.account).await?),
            None => Ok(BTreeMap::new()),
        }
    }

    pub(super) async fn status(&mut self, name: &str, items: &[StatusItem]) -> Done {
        let Some((account, folder)) = self.folder(name).await? else { return Ok(Reply::nonexistent()) };
        let status = self.status_of(account, &folder, items).await?;
        let name = write::mailbox(&super::names::canonical(name), self.utf8());
        self.untagged(format!("STATUS {name} ({status})"));
        Ok(Reply::ok("done"))
    }

    async fn status_of(
        &mut self,
        account: MailboxId,
        folder: &str,
        items: &[StatusItem],
    ) -> Result<String, Failure> {
        let state = self.store().folder_state(account, folder).await?;
        let Some(state) = state else { return Ok(String::new()) };
        use StatusItem::*;
        let counted = items.iter().any(|item| matches!(item, Deleted | Size));
        let counts =
            if counted { self.store().folder_counts(account, folder).await? } else { Default::default() };
        if items.contains(&HighestModseq) {
            // RFC 7162 §3.1: asking for it is an enabling command.
            self.enabled.condstore = true;
        }
        let told: Vec<String> = items
            .iter()
            .map(|item| match item {
                Messages => format!("MESSAGES {}", state.total),
                Recent => "RECENT 0".to_owned(),
                UidNext => format!("UIDNEXT {}", state.uid_next),
                UidValidity => format!("UIDVALIDITY {}", state.uid_validity),
                Unseen => format!("UNSEEN {}", state.unread),
                Deleted => format!("DELETED {}", counts.deleted),
                Size => format!("SIZE {}", counts.octets),
                HighestModseq => format!("HIGHESTMODSEQ {}", state.highest_modseq),
                MailboxId => format!("MAILBOXID ({})", object_id(account, folder)),
                AppendLimit => format!("APPENDLIMIT {}", self.mail.inner.config.max_size),
            })
            .collect();
        Ok(told.join(" "))
    }
}

/// RFC 8474 §4.1: an id of its own for every folder of every account; system folders share theirs.
pub(super) fn object_id(account: MailboxId, folder: &str) -> String {
    format!("{account}-{folder}")
}

/// RFC 9051 §6.3.9: the reference stands before the pattern.
fn pattern_of(reference: &str, pattern: &str) -> String {
    let whole = format!("{reference}{pattern}");
    match whole.split_at_checked(5) {
        // RFC 9051 §5.1: INBOX in any case.
        Some((start, rest))
            if start.eq_ignore_ascii_case("INBOX")
                && matches!(rest.chars().next(), None | Some('/' | '*' | '%')) =>
        {
            format!("INBOX{rest}")
        }
        _ => mail_gateway_core::message::text::nfc(&whole),
    }
}

fn is_subscribed(said: &BTreeMap<String, bool>, name: &str) -> bool {
    said.get(name).copied().unwrap_or(true)
}

fn is_below(name: &str, parent: &str) -> bool {
    name.strip_prefix(parent).is_some_and(|rest| rest.starts_with(SEPARATOR))
}

fn has_children(nodes: &[Node], name: &str) -> bool {
    nodes.iter().any(|node| is_below(&node.name, name))
}

/// RFC 6154 §2. An agency's folders have them too, below its own name.
fn special(node: &Node) -> Option<&'static str> {
    match node.role? {
        Role::Inbox => None,
        Role::Drafts => Some("\\Drafts"),
        Role::Sent => Some("\\Sent"),
        Role::Archive => Some("\\Archive"),
        Role::Junk => Some("\\Junk"),
        Role::Trash => Some("\\Trash"),
    }
}

fn attributes(node: &Node, below: bool) -> Vec<&'static str> {
    let mut attributes = vec![if below { "\\HasChildren" } else { "\\HasNoChildren" }];
    if node.folder.is_none() {
        attributes.push("\\Noselect");
    }
    // Programs look for "the" Sent folder: only the reader's own is told.
    if !node.name.starts_with(SHARED) {
        attributes.extend(special(node));
    }
    attributes
}
