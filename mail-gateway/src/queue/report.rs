//! The letter to the sender about what an attempt came to, as far as the sender wants to hear of it
//! (RFC 3461 §5.2).

use base::{Timestamp, random::System};
use directory_core::Poster;
use mail_gateway_core::{
    message::{Notify, Returned},
    queue::{Answer, Onward, Verdict},
    report::{Action, Entry, Report},
    smtp::Address,
};

use super::rows::{Claimed, Waiting};
use crate::{
    Inner,
    accept::{Addressee, Found, Incoming, Prepared},
    store::StoreError,
};

/// The report, its body already on disk; `None` when there is nothing to tell or nobody to be told.
/// `late` says which recipients take longer than usual.
pub(super) async fn prepare(
    inner: &Inner,
    claimed: &Claimed,
    judged: &[(Waiting, Verdict, String)],
    late: &[bool],
    letter: &[u8],
    now: Timestamp,
) -> Result<Option<Prepared>, StoreError> {
    let entries: Vec<Entry> = judged.iter().zip(late).filter_map(|(one, late)| entry(one, *late)).collect();
    // RFC 5321 §4.5.5: the null sender is never answered; that is how reports about reports end.
    let Some(sender) = Address::parse(&claimed.sender).filter(|_| !entries.is_empty()) else {
        return Ok(None);
    };
    let addressee = match Addressee::find(inner, sender, Poster::Outside).await {
        Ok(Found::Way(addressee)) => addressee,
        Ok(Found::Closed | Found::Nobody) => {
            tracing::warn!(letter = %claimed.group.letter, "mail queue: the sender is gone, nobody is told");
            return Ok(None);
        }
        Err(_) => return Err(StoreError::Disk(std::io::Error::other("the directory cannot answer now"))),
    };
    let failed = entries.iter().any(|entry| entry.action == Action::Failed);
    let report = Report {
        domain: &inner.domain,
        sender: &claimed.sender,
        entries: &entries,
        letter,
        // RFC 3461 §4.3: only a failure brings the letter back. A large one would fill the mailbox.
        whole: failed && claimed.handling.returned == Returned::Full && letter.len() <= MAX_WHOLE,
        envelope_id: &claimed.handling.envelope_id,
        accepted_at: claimed.accepted_at,
        now,
    };
    let bytes = report.build(&mut System);
    let incoming = Incoming {
        key: None,
        sender: None,
        eight_bit: !bytes.is_ascii(),
        international: addressee.address.is_international()
            || entries.iter().any(|entry| !entry.recipient.is_ascii()),
        addressees: vec![addressee],
        handling: Default::default(),
        marks: Default::default(),
        letter: bytes.into(),
        reading: None,
    };
    inner.prepare(incoming).await.map(Some)
}

/// What is told of one recipient.
fn entry((waiting, verdict, answer): &(Waiting, Verdict, String), late: bool) -> Option<Entry> {
    let Notify { success, failure, delay } = waiting.wishes.notify();
    let (action, answer) = match verdict {
        Verdict::GiveUp(answer) if failure => (Action::Failed, answer.clone()),
        Verdict::Retry(_) if delay && late => (Action::Delayed, Answer::of_ours("4.4.7", answer.clone())),
        // RFC 3461 §5.2.2: the next server does not report, so this is the last news.
        Verdict::Done(Onward::Silent) if success => {
            (Action::Relayed, Answer::of_ours("2.0.0", "handed to the next server"))
        }
        _ => return None,
    };
    let (recipient, original) = (waiting.address.to_string(), waiting.wishes.original.clone());
    Some(Entry { recipient, original, action, answer })
}

/// Octets of a letter that go back whole.
const MAX_WHOLE: usize = 1 << 20;
