//! STORE, EXPUNGE, COPY, MOVE (RFC 9051 §6.4.3–6.4.8, RFC 4315, 6851, 7162).

use std::collections::BTreeSet;

use base::Timestamp;
use mail_gateway_core::imap::{
    command::FlagChange,
    set::{self, Set},
    write,
};

use super::{
    reply::{Done, Failure, Reply},
    rights::no_right,
    session::Session,
    sync::PIECE,
};
use crate::store::uid::{FlagEdit, Wanted};

impl Session {
    /// The UIDs that `set` names in the selected mailbox.
    pub(super) fn chosen(&self, set: &Set, by_uid: bool) -> Vec<u32> {
        let selected = self.selected.as_ref();
        selected.map(|selected| selected.view.chosen(set, by_uid, &self.saved)).unwrap_or_default()
    }

    /// RFC 9051 §9: a number beyond the last letter is a mistake of the client.
    pub(super) fn is_beyond(&self, set: &Set, by_uid: bool) -> bool {
        !by_uid && self.selected.as_ref().is_some_and(|selected| selected.view.is_beyond(set))
    }

    pub(super) fn is_read_only(&self) -> bool {
        self.selected.as_ref().is_some_and(|selected| selected.read_only)
    }

    pub(super) async fn store_flags(
        &mut self,
        by_uid: bool,
        set: &Set,
        unchanged_since: Option<i64>,
        change: FlagChange,
    ) -> Done {
        if self.is_read_only() {
            return Ok(read_only());
        }
        if self.is_beyond(set, by_uid) {
            return Ok(Reply::bad("a number beyond the last letter"));
        }
        if let Some(bad) = change.flags.iter().find(|flag| !write::may_be_set(flag)) {
            return Ok(Reply::no(format!("[CANNOT] {bad} cannot be set")));
        }
        if unchanged_since.is_some() {
            self.enabled.condstore = true;
        }
        let keywords: BTreeSet<String> = change.flags.iter().map(|flag| write::keyword(flag)).collect();
        let uids = self.chosen(set, by_uid);
        let by = self.act(Timestamp::now());
        let edit = FlagEdit { how: change.how, keywords, unchanged_since, by };
        let refused = self.edit(&uids, &edit).await?;
        let edited: Vec<u32> =
            uids.iter().copied().filter(|uid| refused.binary_search(uid).is_err()).collect();
        self.tell_edited(&edited, change.silent, by_uid).await?;
        if refused.is_empty() {
            return Ok(Reply::ok("done"));
        }
        let numbers = match &self.selected {
            Some(selected) if !by_uid => selected.view.numbers_written(&refused),
            _ => set::written(refused.iter().copied()),
        };
        // RFC 7162 §3.1.3.
        Ok(Reply::ok(format!("[MODIFIED {numbers}] others were changed meanwhile")))
    }

    pub(super) async fn edit(&self, uids: &[u32], edit: &FlagEdit) -> Result<Vec<u32>, Failure> {
        let Some(selected) = &self.selected else { return Ok(Vec::new()) };
        Ok(self.store().edit_flags(selected.account, &selected.folder, uids, edit).await?)
    }

    /// Tells the new flags and remembers that they were told.
    async fn tell_edited(&mut self, uids: &[u32], silent: bool, by_uid: bool) -> Result<(), Failure> {
        for piece in uids.chunks(PIECE) {
            let Some(selected) = &self.selected else { return Ok(()) };
            let wanted = Wanted { flags: !silent, ..Wanted::default() };
            let rows = self.store().letter_rows(selected.account, &selected.folder, piece, wanted).await?;
            for row in rows {
                let Some(selected) = &mut self.selected else { return Ok(()) };
                selected.own.insert(row.uid, row.modseq);
                let Some(number) = selected.view.number_of(row.uid) else { continue };
                let mut items = Vec::new();
                if by_uid || self.enabled.qresync {
                    items.push(format!("UID {}", row.uid));
                }
                if !silent {
                    let flags = write::flag_list(row.keywords.iter().map(String::as_str));
                    items.push(format!("FLAGS {flags}"));
                }
                if self.enabled.condstore {
                    items.push(format!("MODSEQ ({})", row.modseq));
                }
                // RFC 7162 §3.1.3: a silent client that counts mod-sequences is still told them.
                if !silent || self.enabled.condstore {
                    self.untagged(format!("{number} FETCH ({})", items.join(" ")));
                }
            }
            self.flush_if_large().await?;
        }
        Ok(())
    }

    pub(super) async fn expunge(&mut self, uids: Option<Set>) -> Done {
        if self.is_read_only() {
            return Ok(read_only());
        }
        let among = uids.map(|set| self.chosen(&set, true));
        if let Some(selected) = &self.selected {
            // What this client does not know yet it cannot mean.
            let among = among.unwrap_or_else(|| selected.view.uids().to_vec());
            self.store().expunge(selected.account, &selected.folder, Some(among)).await?;
        }
        // `sync` tells the numbers before the tagged answer.
        Ok(Reply::ok("done"))
    }

    pub(super) async fn copy(&mut self, by_uid: bool, set: &Set, name: &str, moves: bool) -> Done {
        if moves && self.is_read_only() {
            return Ok(read_only());
        }
        if self.is_beyond(set, by_uid) {
            return Ok(Reply::bad("a number beyond the last letter"));
        }
        let Some((account, folder)) = self.folder(name).await? else {
            return Ok(Reply::no("[TRYCREATE] Không có thư mục này / No such mailbox"));
        };
        if self.only_reads(account) {
            return Ok(no_right());
        }
        let uids = self.chosen(set, by_uid);
        if !moves && !self.has_room(account, 0).await? {
            return Ok(Reply::no("[OVERQUOTA] Hộp thư đã đầy / The mailbox is full"));
        }
        let Some(selected) = &self.selected else { return Ok(Reply::bad("select a mailbox first")) };
        let from = (selected.account, selected.folder.as_str());
        let added = self.store().copy_letters(from, &uids, (account, &folder), moves).await?;
        if added.to.is_empty() {
            return Ok(Reply::ok("nothing to do"));
        }
        // RFC 4315 §3: the sets correspond in order.
        let code = format!(
            "[COPYUID {} {} {}]",
            added.uid_validity,
            set::written(added.from.iter().copied()),
            set::written(added.to.iter().copied())
        );
        if moves {
            // RFC 6851 §4.3: told before the EXPUNGE responses.
            self.untagged(format!("OK {code} moved"));
            return Ok(Reply::ok("moved"));
        }
        Ok(Reply::ok(format!("{code} copied")))
    }
}

pub(super) fn read_only() -> Reply {
    Reply::no("[READ-ONLY] Thư mục đang mở chỉ để đọc / The mailbox is open for reading only")
}
