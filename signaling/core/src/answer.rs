//! Answers to an invitation: *đồng ý*, *từ chối*, *cử người thay* (RFC 5546 §3.2.3).

use base::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Event, Invitee, Meeting, Plan, Refusal};

/// Characters of a comment, such as the reason of an absence.
pub const MAX_COMMENT: usize = 500;

/// What somebody invited says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Attendance {
    /// *Đồng ý*.
    Accepted,
    /// *Từ chối*.
    Declined,
    /// *Cử người thay*.
    Delegated,
}

/// An answer as it stands in the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    /// The answer itself.
    pub attendance: Attendance,
    /// The reason, or a word to the organiser; may be empty.
    pub comment: String,
    /// Name and address of who comes instead.
    pub substitute: Option<Substitute>,
}

/// Who comes instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Substitute {
    /// *Họ và tên*.
    pub name: String,
    /// Mail address.
    pub address: String,
}

/// The newest answer of somebody invited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// What was said.
    #[serde(flatten)]
    pub reply: Reply,
    /// When.
    pub at: Timestamp,
}

impl Meeting {
    /// An answer, and with a substitute his invitation in the same role.
    pub(crate) fn answer(
        &self,
        now: Timestamp,
        address: &str,
        reply: Reply,
        substitute: Option<Invitee>,
    ) -> Result<Vec<Event>, Refusal> {
        let invitee = self.plan().invited_at(address).ok_or(Refusal::NotInvited)?;
        if reply.comment.chars().count() > MAX_COMMENT {
            return Err(Refusal::BadText);
        }
        if invitee.answer.as_ref().is_some_and(|answer| answer.reply == reply) {
            return Ok(Vec::new());
        }
        let event = Event::Answered { address: invitee.address.clone(), reply: reply.clone() };
        let mut events = vec![event];
        let mut plan = self.plan().clone();
        plan.take_answer(address, Answer { reply, at: now });
        if let Some(substitute) = substitute.filter(|who| plan.invited_at(&who.address).is_none()) {
            let added = vec![substitute.address.clone()];
            plan.invitees.push(Invitee { role: invitee.role, answer: None, ..substitute });
            plan.check().map_err(Refusal::Plan)?;
            // RFC 5546 §2.1.4: an attendee more is no revision of the announced facts.
            events.push(Event::Changed {
                plan,
                sequence: self.sequence(),
                letters: self.is_announced(),
                facts: false,
                added,
                dropped: Vec::new(),
                by: None,
            });
        }
        Ok(events)
    }
}

impl Plan {
    /// The invitation sent to an address; letter case does not tell addresses apart.
    pub fn invited_at(&self, address: &str) -> Option<&Invitee> {
        self.invitees.iter().find(|who| !address.is_empty() && who.address.eq_ignore_ascii_case(address))
    }

    pub(crate) fn take_answer(&mut self, address: &str, answer: Answer) {
        if let Some(who) = self.invitees.iter_mut().find(|who| who.address.eq_ignore_ascii_case(address)) {
            who.answer = Some(answer);
        }
    }

    /// Keeps the answers given to `before`, unless the time has changed: a new time asks anew
    /// (RFC 5546 §3.2.2.1).
    pub(crate) fn keep_answers(&mut self, before: &Self) {
        let same_time = (self.starts_at, self.ends_at) == (before.starts_at, before.ends_at);
        for who in &mut self.invitees {
            let given = before.invited_at(&who.address).and_then(|old| old.answer.clone());
            who.answer = given.filter(|_| same_time);
        }
    }
}
