//! Running other programs, visibly.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What went wrong, for a person.
pub type Outcome<T = ()> = Result<T, String>;

/// The root of the checkout.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap_or(manifest).to_path_buf()
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Says what is about to happen.
pub fn say(text: &str) {
    println!("\x1b[1m▸ {text}\x1b[0m");
}

/// Whether `program` is on the PATH, or where Debian keeps daemons, which is not on everybody's PATH.
pub fn found(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).chain(["/usr/sbin".into()]).any(|folder| folder.join(program).is_file())
}

/// Runs `program` in `folder` with its output visible.
///
/// # Errors
/// When it cannot be started or exits non-zero.
pub fn run_in(folder: &Path, program: &str, arguments: &[&str]) -> Outcome {
    let status = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .status()
        .map_err(|cause| format!("{program} cannot be started: {cause}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{program} {}` failed ({status})", arguments.join(" ")))
    }
}

/// [`run_in`] at the root of the checkout.
///
/// # Errors
/// As [`run_in`].
pub fn run(program: &str, arguments: &[&str]) -> Outcome {
    run_in(&root(), program, arguments)
}
