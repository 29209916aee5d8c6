//! What the domain publishes about its mail, put together from configuration and keys; and the keys put
//! to use.

use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use certs::{DkimAlgorithm, DkimKey, DkimKeys};
use mail_gateway::{
    Mail, SigningKey,
    records::{Publication, PublishedKey, StsMode},
};

use crate::config::{Config, Listen};

/// Where the keys that sign letters are; a part of what is backed up.
pub fn dkim_folder(data: &Path) -> PathBuf {
    data.join("certs").join("dkim")
}

/// Lets `mail` sign with the keys that are in use, making the first ones when there are none.
///
/// # Errors
/// Which key cannot be read or used.
pub fn sign(mail: &Mail, data: &Path) -> Result<(), String> {
    let keys = DkimKeys::open(&dkim_folder(data)).and_then(|keys| keys.all());
    let in_use = keys.map_err(|cause| format!("dkim: {cause}"))?.into_iter().filter(|key| key.in_use);
    let signing = in_use.map(|key| SigningKey {
        ed25519: key.algorithm == DkimAlgorithm::Ed25519,
        selector: key.selector,
        pkcs8: key.pkcs8,
    });
    mail.sign_with(signing.collect()).map_err(|cause| format!("dkim: {cause}"))
}

/// What `config` and `keys` come to.
pub fn of(config: &Config, keys: &[DkimKey]) -> Publication {
    let published = |key: &DkimKey| PublishedKey {
        selector: key.selector.clone(),
        kind: kind(key.algorithm),
        key: STANDARD.encode(&key.public),
    };
    let doors: [(&'static str, Listen); 9] = [
        ("submissions", config.submissions.listen),
        ("submission", config.submission.listen),
        ("imaps", config.imaps.listen),
        ("imap", config.imap.listen),
        ("pop3s", config.pop3s.listen),
        ("pop3", config.pop3.listen),
        ("sieve", config.managesieve.listen),
        ("jmap", config.https.listen),
        ("autodiscover", config.https.listen),
    ];
    let open = doors.into_iter().filter_map(|(name, listen)| Some((name, listen.0?.port())));
    Publication {
        domain: config.hub.domain.clone(),
        host: host(config),
        keys: keys.iter().map(published).collect(),
        services: open.collect(),
        sts: StsMode::parse(&config.mail.mta_sts).unwrap_or_default(),
    }
}

/// RFC 6376 §3.6.1 and RFC 8463 §4.
pub fn kind(algorithm: DkimAlgorithm) -> &'static str {
    match algorithm {
        DkimAlgorithm::Rsa => "rsa",
        DkimAlgorithm::Ed25519 => "ed25519",
    }
}

/// The name other servers find this one by: as configured, that of `hub.public_url`, or `mail.` and the
/// domain.
pub fn host(config: &Config) -> String {
    if !config.mail.host.is_empty() {
        return config.mail.host.to_lowercase();
    }
    let host = config.hub.public_url.split("://").nth(1).and_then(|rest| rest.split(['/', ':']).next());
    let named = host.filter(|host| host.contains('.') && host.parse::<std::net::IpAddr>().is_err());
    named.map_or_else(|| format!("mail.{}", config.hub.domain), str::to_lowercase)
}
