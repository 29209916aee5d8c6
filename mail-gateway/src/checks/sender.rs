//! Whether a letter comes from whom it says: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 9989), written
//! down as an Authentication-Results field (RFC 8601), and what the author's domain wants done.

use std::{
    collections::BTreeSet,
    net::IpAddr,
    time::{Duration, Instant},
};

use hickory_resolver::TokioResolver;
use mail_auth::{
    AuthenticatedMessage, AuthenticationResults, DmarcOutput, DmarcResult, MessageAuthenticator, SpfResult,
    common::headers::HeaderWriter,
    dmarc::{Policy, verify::DmarcParameters},
    spf::verify::SpfParameters,
};
use tokio::time::timeout;

use super::silence::Silence;

/// Who brings the letter.
pub(crate) struct Bringer<'a> {
    pub(crate) address: IpAddr,
    pub(crate) helo: &'a str,
    /// Envelope sender; empty is the null sender.
    pub(crate) sender: &'a str,
}

/// What the checks found.
#[derive(Debug)]
pub(crate) struct Found {
    /// The field to put above the letter, with its CRLF.
    pub(crate) header: String,
    /// The server may send for the envelope sender's domain.
    pub(crate) sender_proven: bool,
    pub(crate) wanted: Wanted,
}

/// What the author's domain wants done with the letter (RFC 9989 §7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    Deliver,
    /// Into the spam folder: nothing speaks for it.
    Suspect,
    /// Its domain, named here, asks for caution (`p=quarantine`).
    Quarantine(String),
    /// Not at all; the domain whose policy it is.
    Refuse(String),
}

/// Checks `letter` for the server called `domain`. When DNS does not answer in time nothing is known, and
/// nothing is refused.
pub(crate) async fn check(
    resolver: Option<&TokioResolver>,
    (silence, patience): (&Silence, Duration),
    domain: &str,
    bringer: &Bringer<'_>,
    letter: &[u8],
) -> Found {
    let found = |result: &str| Found {
        header: format!("Authentication-Results: {domain}; {result}\r\n"),
        sender_proven: false,
        wanted: Wanted::Deliver,
    };
    let Some(resolver) = resolver else { return found("none") };
    // RFC 8601 §2.7.1, §2.7.2.
    const UNKNOWN: &str = "spf=temperror; dkim=temperror; dmarc=temperror";
    if silence.lasts(Instant::now()) {
        return found(UNKNOWN);
    }
    let dns = MessageAuthenticator(resolver.clone());
    match timeout(patience, ask(&dns, domain, bringer, letter)).await {
        Ok(Some(known)) => known,
        Ok(None) => found("none"),
        Err(_) => {
            tracing::warn!(peer = %bringer.address, "mail: the sender could not be checked, DNS is too slow");
            silence.listen(resolver, patience).await;
            found(UNKNOWN)
        }
    }
}

/// `None` for what is no letter.
async fn ask(
    dns: &MessageAuthenticator,
    domain: &str,
    bringer: &Bringer<'_>,
    letter: &[u8],
) -> Option<Found> {
    let message = AuthenticatedMessage::parse(letter)?;
    let author = message.from.first().cloned().unwrap_or_default();
    let dkim = dns.verify_dkim(&message).await;
    let spf = dns
        .verify_spf(SpfParameters::verify_mail_from(bringer.address, bringer.helo, domain, bringer.sender))
        .await;
    // RFC 7208 §2.4: the null sender is checked by the name the server gave itself.
    let of_sender = bringer.sender.rsplit_once('@').map_or(bringer.helo, |(_, of)| of);
    let dmarc = dns.verify_dmarc(DmarcParameters::new(&message, &dkim, of_sender, &spf)).await;
    let results = AuthenticationResults::new(domain)
        .with_dkim_results(&dkim, &author)
        .with_spf_mailfrom_result(&spf, bringer.address, bringer.sender, bringer.helo)
        .with_dmarc_result(&dmarc);
    let domains: BTreeSet<String> = message.from.iter().map(|author| of(author)).collect();
    Some(Found {
        header: results.to_header(),
        sender_proven: spf.result() == SpfResult::Pass,
        wanted: wanted(&dmarc, &domains, domain),
    })
}

fn of(author: &str) -> String {
    author.rsplit_once('@').map_or("", |(_, domain)| domain).to_lowercase()
}

/// What the policy comes to, for a letter by authors of `domains` that comes to `own` from outside.
fn wanted(dmarc: &DmarcOutput, domains: &BTreeSet<String>, own: &str) -> Wanted {
    // RFC 9989: authors of several domains, or none, have no policy that could speak for the letter;
    // whoever wants to get round one writes such letters.
    if domains.len() != 1 {
        return Wanted::Suspect;
    }
    let ours = domains.contains(&own.to_lowercase());
    let either = |is: fn(&DmarcResult) -> bool| is(dmarc.dkim_result()) || is(dmarc.spf_result());
    // A temporary failure of DNS is no proof of forgery.
    if either(|result| matches!(result, DmarcResult::Pass | DmarcResult::TempError(_))) {
        return Wanted::Deliver;
    }
    match dmarc.policy() {
        Policy::Reject => Wanted::Refuse(dmarc.domain().to_owned()),
        Policy::Quarantine => Wanted::Quarantine(dmarc.domain().to_owned()),
        // Our people hand in their letters after signing in: who brings one from outside must prove it.
        Policy::None | Policy::Unspecified if ours => Wanted::Suspect,
        Policy::None | Policy::Unspecified => Wanted::Deliver,
    }
}
