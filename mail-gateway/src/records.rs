//! The DNS records that make a domain's mail work, ready to paste, and whether they are published.

use std::{fmt, time::Duration};

use hickory_resolver::proto::rr::{RData, RecordType};
use tokio::time::timeout;

use crate::Mail;

/// One record to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsRecord {
    /// Full name, without the final dot.
    pub name: String,
    /// `MX`, `TXT`, `SRV` or `CNAME`.
    pub kind: &'static str,
    /// Its value; of a TXT record the text.
    pub value: String,
    /// What it is for, in a few words.
    pub purpose: &'static str,
}

/// The half of a signing key that everybody may know.
#[derive(Debug, Clone)]
pub struct PublishedKey {
    /// The name under `_domainkey`.
    pub selector: String,
    /// `rsa` or `ed25519`.
    pub kind: &'static str,
    /// The key in base64, as `p=` wants it.
    pub key: String,
}

/// Whether a record is in DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// As it should be.
    Right,
    /// Something else stands there.
    Different(Vec<String>),
    /// Nothing stands there.
    Missing,
    /// DNS did not answer.
    Unknown(String),
}

/// Whether other servers must find us with a good certificate (`mail.mta_sts`, RFC 8461 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StsMode {
    /// Nothing is said about it.
    #[default]
    Off,
    /// They deliver anyway and report.
    Testing,
    /// They do not deliver otherwise.
    Enforce,
}

impl StsMode {
    /// Parses `off`, `testing` or `enforce`.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            "testing" => Ok(Self::Testing),
            "enforce" => Ok(Self::Enforce),
            other => Err(format!("“{other}” is none of off, testing, enforce")),
        }
    }

    /// What stands at `/.well-known/mta-sts.txt` (RFC 8461 §3.2); nothing when off.
    pub fn policy(self, host: &str) -> Option<String> {
        let mode = match self {
            Self::Off => return None,
            Self::Testing => "testing",
            Self::Enforce => "enforce",
        };
        Some(format!("version: STSv1\r\nmode: {mode}\r\nmx: {host}\r\nmax_age: 604800\r\n"))
    }
}

/// What a domain publishes.
#[derive(Debug, Clone)]
pub struct Publication {
    /// The mail domain.
    pub domain: String,
    /// The name of its mail server.
    pub host: String,
    /// Every key that signs, will sign, or signed letters that may still be on their way.
    pub keys: Vec<PublishedKey>,
    /// Services that mail programs look for, and their ports (RFC 6186, 8314 §5.1, 8620 §2.2, 5804 §1.8).
    pub services: Vec<(&'static str, u16)>,
    /// Whether encryption is asked for.
    pub sts: StsMode,
}

impl Publication {
    /// The records, most needed first.
    pub fn records(&self) -> Vec<DnsRecord> {
        let Self { domain, host, .. } = self;
        let record = |name: String, kind, value: String, purpose| DnsRecord { name, kind, value, purpose };
        let mut all = vec![
            record(domain.clone(), "MX", format!("10 {host}."), "where mail goes"),
            // RFC 7208 §4.6.2: the hosts that take our mail are the ones that send it.
            record(domain.clone(), "TXT", "v=spf1 mx -all".to_owned(), "who may send (SPF)"),
        ];
        for PublishedKey { selector, kind, key } in &self.keys {
            let value = format!("v=DKIM1; k={kind}; p={key}");
            all.push(record(format!("{selector}._domainkey.{domain}"), "TXT", value, "signatures (DKIM)"));
        }
        let reports = format!("rua=mailto:postmaster@{domain}");
        let policy = format!("v=DMARC1; p=quarantine; {reports}");
        all.push(record(format!("_dmarc.{domain}"), "TXT", policy, "what to do with forgeries (DMARC)"));
        let value = format!("v=TLSRPTv1; {reports}");
        all.push(record(format!("_smtp._tls.{domain}"), "TXT", value, "reports on encryption (TLS-RPT)"));
        if let Some(policy) = self.sts.policy(host) {
            let value = format!("v=STSv1; id={}", fingerprint(&policy));
            all.push(record(format!("_mta-sts.{domain}"), "TXT", value, "encryption is asked for (MTA-STS)"));
            let purpose = "where the policy is read, over HTTPS with a public certificate (MTA-STS)";
            all.push(record(format!("mta-sts.{domain}"), "CNAME", format!("{host}."), purpose));
        }
        for (service, port) in &self.services {
            let name = format!("_{service}._tcp.{domain}");
            all.push(record(name, "SRV", format!("0 1 {port} {host}."), "mail programs find the server"));
        }
        let purpose = "mail programs set themselves up";
        all.push(record(format!("autoconfig.{domain}"), "CNAME", format!("{host}."), purpose));
        all
    }
}

/// Changes whenever `policy` does (RFC 8461 §3.1: letters and digits, 32 at most).
fn fingerprint(policy: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, policy.as_bytes());
    digest.as_ref().iter().take(8).map(|octet| format!("{octet:02x}")).collect()
}

