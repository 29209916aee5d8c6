//! SELECT, EXAMINE, CLOSE (RFC 9051 §6.3.2, RFC 7162).

use mail_gateway_core::imap::{
    command::{Resync, SelectParameters},
    set,
    view::View,
    write,
};

use super::{
    list::object_id,
    names::canonical,
    reply::{Done, Failure, Reply},
    session::{Selected, Session},
};

impl Session {
    pub(super) async fn select(&mut self, name: &str, parameters: SelectParameters, read_only: bool) -> Done {
        if self.selected.take().is_some() {
            // RFC 7162 §3.2.11.
            self.untagged("OK [CLOSED] the mailbox before is closed");
        }
        self.saved = Vec::new();
        let Some((account, folder)) = self.folder(name).await? else { return Ok(Reply::nonexistent()) };
        // RFC 4314 §5.2: without a right to change anything, the mailbox is read-only.
        let read_only = read_only || self.only_reads(account);
        // Watched before it is read: what happens in between is told with the next command.
        let watch = self.store().changes().watch(account);
        let Some((state, uids)) = self.store().folder_uids(account, &folder).await? else {
            return Ok(Reply::nonexistent());
        };
        if parameters.condstore || parameters.qresync.is_some() {
            self.enabled.condstore = true;
        }
        self.untagged(format!("FLAGS ({FLAGS})"));
        let permanent = if read_only { String::new() } else { format!("{FLAGS} \\*") };
        self.untagged(format!("OK [PERMANENTFLAGS ({permanent})] kept"));
        self.untagged(format!("{} EXISTS", uids.len()));
        if !self.enabled.rev2 {
            self.untagged("0 RECENT");
            if let Some(uid) = self.store().first_unread(account, &folder).await? {
                let number = uids.binary_search(&uid).map_or(0, |place| place + 1);
                if number > 0 {
                    self.untagged(format!("OK [UNSEEN {number}] the first unread letter"));
                }
            }
        }
        self.untagged(format!("OK [UIDVALIDITY {}] valid", state.uid_validity));
        self.untagged(format!("OK [UIDNEXT {}] next", state.uid_next));
        self.untagged(format!("OK [HIGHESTMODSEQ {}] highest", state.highest_modseq));
        self.untagged(format!("OK [MAILBOXID ({})] its id", object_id(account, &folder)));
        if self.enabled.rev2 {
            let name = write::mailbox(&canonical(name), true);
            self.untagged(format!("LIST () \"/\" {name}"));
        }
        self.selected = Some(Selected {
            account,
            folder,
            view: View::new(uids),
            modseq: state.highest_modseq,
            read_only,
            watch,
            gone: Vec::new(),
            own: Default::default(),
        });
        if let Some(resync) = parameters.qresync.filter(|resync| resync.uid_validity == state.uid_validity) {
            if !self.enabled.qresync {
                self.selected = None;
                return Ok(Reply::bad("ENABLE QRESYNC first"));
            }
            self.resync(&resync).await?;
        }
        Ok(Reply::ok(if read_only { "[READ-ONLY] selected" } else { "[READ-WRITE] selected" }))
    }

    /// Tells what happened since the client was here (RFC 7162 §3.2.5.2).
    async fn resync(&mut self, resync: &Resync) -> Result<(), Failure> {
        let Some(selected) = &self.selected else { return Ok(()) };
        let (account, folder) = (selected.account, selected.folder.clone());
        let Some(changed) = self.store().folder_changes(account, &folder, resync.modseq).await? else {
            return Ok(());
        };
        let known = resync.known.as_ref().map(|known| known.resolve(u32::MAX));
        let knows = |uid: &u32| known.as_ref().is_none_or(|known| set::contains(known, *uid));
        self.vanished_earlier(changed.gone.into_iter().filter(knows));
        let present: Vec<u32> = changed.present.into_iter().filter(knows).collect();
        self.tell_flags(&present, false).await
    }

    pub(super) fn vanished_earlier(&mut self, gone: impl Iterator<Item = u32>) {
        let gone = set::written(gone);
        if !gone.is_empty() {
            self.untagged(format!("VANISHED (EARLIER) {gone}"));
        }
    }

    pub(super) async fn close(&mut self) -> Done {
        // RFC 9051 §6.4.1: removes without telling.
        if let Some(selected) = self.selected.take()
            && !selected.read_only
        {
            self.store().expunge(selected.account, &selected.folder, None).await?;
        }
        Ok(Reply::ok("closed"))
    }
}

/// The flags every mailbox has; any keyword may be added.
const FLAGS: &str =
    "\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded $MDNSent $Junk $NotJunk $Phishing";
