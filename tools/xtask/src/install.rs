//! What a fresh machine lacks: Debian packages and the web client's npm packages.

use std::{fs, path::Path, time::SystemTime};

use crate::shell::{Outcome, found, root, run, run_in, say};

/// A program and the Debian package that brings it.
pub type Need = (&'static str, &'static str);

/// To build and run the hub.
pub const TO_RUN: &[Need] =
    &[("cc", "gcc"), ("make", "make"), ("cmake", "cmake"), ("node", "nodejs"), ("npm", "npm")];

/// To run the tests as well.
pub const TO_TEST: &[Need] = &[
    ("chromium", "chromium"),
    ("firefox-esr", "firefox-esr"),
    ("swaks", "swaks"),
    ("mbsync", "isync"),
    ("python3", "python3"),
    ("ip", "iproute2"),
    ("certutil", "libnss3-tools"),
    ("pg_virtualenv", "postgresql"),
    ("clamd", "clamav-daemon"),
    ("rspamd", "rspamd"),
];

/// Installs the Debian packages whose programs are missing.
///
/// # Errors
/// When a package is missing and cannot be installed.
pub fn packages(needs: &[Need]) -> Outcome {
    let mut missing: Vec<&str> =
        needs.iter().filter(|(program, _)| !found(program)).map(|(_, p)| *p).collect();
    if needs.iter().any(|(program, _)| *program == "chromium") && !Path::new(VIETNAMESE_FONT).exists() {
        // Without it a headless browser draws boxes for Vietnamese letters of letters' own fonts.
        missing.push("fonts-noto-core");
    }
    if needs.iter().any(|(program, _)| *program == "python3") && !has_python_venv() {
        missing.push("python3-venv");
    }
    if needs.iter().any(|(program, _)| *program == "python3") && !Path::new(PYTHON_DOCX).exists() {
        missing.push("python3-docx");
    }
    if missing.is_empty() {
        return Ok(());
    }
    say(&format!("installing Debian packages: {}", missing.join(", ")));
    if !found("apt-get") {
        return Err(format!("please install {} and try again (no apt-get here)", missing.join(", ")));
    }
    as_root(&["apt-get", "update", "-q"])?;
    // Tests start every program themselves: a package's service must not run on this machine for good.
    let quiet = Quiet::keep()?;
    let install: &[&str] = &["apt-get", "install", "-y", "-q", "--no-install-recommends"];
    let installed = as_root(&[install, &missing].concat());
    drop(quiet);
    installed
}

/// While this lives, Debian's packages start no services (`policy-rc.d`, the interface of invoke-rc.d).
struct Quiet {
    /// Whether the policy is ours; one that was there before stays as it is.
    is_ours: bool,
}

impl Quiet {
    fn keep() -> Outcome<Self> {
        if Path::new(SERVICE_POLICY).exists() {
            return Ok(Self { is_ours: false });
        }
        let write = "printf '#!/bin/sh\\nexit 101\\n' > \"$1\" && chmod 755 \"$1\"";
        as_root(&["sh", "-c", write, "sh", SERVICE_POLICY])?;
        Ok(Self { is_ours: true })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        if self.is_ours
            && let Err(cause) = as_root(&["rm", "-f", SERVICE_POLICY])
        {
            eprintln!("please remove {SERVICE_POLICY}: {cause}");
        }
    }
}

fn as_root(command: &[&str]) -> Outcome {
    match command {
        [program, rest @ ..] if is_root() => run(program, rest),
        command => run("sudo", command),
    }
}

/// Installs the web client's packages exactly as its lock file says.
///
/// # Errors
/// When npm fails.
pub fn web_client() -> Outcome {
    let folder = root().join("web-client");
    let installed = modified(&folder.join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= modified(&folder.join("package-lock.json")) {
        return Ok(());
    }
    say("installing the web client's packages (npm ci)");
    run_in(&folder, "npm", &["ci", "--no-audit", "--no-fund"])
}

/// Puts the independent WebRTC client of the tests into a virtual environment under `target/`.
///
/// # Errors
/// When the environment cannot be made or the packages cannot be had.
pub fn python() -> Outcome {
    let wanted = root().join("web-client/e2e/harness/requirements.txt");
    let folder = target().join("python");
    let stamp = folder.join("installed.txt");
    if fs::read(&wanted).ok() == fs::read(&stamp).ok() {
        return Ok(());
    }
    say("installing the tests' Python packages into target/python");
    let (folder, list) = (folder.display().to_string(), wanted.display().to_string());
    run("python3", &["-m", "venv", &folder])?;
    run(&format!("{folder}/bin/pip"), &["install", "--quiet", "--requirement", &list])?;
    fs::copy(&wanted, &stamp).map(drop).map_err(|cause| format!("{}: {cause}", stamp.display()))
}

/// Where cargo builds.
fn target() -> std::path::PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into)
}

/// Builds the web client when a source is newer than the last build.
///
/// # Errors
/// When the build fails or the first load is over its budget.
pub fn build_web_client() -> Outcome {
    web_client()?;
    let folder = root().join("web-client");
    let built = modified(&folder.join("dist/index.html"));
    let sources = ["src", "public", "scripts", "index.html", "package.json", "vite.config.ts"];
    if built.is_some() && sources.iter().all(|name| newest(&folder.join(name)) <= built) {
        return Ok(());
    }
    say("building the web client");
    run_in(&folder, "npm", &["run", "build"])
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|data| data.modified()).ok()
}

/// The latest change of a file or of anything below a folder.
fn newest(path: &Path) -> Option<SystemTime> {
    let own = modified(path);
    let Ok(entries) = fs::read_dir(path) else { return own };
    entries.flatten().map(|entry| newest(&entry.path())).chain([own]).max().flatten()
}

/// Debian ships the module that makes environments apart from Python.
fn has_python_venv() -> bool {
    let tried = std::process::Command::new("python3").args(["-m", "ensurepip", "--version"]).output();
    tried.is_ok_and(|output| output.status.success())
}

fn is_root() -> bool {
    let id = std::process::Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Asked by packages before they start a service; it exits with 101 to forbid it.
const SERVICE_POLICY: &str = "/usr/sbin/policy-rc.d";
/// Writes the DOCX files of tests.
const PYTHON_DOCX: &str = "/usr/lib/python3/dist-packages/docx";
const VIETNAMESE_FONT: &str = "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf";
