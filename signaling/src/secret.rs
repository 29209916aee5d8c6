//! Secrets that open a seat or a meeting: 256 random bits, kept on our side only as a hash.

use aws_lc_rs::digest;
use base::random::Random;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// A new secret, fit for a URL.
pub(crate) fn fresh(random: &mut dyn Random) -> String {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A short name that is not used twice: 64 random bits.
pub(crate) fn short(random: &mut dyn Random) -> String {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is stored of a secret. A plain hash is enough: nobody guesses 256 random bits.
pub(crate) fn hash(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, secret.as_bytes()))
}
