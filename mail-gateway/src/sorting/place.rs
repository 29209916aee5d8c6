//! Where a letter lies: folders by the names a script knows, made when it asks for that.

use std::collections::{BTreeMap, BTreeSet};

use base::{LetterId, MailboxId, random::System};
use database::sqlx::{self, AnyConnection, Row};
use mail_gateway_core::mailbox::{Role, is_keyword};

use super::Body;
use crate::store::{self, StoreError, folder::Folder};

/// A folder and the keywords a letter gets with it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The names from the top down; empty means the inbox.
    path: Vec<String>,
    create: bool,
    role: Option<Role>,
    keywords: BTreeSet<String>,
}

impl Place {
    pub(super) fn inbox(flags: &[String]) -> Self {
        Self { path: Vec::new(), create: false, role: None, keywords: keywords(flags) }
    }

    pub(super) fn new(folder: &str, create: bool, special_use: Option<&str>, flags: &[String]) -> Self {
        let path: Vec<String> =
            folder.split('/').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
        let inbox = path.len() == 1 && path.iter().all(|name| name.eq_ignore_ascii_case("inbox"));
        Self {
            path: if inbox { Vec::new() } else { path },
            create,
            role: special_use.and_then(role_of),
            keywords: keywords(flags),
        }
    }
}

/// RFC 6154 §2.
fn role_of(special_use: &str) -> Option<Role> {
    Role::parse(special_use.strip_prefix('\\')?.to_ascii_lowercase().as_str())
}

/// IMAP flags as keywords (RFC 8621 §4.1.1); what cannot be one is left out.
fn keywords(flags: &[String]) -> BTreeSet<String> {
    let keyword = |flag: &String| {
        let flag = flag.to_ascii_lowercase();
        let keyword = match flag.as_str() {
            "\\seen" => "$seen",
            "\\flagged" => "$flagged",
            "\\answered" => "$answered",
            "\\draft" => "$draft",
            other => other,
        };
        is_keyword(keyword).then(|| keyword.to_owned())
    };
    flags.iter().filter_map(keyword).collect()
}

/// The folders' full names and their special uses.
pub(super) fn folder_names(folders: &[Folder]) -> (BTreeSet<String>, BTreeSet<String>) {
    let by_id: BTreeMap<&str, &Folder> = folders.iter().map(|folder| (folder.id.as_str(), folder)).collect();
    let full = |folder: &Folder| {
        let (mut name, mut above) = (folder.name.clone(), folder.parent.as_deref());
        // No folder lies deeper than there are folders, so a circle in the rows would end too.
        for _ in 0..folders.len() {
            let Some(parent) = above.and_then(|id| by_id.get(id)) else { break };
            name = format!("{}/{name}", parent.name);
            above = parent.parent.as_deref();
        }
        name
    };
    let uses = folders.iter().filter_map(|folder| folder.role).filter(|role| *role != Role::Inbox);
    let uses = uses.map(|role| {
        let mut name = role.as_str().to_owned();
        name.get_mut(..1).map(str::make_ascii_uppercase);
        format!("\\{name}")
    });
    (folders.iter().map(full).collect(), uses.collect())
}

/// Delivers to `mailbox` into all of `places`, once per delivery key.
pub(super) async fn deliver(
    c: &mut AnyConnection,
    mailbox: MailboxId,
    places: &[Place],
    body: &Body<'_>,
) -> Result<(), StoreError> {
    let account = mailbox.to_string();
    if body.junk || places.iter().any(|place| !place.path.is_empty()) {
        store::folder::ensure_account(c, &account, body.now).await?;
    }
    let (mut folders, mut keywords) = (BTreeSet::new(), BTreeSet::new());
    for place in places {
        folders.insert(find(c, &account, place, body).await?);
        keywords.extend(place.keywords.iter().cloned());
    }
    if body.junk {
        keywords.insert(JUNK.to_owned());
    }
    let delivery = store::deliver::Placed {
        mailbox,
        folders: &folders,
        keywords: &keywords,
        blob: body.blob,
        summary: body.summary,
        now: body.now,
    };
    store::deliver::deliver_placed(c, body.key, &delivery).await.map(drop)
}

/// The id of the folder meant; the inbox when there is none and none may be made.
async fn find(
    c: &mut AnyConnection,
    account: &str,
    place: &Place,
    body: &Body<'_>,
) -> Result<String, StoreError> {
    // The role is also the id of a system folder.
    if let Some(role) = place.role {
        return Ok(role.as_str().to_owned());
    }
    let mut at: Option<String> = None;
    for name in &place.path {
        at = match (child(c, account, at.as_deref(), name).await?, place.create) {
            (Some(id), _) => Some(id),
            (None, true) => {
                let id = LetterId::new(body.now, &mut System).to_string();
                match store::folder::make(c, account, &id, name, at.as_deref(), body.now).await {
                    Ok(()) => Some(id),
                    // A name or a depth that cannot be.
                    Err(StoreError::BadFolderName | StoreError::BadFolders) => None,
                    Err(cause) => return Err(cause),
                }
            }
            (None, false) => None,
        };
        if at.is_none() {
            break;
        }
    }
    let otherwise = if body.junk { Role::Junk } else { Role::Inbox };
    Ok(at.unwrap_or_else(|| otherwise.as_str().to_owned()))
}

async fn child(
    c: &mut AnyConnection,
    account: &str,
    parent: Option<&str>,
    name: &str,
) -> Result<Option<String>, StoreError> {
    let row = match parent {
        None => {
            sqlx::query("SELECT id FROM folders WHERE account = $1 AND parent IS NULL AND name = $2")
                .bind(account)
                .bind(name)
                .fetch_optional(&mut *c)
                .await?
        }
        Some(parent) => {
            sqlx::query("SELECT id FROM folders WHERE account = $1 AND parent = $3 AND name = $2")
                .bind(account)
                .bind(name)
                .bind(parent)
                .fetch_optional(&mut *c)
                .await?
        }
    };
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// RFC 5788 registers it for letters that are spam.
const JUNK: &str = "$junk";
