//! What the operator may set about mail transport, with safe defaults.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use mail_gateway_core::smtp::Address;

use crate::{checks::Policy, store::Quotas};

/// Everything mail's shell is told.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where other servers bring mail (`smtp.listen`).
    pub smtp: Option<SocketAddr>,
    /// Where mail programs hand in letters with STARTTLS (`submission.listen`, RFC 6409).
    pub submission: Option<SocketAddr>,
    /// Where mail programs hand in letters with implicit TLS (`submissions.listen`, RFC 8314).
    pub submissions: Option<SocketAddr>,
    /// Where mail programs read with STARTTLS (`imap.listen`, RFC 9051).
    pub imap: Option<SocketAddr>,
    /// Where mail programs read with implicit TLS (`imaps.listen`, RFC 8314).
    pub imaps: Option<SocketAddr>,
    /// Where mail programs fetch letters with STLS (`pop3.listen`, RFC 1939).
    pub pop3: Option<SocketAddr>,
    /// Where mail programs fetch letters with implicit TLS (`pop3s.listen`).
    pub pop3s: Option<SocketAddr>,
    /// Where rules editors upload filter scripts (`managesieve.listen`, RFC 5804).
    pub managesieve: Option<SocketAddr>,
    /// How far filter scripts may pass letters on (`mail.forwarding`).
    pub forwarding: Forwarding,
    /// Seconds east of Greenwich at this hub, for rules about days.
    pub utc_offset: i32,
    /// The largest letter accepted, in octets (`mail.max_size`).
    pub max_size: u64,
    /// What mailboxes may hold (`mail.quota_person`, `mail.quota_agency`).
    pub quotas: Quotas,
    /// Fixed ways to domains (`mail.routes`); they come before everything else.
    pub routes: Vec<Route>,
    /// Takes all mail for the outside (`mail.smarthost`).
    pub smarthost: Option<Host>,
    /// Name servers asked for MX records; empty means the machine's own (`dns.resolvers`).
    pub resolvers: Vec<SocketAddr>,
    /// PEM file of the certificate authorities that vouch for other servers (`mail.authorities`); used
    /// for letters that must be encrypted all the way (RFC 8689).
    pub authorities: PathBuf,
    /// Peers whose letters are not counted, such as the province's own gateway (`mail.trusted_peers`).
    pub trusted_peers: Vec<IpAddr>,
    /// Whether letters of other servers are checked by SPF, DKIM and DMARC (`mail.check_senders`).
    pub check_senders: bool,
    /// What becomes of letters from outside that the checks point at (`checks.*`).
    pub checks: Policy,
    /// What stands at `/.well-known/mta-sts.txt` (`mail.mta_sts`, RFC 8461 §3.2).
    pub sts_policy: Option<String>,
    /// Waits between attempts; after the last attempt the sender is told (`mail.retry_minutes`).
    pub retry: Vec<Duration>,
    /// Limits of listeners and queue.
    pub limits: Limits,
}

/// Limits that protect this machine and others.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Open SMTP connections in all.
    pub connections: usize,
    /// Open SMTP connections of one address.
    pub connections_per_address: usize,
    /// Open IMAP connections in all: mail programs stay connected all day.
    pub imap_connections: usize,
    /// Open IMAP connections of one address: a whole office may stand behind it.
    pub imap_connections_per_address: usize,
    /// How long a silent mail program that has signed in is waited for (RFC 9051 §5.4: 30 minutes at least).
    pub imap_idle: Duration,
    /// Failed sign-ins of one address within [`Limits::failure_window`] before it is turned away.
    pub failures_per_address: u32,
    /// The time failed sign-ins are remembered.
    pub failure_window: Duration,
    /// Recipients of one letter.
    pub recipients: usize,
    /// How long a silent peer is waited for (RFC 5321 §4.5.3.2.7 asks for five minutes at least).
    pub idle: Duration,
    /// How long a peer waits for our questions to DNS about its letter; it is patient for ten minutes
    /// (RFC 5321 §4.5.3.2.6).
    pub checks: Duration,
    /// Outgoing connections in all.
    pub outgoing: usize,
    /// Outgoing connections to one domain.
    pub outgoing_per_domain: usize,
    /// How long a connection to another server is kept for further letters.
    pub outgoing_idle: Duration,
    /// Letters one address may bring within an hour.
    pub letters_per_address: u64,
    /// Recipients one address may name within an hour, the unknown ones tenfold.
    pub recipients_per_address: u64,
    /// Letters one account may send within an hour.
    pub letters_per_account: u64,
    /// Recipients one account may name within an hour.
    pub recipients_per_account: u64,
    /// After this time the sender is told that a letter has not arrived yet.
    pub delay_notice: Duration,
    /// How long one attempt of the queue may own its rows; must exceed the client's timeouts.
    pub lease: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 500,
            connections_per_address: 50,
            imap_connections: 12_000,
            imap_connections_per_address: 2_000,
            imap_idle: Duration::from_secs(1860),
            failures_per_address: 20,
            failure_window: Duration::from_secs(600),
            recipients: 500,
            idle: Duration::from_secs(300),
            checks: Duration::from_secs(20),
            outgoing: 32,
            outgoing_per_domain: 4,
            outgoing_idle: Duration::from_secs(10),
            letters_per_address: 20_000,
            recipients_per_address: 100_000,
            letters_per_account: 500,
            recipients_per_account: 10_000,
            delay_notice: Duration::from_secs(4 * 3600),
            lease: Duration::from_secs(1800),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        const MINUTE: u64 = 60;
        Self {
            smtp: None,
            submission: None,
            submissions: None,
            imap: None,
            imaps: None,
            pop3: None,
            pop3s: None,
            managesieve: None,
            forwarding: Forwarding::Inside,
            utc_offset: 0,
            max_size: 35 * 1024 * 1024,
            quotas: Quotas::default(),
            routes: Vec::new(),
            smarthost: None,
            resolvers: Vec::new(),
            authorities: PathBuf::from("/etc/ssl/certs/ca-certificates.crt"),
            trusted_peers: vec![IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])],
            check_senders: true,
            checks: Policy::default(),
            sts_policy: None,
            retry: [1, 5, 15, 60, 240, 480, 960, 1440].map(|n| Duration::from_secs(n * MINUTE)).to_vec(),
            limits: Limits::default(),
        }
    }
}

