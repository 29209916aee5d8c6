//! What mail promises. Each row of the table comes from a program of its own that fills a fresh store.

use std::process::Command;

use crate::shell::{Outcome, root, say};

/// Runs the benchmarks of the mail store and prints their rows as one table.
///
/// # Errors
/// When a promise is not kept.
pub(super) fn run() -> Outcome {
    say("building the mail benchmarks (release); filling a mailbox takes some minutes");
    let (mut rows, mut kept) = (String::new(), true);
    for bench in ["acceptance", "large_mailbox"] {
        let output = Command::new("cargo")
            .args(["bench", "--quiet", "--package", "mail-gateway", "--bench", bench])
            .current_dir(root())
            .stderr(std::process::Stdio::inherit())
            .output()
            .map_err(|cause| format!("cargo cannot be started: {cause}"))?;
        rows.push_str(&String::from_utf8_lossy(&output.stdout));
        kept &= output.status.success();
    }
    println!(
        "\n| mail; the mailbox read and searched has 100,000 letters | measured | must |\n|---|---|---|"
    );
    rows.lines().filter(|line| line.starts_with('|')).for_each(|line| println!("{line}"));
    if kept { Ok(()) } else { Err("a promise is not kept".to_owned()) }
}
