//! The report that a letter is in the mailboxes here, for senders who asked (RFC 3461 §6.1).

use base::{Timestamp, random::System};
use directory_core::Poster;
use mail_gateway_core::{
    queue::Answer,
    report::{Action, Entry, Report},
};

use super::{Addressee, Found, Incoming};
use crate::Inner;

/// The report about `incoming`; `None` when nobody asked, or nobody can be told.
pub(super) async fn letter(inner: &Inner, incoming: &Incoming) -> Option<Incoming> {
    if incoming.marks.doubtful {
        // A forged sender would get our reports.
        return None;
    }
    let asked = |addressee: &&Addressee| addressee.mailboxes.is_some() && addressee.wishes.notify().success;
    let entries: Vec<Entry> = incoming.addressees.iter().filter(asked).map(delivered).collect();
    // RFC 5321 §4.5.5: the null sender is never answered.
    let sender = incoming.sender.clone().filter(|_| !entries.is_empty())?;
    let addressee = match Addressee::find(inner, sender, Poster::Outside).await {
        // Whoever is elsewhere may be forged: a report there would be backscatter.
        Ok(Found::Way(addressee)) if addressee.mailboxes.is_some() => addressee,
        Ok(_) => return None,
        Err(cause) => {
            // The letter itself matters more than the news of it.
            tracing::warn!(%cause, "mail: a sender cannot be told that the letter was delivered");
            return None;
        }
    };
    let now = Timestamp::now();
    let report = Report {
        domain: &inner.domain,
        sender: addressee.address.as_str(),
        entries: &entries,
        letter: &incoming.letter,
        whole: false,
        envelope_id: &incoming.handling.envelope_id,
        accepted_at: now,
        now,
    };
    let bytes = report.build(&mut System);
    Some(Incoming {
        key: incoming.key.as_ref().map(|key| format!("{key}/delivered")),
        sender: None,
        eight_bit: !bytes.is_ascii(),
        international: addressee.address.is_international(),
        addressees: vec![addressee],
        handling: Default::default(),
        marks: Default::default(),
        letter: bytes.into(),
        reading: None,
    })
}

fn delivered(addressee: &Addressee) -> Entry {
    Entry {
        recipient: addressee.address.to_string(),
        original: addressee.wishes.original.clone(),
        action: Action::Delivered,
        answer: Answer::of_ours("2.1.5", "delivered to the mailbox"),
    }
}
