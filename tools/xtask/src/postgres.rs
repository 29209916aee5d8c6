//! The stores' tests, and those of the whole hub that lose power, once more on a PostgreSQL cluster that
//! exists only for them.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::shell::{Outcome, root, say};

/// The packages whose tests open a store, and which of their tests.
const PACKAGES: &[(&str, &[&str])] = &[
    ("database", &[]),
    ("directory", &[]),
    ("signaling", &[]),
    ("mail-gateway", &[]),
    ("hub", &["power_cut::", "jmap::", "accounts::"]),
];

/// Runs the tests that the step `rust` has built; `pg_virtualenv` makes the cluster and removes it.
///
/// # Errors
/// When a test fails or there is no cluster.
pub fn test() -> Outcome {
    for (package, names, executable) in executables()? {
        say(&format!("{package} on PostgreSQL"));
        let status = Command::new("pg_virtualenv")
            .args(["-o", "max_connections=500", "-o", "fsync=off", "sh", "-c", WITH_DATABASE, "sh"])
            .arg(executable)
            .args(names)
            .current_dir(root().join(package))
            .stdin(Stdio::null())
            .status()
            .map_err(|cause| format!("pg_virtualenv cannot be started: {cause}"))?;
        if !status.success() {
            return Err(format!("the tests of {package} failed on PostgreSQL ({status})"));
        }
    }
    Ok(())
}

/// Names the cluster to the tests and becomes the test program.
const WITH_DATABASE: &str = "export LIENTHONG_TEST_DATABASE=\
     postgres://$PGUSER:$PGPASSWORD@$PGHOST:$PGPORT/$PGDATABASE; exec \"$@\"";

/// Package, names of tests and test program, for every test program of [`PACKAGES`]. The whole workspace is named, so
/// that nothing is built anew with other features.
fn executables() -> Outcome<Vec<Program>> {
    let output = Command::new("cargo")
        .args(["test", "--workspace", "--no-run", "--quiet", "--message-format", "json"])
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|cause| format!("cargo cannot be started: {cause}"))?;
    if !output.status.success() {
        return Err(format!("the tests do not build ({})", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(messages.filter_map(|message| test_program(&message)).collect())
}

type Program = (&'static str, &'static [&'static str], PathBuf);

fn test_program(message: &Value) -> Option<Program> {
    let manifest = Path::new(message["manifest_path"].as_str()?);
    let folder = manifest.parent()?.strip_prefix(root()).ok()?.to_str()?;
    let executable = message["executable"].as_str().filter(|_| message["profile"]["test"] == true)?;
    let (package, names) = PACKAGES.iter().find(|(package, _)| *package == folder)?;
    Some((package, names, PathBuf::from(executable)))
}
