//! What SCRAM-SHA-256 needs of a secret (RFC 5802 §3, RFC 7677): verifiers and the salt they rest on.

use std::num::NonZeroU32;

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac::{HMAC_SHA256, Key, sign},
    pbkdf2,
};
use base::random::{Random, System};
use sqlx::Row;

use crate::{Directory, audit::hex};

/// Rounds of hashing: the least RFC 7677 §4 allows, because the secrets are random.
pub const SCRAM_ITERATIONS: u32 = 4096;

/// The verifiers a name has, and its salt. An unknown name has a salt too.
#[derive(Debug, Clone)]
pub struct ScramKeys {
    /// The salt.
    pub salt: Vec<u8>,
    /// One per app password.
    pub credentials: Vec<ScramCredential>,
}

/// The verifier of one app password.
#[derive(Debug, Clone)]
pub struct ScramCredential {
    /// The app password's id.
    pub id: String,
    /// `StoredKey`.
    pub stored_key: [u8; 32],
    /// `ServerKey`.
    pub server_key: [u8; 32],
}

/// `StoredKey` and `ServerKey`.
pub(super) fn derive(secret: &str, salt: &[u8]) -> ([u8; 32], [u8; 32]) {
    let mut salted = [0; 32];
    let rounds = NonZeroU32::new(SCRAM_ITERATIONS).unwrap_or(NonZeroU32::MIN);
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, salt, secret.as_bytes(), &mut salted);
    let key = Key::new(HMAC_SHA256, &salted);
    let client_key = sign(&key, b"Client Key");
    let (mut stored_key, mut server_key) = ([0; 32], [0; 32]);
    stored_key.copy_from_slice(digest(&SHA256, client_key.as_ref()).as_ref());
    server_key.copy_from_slice(sign(&key, b"Server Key").as_ref());
    (stored_key, server_key)
}

/// 32 octets from hexadecimal.
pub(super) fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

impl Directory {
    /// The salt of `subject` (a mailbox's id, or a name nobody has): derived from a secret of this hub,
    /// so that the salt of an unknown name is as lasting as a known one's.
    pub(super) async fn scram_salt(&self, subject: impl ToString) -> Result<Vec<u8>, sqlx::Error> {
        let subject = subject.to_string();
        let seed = match self.salt_seed().await? {
            Some(seed) => seed,
            None => {
                let mut fresh = [0u8; 32];
                System.fill(&mut fresh);
                let fresh = hex(&fresh);
                let written = self.inner.database.write(move |connection| {
                    Box::pin(async move {
                        sqlx::query(
                            "INSERT INTO setting (key, value) VALUES ('scram.seed', $1) \
                             ON CONFLICT (key) DO NOTHING",
                        )
                        .bind(fresh)
                        .execute(connection)
                        .await
                        .map(drop)
                    })
                });
                written.await?;
                // Somebody else may have been quicker: what is stored counts.
                self.salt_seed().await?.unwrap_or_default()
            }
        };
        let mac = sign(&Key::new(HMAC_SHA256, seed.as_bytes()), subject.as_bytes());
        Ok(mac.as_ref().iter().copied().take(16).collect())
    }

    async fn salt_seed(&self) -> Result<Option<String>, sqlx::Error> {
        sqlx::query("SELECT value FROM setting WHERE key = 'scram.seed'")
            .fetch_optional(self.inner.database.readers())
            .await?
            .map(|row| row.try_get("value"))
            .transpose()
    }
}
