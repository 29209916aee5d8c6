//! One attempt: connect, deliver, write down what became of each recipient — and tell the sender
//! when it is over. Rows and report change in one transaction, so a report is written exactly once.

use base::Timestamp;
use mail_gateway_core::{
    queue::{self, Answer, Outcome, Verdict, judge},
    smtp::{Destination, header},
};

use super::{
    report,
    rows::{self, Claimed, Waiting},
};
use crate::{
    Inner,
    accept::{Prepared, incident},
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
    let outcomes = outcomes(inner, claimed, &letter).await;
    let now = Timestamp::now();
    let mut judged = Vec::with_capacity(outcomes.len());
    for (waiting, outcome) in claimed.recipients.iter().zip(outcomes) {
        let answer = match &outcome {
            Outcome::Delivered(_) => String::new(),
            Outcome::Temporary(answer) | Outcome::Permanent(answer) => answer.text.clone(),
        };
        let verdict = judge(outcome, waiting.attempts.saturating_add(1), &inner.config.retry, now);
        trace(claimed, &verdict, &answer);
        judged.push((waiting.clone(), verdict, answer));
    }
    let late: Vec<bool> = judged.iter().map(|(waiting, ..)| is_late(inner, claimed, waiting, now)).collect();
    let report = report::prepare(inner, claimed, &judged, &late, &letter, now).await?;
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
                for (one, late) in judged.iter().zip(&late) {
                    rows::settle(c, &claimed.group.letter, one, *late || one.0.delay_told).await?;
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

/// Tries the recipients that nobody ended; the others are given up without a word to their server.
async fn outcomes(inner: &Inner, claimed: &Claimed, letter: &[u8]) -> Vec<Outcome> {
    let recipients: Vec<Destination> = claimed
        .recipients
        .iter()
        .filter(|waiting| !waiting.ended)
        .map(|waiting| Destination { address: waiting.address.clone(), wishes: waiting.wishes.clone() })
        .collect();
    let mut tried = Vec::new();
    if !recipients.is_empty() {
        let outgoing = Outgoing {
            domain: &claimed.group.domain,
            sender: &claimed.sender,
            recipients: &recipients,
            eight_bit: claimed.eight_bit,
            international: claimed.international,
            handling: &claimed.handling,
            signer: &inner.signer,
            letter,
        };
        tried = inner.outbound.deliver(&outgoing).await;
    }
    let mut tried = tried.into_iter();
    let ended = || Outcome::Permanent(Answer::of_ours("5.7.0", "ended by an administrator"));
    let lost = || Outcome::Temporary(Answer::of_ours("4.3.0", "not tried"));
    let outcome = |waiting: &Waiting| if waiting.ended { ended() } else { tried.next().unwrap_or_else(lost) };
    claimed.recipients.iter().map(outcome).collect()
}

fn is_late(inner: &Inner, claimed: &Claimed, waiting: &Waiting, now: Timestamp) -> bool {
    let patience = inner.config.limits.delay_notice;
    queue::is_late(claimed.accepted_at, waiting.delay_told, patience, now)
}

fn trace(claimed: &Claimed, verdict: &Verdict, answer: &str) {
    let (letter, domain) = (&claimed.group.letter, &claimed.group.domain);
    match verdict {
        Verdict::Done(_) => tracing::info!(%letter, %domain, "mail queue: delivered"),
        Verdict::Retry(at) => {
            tracing::info!(%letter, %domain, answer, at = at.as_seconds(), "mail queue: will be tried again");
        }
        Verdict::GiveUp(_) => tracing::warn!(%letter, %domain, answer, "mail queue: given up"),
    }
}

/// The wait when disk, database or directory failed; no attempt is counted.
const AFTER_FAILURE: std::time::Duration = std::time::Duration::from_secs(60);
