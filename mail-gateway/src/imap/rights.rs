//! ACL and QUOTA (RFC 4314, 9208): told as the directory has them; changed there and nowhere else.

use base::{MailboxId, Timestamp};
use directory_core::MailboxGrant;
use mail_gateway_core::imap::write;

use super::{
    names::{Node, canonical},
    reply::{Done, Failure, Reply},
    session::Session,
};
use crate::store::letter::Act;

impl Session {
    /// The rights of this reader (RFC 4314 §2.1): everything but administration, or looking and reading
    /// alone; system folders are not deleted.
    pub(super) fn rights(&self, node: &Node) -> &'static str {
        match node.role {
            _ if self.only_reads(node.account) => "lr",
            Some(_) => "lrswipkte",
            None => "lrswipkxte",
        }
    }

    /// Whether this reader may change nothing in `account`.
    pub(super) fn only_reads(&self, account: MailboxId) -> bool {
        self.grants().iter().any(|grant| grant.mailbox == account && grant.is_read_only())
    }

    /// This reader as the one who does something now.
    pub(super) fn act(&self, at: Timestamp) -> Option<Act> {
        let principal = self.principal.as_ref()?;
        Some(Act { person: principal.person, name: principal.name.clone(), at })
    }

    async fn existing(&self, name: &str) -> Result<Option<Node>, Failure> {
        Ok(self.node(name).await?.filter(|node| node.folder.is_some()))
    }

    fn wire_name(&self, name: &str) -> String {
        write::mailbox(&canonical(name), self.utf8())
    }

    pub(super) async fn my_rights(&mut self, name: &str) -> Done {
        let Some(node) = self.existing(name).await? else { return Ok(Reply::nonexistent()) };
        self.untagged(format!("MYRIGHTS {} {}", self.wire_name(name), self.rights(&node)));
        Ok(Reply::ok("done"))
    }

    pub(super) async fn list_rights(&mut self, name: &str, who: &str) -> Done {
        let Some(node) = self.existing(name).await? else { return Ok(Reply::nonexistent()) };
        // RFC 4314 §3.7: what is always granted, and nothing that could be granted here.
        let always = if self.is_reader(who) { self.rights(&node) } else { "\"\"" };
        self.untagged(format!("LISTRIGHTS {} {} {always}", self.wire_name(name), write::string(who)));
        Ok(Reply::ok("done"))
    }

    pub(super) async fn get_acl(&mut self, name: &str) -> Done {
        let Some(node) = self.existing(name).await? else { return Ok(Reply::nonexistent()) };
        let login = self.principal.as_ref().map(|principal| principal.login.clone()).unwrap_or_default();
        // Who else reads it is the directory's to tell.
        self.untagged(format!(
            "ACL {} {} {}",
            self.wire_name(name),
            write::string(&login),
            self.rights(&node)
        ));
        Ok(Reply::ok("done"))
    }

    fn is_reader(&self, who: &str) -> bool {
        self.principal.as_ref().is_some_and(|principal| principal.login.eq_ignore_ascii_case(who))
    }

    pub(super) async fn quota(&mut self, root: &str) -> Done {
        let Some(grant) = self.grants().iter().find(|grant| grant.address == root) else {
            return Ok(Reply::no("[NONEXISTENT] Không có hạn mức này / No such quota root"));
        };
        let grant = grant.clone();
        self.tell_quota(&grant).await
    }

    pub(super) async fn quota_root(&mut self, name: &str) -> Done {
        let Some(node) = self.existing(name).await? else { return Ok(Reply::nonexistent()) };
        let grant = self.grants().iter().find(|grant| grant.mailbox == node.account).cloned();
        let Some(grant) = grant else { return Ok(Reply::nonexistent()) };
        self.untagged(format!("QUOTAROOT {} {}", self.wire_name(name), write::string(&grant.address)));
        self.tell_quota(&grant).await
    }

    async fn tell_quota(&mut self, grant: &MailboxGrant) -> Done {
        let room = self.store().room(grant.mailbox, grant.kind).await?;
        // RFC 9208 §5.1: units of 1,024 octets, a begun one counts.
        let (used, limit) = (room.usage.bytes.div_ceil(1024), room.limit / 1024);
        self.untagged(format!("QUOTA {} (STORAGE {used} {limit})", write::string(&grant.address)));
        Ok(Reply::ok("done"))
    }
}

/// RFC 9051 §7.1, `NOPERM`: the reader lacks the right.
pub(super) fn no_right() -> Reply {
    Reply::no("[NOPERM] Chỉ được đọc hộp thư này / This mailbox may only be read")
}
