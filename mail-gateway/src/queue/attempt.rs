//! One attempt: connect, deliver, write down what became of each recipient — and tell the sender
//! when it is over. Rows and report change in one transaction, so a report is written exactly once.

use base::{Timestamp, random::System};
use directory_core::Poster;
use mail_gateway_core::{
    queue::{Outcome, Verdict, judge},
    report::{Failure, Report},
    smtp::{Address, header},
};

use super::rows::{self, Claimed};
use crate::{
    Inner,
    accept::{Addressee, Found, Incoming, Prepared, incident},
    smtp_out::Outgoing,
    store::StoreError,
};

pub(super) async fn run(inner: &Inner, claimed: Claimed) {
    if let Err(error) = attempt(inner, &claimed).await {
        let id = incident();
        tracing::error!(%id, letter = %claimed.group.letter, %error, "mail queue: an attempt could not be written down");
        let due = Timestamp::now().plus(AFTER_FAILURE);
        let postponed: Result<(), StoreError> = inner
            .database
            .write(move |c| Box::pin(async move { rows::postpone(c, &claimed, due).await }))
            .await;
        if postponed.is_err() {
            tracing::error!(%id, "mail queue: the letter waits until its lease expires");
        }
    }
}

async fn attempt(inner: &Inner, claimed: &Claimed) -> Result<(), StoreError> {
    let letter = inner.store.open_blob(&claimed.blob).await?;
    let letter = letter.slice_ref(header::without_return_path(&letter));
    let recipients: Vec<Address> = claimed.recipients.iter().map(|waiting| waiting.address.clone()).collect();
    let outgoing = Outgoing {
        domain: &claimed.group.domain,
        sender: &claimed.sender,
        recipients: &recipients,
        eight_bit: claimed.eight_bit,
        international: claimed.international,
        letter: &letter,
    };
    let outcomes = inner.outbound.deliver(&outgoing).await;
    let now = Timestamp::now();
    let mut judged = Vec::with_capacity(outcomes.len());
    for (waiting, outcome) in claimed.recipients.iter().zip(outcomes) {
        let answer = match &outcome {
            Outcome::Delivered => String::new(),
            Outcome::Temporary(answer) | Outcome::Permanent(answer) => answer.text.clone(),
        };
        let verdict = judge(outcome, waiting.attempts.saturating_add(1), &inner.config.retry, now);
        trace(claimed, &verdict, &answer);
        judged.push((waiting.clone(), verdict, answer));
    }
    let failures: Vec<Failure> = judged
        .iter()
        .filter_map(|(waiting, verdict, _)| match verdict {
            Verdict::GiveUp(answer) => {
                Some(Failure { recipient: waiting.address.to_string(), answer: answer.clone() })
            }
            _ => None,
        })
        .collect();
    let report = report(inner, claimed, &failures, &letter, now).await?;
    let told = report.as_ref().map(Prepared::mailboxes).unwrap_or_default();
    let claimed = claimed.clone();
    let settled: Result<(), StoreError> = inner
        .database
        .write(move |c| {
            Box::pin(async move {
                if !rows::still_ours(c, &claimed).await? {
                    // The lease expired and another attempt has the rows: its word counts.
                    return Ok(());
                }
                for (waiting, verdict, answer) in &judged {
                    rows::settle(c, &claimed.group.letter, waiting, verdict, answer).await?;
                }
                if let Some(report) = &report {
                    report.record(c).await?;
                }
                rows::forget_if_done(c, &claimed.group.letter).await
            })
        })
        .await;
    settled?;
    inner.accepted(told);
    Ok(())
}

fn trace(claimed: &Claimed, verdict: &Verdict, answer: &str) {
    let (letter, domain) = (&claimed.group.letter, &claimed.group.domain);
    match verdict {
        Verdict::Done => tracing::info!(%letter, %domain, "mail queue: delivered"),
        Verdict::Retry(at) => {
            tracing::info!(%letter, %domain, answer, at = at.as_seconds(), "mail queue: will be tried again");
        }
        Verdict::GiveUp(_) => tracing::warn!(%letter, %domain, answer, "mail queue: given up"),
    }
}

/// The letter to the sender about `failures`, its body already on disk.
async fn report(
    inner: &Inner,
    claimed: &Claimed,
    failures: &[Failure],
    letter: &[u8],
    now: Timestamp,
) -> Result<Option<Prepared>, StoreError> {
    // RFC 5321 §4.5.5: the null sender is never answered; that is how reports about reports end.
    let Some(sender) = Address::parse(&claimed.sender).filter(|_| !failures.is_empty()) else {
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
    let report = Report {
        domain: &inner.domain,
        sender: &claimed.sender,
        failures,
        letter,
        accepted_at: claimed.accepted_at,
        now,
    };
    let bytes = report.build(&mut System);
    let incoming = Incoming {
        key: None,
        sender: None,
        eight_bit: !bytes.is_ascii(),
        international: addressee.address.is_international()
            || failures.iter().any(|f| !f.recipient.is_ascii()),
        addressees: vec![addressee],
        letter: bytes.into(),
    };
    inner.prepare(incoming).await.map(Some)
}

/// The wait when disk, database or directory failed; no attempt is counted.
const AFTER_FAILURE: std::time::Duration = std::time::Duration::from_secs(60);
