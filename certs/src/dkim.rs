//! The keys that sign letters (DKIM, RFC 6376 and RFC 8463): an RSA and an Ed25519 key under selectors
//! of their own, made on this machine.
//!
//! Changing keys takes three steps, because receivers must find a key in DNS before it signs: a new pair
//! is made, its records are published, then it is put to use. The old pair's records stay until letters
//! signed with it have arrived.

use std::{
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use rcgen::{KeyPair, PKCS_ED25519, PKCS_RSA_SHA256, PublicKeyData, RsaKeySize};

use crate::{
    CertificateError,
    file::{self, Access},
};

/// The kind of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DkimAlgorithm {
    /// RSA with 2048 bits, which every receiver checks (RFC 8301).
    Rsa,
    /// Ed25519, which is shorter and stronger and not yet checked by all (RFC 8463).
    Ed25519,
}

/// A key that signs or will sign.
pub struct DkimKey {
    /// The name under `_domainkey` in DNS.
    pub selector: String,
    /// Its kind.
    pub algorithm: DkimAlgorithm,
    /// Whether letters are signed with it now.
    pub in_use: bool,
    /// The private key, PKCS #8.
    pub pkcs8: Vec<u8>,
    /// What `p=` publishes: the SubjectPublicKeyInfo of RSA, the bare key of Ed25519.
    pub public: Vec<u8>,
}

impl std::fmt::Debug for DkimKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DkimKey").field("selector", &self.selector).finish_non_exhaustive()
    }
}

/// The keys in a folder.
#[derive(Debug, Clone)]
pub struct DkimKeys {
    folder: PathBuf,
}

impl DkimKeys {
    /// Opens `folder`; a pair is made and put to use where none is: at the first start, after one that was cut
    /// off in the middle of it, and where the files of the pair in use were deleted.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn open(folder: &Path) -> Result<Self, CertificateError> {
        file::create_folder(folder)?;
        let keys = Self { folder: folder.to_path_buf() };
        let (present, in_use) = (keys.selectors()?, keys.in_use()?);
        if !in_use.iter().any(|selector| present.contains(selector)) {
            keys.make()?;
            keys.activate()?;
        }
        Ok(keys)
    }

    /// Every key, those in use first.
    ///
    /// # Errors
    /// When a file cannot be read or is no key.
    pub fn all(&self) -> Result<Vec<DkimKey>, CertificateError> {
        let in_use = self.in_use()?;
        let read = |selector: String| read_key(&self.folder, &selector, in_use.contains(&selector));
        let mut keys: Vec<DkimKey> = self.selectors()?.into_iter().map(read).collect::<Result<_, _>>()?;
        keys.sort_by_key(|key| (!key.in_use, age(&key.selector)));
        Ok(keys)
    }

    /// Makes the next pair, which is not yet in use; answers its selectors. A pair that already waits to
    /// be used is answered instead of one more.
    ///
    /// # Errors
    /// When a key cannot be made or written.
    pub fn make(&self) -> Result<Vec<String>, CertificateError> {
        let waiting = self.waiting()?;
        if !waiting.is_empty() {
            return Ok(waiting);
        }
        let day = Timestamp::now().strftime("%Y%m%d").to_string();
        let taken = self.selectors()?;
        let free = |n: &u32| !taken.iter().any(|selector| pair(selector) == format!("lt{day}-{n}"));
        // Proof: more numbers than files a folder holds.
        let number = (1..).find(free).unwrap_or_default();
        let mut made = Vec::new();
        for (letter, algorithm) in KINDS {
            let key = match algorithm {
                DkimAlgorithm::Rsa => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?,
                DkimAlgorithm::Ed25519 => KeyPair::generate_for(&PKCS_ED25519)?,
            };
            let selector = format!("lt{day}-{number}{letter}");
            let path = self.folder.join(format!("{selector}.key"));
            file::write(&path, &key.serialize_pem(), Access::Secret)?;
            made.push(selector);
        }
        Ok(made)
    }

    /// The pair that was made last and is not in use yet; empty when there is none.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn waiting(&self) -> Result<Vec<String>, CertificateError> {
        let (newest, in_use) = (self.newest()?, self.in_use()?);
        let waits = newest.len() == KINDS.len() && !newest.iter().any(|selector| in_use.contains(selector));
        Ok(if waits { newest } else { Vec::new() })
    }

    /// Puts the newest pair to use in place of the present one; answers its selectors.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn activate(&self) -> Result<Vec<String>, CertificateError> {
        let chosen = self.newest()?;
        file::write(&self.folder.join(IN_USE), &chosen.join("\n"), Access::Public)?;
        Ok(chosen)
    }

    /// Throws away the pairs older than the one in use; answers their selectors.
    ///
    /// # Errors
    /// When a file cannot be read or removed.
    pub fn retire(&self) -> Result<Vec<String>, CertificateError> {
        let in_use = self.in_use()?;
        let Some(oldest) = in_use.iter().map(|selector| age(selector)).min() else { return Ok(Vec::new()) };
        let mut gone = Vec::new();
        for selector in self.selectors()?.into_iter().filter(|selector| age(selector) < oldest) {
            let path = self.folder.join(format!("{selector}.key"));
            fs::remove_file(&path).map_err(|cause| CertificateError::File(path, cause))?;
            gone.push(selector);
        }
        Ok(gone)
    }

    /// The selectors of the newest pair.
    fn newest(&self) -> Result<Vec<String>, CertificateError> {
        let mut all = self.selectors()?;
        let newest = all.iter().map(|selector| age(selector)).max();
        all.retain(|selector| Some(age(selector)) == newest);
        Ok(all)
    }

    /// The names of the key files.
    fn selectors(&self) -> Result<Vec<String>, CertificateError> {
        let failed = |cause| CertificateError::File(self.folder.clone(), cause);
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            found.extend(name.to_str().and_then(|name| name.strip_suffix(".key")).map(str::to_owned));
        }
        found.sort();
        Ok(found)
    }

    fn in_use(&self) -> Result<Vec<String>, CertificateError> {
        let text = file::read(&self.folder.join(IN_USE))?.unwrap_or_default();
        Ok(text.lines().map(str::to_owned).collect())
    }
}

