//! From the keying material of DTLS to session keys: RFC 5764 §4.2, RFC 3711 §4.3, RFC 7714 §11–§12.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, LessSafeKey, UnboundKey};
use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;

/// Bytes of salt in both profiles (RFC 7714 §12).
pub(super) const SALT_LEN: usize = 12;

/// The two protection profiles we speak (RFC 7714 §14.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// `SRTP_AEAD_AES_128_GCM`
    AeadAes128Gcm,
    /// `SRTP_AEAD_AES_256_GCM`
    AeadAes256Gcm,
}

impl Profile {
    /// Bytes of a master key.
    pub const fn key_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm => 16,
            Self::AeadAes256Gcm => 32,
        }
    }

    /// Cuts DTLS's keying material: client key, server key, client salt, server salt (RFC 5764 §4.2).
    /// `None`: not of this profile's length.
    pub fn split(self, material: &[u8]) -> Option<Keys> {
        let (client, rest) = material.split_at_checked(self.key_len())?;
        let (server, rest) = rest.split_at_checked(self.key_len())?;
        let (client_salt, rest) = rest.split_first_chunk()?;
        let server_salt = <[u8; SALT_LEN]>::try_from(rest).ok()?;
        Some(Keys {
            client: MasterKey::new(client, *client_salt),
            server: MasterKey::new(server, server_salt),
        })
    }
}

/// The master keys of both directions.
#[derive(Debug)]
pub struct Keys {
    /// Protects what the DTLS client sends.
    pub client: MasterKey,
    /// Protects what the DTLS server sends.
    pub server: MasterKey,
}

/// A master key and its salt; never printed.
pub struct MasterKey {
    key: [u8; 32],
    len: usize,
    salt: [u8; SALT_LEN],
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

impl MasterKey {
    fn new(key: &[u8], salt: [u8; SALT_LEN]) -> Self {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(key) {
            *to = *from;
        }
        Self { key: bytes, len: key.len().min(32), salt }
    }

    fn key(&self) -> &[u8] {
        self.key.get(..self.len).unwrap_or(&self.key)
    }

    /// RFC 7714 §11: the 96-bit salt stands where RFC 3711 has 112 bits, zeroes at its end.
    fn padded_salt(&self) -> [u8; 14] {
        let mut salt = [0; 14];
        for (to, from) in salt.iter_mut().zip(self.salt) {
            *to = from;
        }
        salt
    }
}

/// What a session key protects; the number is the label of RFC 3711 §4.3.2.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Rtp = 0,
    Rtcp = 3,
}

/// A session's cipher: the expanded key and the salt of its nonces.
pub(super) struct SessionKey {
    pub(super) cipher: LessSafeKey,
    pub(super) salt: [u8; SALT_LEN],
}

impl SessionKey {
    pub(super) fn derive(profile: Profile, master: &MasterKey, purpose: Purpose) -> Self {
        let mut key = [0; 32];
        let mut salt = [0; SALT_LEN];
        let key = &mut key[..profile.key_len()];
        // RFC 3711 §4.3.2: the salt's label lies two above the key's.
        prf(master.key(), &master.padded_salt(), purpose as u8, key);
        prf(master.key(), &master.padded_salt(), purpose as u8 + 2, &mut salt);
        Self::raw(profile, key, salt)
    }

    /// A session key that was not derived (RFC 7714's test vectors give such).
    pub(super) fn raw(profile: Profile, key: &[u8], salt: [u8; SALT_LEN]) -> Self {
        let algorithm = match profile {
            Profile::AeadAes128Gcm => &AES_128_GCM,
            Profile::AeadAes256Gcm => &AES_256_GCM,
        };
        // `key` has the profile's length, the only thing the constructor can dislike.
        let unbound = UnboundKey::new(algorithm, key).expect("a session key has the length of its profile");
        Self { cipher: LessSafeKey::new(unbound), salt }
    }
}

/// AES_CM_PRF (RFC 3711 §4.3.3; RFC 6188 §3 for 256 bits) with a key derivation rate of zero.
pub(super) fn prf(key: &[u8], salt: &[u8; 14], label: u8, out: &mut [u8]) {
    let mut iv = [0; 16];
    iv[..14].copy_from_slice(salt);
    // RFC 3711 §4.3.1: label and a zero 48-bit index, right-aligned in the salt's 112 bits.
    iv[7] ^= label;
    out.fill(0);
    let algorithm = if key.len() == 32 { &AES_256 } else { &AES_128 };
    // The key is 16 or 32 bytes long (`MasterKey::new` with `Profile::key_len`): both calls succeed.
    let cipher = UnboundCipherKey::new(algorithm, key).expect("a master key of 16 or 32 bytes");
    EncryptingKey::ctr(cipher)
        .and_then(|cipher| cipher.less_safe_encrypt(out, EncryptionContext::Iv128(FixedLength::from(iv))))
        .expect("counter mode accepts any length");
}
