//! CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE (RFC 9051 §6.3.4–6.3.8).

use base::Timestamp;
use mail_gateway_core::imap::name::SEPARATOR;

use super::{
    list::object_id,
    names::{INBOX, canonical},
    reply::{Done, Failure, Reply},
    rights::no_right,
    session::Session,
};
use crate::store::folder::FolderChange;

impl Session {
    pub(super) async fn create(&mut self, name: &str) -> Done {
        let name = canonical(name);
        if self.node(&name).await?.is_some() {
            return Ok(Reply::no("[ALREADYEXISTS] Thư mục đã có / The mailbox exists"));
        }
        match self.make(&name).await? {
            Some((account, Some(id))) => {
                Ok(Reply::ok(format!("[MAILBOXID ({})] created", object_id(account, &id))))
            }
            _ => Ok(Reply::no("[CANNOT] Không tạo được thư mục ở đây / No mailbox can be made here")),
        }
    }

    /// Makes the folder `name` and whatever lies above it; answers the id of the last one, `None` where
    /// nothing can be made.
    async fn make(&mut self, name: &str) -> Result<Option<(base::MailboxId, Option<String>)>, Failure> {
        let home = self.home(name).filter(|(account, _)| !self.only_reads(*account));
        let Some((account, root)) = home else { return Ok(None) };
        let nodes = self.nodes().await?;
        let mut path = root.clone();
        let mut parent: Option<String> = None;
        for part in name.get(root.len()..).unwrap_or_default().split(SEPARATOR) {
            if !path.is_empty() && !path.ends_with(SEPARATOR) {
                path.push(SEPARATOR);
            }
            path.push_str(part);
            let known = nodes.iter().find(|node| node.account == account && node.name == path);
            parent = match known.and_then(|node| node.folder.clone()) {
                Some(id) => Some(id),
                None => {
                    let id = self.store().create_folder(
                        account,
                        part.to_owned(),
                        parent,
                        SORT_ORDER,
                        Timestamp::now(),
                    );
                    Some(id.await?)
                }
            };
        }
        Ok(Some((account, parent)))
    }

    pub(super) async fn delete(&mut self, name: &str) -> Done {
        let Some((account, folder)) = self.folder(name).await? else { return Ok(Reply::nonexistent()) };
        if self.only_reads(account) {
            return Ok(no_right());
        }
        if self.selected.as_ref().is_some_and(|s| s.account == account && s.folder == folder) {
            self.selected = None;
        }
        self.store().destroy_folder(account, folder, true).await?;
        Ok(Reply::ok("deleted"))
    }

    pub(super) async fn rename(&mut self, from: &str, to: &str) -> Done {
        let (from, to) = (canonical(from), canonical(to));
        let Some((account, folder)) = self.folder(&from).await? else { return Ok(Reply::nonexistent()) };
        if self.only_reads(account) {
            return Ok(no_right());
        }
        if from == INBOX {
            return Ok(Reply::no("[CANNOT] Không đổi tên hộp thư đến / The inbox keeps its name"));
        }
        if self.node(&to).await?.is_some() {
            return Ok(Reply::no("[ALREADYEXISTS] Tên đã có / The name is taken"));
        }
        let same_home = self.home(&to).is_some_and(|(other, _)| other == account);
        let below_itself = to.strip_prefix(&from).is_some_and(|rest| rest.starts_with(SEPARATOR));
        if !same_home || below_itself {
            return Ok(Reply::no("[CANNOT] Không chuyển được tới đây / It cannot be moved there"));
        }
        let root = self.home(&to).map(|(_, root)| root).unwrap_or_default();
        let (parent, name) = match to.rsplit_once(SEPARATOR) {
            Some((above, name)) if above.len() >= root.len() => {
                // RFC 9051 §6.3.6: missing superior names are made.
                (self.make(above).await?.and_then(|(_, id)| id), name)
            }
            Some((_, name)) => (None, name),
            None => (None, to.as_str()),
        };
        let change = FolderChange { name: Some(name.to_owned()), parent: Some(parent), sort_order: None };
        self.store().update_folder(account, folder, change).await?;
        Ok(Reply::ok("renamed"))
    }

    pub(super) async fn subscribe(&mut self, name: String, subscribed: bool) -> Done {
        let Some(principal) = self.principal.clone() else { return Ok(Reply::bad("sign in first")) };
        let kept = self.store().subscribe(principal.account, canonical(&name), subscribed).await?;
        Ok(if kept { Reply::ok("done") } else { Reply::no("[LIMIT] too many subscriptions") })
    }
}

/// Folders people make stand after the system's, by name.
const SORT_ORDER: u64 = 100;
