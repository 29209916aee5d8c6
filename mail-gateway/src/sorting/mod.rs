//! Filter rules at delivery: each mailbox's active script says where a letter goes, before the
//! transaction that takes the letter; what it says is done inside that transaction, once.
//!
//! A redirect to a mailbox of this hub delivers there in the same transaction, after that mailbox's own
//! script; no mailbox sees a letter twice, so rules that pass letters in a circle end. What cannot be
//! done keeps the letter.

mod answers;
mod place;
mod redirect;

use std::collections::{BTreeMap, BTreeSet};

use base::{MailboxId, Timestamp};
use bytes::Bytes;
use database::sqlx::AnyConnection;
use mail_gateway_core::{
    sieve::{Action, Away, Letter, Outcome, Script, Surroundings},
    smtp::Address,
};

use crate::{
    Inner,
    accept::{Addressee, Prepared, incident},
    store::{self, BlobId, StoreError, Summary, sieve::Filter},
};
use place::{Place, folder_names};

/// Where a letter goes once every script has spoken.
#[derive(Default)]
pub(crate) struct Sorted {
    /// What mailboxes with a script do; the others have it in the inbox.
    plans: BTreeMap<MailboxId, Plan>,
    /// Every mailbox that was asked, those reached by redirects included.
    pub(crate) mailboxes: BTreeSet<MailboxId>,
    /// Addresses elsewhere that redirects name.
    pub(crate) elsewhere: Vec<Address>,
}

/// What is done for one mailbox.
#[derive(Default)]
struct Plan {
    /// Where the letter lies; nowhere when empty.
    places: Vec<Place>,
    /// Keys to remember, and until when.
    remember: Vec<(String, Timestamp)>,
    /// Letters to send, each unless its key is remembered.
    answers: Vec<Answer>,
}

/// A letter a rule writes.
struct Answer {
    /// Sent once while this is remembered; without one, sent.
    key: Option<(String, Timestamp)>,
    letter: Prepared,
}

/// A letter to be sorted.
pub(crate) struct Unsorted<'a> {
    pub(crate) sender: Option<&'a Address>,
    pub(crate) addressees: &'a [Addressee],
    pub(crate) letter: &'a Bytes,
    /// It goes to the spam folder.
    pub(crate) junk: bool,
    pub(crate) now: Timestamp,
}

/// The addresses by which a letter came to a mailbox; the first is the envelope's.
type Own = Vec<String>;

impl Inner {
    /// Runs the scripts of every mailbox `unsorted` comes to.
    pub(crate) async fn sort(&self, unsorted: &Unsorted<'_>) -> Result<Sorted, StoreError> {
        let mut sorted = Sorted::default();
        let mut waiting = first_round(unsorted.addressees);
        for _ in 0..MAX_ROUNDS {
            let accounts: BTreeSet<MailboxId> = waiting.keys().copied().collect();
            sorted.mailboxes.extend(&accounts);
            let filters = self.store.filters(&accounts, unsorted.now).await?;
            let mut next = BTreeMap::new();
            for (mailbox, filter) in filters {
                let own = waiting.remove(&mailbox).unwrap_or_default();
                let round = Round { inner: self, unsorted, mailbox, own: &own };
                let plan = round.plan(filter, &mut next, &mut sorted.elsewhere).await?;
                sorted.plans.insert(mailbox, plan);
            }
            next.retain(|mailbox, _| !sorted.mailboxes.contains(mailbox));
            if next.is_empty() {
                return Ok(sorted);
            }
            waiting = next;
        }
        // Passed on too often: these have it in the inbox, whatever their scripts say.
        sorted.mailboxes.extend(waiting.keys());
        Ok(sorted)
    }
}

/// The mailboxes named by the envelope, each with the addresses that are its own and no list's.
fn first_round(addressees: &[Addressee]) -> BTreeMap<MailboxId, Own> {
    let mut round: BTreeMap<MailboxId, Own> = BTreeMap::new();
    for addressee in addressees {
        let mailboxes = addressee.mailboxes.as_deref().unwrap_or_default();
        for mailbox in mailboxes {
            let own = round.entry(*mailbox).or_default();
            if mailboxes.len() == 1 {
                own.push(addressee.address.to_string());
            }
        }
    }
    round
}

/// One mailbox's script over one letter.
struct Round<'a> {
    inner: &'a Inner,
    unsorted: &'a Unsorted<'a>,
    mailbox: MailboxId,
    own: &'a Own,
}

