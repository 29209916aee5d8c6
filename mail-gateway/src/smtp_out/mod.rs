//! Delivering to other servers: where a domain's letters go, and our own SMTP client.

mod client;
mod dns;
pub(crate) mod tls;

use std::{net::IpAddr, time::Duration};

use mail_gateway_core::{
    queue::{Answer, Outcome},
    smtp::Address,
};
use tokio::{net::TcpStream, time::timeout};

use crate::config::{Config, Host, Route};
use client::{Broken, Dialogue};
use dns::{Dns, NoWay};

/// A letter for recipients of one domain.
pub(crate) struct Outgoing<'a> {
    pub(crate) domain: &'a str,
    /// Empty is the null sender.
    pub(crate) sender: &'a str,
    pub(crate) recipients: &'a [Address],
    pub(crate) eight_bit: bool,
    pub(crate) international: bool,
    pub(crate) letter: &'a [u8],
}

/// The way out.
pub(crate) struct Outbound {
    /// Our name in EHLO.
    domain: String,
    routes: Vec<Route>,
    smarthost: Option<Host>,
    dns: Dns,
    tls: tokio_rustls::TlsConnector,
}

impl Outbound {
    pub(crate) fn new(domain: &str, config: &Config) -> Self {
        Self {
            domain: domain.to_owned(),
            routes: config.routes.clone(),
            smarthost: config.smarthost.clone(),
            dns: Dns::new(&config.resolvers),
            tls: tls::connector(),
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
        let mut with_tls = true;
        loop {
            let stream = timeout(CONNECT, TcpStream::connect((address, host.port)))
                .await
                .map_err(|_| format!("{}:{} did not answer", host.name, host.port))?
                .map_err(|cause| format!("{}:{}: {cause}", host.name, host.port))?;
            let dialogue = Dialogue {
                name: &self.domain,
                host: &host.name,
                tls: with_tls.then_some(&self.tls),
                outgoing,
            };
            match dialogue.run(stream).await {
                Ok(outcomes) => return Ok(outcomes),
                // RFC 7435: encryption where it works, delivery where it does not.
                Err(Broken::Tls(cause)) if with_tls => {
                    tracing::warn!(server = %host.name, %cause, "mail queue: STARTTLS failed, going on in clear text");
                    with_tls = false;
                }
                Err(Broken::Tls(text) | Broken::Connection(text)) => return Err(text),
            }
        }
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
