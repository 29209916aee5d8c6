//! What becomes of a letter whose last octet has come: refused, delivered with marks, or held.

use std::{io, net::IpAddr};

use bytes::Bytes;
use mail_gateway_core::{
    reading::Reading,
    screen::Stop,
    smtp::{Reply, Role, StoreFailure},
};

use crate::{
    Inner,
    accept::{self, Marks},
    checks::{
        Programs, Suspects,
        sender::{self, Bringer, Wanted},
    },
    quarantine::Reason,
    screening::{self, Stopped},
};

/// What becomes of a letter that is not refused.
#[derive(Debug, PartialEq, Eq)]
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
}

impl Judge<'_> {
    /// The letter with the field of the checks, what was read in it if it was let through, and what becomes of
    /// it; `Err` refuses it.
    pub(super) async fn judge(&self, letter: Bytes) -> Result<(Bytes, Option<Reading>, Verdict), Reply> {
        let screened = self.screen(letter.clone()).await?;
        let (letter, verdict) = self.check(letter).await?;
        Ok(match screened {
            Ok(reading) => (letter, Some(reading), verdict),
            Err(program) => (letter, None, Verdict::Hold(Reason::Program(program))),
        })
    }

    /// What was read, or the program in the letter when such letters are held; anything else that stops a
    /// letter refuses it.
    async fn screen(&self, letter: Bytes) -> Result<Result<Reading, String>, Reply> {
        let look = screening::look(letter).await;
        match look.map_err(|error| accept::failure_reply(accept::failure(&error), &error))? {
            Ok(reading) => Ok(Ok(reading)),
            // Our own people read at once what is wrong with their letter.
            Err(Stop::Program(name))
                if self.role == Role::Relay && self.inner.config.checks.programs == Programs::Hold =>
            {
                Ok(Err(name))
            }
            Err(stop) => Err(Stopped::new(stop, self.door, self.sender).reply()),
        }
    }

    /// Finds out about a letter of another server what can be found out.
    async fn check(&self, letter: Bytes) -> Result<(Bytes, Verdict), Reply> {
        let Self { inner, peer, helo, sender, .. } = *self;
        let is_trusted = inner.config.trusted_peers.contains(&peer);
        if self.role == Role::Submission || !inner.config.check_senders || is_trusted {
            return Ok((letter, Verdict::Deliver(Marks::default())));
        }
        let bringer = Bringer { address: peer, helo, sender };
        let found = sender::check(inner.outbound.resolver(), &inner.domain, &bringer, &letter).await;
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
        let letter =
            inner.spool.with_field(&letter, &found.header).await.map_err(|cause| not_kept(&cause))?;
        Ok((letter, verdict))
    }
}

/// The reply when the disk did not take a letter.
pub(super) fn not_kept(cause: &io::Error) -> Reply {
    let failure = if accept::is_full(cause) { StoreFailure::Full } else { StoreFailure::Broken };
    accept::failure_reply(failure, cause)
}

/// RFC 9989 §8: the author's domain asked for it.
fn refused_by(domain: &str) -> Reply {
    let words = format!(
        "Thư không chứng minh được là của tên miền {domain}, bị từ chối theo chính sách của tên miền đó"
    );
    Reply::both(550, "5.7.1", &words, &format!("Rejected by the DMARC policy of {domain}"))
}
