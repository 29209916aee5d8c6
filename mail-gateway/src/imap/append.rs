//! APPEND and REPLACE (RFC 9051 §6.3.12, RFC 3502, 4315, 8508).

use std::collections::BTreeSet;

use base::{MailboxId, Timestamp};
use mail_gateway_core::{
    imap::{
        command::Append,
        set::{self, Set},
        write,
    },
    mailbox::Role,
};

use super::{
    reply::{Done, Failure, Reply},
    rights::no_right,
    session::Session,
    store::read_only,
};
use crate::store::{
    letter::Act,
    uid::{Appended, FlagEdit},
};

impl Session {
    pub(super) async fn append(&mut self, name: &str, letters: Vec<Append>) -> Done {
        let Some((account, folder)) = self.folder(name).await? else {
            return Ok(Reply::no("[TRYCREATE] Không có thư mục này / No such mailbox"));
        };
        if self.only_reads(account) {
            return Ok(no_right());
        }
        // RFC 3502 §6.3.11: an empty letter calls the whole command off.
        if letters.iter().any(|letter| letter.octets.is_empty()) {
            return Ok(Reply::no("called off: a letter is empty"));
        }
        let limit = self.mail.inner.config.max_size;
        if letters.iter().any(|letter| u64::try_from(letter.octets.len()).is_ok_and(|size| size > limit)) {
            return Ok(Reply::no("[TOOBIG] Thư quá lớn / Larger than this server takes"));
        }
        let octets =
            letters.iter().map(|letter| u64::try_from(letter.octets.len()).unwrap_or(u64::MAX)).sum();
        if !self.has_room(account, octets).await? {
            return Ok(Reply::no("[OVERQUOTA] Hộp thư đã đầy / The mailbox is full"));
        }
        let now = Timestamp::now();
        // What lies there was written by whoever puts it there; elsewhere letters are only filed.
        let written = [Role::Drafts, Role::Sent].iter().any(|role| role.as_str() == folder);
        let by = if written { self.act(now) } else { None };
        let ready = letters.into_iter().map(|letter| ready(letter, now, by.clone())).collect();
        let added = self.store().append(account, &folder, ready).await?;
        let uids = set::written(added.to.iter().copied());
        Ok(Reply::ok(format!("[APPENDUID {} {uids}] kept", added.uid_validity)))
    }

    /// Whether so many octets more fit into a mailbox of this reader.
    pub(super) async fn has_room(&self, account: MailboxId, octets: u64) -> Result<bool, Failure> {
        let Some(grant) = self.grants().iter().find(|grant| grant.mailbox == account) else {
            return Ok(false);
        };
        Ok(self.store().room(account, grant.kind).await?.has_room(octets))
    }

    /// The new letter comes first: whatever happens, one of the two is there.
    pub(super) async fn replace(&mut self, by_uid: bool, set: &Set, name: &str, letter: Append) -> Done {
        if self.is_read_only() {
            return Ok(read_only());
        }
        let old = self.chosen(set, by_uid);
        if old.is_empty() {
            return Ok(Reply::no("[NONEXISTENT] Không có thư này / No such letter"));
        }
        let reply = self.append(name, vec![letter]).await?;
        if reply.status != "OK" {
            return Ok(reply);
        }
        let edit = FlagEdit::add(write::DELETED);
        self.edit(&old, &edit).await?;
        if let Some(selected) = &self.selected {
            self.store().expunge(selected.account, &selected.folder, Some(old)).await?;
        }
        // RFC 8508 §3.1: APPENDUID comes untagged, before the EXPUNGE.
        self.untagged(format!("OK {}", reply.text));
        Ok(Reply::ok("replaced"))
    }
}

fn ready(letter: Append, now: Timestamp, by: Option<Act>) -> Appended {
    // RFC 9051 §6.3.12: what cannot be kept is left out.
    let mut keywords: BTreeSet<String> =
        letter.flags.iter().filter(|flag| write::may_be_set(flag)).map(|flag| write::keyword(flag)).collect();
    Appended {
        octets: letter.octets.into(),
        deleted: keywords.remove(write::DELETED),
        keywords,
        received: letter.date.map_or(now, Timestamp::from_micros),
        by,
    }
}
