//! The data folder belongs to one process at a time.

use std::{
    fmt,
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
};

/// The data folder's lock; released when dropped, also by a crash.
#[derive(Debug)]
pub struct DataLock(
    #[expect(dead_code, reason = "held, never read: closing the file releases the lock")] File,
);

/// Why the data folder cannot be used.
#[derive(Debug)]
pub enum LockError {
    /// Another process uses it.
    Taken(String),
    /// It cannot be created or written.
    Unusable(String, io::Error),
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken(folder) => write!(
                f,
                "the data folder {folder} is in use by another hub; stop that one or choose another with --data"
            ),
            Self::Unusable(folder, cause) => write!(f, "the data folder {folder} cannot be used: {cause}"),
        }
    }
}

impl std::error::Error for LockError {}

impl DataLock {
    /// Takes the folder `data`, creating it readable by its owner alone.
    ///
    /// # Errors
    /// When another process holds it, or it cannot be created.
    pub fn take(data: &Path) -> Result<Self, LockError> {
        let name = data.display().to_string();
        let unusable = |cause| LockError::Unusable(name.clone(), cause);
        create_private(data).map_err(unusable)?;
        let path = data.join("lock");
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(LockError::Taken(name)),
            Err(TryLockError::Error(cause)) => Err(LockError::Unusable(name, cause)),
        }
    }
}

fn create_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(test)]
mod tests {
    use super::{DataLock, LockError};

    #[test]
    fn two_hubs_never_share_a_data_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataLock::take(folder.path()).unwrap();
        assert!(matches!(DataLock::take(folder.path()), Err(LockError::Taken(_))));
        drop(first);
        DataLock::take(folder.path()).unwrap();
    }
}
