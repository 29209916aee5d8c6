//! A consistent copy of everything, from a running hub.

use std::{fs, io, path::Path};

use crate::services::Services;

/// Writes the copy to `target`, which must not exist; a copy that failed half-way is removed.
///
/// Order matters: letters refer to bodies that never change, meetings and mail refer to people; so the
/// databases are copied before what they refer to could vanish, and nothing is ever missing in the copy.
///
/// # Errors
/// What could not be written.
pub async fn write(services: &Services, target: &Path) -> Result<String, String> {
    if target.exists() {
        return Err(format!("{} exists already; name a folder that does not", target.display()));
    }
    let partial = target.with_extension("partial");
    let _ = fs::remove_dir_all(&partial);
    match copy(services, &partial).await {
        Ok(()) => {
            fs::rename(&partial, target).map_err(|cause| format!("{}: {cause}", target.display()))?;
            Ok(format!("{}", target.display()))
        }
        Err(cause) => {
            let _ = fs::remove_dir_all(&partial);
            Err(format!("the backup could not be written: {cause}"))
        }
    }
}

async fn copy(services: &Services, target: &Path) -> Result<(), String> {
    use std::os::unix::fs::DirBuilderExt;
    let said = |cause: io::Error| cause.to_string();
    fs::DirBuilder::new().recursive(true).mode(0o700).create(target).map_err(said)?;
    services.meetings.copy_to(&target.join("meetings.db")).await.map_err(|cause| cause.to_string())?;
    services.mail.copy_to(target).await.map_err(|cause| cause.to_string())?;
    services.directory.copy_to(&target.join("directory.db")).await.map_err(|cause| cause.to_string())?;
    copy_folder(&services.data.join("certs"), &target.join("certs")).map_err(said)
}

/// Copies files with their permissions; keys stay unreadable to others.
pub(super) fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