/// The name that both keys of a pair share.
fn pair(selector: &str) -> &str {
    selector.trim_end_matches(['r', 'e'])
}

/// Orders pairs by when they were made: day, then number, which may have more digits.
fn age(selector: &str) -> (usize, String) {
    (pair(selector).len(), pair(selector).to_owned())
}

fn read_key(folder: &Path, selector: &str, in_use: bool) -> Result<DkimKey, CertificateError> {
    let path = folder.join(format!("{selector}.key"));
    let pem = file::read(&path)?.unwrap_or_default();
    let key = KeyPair::from_pem(&pem)
        .map_err(|cause| CertificateError::DamagedKey(path.clone(), cause.to_string()))?;
    let (algorithm, public) = if key.algorithm() == &PKCS_ED25519 {
        (DkimAlgorithm::Ed25519, key.public_key_raw().to_vec())
    } else {
        (DkimAlgorithm::Rsa, key.subject_public_key_info())
    };
    Ok(DkimKey { selector: selector.to_owned(), algorithm, in_use, pkcs8: key.serialize_der(), public })
}

/// What a pair consists of, and how its selectors end.
const KINDS: [(&str, DkimAlgorithm); 2] = [("r", DkimAlgorithm::Rsa), ("e", DkimAlgorithm::Ed25519)];
/// The file that names the selectors in use.
const IN_USE: &str = "in-use";

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn keys_are_made_once_kept_secret_and_changed_in_steps() {
        let folder = tempfile::tempdir().unwrap();
        let keys = DkimKeys::open(folder.path()).unwrap();
        let first = keys.all().unwrap();
        assert!(first.len() == 2 && first.iter().all(|key| key.in_use));
        let again = DkimKeys::open(folder.path()).unwrap().all().unwrap();
        assert_eq!(again[0].public, first[0].public);
        for key in &first {
            let file = folder.path().join(format!("{}.key", key.selector));
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let mut made = keys.make().unwrap();
        assert_eq!(keys.make().unwrap().len(), 2, "a pair that waits is not doubled");
        let both = keys.all().unwrap();
        assert!(both.len() == 4 && both.iter().all(|key| key.in_use != made.contains(&key.selector)));
        assert!(keys.retire().unwrap().is_empty(), "the pair in use and the next one stay");
        made.sort();
        assert_eq!(keys.activate().unwrap(), made);
        assert!(keys.all().unwrap().iter().all(|key| key.in_use == made.contains(&key.selector)));
        assert_eq!(keys.retire().unwrap().len(), 2);
        let sizes: Vec<usize> = keys.all().unwrap().iter().map(|key| key.public.len()).collect();
        assert!(sizes.contains(&32) && sizes.contains(&294), "{sizes:?}");
    }

    #[test]
    fn a_start_that_was_cut_off_and_keys_that_were_deleted_are_made_good() {
        let folder = tempfile::tempdir().unwrap();
        DkimKeys::open(folder.path()).unwrap();
        for lost in [vec![IN_USE.to_owned()], DkimKeys::open(folder.path()).unwrap().in_use().unwrap()] {
            for name in lost {
                let key = folder.path().join(format!("{name}.key"));
                fs::remove_file(if key.exists() { key } else { folder.path().join(name) }).unwrap();
            }
            let keys = DkimKeys::open(folder.path()).unwrap().all().unwrap();
            assert_eq!(keys.iter().filter(|key| key.in_use).count(), 2);
        }
    }

    #[test]
    fn the_tenth_pair_of_a_day_is_newer_than_the_ninth() {
        assert!(age("lt20261125-10r") > age("lt20261125-9e") && age("lt20261126-1r") > age("lt20261125-9r"));
    }

    #[test]
    fn a_damaged_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let keys = DkimKeys::open(folder.path()).unwrap();
        fs::write(folder.path().join("lt20000101-1r.key"), "không phải khóa").unwrap();
        assert!(keys.all().unwrap_err().to_string().contains("lt20000101-1r.key"));
    }
}
