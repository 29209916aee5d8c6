//! `cargo xtask run`: from a fresh machine to a hub with sample data.

use std::process::Command;

use crate::{
    install,
    shell::{self, Outcome, root, say, target},
};

/// Installs, builds, starts; returns when the hub stops.
///
/// # Errors
/// When a step fails; the message says which.
pub fn run(arguments: &[String]) -> Outcome {
    install::packages(install::TO_RUN)?;
    install::build_web_client()?;
    say("building the hub (release)");
    release_build()?;
    let data = root().join("data");
    say(&format!("starting the hub, data in {}", data.display()));
    let status = Command::new(target().join("release/lienthong"))
        .args(["serve", "--sample", "--data"])
        .arg(&data)
        .args(arguments)
        .status()
        .map_err(|cause| format!("the hub cannot be started: {cause}"))?;
    if status.success() { Ok(()) } else { Err(format!("the hub stopped with {status}")) }
}

/// Builds the hub as it is delivered.
///
/// # Errors
/// When cargo fails.
pub fn release_build() -> Outcome {
    shell::run("cargo", &["build", "--release", "--package", "hub"])
}
