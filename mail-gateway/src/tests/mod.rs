//! Mail transport over real sockets on 127.0.0.1: a hub with a table for a directory, a mail program
//! by hand, and a server elsewhere that answers as a test wants.

mod authenticity;
mod crash;
mod delivery;
mod incoming;
mod learning;
pub(crate) mod name_server;
mod outgoing;
mod quota;
mod room;
mod scanner;
mod scanning;
mod screening;
mod signing;
mod sink;
pub(crate) mod talk;

use std::{net::IpAddr, path::Path, sync::Arc, time::Duration};

use base::{AccountId, MailboxId, PersonId, Redacted, UnitId};
use database::{
    sqlx::{self, Row},
    testing::source,
};
use directory_core::{MailboxGrant, MailboxKind, Poster, Principal};
use futures_util::future::BoxFuture;
use mail_gateway_core::sasl::Keys;
use tokio_util::sync::CancellationToken;

use crate::{
    Config, Mail, Ports, Serving,
    ports::{Addresses, Credentials, MailboxEntry, Refused, Resolution, Unavailable},
};

pub(crate) const AN: MailboxId = MailboxId::from_u128(1);
pub(crate) const BINH: MailboxId = MailboxId::from_u128(2);
/// Read by two clerks.
pub(crate) const AGENCY: MailboxId = MailboxId::from_u128(3);

/// A hub under test; its files go away with it.
pub(crate) struct Hub {
    pub(crate) mail: Mail,
    pub(crate) serving: Serving,
    stop: CancellationToken,
    _files: tempfile::TempDir,
}

impl Hub {
    pub(crate) async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let files = tempfile::tempdir().unwrap();
        let mut config = config();
        change(&mut config);
        let mail = open(files.path(), config).await;
        let stop = CancellationToken::new();
        let serving = mail.serve(certificate(), stop.clone()).await.unwrap();
        Self { mail, serving, stop, _files: files }
    }

    /// Where its files are.
    pub(crate) fn files(&self) -> &Path {
        self._files.path()
    }

    /// What lies in `mailbox`, oldest first, once there are at least `count` letters.
    async fn letters(&self, mailbox: MailboxId, count: usize) -> Vec<String> {
        let mut changes = self.mail.store().changes().subscribe();
        loop {
            let found = letters(&self.mail, mailbox).await;
            if found.len() >= count {
                return found;
            }
            within(changes.recv()).await.unwrap();
        }
    }
}

fn config() -> Config {
    let any = Some(([127, 0, 0, 1], 0).into());
    Config {
        smtp: any,
        submission: any,
        submissions: any,
        imap: any,
        imaps: any,
        max_size: 300_000,
        retry: vec![Duration::from_millis(20); 2],
        ..Config::default()
    }
}

async fn open(data: &Path, config: Config) -> Mail {
    let table = Arc::new(Table);
    let ports = Ports { addresses: Arc::clone(&table) as Arc<dyn Addresses>, credentials: table };
    Mail::open(source(&data.join("mail.db")), data, "Tinh.example", ports, config).await.unwrap()
}

pub(crate) async fn letters(mail: &Mail, mailbox: MailboxId) -> Vec<String> {
    let rows = sqlx::query("SELECT blob FROM letters WHERE account = $1 ORDER BY received, id")
        .bind(mailbox.to_string())
        .fetch_all(mail.inner.database.readers())
        .await
        .unwrap();
    let mut found = Vec::new();
    for row in rows {
        let blob = row.get::<String, _>(0).parse().unwrap();
        found.push(String::from_utf8(mail.store().open_blob(&blob).await.unwrap().to_vec()).unwrap());
    }
    found
}

async fn queued(mail: &Mail) -> i64 {
    let count = sqlx::query("SELECT COUNT(*) FROM queue_letter").fetch_one(mail.inner.database.readers());
    count.await.unwrap().get(0)
}

/// Fails the test instead of hanging it.
pub(crate) async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), work).await.expect("it never happened")
}

