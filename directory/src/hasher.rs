//! Password hashing off the async threads, bounded: argon2id (RFC 9106), 19 MiB, two passes, one lane,
//! the second OWASP profile. Each running hash costs 19 MiB, so only a few run at once.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version,
    password_hash::SaltString,
};
use base::{
    Redacted,
    random::{Random, System},
};
use directory_core::normalise_password;
use tokio::sync::Semaphore;

/// The hasher; clones share its limits.
#[derive(Debug, Clone)]
pub(crate) struct Hasher {
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

/// So many people already wait for a hash that more would only time out.
#[derive(Debug)]
pub(crate) struct Full;

impl Hasher {
    pub(crate) fn new() -> Self {
        Self { running: Arc::new(Semaphore::new(RUNNING)), admitted: Arc::new(Semaphore::new(ADMITTED)) }
    }

    /// The hash to store for `password`.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, Full> {
        let password = Redacted::new(normalise_password(password));
        self.run(move || hash(password.expose())).await
    }

    /// Whether `password` is the one `stored` was made from. Without a stored hash (unknown login) it
    /// takes as long and is false, so that the time of the answer tells nothing.
    pub(crate) async fn verify(&self, password: &str, stored: Option<String>) -> Result<bool, Full> {
        let password = Redacted::new(normalise_password(password));
        self.run(move || match stored {
            Some(stored) => verify(password.expose(), &stored),
            None => {
                hash(password.expose());
                false
            }
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Full> {
        let admission = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| Full)?;
        // The semaphores are never closed.
        let slot = Arc::clone(&self.running).acquire_owned().await.map_err(|_| Full)?;
        // The permits go with the work: a client that hangs up does not make room for another hash.
        let run = move || {
            let _held = (admission, slot);
            work()
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| Full)
    }
}

fn argon2() -> Argon2<'static> {
    // Constants within argon2's limits; the default is the same profile.
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &str) -> String {
    let mut salt = [0u8; 16];
    System.fill(&mut salt);
    // 16 bytes are a legal salt and the parameters are legal: the two ways to fail are excluded.
    let salt = SaltString::encode_b64(&salt).expect("16 bytes are a legal salt");
    argon2().hash_password(password.as_bytes(), &salt).expect("the parameters are legal").to_string()
}

fn verify(password: &str, stored: &str) -> bool {
    PasswordHash::new(stored).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
}

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes at the same time: 38 MiB.
const RUNNING: usize = 2;
/// Hashes running or waiting; the next caller is told that the hub is busy.
const ADMITTED: usize = 128;

#[cfg(test)]
mod tests {
    use super::Hasher;

    #[tokio::test]
    async fn a_hash_verifies_its_password_in_either_composition_and_no_other() {
        let hasher = Hasher::new();
        let stored = hasher.hash("Ti\u{1ebf}ng@2026").await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(hasher.verify("Tie\u{302}\u{301}ng@2026", Some(stored.clone())).await.unwrap());
        assert!(!hasher.verify("Tieng@2026", Some(stored)).await.unwrap());
        assert!(!hasher.verify("Tieng@2026", None).await.unwrap());
    }
}
