//! Keys and certificates on disk: whole or not at all, keys readable by their owner alone.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use crate::CertificateError;

/// Who may read a file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Access {
    /// The hub's user alone.
    Secret,
    /// Everybody.
    Public,
}

pub(crate) fn create_folder(folder: &Path) -> Result<(), CertificateError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|cause| CertificateError::File(folder.to_path_buf(), cause))
}

/// The file's text, or `None` when there is none.
pub(crate) fn read(path: &Path) -> Result<Option<String>, CertificateError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(CertificateError::File(path.to_path_buf(), cause)),
    }
}

/// Writes beside, syncs, and renames over: after a power cut the old or the new file is there.
pub(crate) fn write(path: &Path, text: &str, access: Access) -> Result<(), CertificateError> {
    let beside = path.with_extension("new");
    let run = || {
        // A file left by a crash may have other rights: it is not reused.
        match fs::remove_file(&beside) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
            _ => {}
        }
        let mode = match access {
            Access::Secret => 0o600,
            Access::Public => 0o644,
        };
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    run().map_err(|cause| CertificateError::File(path.to_path_buf(), cause))
}
