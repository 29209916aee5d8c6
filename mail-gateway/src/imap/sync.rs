//! Telling a client what others did to its mailbox, when the RFC allows it (RFC 9051 §7.5.1).

use std::collections::BTreeMap;

use mail_gateway_core::imap::{set, write};

use super::{reply::Failure, session::Session};
use crate::store::uid::Wanted;

impl Session {
    /// Tells new letters and flags, and with `may_expunge` also what is gone. `false` when the mailbox
    /// itself is gone.
    pub(super) async fn sync(&mut self, may_expunge: bool) -> Result<bool, Failure> {
        let Some(selected) = &mut self.selected else { return Ok(true) };
        if selected.watch.has_changed().unwrap_or(true) {
            selected.watch.mark_unchanged();
            let (account, folder, since) = (selected.account, selected.folder.clone(), selected.modseq);
            let Some(changed) = self.store().folder_changes(account, &folder, since).await? else {
                self.selected = None;
                return Ok(false);
            };
            self.take_in_changes(changed).await?;
        }
        if let Some(selected) = &mut self.selected {
            selected.own = BTreeMap::new();
        }
        if may_expunge {
            self.tell_gone();
        }
        Ok(true)
    }

    async fn take_in_changes(&mut self, changed: crate::store::uid::Changed) -> Result<(), Failure> {
        let Some(selected) = &mut self.selected else { return Ok(()) };
        selected.modseq = changed.highest_modseq;
        let view = &selected.view;
        selected.gone.extend(changed.gone.iter().filter(|uid| view.number_of(**uid).is_some()));
        let (known, new): (Vec<u32>, Vec<u32>) =
            changed.present.into_iter().partition(|uid| view.number_of(*uid).is_some());
        if selected.view.add(new) {
            let exists = format!("{} EXISTS", selected.view.len());
            let rev1 = !self.enabled.rev2;
            self.untagged(exists);
            if rev1 {
                self.untagged("0 RECENT");
            }
        }
        self.tell_flags(&known, true).await
    }

    /// Tells what is gone and renumbers.
    fn tell_gone(&mut self) {
        let Some(selected) = &mut self.selected else { return };
        if selected.gone.is_empty() {
            return;
        }
        let mut gone = std::mem::take(&mut selected.gone);
        gone.sort_unstable();
        gone.dedup();
        let numbers = selected.view.remove(&gone);
        self.saved.retain(|uid| gone.binary_search(uid).is_err());
        if self.enabled.qresync {
            // RFC 7162 §3.2.10.
            let uids = set::written(gone);
            self.untagged(format!("VANISHED {uids}"));
        } else {
            for number in numbers {
                self.untagged(format!("{number} EXPUNGE"));
            }
        }
    }

    /// Tells the flags of these letters; with `skip_own`, not those this client was told of already.
    pub(super) async fn tell_flags(&mut self, uids: &[u32], skip_own: bool) -> Result<(), Failure> {
        for piece in uids.chunks(PIECE) {
            let Some(selected) = &self.selected else { return Ok(()) };
            let wanted = Wanted { flags: true, ..Wanted::default() };
            let rows = self.store().letter_rows(selected.account, &selected.folder, piece, wanted).await?;
            for row in rows {
                let Some(selected) = &self.selected else { return Ok(()) };
                if skip_own && selected.own.get(&row.uid) == Some(&row.modseq) {
                    continue;
                }
                let Some(number) = selected.view.number_of(row.uid) else { continue };
                let flags = write::flag_list(row.keywords.iter().map(String::as_str));
                let modseq = self.modseq_item(row.modseq);
                self.untagged(format!("{number} FETCH (UID {} FLAGS {flags}{modseq})", row.uid));
            }
            self.flush_if_large().await?;
        }
        Ok(())
    }

    /// ` MODSEQ (n)` for clients that want it (RFC 7162 §3.1).
    pub(super) fn modseq_item(&self, modseq: i64) -> String {
        if self.enabled.condstore { format!(" MODSEQ ({modseq})") } else { String::new() }
    }
}

/// Letters asked of the store at once.
pub(super) const PIECE: usize = 500;
