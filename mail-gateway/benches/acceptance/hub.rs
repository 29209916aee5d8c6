//! A mail service over a directory of a thousand mailboxes, `0` to `999`, every password of which is right.

use std::{net::IpAddr, path::Path, sync::Arc};

use base::{
    MailboxId, Redacted,
    id::{AccountId, PersonId, UnitId},
};
use directory_core::{MailboxGrant, MailboxKind, Poster, Principal};
use futures_util::future::BoxFuture;
use mail_gateway::{
    Config, Mail, Ports,
    ports::{Addresses, Credentials, Keys, MailboxEntry, Refused, Resolution, Unavailable},
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Opens the service whose files are in `folder`.
pub(crate) async fn open(folder: &Path, config: Config) -> Mail {
    let table = Arc::new(Table);
    let ports = Ports { addresses: Arc::clone(&table) as Arc<dyn Addresses>, credentials: table };
    Mail::open(&folder.join("mail.db"), folder, DOMAIN, ports, config).await.expect("a mail service")
}

/// A certificate of its own for [`DOMAIN`].
pub(crate) struct Certificate {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Certificate {
    /// A new one.
    pub(crate) fn made() -> Self {
        let made = rcgen::generate_simple_self_signed(vec![DOMAIN.to_owned()]).expect("a certificate");
        Self { certificate: made.cert.der().to_vec(), key: made.signing_key.serialize_der() }
    }

    /// What a server presents.
    pub(crate) fn server(&self) -> Arc<rustls::ServerConfig> {
        let key = PrivateKeyDer::try_from(self.key.clone()).expect("a key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(self.certificate.clone())], key)
            .expect("a server");
        Arc::new(config)
    }
}

/// The mailbox of the number `n`.
pub(crate) fn mailbox(n: usize) -> MailboxId {
    MailboxId::from_u128(n as u128 + 1)
}

/// A directory of a thousand mailboxes, `0` to `999`, and a list of all.
struct Table;

impl Addresses for Table {
    fn resolve<'a>(
        &'a self,
        address: &'a str,
        _: Poster<'a>,
    ) -> BoxFuture<'a, Result<Resolution, Unavailable>> {
        Box::pin(async move {
            let local = address.split('@').next().unwrap_or_default();
            Ok(match local.parse::<usize>() {
                Ok(n) if n < MAILBOXES => Resolution::Local(vec![mailbox(n)]),
                _ if local == "tatca" => Resolution::Local((0..MAILBOXES).map(mailbox).collect()),
                _ => Resolution::Unknown,
            })
        })
    }

    fn mailbox(&self, mailbox: MailboxId) -> BoxFuture<'_, Result<Option<MailboxEntry>, Unavailable>> {
        let entry = MailboxEntry { address: format!("{mailbox}@{DOMAIN}"), kind: MailboxKind::Agency };
        Box::pin(async move { Ok(Some(entry)) })
    }
}

impl Credentials for Table {
    fn authenticate<'a>(
        &'a self,
        login: &'a str,
        _: &'a Redacted<String>,
        _: IpAddr,
    ) -> BoxFuture<'a, Result<Principal, Refused>> {
        Box::pin(async move { login.parse().map(principal).map_err(|_| Refused::Wrong) })
    }

    fn scram_keys<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Keys, Unavailable>> {
        Box::pin(async move { Err(Unavailable) })
    }

    fn proven<'a>(&'a self, _: &'a str, _: IpAddr) -> BoxFuture<'a, Result<Principal, Refused>> {
        Box::pin(async move { Err(Refused::Wrong) })
    }

    fn disproven<'a>(&'a self, _: &'a str, _: IpAddr) -> BoxFuture<'a, ()> {
        Box::pin(async {})
    }
}

fn principal(n: usize) -> Principal {
    let grant = MailboxGrant {
        mailbox: mailbox(n),
        address: format!("{n}@{DOMAIN}"),
        name: n.to_string(),
        kind: MailboxKind::Personal,
        may_send: true,
        aliases: Vec::new(),
        sender: None,
        delegated: false,
    };
    Principal {
        account: AccountId::from_u128(n as u128 + 1),
        person: PersonId::from_u128(n as u128 + 1),
        session: None,
        name: n.to_string(),
        unit: UnitId::from_u128(1),
        unit_name: "Sở Tài chính".into(),
        position: "Chuyên viên".into(),
        order: 90,
        is_admin: false,
        login: n.to_string(),
        mailboxes: vec![grant],
    }
}

/// The domain of the hub.
pub(crate) const DOMAIN: &str = "tinh.example";
/// Mailboxes in the directory.
pub(crate) const MAILBOXES: usize = 1000;
