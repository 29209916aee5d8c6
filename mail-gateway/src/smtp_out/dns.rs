//! Which servers take mail for a domain (RFC 5321 §5.1) and where they are.

use std::net::{IpAddr, SocketAddr};

use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig},
    net::{NetError, runtime::TokioRuntimeProvider},
    proto::rr::RData,
};
use mail_gateway_core::queue::Answer;

/// Why there is no way to a domain.
#[derive(Debug)]
pub(super) enum NoWay {
    /// There never will be: no such domain, or it takes no mail.
    Never(Answer),
    /// DNS does not answer now.
    NotNow(Answer),
}

/// The name service.
pub(super) struct Dns {
    /// `None` when this machine knows no name server at all: a closed network with fixed routes.
    resolver: Option<TokioResolver>,
}

impl Dns {
    /// Asks `servers`, or the machine's own when there are none.
    pub(super) fn new(servers: &[SocketAddr]) -> Self {
        let builder = if servers.is_empty() {
            TokioResolver::builder_tokio()
        } else {
            let servers = servers.iter().map(name_server).collect();
            let config = ResolverConfig::from_name_servers(servers);
            Ok(TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()))
        };
        let resolver = builder.and_then(hickory_resolver::ResolverBuilder::build);
        if let Err(cause) = &resolver {
            tracing::warn!(%cause, "mail: no name service; only fixed routes and addresses work");
        }
        Self { resolver: resolver.ok() }
    }

    pub(super) fn resolver(&self) -> Result<&TokioResolver, NoWay> {
        self.resolver.as_ref().ok_or_else(|| NoWay::NotNow(Answer::of_ours("4.4.3", "no name service")))
    }

    /// The addresses of `host`, which may be one itself.
    pub(super) async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, NoWay> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        if host == "localhost" {
            return Ok(vec![IpAddr::from([127, 0, 0, 1])]);
        }
        match self.resolver()?.lookup_ip(absolute(host)).await {
            Ok(found) => Ok(found.iter().collect()),
            Err(error) => Err(no_way(host, &error)),
        }
    }

    /// The mail exchangers of `domain`, best first; the domain itself when it has none.
    pub(super) async fn exchangers(&self, domain: &str) -> Result<Vec<String>, NoWay> {
        let found = match self.resolver()?.mx_lookup(absolute(domain)).await {
            Ok(found) => found,
            // RFC 5321 §5.1: no MX record means the domain is its own exchanger.
            Err(error) if error.is_no_records_found() && !error.is_nx_domain() => {
                return Ok(vec![domain.to_owned()]);
            }
            Err(error) => return Err(no_way(domain, &error)),
        };
        let mut exchangers: Vec<(u16, String)> = found
            .answers()
            .iter()
            .filter_map(|record| match &record.data {
                RData::MX(mx) => {
                    Some((mx.preference, mx.exchange.to_utf8().trim_end_matches('.').to_lowercase()))
                }
                _ => None,
            })
            .collect();
        exchangers.sort();
        if exchangers.is_empty() {
            return Ok(vec![domain.to_owned()]);
        }
        // RFC 7505: a single "." says that the domain takes no mail.
        exchangers.retain(|(_, name)| !name.is_empty());
        if exchangers.is_empty() {
            return Err(NoWay::Never(Answer::of_ours("5.1.10", format!("{domain} does not take mail"))));
        }
        Ok(exchangers.into_iter().map(|(_, name)| name).collect())
    }
}

fn name_server(address: &SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()]
        .into_iter()
        .map(|mut connection| {
            connection.port = address.port();
            connection
        })
        .collect();
    NameServerConfig::new(address.ip(), true, connections)
}

/// With the final dot no search list is tried: `sở.example` is never `sở.example.tinh.example`.
fn absolute(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

fn no_way(name: &str, error: &NetError) -> NoWay {
    if error.is_nx_domain() {
        NoWay::Never(Answer::of_ours("5.1.2", format!("{name} does not exist")))
    } else if error.is_no_records_found() {
        NoWay::Never(Answer::of_ours("5.4.4", format!("{name} has no address")))
    } else {
        NoWay::NotNow(Answer::of_ours("4.4.3", format!("name service: {error}")))
    }
}

#[cfg(test)]
mod tests;
