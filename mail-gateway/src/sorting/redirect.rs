//! Passing a letter on, as far as the operator lets rules do that (`mail.forwarding`).

use std::{collections::BTreeMap, time::Duration};

use base::MailboxId;
use directory_core::Poster;
use mail_gateway_core::smtp::Address;

use super::{Own, Plan, Round, could_not};
use crate::{
    accept::{Addressee, Found},
    config::Forwarding,
    store::StoreError,
};

impl Round<'_> {
    /// Passes the letter on; `false` when it stays.
    pub(super) async fn redirect(
        &self,
        address: &str,
        plan: &mut Plan,
        next: &mut BTreeMap<MailboxId, Own>,
        elsewhere: &mut Vec<Address>,
    ) -> Result<bool, StoreError> {
        let policy = self.inner.config.forwarding;
        if policy == Forwarding::Off {
            could_not(self.mailbox, "redirect", &"mail.forwarding is off");
            return Ok(false);
        }
        let Some(address) = Address::parse(address) else { return Ok(false) };
        match Addressee::find(self.inner, address, Poster::Outside).await {
            Err(cause) => {
                could_not(self.mailbox, "redirect", &cause);
                Ok(false)
            }
            Ok(Found::Nobody) => {
                could_not(self.mailbox, "redirect", &"nobody has the address");
                Ok(false)
            }
            Ok(Found::Closed) => {
                could_not(self.mailbox, "redirect", &"the address is a list closed to the outside");
                Ok(false)
            }
            Ok(Found::Way(Addressee { address, mailboxes: Some(mailboxes), .. })) => {
                let [mailbox] = mailboxes.as_slice() else {
                    // Who may write to a list is not for somebody's rule to widen.
                    could_not(self.mailbox, "redirect", &"the address is a list");
                    return Ok(false);
                };
                if *mailbox == self.mailbox {
                    return Ok(false);
                }
                next.entry(*mailbox).or_insert_with(|| vec![address.to_string()]);
                Ok(true)
            }
            Ok(Found::Way(_)) if policy == Forwarding::Inside => {
                could_not(self.mailbox, "redirect", &"mail.forwarding lets letters go on inside only");
                Ok(false)
            }
            Ok(Found::Way(Addressee { address, .. })) => self.outside(address, plan, elsewhere).await,
        }
    }

    /// RFC 5228 §10: a letter that comes back from where it was sent is not sent there again.
    async fn outside(
        &self,
        address: Address,
        plan: &mut Plan,
        elsewhere: &mut Vec<Address>,
    ) -> Result<bool, StoreError> {
        let letter = mail_gateway_core::message::parse::parse(self.unsorted.letter);
        let id: String = letter.message_id().unwrap_or_default().chars().take(500).collect();
        if !id.is_empty() {
            let key = format!("redirect:{}:{id}", address.as_str().to_lowercase());
            if self.inner.store.remembered(self.mailbox, self.unsorted.now).await?.contains(&key) {
                could_not(self.mailbox, "redirect", &"the letter was there already");
                return Ok(false);
            }
            plan.remember.push((key, self.unsorted.now.plus(REMEMBERED)));
        }
        elsewhere.push(address);
        Ok(true)
    }
}

const REMEMBERED: Duration = Duration::from_secs(7 * 86_400);
