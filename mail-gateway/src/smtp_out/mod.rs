//! Delivering to other servers: where a domain's letters go, and our own SMTP client.

mod client;
mod dns;
mod pool;
pub(crate) mod tls;
mod transaction;
mod wire;

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use mail_gateway_core::{
    message::Handling,
    queue::{Answer, Outcome},
    smtp::Destination,
};
use tokio::{net::TcpStream, time::timeout};

use crate::{
    config::{Config, Host, Route},
    sign::Signer,
};
use client::{Broken, Connected, Opening};
use dns::{Dns, NoWay};
use pool::Pool;

/// A letter for recipients of one domain.
pub(crate) struct Outgoing<'a> {
    pub(crate) domain: &'a str,
    /// Empty is the null sender.
    pub(crate) sender: &'a str,
    pub(crate) recipients: &'a [Destination],
    pub(crate) eight_bit: bool,
    pub(crate) international: bool,
    pub(crate) handling: &'a Handling,
    pub(crate) signer: &'a Signer,
    pub(crate) letter: &'a [u8],
}

/// The way out.
pub(crate) struct Outbound {
    /// Our name in EHLO.
    domain: String,
    routes: Vec<Route>,
    smarthost: Option<Host>,
    dns: Dns,
    /// Takes any certificate.
    tls: tokio_rustls::TlsConnector,
    /// Takes what the machine's authorities vouch for; `None` when it has none.
    strict: Option<tokio_rustls::TlsConnector>,
    pool: Pool,
}

impl Outbound {
    pub(crate) fn new(domain: &str, config: &Config) -> Self {
        Self {
            domain: domain.to_owned(),
            routes: config.routes.clone(),
            smarthost: config.smarthost.clone(),
            dns: Dns::new(&config.resolvers),
            tls: tls::connector(),
            strict: tls::strict(&config.authorities),
            pool: Pool::new(config.limits.outgoing_idle),
        }
    }

    /// Attempts delivery once; one outcome per recipient, in their order.
    pub(crate) async fn deliver(&self, outgoing: &Outgoing<'_>) -> Vec<Outcome> {
        let all = |outcome: Outcome| vec![outcome; outgoing.recipients.len()];
        let hosts = match self.hosts(outgoing.domain).await {
            Ok(hosts) => hosts,
            Err(NoWay::Never(answer)) => return all(Outcome::Permanent(answer)),
            Err(NoWay::NotNow(answer)) => return all(Outcome::Temporary(answer)),
        };
        let mut last = Answer::of_ours("4.4.1", format!("no server of {} could be reached", outgoing.domain));
        // RFC 5321 §5.1: every host in turn, at least two addresses; a bound keeps an attempt finite.
        for (host, address) in hosts.into_iter().take(MAX_ADDRESSES) {
            match self.deliver_to(&host, address, outgoing).await {
                Ok(outcomes) => return outcomes,
                Err(text) => {
                    tracing::debug!(server = %host.name, %text, "mail queue: server not usable");
                    last = Answer { status: "4.4.1".into(), text, server: Some(host.name) };
                }
            }
        }
        all(Outcome::Temporary(last))
    }

    async fn deliver_to(
        &self,
        host: &Host,
        address: IpAddr,
        outgoing: &Outgoing<'_>,
    ) -> Result<Vec<Outcome>, String> {
        let strict = outgoing.handling.require_tls;
        let mut connected = match self.kept(host, address, strict).await {
            Some(connected) => connected,
            None => self.open(host, address, strict).await?,
        };
        let outcomes = connected.send(&self.domain, outgoing).await.map_err(Broken::into_text)?;
        if let Some(mut over) = self.pool.put((address, host.port), connected, Instant::now()) {
            over.wire.quit().await;
        }
        Ok(outcomes)
    }

    /// A connection to `host` that was kept from an earlier letter and still works.
    async fn kept(&self, host: &Host, address: IpAddr, strict: bool) -> Option<Connected> {
        while let Some(mut connected) = self.pool.take((address, host.port), &host.name, strict) {
            if connected.is_alive().await {
                return Some(connected);
            }
        }
        None
    }

    async fn open(&self, host: &Host, address: IpAddr, strict: bool) -> Result<Connected, String> {
        let mut tls = match (strict, &self.strict) {
            (true, Some(connector)) => Some(connector),
            (true, None) => return Err("no certificate authorities to check the server with".to_owned()),
            (false, _) => Some(&self.tls),
        };
        loop {
            let stream = timeout(CONNECT, TcpStream::connect((address, host.port)))
                .await
                .map_err(|_| format!("{}:{} did not answer", host.name, host.port))?
                .map_err(|cause| format!("{}:{}: {cause}", host.name, host.port))?;
            let opening = Opening { name: &self.domain, host: &host.name, tls, verified: strict };
            match opening.run(stream).await {
                Ok(connected) => return Ok(connected),
                // RFC 7435: encryption where it works, delivery where it does not.
                Err(Broken::Tls(cause)) if tls.is_some() && !strict => {
                    tracing::warn!(server = %host.name, %cause, "mail queue: STARTTLS failed, going on in clear text");
                    tls = None;
                }
                Err(broken) => return Err(broken.into_text()),
            }
        }
    }

    /// The name service; `None` when this machine knows none.
    pub(crate) fn resolver(&self) -> Option<&hickory_resolver::TokioResolver> {
        self.dns.resolver().ok()
    }

    /// Closes kept connections whose time is over.
    pub(crate) async fn close_idle(&self) {
        for mut connected in self.pool.over(Instant::now()) {
            connected.wire.quit().await;
        }
    }

    /// Closes every kept connection.
    pub(crate) async fn close_all(&self) {
        for mut connected in self.pool.all() {
            connected.wire.quit().await;
        }
    }

    /// How long until a kept connection is to be closed.
    pub(crate) fn next_close(&self) -> Option<Duration> {
        self.pool.next(Instant::now())
    }

    /// Where letters for `domain` go, best first: a fixed route, the smart host, or DNS.
    async fn hosts(&self, domain: &str) -> Result<Vec<(Host, IpAddr)>, NoWay> {
        let fixed = self.routes.iter().find(|route| route.domain == domain).map(|route| &route.host);
        if let Some(host) = fixed.or(self.smarthost.as_ref()) {
            let addresses = self.dns.addresses(&host.name).await?;
            return Ok(addresses.into_iter().map(|address| (host.clone(), address)).collect());
        }
        // RFC 5321 §4.1.3: an address literal names the server itself.
        if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let text = literal.strip_prefix("ipv6:").unwrap_or(literal);
            let address = text
                .parse()
                .map_err(|_| NoWay::Never(Answer::of_ours("5.1.2", format!("{domain} is not an address"))))?;
            return Ok(vec![(Host { name: text.to_owned(), port: 25 }, address)]);
        }
        let mut hosts = Vec::new();
        let mut failure = None;
        for name in self.dns.exchangers(domain).await? {
            match self.dns.addresses(&name).await {
                Ok(addresses) => {
                    hosts.extend(addresses.into_iter().map(|a| (Host { name: name.clone(), port: 25 }, a)));
                }
                Err(no_way) => failure = Some(no_way),
            }
        }
        match (hosts.is_empty(), failure) {
            (true, Some(no_way)) => Err(no_way),
            _ => Ok(hosts),
        }
    }
}

const CONNECT: Duration = Duration::from_secs(30);
const MAX_ADDRESSES: usize = 6;
