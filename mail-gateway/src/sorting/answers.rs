//! Letters that rules write: the answer of who is away, the refusal.

use base::{LetterId, random::System};
use directory_core::Poster;
use mail_gateway_core::{
    queue,
    report::{Action, Entry, Report},
    sieve::VacationReply,
    smtp::Address,
};

use super::{Answer, Round, could_not};
use crate::{
    accept::{Addressee, Found, Incoming, Prepared},
    store::StoreError,
};

impl Round<'_> {
    /// The answer of RFC 5230, from the address the letter was written to.
    pub(super) async fn vacation(&self, reply: &VacationReply) -> Result<Option<Answer>, StoreError> {
        let Some(own) = self.own.first() else { return Ok(None) };
        let id = format!("{}@{}", LetterId::new(self.unsorted.now, &mut System), self.inner.domain);
        let letter = match reply.letter(own, &id, self.unsorted.now) {
            Ok(letter) => letter,
            Err(field) => {
                could_not(self.mailbox, "answer", &field.0);
                return Ok(None);
            }
        };
        let prepared = self.prepare(letter).await?;
        Ok(prepared
            .map(|letter| Answer { key: Some((reply.key.clone(), self.until(reply.seconds))), letter }))
    }

    /// The report of RFC 5429 §2.1; `None` when there is nobody to tell.
    pub(super) async fn rejection(&self, reason: &str) -> Result<Option<Answer>, StoreError> {
        let (Some(sender), Some(own)) = (self.unsorted.sender, self.own.first()) else { return Ok(None) };
        let failure = Entry {
            recipient: own.clone(),
            original: String::new(),
            action: Action::Failed,
            answer: queue::Answer::of_ours("5.7.1", reason.trim()),
        };
        let report = Report {
            domain: &self.inner.domain,
            sender: sender.as_str(),
            entries: &[failure],
            letter: self.unsorted.letter,
            whole: false,
            envelope_id: "",
            accepted_at: self.unsorted.now,
            now: self.unsorted.now,
        };
        let prepared = self.prepare(report.build(&mut System)).await?;
        Ok(prepared.map(|letter| Answer { key: None, letter }))
    }

    /// Prepares a letter to the sender, under the null sender: no rule answers it again. Nothing is answered
    /// to spam, whose sender is rarely the one who wrote it.
    async fn prepare(&self, letter: Vec<u8>) -> Result<Option<Prepared>, StoreError> {
        if self.unsorted.junk {
            return Ok(None);
        }
        let Some(sender) = self.unsorted.sender else { return Ok(None) };
        let addressee = match Addressee::find(self.inner, sender.clone(), Poster::Outside).await {
            Ok(Found::Way(addressee)) => addressee,
            Ok(Found::Closed | Found::Nobody) | Err(_) => {
                could_not(self.mailbox, "answer", &"the sender's address does not exist");
                return Ok(None);
            }
        };
        let incoming = Incoming {
            key: None,
            sender: None,
            international: Address::is_international(&addressee.address),
            addressees: vec![addressee],
            eight_bit: !letter.is_ascii(),
            handling: Default::default(),
            marks: Default::default(),
            letter: letter.into(),
            reading: None,
        };
        Box::pin(self.inner.prepare(incoming)).await.map(Some)
    }
}