fn certificate() -> Arc<rustls::ServerConfig> {
    let made = rcgen::generate_simple_self_signed(vec!["tinh.example".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    Arc::new(config)
}

/// A directory: two people, a group of both, one password.
struct Table;

impl Addresses for Table {
    fn resolve<'a>(
        &'a self,
        address: &'a str,
        _: Poster<'a>,
    ) -> BoxFuture<'a, Result<Resolution, Unavailable>> {
        Box::pin(async move {
            Ok(match address.to_lowercase().as_str() {
                "an@tinh.example" => Resolution::Local(vec![AN]),
                "binh@tinh.example" => Resolution::Local(vec![BINH]),
                "tatca@tinh.example" => Resolution::Local(vec![AN, BINH]),
                "hong@tinh.example" => return Err(Unavailable),
                other if other.ends_with("@tinh.example") => Resolution::Unknown,
                _ => Resolution::NotOurs,
            })
        })
    }

    fn mailbox(&self, mailbox: MailboxId) -> BoxFuture<'_, Result<Option<MailboxEntry>, Unavailable>> {
        let address = match mailbox {
            AN => "an@tinh.example",
            _ => "binh@tinh.example",
        };
        let entry = MailboxEntry { address: address.to_owned(), kind: MailboxKind::Personal };
        Box::pin(async move { Ok(Some(entry)) })
    }
}

impl Credentials for Table {
    fn authenticate<'a>(
        &'a self,
        login: &'a str,
        password: &'a Redacted<String>,
        _: IpAddr,
    ) -> BoxFuture<'a, Result<Principal, Refused>> {
        Box::pin(async move {
            let grants = match login {
                "an" => vec![grant(AN, "an@tinh.example", MailboxKind::Personal)],
                "binh" => vec![
                    grant(BINH, "binh@tinh.example", MailboxKind::Personal),
                    grant(AGENCY, "coquan@tinh.example", MailboxKind::Agency),
                ],
                "chi" => vec![
                    grant(MailboxId::from_u128(4), "chi@tinh.example", MailboxKind::Personal),
                    grant(AGENCY, "coquan@tinh.example", MailboxKind::Agency),
                ],
                "doc" => vec![
                    grant(MailboxId::from_u128(5), "doc@tinh.example", MailboxKind::Personal),
                    MailboxGrant {
                        may_send: false,
                        ..grant(AGENCY, "coquan@tinh.example", MailboxKind::Agency)
                    },
                ],
                _ => return Err(Refused::Wrong),
            };
            if password.expose() != "mật khẩu" {
                return Err(Refused::Wrong);
            }
            Ok(Principal {
                account: AccountId::from_u128(1),
                person: PersonId::from_u128(1),
                session: None,
                name: "Nguyễn Văn An".into(),
                unit: UnitId::from_u128(1),
                unit_name: "Văn phòng".into(),
                position: "Chuyên viên".into(),
                order: 1,
                is_admin: false,
                login: login.into(),
                mailboxes: grants,
            })
        })
    }

    fn scram_keys<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Keys, Unavailable>> {
        Box::pin(async { Ok(Keys { salt: vec![1; 16], iterations: 4096, credentials: Vec::new() }) })
    }

    fn proven<'a>(&'a self, _: &'a str, _: IpAddr) -> BoxFuture<'a, Result<Principal, Refused>> {
        Box::pin(async { Err(Refused::Wrong) })
    }

    fn disproven<'a>(&'a self, _: &'a str, _: IpAddr) -> BoxFuture<'a, ()> {
        Box::pin(async {})
    }
}

fn grant(mailbox: MailboxId, address: &str, kind: MailboxKind) -> MailboxGrant {
    MailboxGrant {
        mailbox,
        address: address.into(),
        name: "Nguyễn Văn An".into(),
        kind,
        may_send: true,
        aliases: Vec::new(),
        sender: None,
        delegated: false,
    }
}
