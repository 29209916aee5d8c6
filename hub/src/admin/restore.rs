//! Bringing a copy made by `admin backup` back into a data folder that is not in use.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Answer, backup::copy_folder};
use crate::lock::DataLock;

/// Copies the backup in `source` into `data`, where no hub runs and no databases are.
///
/// # Errors
/// What stands in the way, or could not be written; a copy that failed half-way is removed.
pub fn run(source: &Path, data: &Path) -> Answer {
    for name in DATABASES {
        if !source.join(name).is_file() {
            return Err(format!("{} is not a backup: it has no {name}", source.display()));
        }
    }
    let _lock = DataLock::take(data).map_err(|cause| cause.to_string())?;
    // A database beside the journal of another would be read as one: nothing is copied over anything.
    if let Some(name) = PARTS.iter().find(|name| data.join(name).exists()) {
        let place = data.join(name);
        return Err(format!(
            "{} exists; move what is in {} away first, a backup is never restored over other data",
            place.display(),
            data.display()
        ));
    }
    let copied = copy(source, data);
    if copied.is_err() {
        for name in PARTS {
            let place = data.join(name);
            let _ = if place.is_dir() { fs::remove_dir_all(&place) } else { fs::remove_file(&place) };
        }
    }
    copied.map_err(|cause| format!("the backup could not be restored: {cause}"))?;
    Ok(format!(
        "{} now holds the backup {}; `lienthong admin verify --data {}` reads every letter once",
        data.display(),
        source.display(),
        data.display()
    ))
}

fn copy(source: &Path, data: &Path) -> io::Result<()> {
    for name in PARTS {
        let (from, to): (PathBuf, PathBuf) = (source.join(name), data.join(name));
        if from.is_dir() {
            copy_folder(&from, &to)?;
        } else if from.is_file() {
            fs::copy(&from, &to)?;
            fs::File::open(&to)?.sync_all()?;
        }
    }
    fs::File::open(data)?.sync_all()
}

const DATABASES: [&str; 3] = ["directory.db", "meetings.db", "mail.db"];
/// What a backup holds.
const PARTS: [&str; 5] = ["directory.db", "meetings.db", "mail.db", "mail", "certs"];

#[cfg(test)]
mod tests {
    use super::{DATABASES, run};

    #[test]
    fn a_backup_goes_into_an_empty_folder_and_over_nothing() {
        let (source, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert!(run(source.path(), data.path()).unwrap_err().contains("is not a backup"));
        for name in DATABASES {
            std::fs::write(source.path().join(name), name).unwrap();
        }
        std::fs::create_dir_all(source.path().join("mail/blobs/ab")).unwrap();
        std::fs::write(source.path().join("mail/blobs/ab/abc"), "thư").unwrap();
        run(source.path(), data.path()).unwrap();
        assert_eq!(std::fs::read_to_string(data.path().join("mail/blobs/ab/abc")).unwrap(), "thư");
        assert_eq!(std::fs::read_to_string(data.path().join("mail.db")).unwrap(), "mail.db");
        std::fs::write(data.path().join("mail.db"), "newer").unwrap();
        assert!(run(source.path(), data.path()).unwrap_err().contains("never restored over"));
        assert_eq!(std::fs::read_to_string(data.path().join("mail.db")).unwrap(), "newer");
    }
}
