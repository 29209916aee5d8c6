//! `cargo xtask fuzz`: every fuzz target, longer than in the ordinary tests.

use std::process::Command;

use crate::shell::{Outcome, root, say};

/// Runs each test whose name contains `fuzz` for `SECONDS` (default 60).
///
/// # Errors
/// When a target found a fault.
pub fn run(arguments: &[String]) -> Outcome {
    let seconds: u64 = match arguments.first() {
        None => 60,
        Some(text) => text.parse().map_err(|_| format!("“{text}” is not a number of seconds"))?,
    };
    say(&format!("fuzzing every parser of outside bytes, {seconds} s each"));
    let status = Command::new("cargo")
        .args(["test", "--workspace", "--release", "fuzz"])
        .env("BOLERO_RANDOM_TEST_TIME_MS", (seconds * 1000).to_string())
        .env("BOLERO_RANDOM_ITERATIONS", u32::MAX.to_string())
        .current_dir(root())
        .status()
        .map_err(|cause| format!("cargo cannot be started: {cause}"))?;
    if status.success() { Ok(()) } else { Err("a target found a fault".to_owned()) }
}