impl fmt::Display for DnsRecord {
    /// A line of a zone file (RFC 1035 §5.1); long texts are cut into strings of 255 octets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. 3600 IN {} ", self.name, self.kind)?;
        if self.kind != "TXT" {
            return f.write_str(&self.value);
        }
        let mut rest = self.value.as_str();
        loop {
            let (string, after) = rest.split_at(rest.floor_char_boundary(255));
            write!(f, "\"{string}\"")?;
            if after.is_empty() {
                return Ok(());
            }
            f.write_str(" ")?;
            rest = after;
        }
    }
}

impl Mail {
    /// Looks `record` up in DNS.
    pub async fn published(&self, record: &DnsRecord) -> Published {
        let Some(resolver) = self.inner.outbound.resolver() else {
            return Published::Unknown("no name service".to_owned());
        };
        let kind = match record.kind {
            "MX" => RecordType::MX,
            "SRV" => RecordType::SRV,
            "CNAME" => RecordType::CNAME,
            _ => RecordType::TXT,
        };
        let asked = timeout(PATIENCE, resolver.lookup(format!("{}.", record.name), kind));
        let found = match asked.await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) if error.is_no_records_found() || error.is_nx_domain() => {
                return Published::Missing;
            }
            Ok(Err(error)) => return Published::Unknown(error.to_string()),
            Err(_) => return Published::Unknown("no answer".to_owned()),
        };
        let values: Vec<String> = found.answers().iter().filter_map(|answer| value(&answer.data)).collect();
        let family = record.value.split([';', ' ']).next().unwrap_or_default();
        let same = |value: &&String| record.kind != "TXT" || value.starts_with(family);
        let rivals: Vec<String> = values.iter().filter(same).cloned().collect();
        if rivals.iter().any(|found| found.eq_ignore_ascii_case(&record.value)) {
            Published::Right
        } else if rivals.is_empty() {
            Published::Missing
        } else {
            Published::Different(rivals)
        }
    }
}

fn value(data: &RData) -> Option<String> {
    match data {
        RData::MX(mx) => Some(format!("{} {}", mx.preference, mx.exchange)),
        RData::SRV(srv) => Some(format!("{} {} {} {}", srv.priority, srv.weight, srv.port, srv.target)),
        RData::CNAME(name) => Some(name.to_string()),
        RData::TXT(txt) => {
            let octets: Vec<u8> = txt.txt_data.iter().flat_map(|piece| piece.iter().copied()).collect();
            Some(String::from_utf8_lossy(&octets).into_owned())
        }
        _ => None,
    }
}

/// How long one record is looked for.
const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_ready_to_paste() {
        let publication = Publication {
            domain: "tinh.example".into(),
            host: "mail.tinh.example".into(),
            keys: vec![PublishedKey { selector: "lt1r".into(), kind: "rsa", key: "A".repeat(400) }],
            services: vec![("submissions", 465)],
            sts: StsMode::Testing,
        };
        let lines: Vec<String> = publication.records().iter().map(ToString::to_string).collect();
        assert!(lines.contains(&"tinh.example. 3600 IN MX 10 mail.tinh.example.".to_owned()));
        assert!(lines.contains(&"tinh.example. 3600 IN TXT \"v=spf1 mx -all\"".to_owned()));
        assert!(
            lines.contains(
                &"_submissions._tcp.tinh.example. 3600 IN SRV 0 1 465 mail.tinh.example.".to_owned()
            )
        );
        let sts = lines.iter().find(|line| line.starts_with("_mta-sts.tinh.example.")).unwrap();
        assert!(sts.contains("\"v=STSv1; id=") && sts.len() < 80, "{sts}");
        let dkim = lines.iter().find(|line| line.starts_with("lt1r._domainkey.tinh.example.")).unwrap();
        assert!(dkim.split('"').all(|string| string.len() <= 255) && dkim.contains("\" \""), "{dkim}");
    }
}
