//! Outlook's files (`.pst`, `.ost`), taken apart by `readpst` of Debian's `pst-utils`.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::Command;

use super::{Teller, files};

pub(super) fn is_outlook(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
    path.is_file() && ending.is_some_and(|ending| ending == "pst" || ending == "ost")
}

/// Converts `path` into mbox files in a folder of its own, tells those, and removes the folder.
///
/// # Errors
/// When the program is missing or fails.
pub(super) async fn read(path: PathBuf, teller: Teller) -> Result<(), String> {
    let place = std::env::temp_dir().join(format!(
        "lienthong-pst-{}",
        base::LetterId::new(base::Timestamp::now(), &mut base::random::System,)
    ));
    tokio::fs::create_dir_all(&place).await.map_err(|cause| cause.to_string())?;
    let outcome = convert(&path, &place).await;
    let outcome = match outcome {
        Ok(()) => files::read(place.clone(), teller).await,
        Err(cause) => Err(cause),
    };
    let _ = tokio::fs::remove_dir_all(&place).await;
    outcome
}

async fn convert(path: &Path, place: &Path) -> Result<(), String> {
    let run = Command::new("readpst")
        // Folders within folders, letters only, deleted ones left out by default.
        .args(["-q", "-r", "-te", "-o"])
        .arg(place)
        .arg(path)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|cause| format!("readpst cannot be run ({cause}); install the package pst-utils"))?;
    if run.status.success() {
        return Ok(());
    }
    Err(format!("readpst: {}", String::from_utf8_lossy(&run.stderr).trim()))
}