impl Round<'_> {
    async fn plan(
        &self,
        filter: Filter,
        next: &mut BTreeMap<MailboxId, Own>,
        elsewhere: &mut Vec<Address>,
    ) -> Result<Plan, StoreError> {
        let outcome = self.run(filter).await?;
        if let Some(why) = &outcome.failure {
            tracing::warn!(mailbox = %self.mailbox, why, "mail: a filter script failed; the letter is in the inbox");
        }
        let mut plan = Plan::default();
        for action in outcome.actions {
            match action {
                Action::Keep { flags } => plan.places.push(Place::inbox(&flags)),
                Action::FileInto { folder, create, special_use, flags } => {
                    plan.places.push(Place::new(&folder, create, special_use.as_deref(), &flags));
                }
                Action::Remember { key, seconds } => plan.remember.push((key, self.until(seconds))),
                Action::Redirect(address) => {
                    if !self.redirect(&address, &mut plan, next, elsewhere).await? {
                        plan.places.push(Place::inbox(&[]));
                    }
                }
                Action::Reject(reason) => match self.rejection(&reason).await? {
                    Some(answer) => plan.answers.push(answer),
                    // Nobody to tell, so nobody would know: the letter stays.
                    None => plan.places.push(Place::inbox(&[])),
                },
                Action::Vacation(reply) => plan.answers.extend(self.vacation(&reply).await?),
            }
        }
        Ok(plan)
    }

    fn until(&self, seconds: u64) -> Timestamp {
        self.unsorted.now.plus(std::time::Duration::from_secs(seconds))
    }

    /// Runs the script beside the async workers: it may take milliseconds.
    async fn run(&self, filter: Filter) -> Result<Outcome, StoreError> {
        let Filter { script, away } = filter;
        // It was checked when it came; an older build may have known more.
        let (script, broken) = match script.as_deref().map(Script::compile).transpose() {
            Ok(script) => (script, None),
            Err(error) => (None, Some(error.to_string())),
        };
        let store = &self.inner.store;
        let remembers = away.is_some() || script.as_ref().is_some_and(Script::remembers);
        let remembered = match remembers {
            true => store.remembered(self.mailbox, self.unsorted.now).await?,
            false => BTreeSet::new(),
        };
        let (folders, special_uses) = folder_names(&store.folders(self.mailbox).await?);
        let sender = self.unsorted.sender.map(ToString::to_string).unwrap_or_default();
        let (own, letter) = (self.own.clone(), self.unsorted.letter.clone());
        let (now, offset) = (self.unsorted.now, self.inner.config.utc_offset);
        let run = move || {
            let around = Surroundings {
                sender: &sender,
                recipient: own.first().map_or("", String::as_str),
                own_addresses: &own,
                folders: &folders,
                special_uses: &special_uses,
                remembered: &remembered,
                now,
                offset,
            };
            let outcome = decide(script.as_ref(), away.as_ref(), &Letter::parse(&letter), &around);
            Outcome { failure: broken.or(outcome.failure), ..outcome }
        };
        Ok(tokio::task::spawn_blocking(run).await.map_err(std::io::Error::other)?)
    }
}

/// What the script says, and the answer of who is away unless the script gave one (RFC 9661 §4: both
/// may hold at once; a letter is answered once).
fn decide(
    script: Option<&Script>,
    away: Option<&Away>,
    letter: &Letter<'_>,
    around: &Surroundings<'_>,
) -> Outcome {
    let mut outcome = script.map_or_else(kept, |script| script.run(letter, around));
    if outcome.awaits_answer()
        && let Some(reply) = away.and_then(|away| away.answer(letter, around))
    {
        outcome.actions.push(Action::Vacation(reply));
    }
    outcome
}

/// The letter is in the inbox, nothing else happens.
fn kept() -> Outcome {
    Outcome { actions: vec![Action::Keep { flags: Vec::new() }], failure: None }
}

/// A letter as rows name it.
pub(crate) struct Body<'a> {
    pub(crate) key: &'a str,
    pub(crate) blob: &'a BlobId,
    pub(crate) summary: &'a Summary,
    /// What would lie in the inbox lies in the spam folder.
    pub(crate) junk: bool,
    pub(crate) now: Timestamp,
}

impl Sorted {
    /// Every mailbox that may change, those that rules write to included.
    pub(crate) fn touched(&self) -> BTreeSet<MailboxId> {
        let answers = self.plans.values().flat_map(|plan| &plan.answers);
        self.mailboxes.iter().copied().chain(answers.flat_map(|answer| answer.letter.mailboxes())).collect()
    }

    /// Whether a letter that a rule writes goes elsewhere.
    pub(crate) fn leaves(&self) -> bool {
        self.plans.values().flat_map(|plan| &plan.answers).any(|answer| answer.letter.leaves())
    }

    /// Does what the scripts said, inside the transaction that takes the letter.
    pub(crate) async fn follow(&self, c: &mut AnyConnection, body: &Body<'_>) -> Result<(), StoreError> {
        for (mailbox, plan) in &self.plans {
            plan.record(c, *mailbox, body).await?;
        }
        if body.junk {
            for mailbox in self.plain() {
                place::deliver(c, mailbox, &[Place::inbox(&[])], body).await?;
            }
        }
        Ok(())
    }

    /// The mailboxes without a script, which have the letter in the inbox.
    pub(crate) fn plain(&self) -> Vec<MailboxId> {
        self.mailboxes.iter().filter(|mailbox| !self.plans.contains_key(mailbox)).copied().collect()
    }
}

impl Plan {
    async fn record(
        &self,
        c: &mut AnyConnection,
        mailbox: MailboxId,
        body: &Body<'_>,
    ) -> Result<(), StoreError> {
        let account = mailbox.to_string();
        for (key, until) in &self.remember {
            store::sieve::remember(c, &account, key, *until, body.now).await?;
        }
        for answer in &self.answers {
            // Two letters at the same moment: the second finds the key and stays silent.
            let fresh = match &answer.key {
                Some((key, until)) => store::sieve::remember(c, &account, key, *until, body.now).await?,
                None => true,
            };
            if fresh {
                answer.letter.record(c).await?;
            }
        }
        if self.places.is_empty() {
            tracing::info!(mailbox = %mailbox, letter = body.key, "mail: a filter script kept no copy");
            return Ok(());
        }
        place::deliver(c, mailbox, &self.places, body).await
    }
}

/// Says in the log that a rule could not be followed.
fn could_not(mailbox: MailboxId, what: &str, cause: &dyn std::fmt::Display) {
    let id = incident();
    tracing::warn!(%id, %mailbox, %cause, "mail: a filter script wanted to {what}, which cannot be done");
}

/// Mailboxes in a row that may pass a letter on.
const MAX_ROUNDS: usize = 5;
