//! What becomes of a letter whose last octet has come: refused, delivered with marks, held, or asked for again.

use std::{io, net::IpAddr};

use bytes::Bytes;
use mail_gateway_core::{
    reading::Reading,
    scan::rspamd::Way,
    screen::Stop,
    smtp::{Reply, Role, StoreFailure, header},
};

use crate::{
    Inner,
    accept::{self, Addressee, Marks},
    checks::{
        Harmful, Suspects,
        scanning::Weight,
        sender::{self, Bringer, Wanted},
    },
    quarantine::Reason,
    screening::{self, Stopped},
};

/// What becomes of a letter that is not refused.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    Deliver(Marks),
    Hold(Reason),
}

/// Where a letter came in, and from whom.
pub(super) struct Judge<'a> {
    pub(super) inner: &'a Inner,
    pub(super) door: &'static str,
    pub(super) role: Role,
    pub(super) peer: IpAddr,
    pub(super) helo: &'a str,
    /// Envelope sender; empty is the null sender.
    pub(super) sender: &'a str,
    pub(super) addressees: &'a [Addressee],
}

impl Judge<'_> {
    /// The letter with the fields of the checks, what was read in it if it was let through, and what becomes
    /// of it; `Err` refuses it.
    pub(super) async fn judge(&self, letter: Bytes) -> Result<(Bytes, Option<Reading>, Verdict), Reply> {
        let screened = self.screen(letter.clone()).await?;
        let virus = self.virus(&letter).await?;
        let (mut fields, checked) = self.check(&letter).await?;
        let (reading, verdict) = match (virus, screened) {
            (Some(name), _) => (None, Verdict::Hold(Reason::Infected(name))),
            (None, Err(program)) => (None, Verdict::Hold(Reason::Program(program))),
            (None, Ok(reading)) => (Some(reading), self.weigh(&letter, checked, &mut fields).await?),
        };
        if fields.is_empty() {
            return Ok((letter, reading, verdict));
        }
        let letter = self.inner.spool.with_field(&letter, &fields).await.map_err(|cause| not_kept(&cause))?;
        Ok((letter, reading, verdict))
    }

    /// What was read, or the program in the letter when such letters are held; anything else that stops a
    /// letter refuses it.
    async fn screen(&self, letter: Bytes) -> Result<Result<Reading, String>, Reply> {
        let look = screening::look(letter).await;
        match look.map_err(|error| accept::failure_reply(accept::failure(&error), &error))? {
            Ok(reading) => Ok(Ok(reading)),
            // Our own people read at once what is wrong with their letter.
            Err(Stop::Program(name))
                if self.role == Role::Relay && self.inner.config.checks.programs == Harmful::Hold =>
            {
                Ok(Err(name))
            }
            Err(stop) => Err(Stopped::new(stop, self.door, self.sender).reply()),
        }
    }

    /// The virus in the letter when such letters are held.
    async fn virus(&self, letter: &Bytes) -> Result<Option<String>, Reply> {
        let found = self.inner.scanners.virus(letter).await.map_err(|_| scanned_later())?;
        let Some(name) = found else { return Ok(None) };
        // Our own people read at once what is wrong with their letter.
        if self.role == Role::Relay && self.inner.config.checks.scanning.infected == Harmful::Hold {
            return Ok(Some(name));
        }
        Err(Stopped::infected(name, self.door, self.sender).reply())
    }

    /// Whether the letter is of a stranger, whose letters are looked at closely.
    fn is_strange(&self) -> bool {
        self.role == Role::Relay && !self.inner.config.trusted_peers.contains(&self.peer)
    }

    /// Finds out about a letter of another server what can be found out, and the field that tells of it.
    async fn check(&self, letter: &Bytes) -> Result<(String, Verdict), Reply> {
        let Self { inner, peer, helo, sender, .. } = *self;
        if !self.is_strange() || !inner.config.check_senders {
            return Ok((String::new(), Verdict::Deliver(Marks::default())));
        }
        let bringer = Bringer { address: peer, helo, sender };
        let silence = (&inner.silence, inner.config.limits.checks);
        let found = sender::check(inner.outbound.resolver(), silence, &inner.domain, &bringer, letter).await;
        let marks = |junk| Verdict::Deliver(Marks { junk, doubtful: !found.sender_proven });
        let verdict = match &found.wanted {
            Wanted::Deliver => marks(false),
            Wanted::Suspect => marks(true),
            Wanted::Quarantine(domain) => match inner.config.checks.suspects {
                Suspects::Spam => marks(true),
                Suspects::Hold => Verdict::Hold(Reason::Suspect(domain.clone())),
            },
            Wanted::Refuse(domain) => {
                tracing::info!(%peer, sender, %domain, "mail: a forged letter was refused");
                return Err(refused_by(domain));
            }
        };
        Ok((found.header, verdict))
    }

    /// What the spam filter makes of `verdict`; its score is added to `fields`.
    async fn weigh(&self, letter: &Bytes, verdict: Verdict, fields: &mut String) -> Result<Verdict, Reply> {
        let Verdict::Deliver(marks) = verdict else { return Ok(verdict) };
        if !self.is_strange() {
            return Ok(verdict);
        }
        let recipients: Vec<&str> = self.addressees.iter().map(|to| to.address.as_str()).collect();
        let way = Way { peer: self.peer, helo: self.helo, sender: self.sender, recipients: &recipients };
        let score = self.inner.scanners.score(&way, letter).await.map_err(|_| scanned_later())?;
        let Some(score) = score else { return Ok(verdict) };
        fields.push_str(&header::spam_mark(&self.inner.domain, score));
        Ok(match self.inner.config.checks.scanning.scores.weigh(score) {
            Weight::Deliver => verdict,
            Weight::Spam => Verdict::Deliver(Marks { junk: true, ..marks }),
            Weight::Hold => Verdict::Hold(Reason::Spam(score)),
            Weight::Refuse => {
                tracing::info!(peer = %self.peer, sender = self.sender, score, "mail: spam was refused");
                return Err(refused_as_spam());
            }
        })
    }
}

/// The reply when the disk did not take a letter.
pub(super) fn not_kept(cause: &io::Error) -> Reply {
    let failure = if accept::is_full(cause) { StoreFailure::Full } else { StoreFailure::Broken };
    accept::failure_reply(failure, cause)
}

/// Policy wants a scanner's verdict and there is none now (RFC 3463 §3.8: x.7.0, a matter of security).
fn scanned_later() -> Reply {
    Reply::both(
        451,
        "4.7.0",
        "Chưa kiểm tra được thư, đề nghị gửi lại sau ít phút",
        "The letter cannot be scanned now, try again later",
    )
}

fn refused_as_spam() -> Reply {
    Reply::both(550, "5.7.1", "Thư bị đánh giá là thư rác nên bị từ chối", "Rejected as spam")
}

/// RFC 9989 §8: the author's domain asked for it.
fn refused_by(domain: &str) -> Reply {
    let words = format!(
        "Thư không chứng minh được là của tên miền {domain}, bị từ chối theo chính sách của tên miền đó"
    );
    Reply::both(550, "5.7.1", &words, &format!("Rejected by the DMARC policy of {domain}"))
}
