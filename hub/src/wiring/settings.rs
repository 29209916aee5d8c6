//! The hub's configuration, handed on as each service wants it.

use std::time::Duration;

use directory_core::PasswordRules;
use mail_gateway::{
    checks::{Harmful, Policy, Scanning, Scores, Suspects, Unreached, Where},
    config::{Forwarding, Host, Route, is_domain},
    records::StsMode,
    store::Quotas,
};

use super::publication;
use crate::config::Config;

/// What mail is told.
///
/// # Errors
/// A route or smart host that cannot be read, in words for the operator.
pub fn mail(config: &Config) -> Result<mail_gateway::Config, String> {
    if !is_domain(&config.hub.domain) {
        return Err(format!("hub.domain: “{}” is no mail domain, such as tinh.example", config.hub.domain));
    }
    let routes: Result<Vec<Route>, String> =
        config.mail.routes.iter().map(|text| Route::parse(text)).collect();
    let smarthost = match config.mail.smarthost.as_str() {
        "" => None,
        text => Some(Host::parse(text).map_err(|cause| format!("mail.smarthost: {cause}"))?),
    };
    let retry: Option<Vec<Duration>> = config
        .mail
        .retry_minutes
        .iter()
        .map(|minutes| Duration::try_from_secs_f64(minutes * 60.0).ok())
        .collect();
    let limits = mail_gateway::config::Limits {
        letters_per_account: config.mail.letters_per_hour,
        recipients_per_account: config.mail.recipients_per_hour,
        ..Default::default()
    };
    Ok(mail_gateway::Config {
        smtp: config.smtp.listen.0,
        submission: config.submission.listen.0,
        submissions: config.submissions.listen.0,
        imap: config.imap.listen.0,
        imaps: config.imaps.listen.0,
        pop3: config.pop3.listen.0,
        pop3s: config.pop3s.listen.0,
        managesieve: config.managesieve.listen.0,
        forwarding: Forwarding::parse(&config.mail.forwarding)
            .map_err(|cause| format!("mail.forwarding: {cause}"))?,
        utc_offset: offset(&config.hub.time_zone)?,
        max_size: config.mail.max_size,
        quotas: Quotas { person: config.mail.quota_person, agency: config.mail.quota_agency },
        routes: routes.map_err(|cause| format!("mail.routes: {cause}"))?,
        smarthost,
        resolvers: config.dns.resolvers.clone(),
        authorities: config.mail.authorities.clone(),
        trusted_peers: config.mail.trusted_peers.clone(),
        check_senders: config.mail.check_senders,
        checks: checks(config)?,
        sts_policy: StsMode::parse(&config.mail.mta_sts)
            .map_err(|cause| format!("mail.mta_sts: {cause}"))?
            .policy(&publication::host(config)),
        limits,
        retry: retry.ok_or("mail.retry_minutes: minutes cannot be negative")?,
    })
}

/// What becomes of letters that the checks point at.
fn checks(config: &Config) -> Result<Policy, String> {
    Ok(Policy {
        programs: Harmful::parse(&config.checks.programs)
            .map_err(|cause| format!("checks.programs: {cause}"))?,
        suspects: Suspects::parse(&config.checks.suspects)
            .map_err(|cause| format!("checks.suspects: {cause}"))?,
        scanning: scanning(config)?,
    })
}

/// The scanners beside the hub.
fn scanning(config: &Config) -> Result<Scanning, String> {
    let checks = &config.checks;
    let scores = [checks.spam_score, checks.spam_hold_score, checks.spam_refuse_score];
    if !scores.iter().all(|score| score.is_finite() && *score >= 0.0) {
        return Err("checks.spam_score, spam_hold_score, spam_refuse_score: scores are 0 or more".to_owned());
    }
    let named = |key: &'static str| move |cause: String| format!("checks.{key}: {cause}");
    Ok(Scanning {
        clamd: Where::parse(&checks.clamd).map_err(named("clamd"))?,
        infected: Harmful::parse(&checks.infected).map_err(named("infected"))?,
        clamd_down: Unreached::parse(&checks.clamd_down).map_err(named("clamd_down"))?,
        rspamd: Where::parse(&checks.rspamd).map_err(named("rspamd"))?,
        rspamd_down: Unreached::parse(&checks.rspamd_down).map_err(named("rspamd_down"))?,
        controller: Where::parse(&checks.rspamd_controller).map_err(named("rspamd_controller"))?,
        password: checks.rspamd_password.clone(),
        scores: Scores {
            spam: checks.spam_score,
            hold: checks.spam_hold_score,
            refuse: checks.spam_refuse_score,
        },
    })
}

/// How long passwords last and which may not come back.
pub fn passwords(config: &Config) -> PasswordRules {
    let days = config.passwords.days;
    PasswordRules {
        life: (days > 0).then(|| Duration::from_secs(u64::from(days) * 86_400)),
        remembered: config.passwords.remembered,
    }
}

/// Seconds east of Greenwich in `zone` now.
fn offset(zone: &str) -> Result<i32, String> {
    let zone =
        jiff::tz::TimeZone::get(zone).map_err(|_| format!("hub.time_zone: there is no zone “{zone}”"))?;
    Ok(zone.to_offset(jiff::Timestamp::now()).seconds())
}

/// What the media plane is told.
pub fn media(config: &Config) -> sfu::Config {
    sfu::Config {
        addresses: config.media.address.clone(),
        udp_port: config.media.udp_port,
        tcp_port: (config.media.tcp_port != 0).then_some(config.media.tcp_port),
        turn: (config.media.turn && config.https.listen.0.is_some()).then(|| config.hub.domain.clone()),
        workers: usize::from(config.media.workers),
        ..sfu::Config::default()
    }
}