/// How far filter scripts may pass letters on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Forwarding {
    /// Nowhere.
    Off,
    /// To addresses of this hub.
    #[default]
    Inside,
    /// Anywhere.
    Anywhere,
}

impl Forwarding {
    /// The word of the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Inside => "inside",
            Self::Anywhere => "anywhere",
        }
    }

    /// Parses `off`, `inside` or `anywhere`.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            "inside" => Ok(Self::Inside),
            "anywhere" => Ok(Self::Anywhere),
            other => Err(format!("“{other}” is none of off, inside, anywhere")),
        }
    }
}

/// A server and its port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Name or address.
    pub name: String,
    /// Port.
    pub port: u16,
}

impl Host {
    /// Parses `host:port`, `[v6]:port` or `host` (port 25).
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad = || format!("“{text}” is not host:port, such as mail.example:25 or 127.0.0.1:2526");
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) if !name.contains(':') || name.ends_with(']') => {
                (name, port.parse().map_err(|_| bad())?)
            }
            Some(_) => return Err(bad()),
            None => (text, 25),
        };
        let name = name.trim_start_matches('[').trim_end_matches(']');
        if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(bad());
        }
        Ok(Self { name: name.to_owned(), port })
    }
}

/// A fixed way to one domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The domain, lower case.
    pub domain: String,
    /// Where its letters go.
    pub host: Host,
}

impl Route {
    /// Parses `domain=host:port`.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (domain, host) = text
            .split_once('=')
            .ok_or_else(|| format!("“{text}” is not domain=host:port, such as donvi.example=10.0.0.5:25"))?;
        Ok(Self { domain: domain.trim().to_lowercase(), host: Host::parse(host.trim())? })
    }
}

/// Whether letters can be addressed to `text` (RFC 5321 §4.1.2, `Domain`).
pub fn is_domain(text: &str) -> bool {
    !text.starts_with('[') && Address::parse(&format!("a@{text}")).is_some()
}

#[cfg(test)]
mod tests {
    use super::{Host, Route, is_domain};

    #[test]
    fn a_domain_is_one_letters_can_be_sent_to() {
        assert!(is_domain("quangbinh.example") && is_domain("localhost"));
        for wrong in ["", "@@", "a b.example", "[192.0.2.1]", "a@b.example", ".example"] {
            assert!(!is_domain(wrong), "{wrong}");
        }
    }

    #[test]
    fn routes_are_read_as_operators_write_them() {
        let route = Route::parse("Bo.example = 127.0.0.1:2526").unwrap();
        assert_eq!((route.domain.as_str(), route.host.port), ("bo.example", 2526));
        assert_eq!(Host::parse("[::1]:25").unwrap(), Host { name: "::1".into(), port: 25 });
        assert_eq!(Host::parse("mx.example").unwrap().port, 25);
        for bad in ["", ":25", "mx:x", "::1", "a b:25"] {
            assert!(Host::parse(bad).is_err(), "{bad}");
        }
        assert!(Route::parse("bo.example").unwrap_err().contains("domain=host:port"));
    }
}
