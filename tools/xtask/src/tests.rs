//! `cargo xtask test`: the gate, the same at home and in CI.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    install, postgres,
    shell::{self, Outcome, root, run_in, say},
};

/// A step of the gate.
struct Step {
    name: &'static str,
    about: &'static str,
    work: fn() -> Outcome,
}

const STEPS: &[Step] = &[
    Step { name: "format", about: "Rust formatting", work: format },
    Step { name: "web-check", about: "svelte-check and TypeScript", work: web_check },
    Step { name: "web-unit", about: "web unit tests", work: web_unit },
    Step { name: "web-build", about: "web build and size budget", work: install::build_web_client },
    Step { name: "clippy", about: "clippy, warnings denied", work: clippy },
    Step { name: "rust", about: "Rust tests, whole-system scenarios and mail interop", work: rust },
    Step { name: "postgres", about: "the stores' tests on PostgreSQL", work: postgres::test },
    Step { name: "e2e", about: "browser end-to-end tests", work: browsers },
];

/// Runs the named steps, or all; every step runs even when an earlier one failed.
///
/// # Errors
/// When any step failed.
pub fn run(names: &[String]) -> Outcome {
    if let Some(unknown) = names.iter().find(|name| !STEPS.iter().any(|step| step.name == **name)) {
        let known: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        return Err(format!("no step “{unknown}”; there are {}", known.join(", ")));
    }
    install::packages(install::TO_RUN)?;
    install::packages(install::TO_TEST)?;
    install::web_client()?;
    let chosen = STEPS.iter().filter(|step| names.is_empty() || names.iter().any(|name| name == step.name));
    let mut results: Vec<(&Step, Outcome, Duration)> = Vec::new();
    for step in chosen {
        say(&format!("{}: {}", step.name, step.about));
        let started = Instant::now();
        let outcome = (step.work)();
        if let Err(cause) = &outcome {
            eprintln!("{}: {cause}", step.name);
        }
        results.push((step, outcome, started.elapsed()));
    }
    summary(&results)
}

fn summary(results: &[(&Step, Outcome, Duration)]) -> Outcome {
    println!();
    for (step, outcome, took) in results {
        let mark = if outcome.is_ok() { "passed" } else { "FAILED" };
        println!("{mark}  {:<10} {:>5.0} s  {}", step.name, took.as_secs_f64(), step.about);
    }
    let failed = results.iter().filter(|(_, outcome, _)| outcome.is_err()).count();
    println!("{} passed, {failed} failed", results.len() - failed);
    if failed == 0 { Ok(()) } else { Err("the gate is closed".to_owned()) }
}

/// Writes the TypeScript types that `cargo test` otherwise only compares.
///
/// # Errors
/// When cargo fails.
pub fn write_types() -> Outcome {
    let status = Command::new("cargo")
        .args(["test", "--package", "hub", "--bin", "lienthong", "typescript"])
        .env("WRITE_TYPES", "1")
        .current_dir(root())
        .status()
        .map_err(|cause| cause.to_string())?;
    if status.success() { Ok(()) } else { Err("the types were not written".to_owned()) }
}

fn format() -> Outcome {
    shell::run("cargo", &["fmt", "--all", "--check"])
}

fn clippy() -> Outcome {
    shell::run("cargo", &["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"])
}

fn rust() -> Outcome {
    shell::run("cargo", &["test", "--workspace", "--no-fail-fast"])
}

fn web_check() -> Outcome {
    npm("check")
}

fn web_unit() -> Outcome {
    npm("test")
}

/// Needs the hub's binary as the step `rust` has built it: asked for in the same words, it costs nothing,
/// while `build --package hub` would build every dependency anew with other features.
fn browsers() -> Outcome {
    install::build_web_client()?;
    install::python()?;
    shell::run("cargo", &["test", "--workspace", "--no-run", "--quiet"])?;
    npm("e2e")
}

fn npm(script: &str) -> Outcome {
    run_in(&root().join("web-client"), "npm", &["run", "--silent", script])
}
