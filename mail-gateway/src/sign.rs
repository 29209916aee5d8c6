//! Signing letters that leave (DKIM, RFC 6376; Ed25519, RFC 8463), with whatever keys are in use now.

use std::sync::{Arc, PoisonError, RwLock};

use mail_auth::{
    common::{
        crypto::{Ed25519Key, RsaKey, Sha256},
        headers::HeaderWriter,
    },
    dkim::{DkimSigner, Done},
};
use mail_parser::MessageParser;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// A private key and the selector under which its other half is published.
pub struct SigningKey {
    /// The name under `_domainkey`.
    pub selector: String,
    /// PKCS #8; RSA or Ed25519.
    pub pkcs8: Vec<u8>,
    /// Whether it is an Ed25519 key.
    pub ed25519: bool,
}

/// The keys in use; exchanged while the hub runs.
#[derive(Default)]
pub(crate) struct Signer {
    keys: RwLock<Arc<[Key]>>,
}

enum Key {
    Rsa(DkimSigner<RsaKey<Sha256>, Done>),
    Ed25519(DkimSigner<Ed25519Key, Done>),
}

impl Signer {
    /// Signs as `domain` with `keys` from now on.
    ///
    /// # Errors
    /// The selector of a key that is none.
    pub(crate) fn use_keys(&self, domain: &str, keys: Vec<SigningKey>) -> Result<(), String> {
        let keys: Result<Vec<Key>, String> = keys.into_iter().map(|key| key.ready(domain)).collect();
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys?.into();
        Ok(())
    }

    /// The signature fields of `letter`; empty when its author is not of `domain`, for we vouch for our
    /// own people only.
    pub(crate) fn sign(&self, domain: &str, letter: &[u8]) -> String {
        let keys = Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner));
        if keys.is_empty() || !is_from(domain, letter) {
            return String::new();
        }
        let mut fields = String::new();
        for key in keys.iter() {
            let signed = match key {
                Key::Rsa(signer) => signer.sign(letter),
                Key::Ed25519(signer) => signer.sign(letter),
            };
            match signed {
                Ok(signature) => fields.push_str(&signature.to_header()),
                Err(cause) => tracing::error!(%cause, "mail: a letter leaves without signature"),
            }
        }
        fields
    }
}

impl SigningKey {
    fn ready(self, domain: &str) -> Result<Key, String> {
        let broken = |cause: mail_auth::Error| format!("{}: {cause}", self.selector);
        Ok(if self.ed25519 {
            let key = Ed25519Key::from_pkcs8_maybe_unchecked_der(&self.pkcs8).map_err(broken)?;
            Key::Ed25519(DkimSigner::from_key(key).domain(domain).selector(&self.selector).headers(SIGNED))
        } else {
            let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.pkcs8.as_slice()));
            let key = RsaKey::<Sha256>::from_key_der(der).map_err(broken)?;
            Key::Rsa(DkimSigner::from_key(key).domain(domain).selector(&self.selector).headers(SIGNED))
        })
    }
}

fn is_from(domain: &str, letter: &[u8]) -> bool {
    let parsed = MessageParser::new().parse_headers(letter);
    let author = parsed.as_ref().and_then(|letter| letter.from()?.first()?.address());
    author.and_then(|address| address.rsplit_once('@')).is_some_and(|(_, of)| of.eq_ignore_ascii_case(domain))
}

/// RFC 6376 §5.4.1. From stands twice: nobody adds a second one (§8.15).
const SIGNED: [&str; 16] = [
    "From",
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Auto-Submitted",
    "List-Id",
];
