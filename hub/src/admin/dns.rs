//! `lienthong admin dns` and `admin dkim`: what to publish in DNS, whether it is, and the signing keys.

use base::Timestamp;
use certs::{DkimKey, DkimKeys};
use directory_core::AuditEvent;
use futures_util::future::join_all;
use mail_gateway::records::{DnsRecord, Published};

use super::{
    Answer,
    command::Dkim,
    execute::{Act, text},
};
use crate::wiring::publication;

impl Act<'_> {
    pub(super) async fn dns(&self, check: bool) -> Answer {
        let records = publication::of(&self.services.config, &self.keys()?.all().map_err(text)?).records();
        if !check {
            return Ok(zone(&records));
        }
        let (mut lines, mut wrong) = (Vec::new(), 0);
        let states = join_all(records.iter().map(|record| self.state(record))).await;
        for (record, state) in records.iter().zip(states) {
            wrong += usize::from(state != RIGHT);
            lines.push(format!("{}\t{}\t{state}", record.kind, record.name));
        }
        let all = lines.join("\n");
        if wrong == 0 { Ok(all) } else { Err(format!("{wrong} records are not right\n{all}")) }
    }

    pub(super) async fn dkim(&self, dkim: Dkim) -> Answer {
        let keys = self.keys()?;
        match dkim {
            Dkim::List => {
                let line = |key: &DkimKey| {
                    let state = if key.in_use { "in use" } else { "published only" };
                    format!("{}\t{}\t{state}", key.selector, publication::kind(key.algorithm))
                };
                Ok(keys.all().map_err(text)?.iter().map(line).collect::<Vec<_>>().join("\n"))
            }
            Dkim::Rotate => {
                let made = keys.make().map_err(text)?;
                self.note("Tạo", &made).await?;
                Ok(zone(&self.records_of(&keys, &made)?))
            }
            Dkim::Activate { unchecked } => {
                let waiting = keys.waiting().map_err(text)?;
                if waiting.is_empty() {
                    return Err(
                        "no pair waits to be used; `lienthong admin dkim rotate` makes one".to_owned()
                    );
                }
                if !unchecked {
                    self.must_be_published(&self.records_of(&keys, &waiting)?).await?;
                }
                let chosen = keys.activate().map_err(text)?;
                publication::sign(&self.services.mail, &self.services.data)?;
                self.note("Đưa vào sử dụng", &chosen).await?;
                Ok(chosen.join("\n"))
            }
            Dkim::Retire => {
                let gone = keys.retire().map_err(text)?;
                if !gone.is_empty() {
                    self.note("Hủy", &gone).await?;
                }
                Ok(gone.join("\n"))
            }
        }
    }

    /// Who signs with a key nobody finds loses the letters' standing everywhere.
    async fn must_be_published(&self, records: &[DnsRecord]) -> Result<(), String> {
        for record in records {
            let state = self.state(record).await;
            if state != RIGHT {
                return Err(format!(
                    "{} is not in DNS ({state}); publish it first, or use --unchecked on a closed network",
                    record.name
                ));
            }
        }
        Ok(())
    }

    async fn state(&self, record: &DnsRecord) -> String {
        match self.services.mail.published(record).await {
            Published::Right => RIGHT.to_owned(),
            Published::Missing => "missing".to_owned(),
            Published::Different(found) => format!("different: {}", found.join(" | ")),
            Published::Unknown(cause) => format!("unknown: {cause}"),
        }
    }

    fn records_of(&self, keys: &DkimKeys, selectors: &[String]) -> Result<Vec<DnsRecord>, String> {
        let mut wanted = keys.all().map_err(text)?;
        wanted.retain(|key| selectors.contains(&key.selector));
        let mut records = publication::of(&self.services.config, &wanted).records();
        records.retain(|record| record.name.contains("._domainkey."));
        Ok(records)
    }

    async fn note(&self, act: &str, selectors: &[String]) -> Result<(), String> {
        let event = AuditEvent::SigningKeysChanged { act: act.to_owned() };
        let object = selectors.join(", ");
        self.services.directory.record_act(&self.actor, event, &object, Timestamp::now()).await.map_err(text)
    }

    fn keys(&self) -> Result<DkimKeys, String> {
        DkimKeys::open(&publication::dkim_folder(&self.services.data)).map_err(text)
    }
}

/// Lines of a zone file, each under what it is for.
fn zone(records: &[DnsRecord]) -> String {
    records.iter().map(|record| format!("; {}\n{record}", record.purpose)).collect::<Vec<_>>().join("\n")
}

const RIGHT: &str = "ok";
