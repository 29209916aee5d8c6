//! `cargo xtask bench`: measured promises, one table.

mod idle;
mod mail;

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    install,
    run::release_build,
    shell::{Outcome, say, target},
};

/// Runs the named benchmark, or all.
///
/// # Errors
/// When a promise is not kept.
pub fn run(names: &[String]) -> Outcome {
    match names.split_first() {
        None => {
            of_hub(start)?;
            of_hub(idle::run)?;
            mail::run()
        }
        Some((first, rest)) if first == "sfu" => sfu(rest),
        Some((first, [])) if first == "start" => of_hub(start),
        Some((first, [])) if first == "idle" => of_hub(idle::run),
        Some((first, [])) if first == "mail" => mail::run(),
        Some((unknown, _)) => Err(format!("no benchmark “{unknown}”; there are: start, idle, mail, sfu")),
    }
}

/// Runs a benchmark of the hub's own binary.
fn of_hub(measure: fn() -> Outcome) -> Outcome {
    install::build_web_client()?;
    say("building the hub (release)");
    release_build()?;
    measure()
}

/// What the media plane costs, measured by robots on this machine.
fn sfu(arguments: &[String]) -> Outcome {
    say("building the robots (release)");
    crate::shell::run("cargo", &["build", "--release", "-p", "loadtest"])?;
    let program = target().join("release/loadtest").to_string_lossy().into_owned();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    crate::shell::run(&program, &arguments)
}

/// Start to listening, and memory when idle. The baseline is the start of an interpreter on this machine.
fn start() -> Outcome {
    let folder = std::env::temp_dir().join(format!("lienthong-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|cause| cause.to_string())?;
    // The first start makes keys and sample data; what is promised is every later one.
    launch(&folder, &[])?.stop();
    let mut runs: Vec<(f64, f64)> = Vec::new();
    for _ in 0..RUNS {
        let hub = launch(&folder, &[])?;
        let memory = hub.resident_mb()?;
        runs.push((hub.started_in.as_secs_f64(), memory));
        hub.stop();
    }
    let baseline = interpreter_start()?;
    let _ = fs::remove_dir_all(&folder);
    let (seconds, megabytes) = (median(runs.iter().map(|r| r.0)), median(runs.iter().map(|r| r.1)));
    println!("\n| what | measured | must | against `python3 -c pass` |\n|---|---|---|---|");
    println!("| start to listening | {:.0} ms | ≤ 1000 ms | {:.1} × |", seconds * 1e3, seconds / baseline);
    println!("| resident memory, idle | {megabytes:.0} MB | ≤ 100 MB | – |");
    if seconds <= 1.0 && megabytes <= 100.0 { Ok(()) } else { Err("a promise is not kept".to_owned()) }
}

struct Hub {
    process: Child,
    started_in: Duration,
}

fn launch(folder: &std::path::Path, more: &[&str]) -> Outcome<Hub> {
    let started = Instant::now();
    let process = Command::new(target().join("release/lienthong"))
        .args(["serve", "--sample", "--data"])
        .arg(folder)
        .args(["--set", &format!("http.listen={ADDRESS}"), "--set", "https.listen=127.0.0.1:18443"])
        .args(["--set", "smtp.listen=", "--set", "submission.listen=", "--set", "submissions.listen="])
        .args(["--set", "imap.listen=", "--set", "imaps.listen="])
        .args(["--set", "media.udp_port=41900"])
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|cause| format!("the hub cannot be started: {cause}"))?;
    let mut hub = Hub { process, started_in: Duration::ZERO };
    while !answers() {
        if started.elapsed() > Duration::from_secs(60) {
            hub.stop();
            return Err("the hub does not answer within 60 s".to_owned());
        }
        std::thread::yield_now();
    }
    hub.started_in = started.elapsed();
    Ok(hub)
}

fn answers() -> bool {
    let Ok(mut stream) = TcpStream::connect(ADDRESS) else { return false };
    let request = format!("GET /api/health HTTP/1.1\r\nHost: {ADDRESS}\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}

impl Hub {
    fn resident_mb(&self) -> Outcome<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))
            .map_err(|cause| format!("no /proc: {cause}"))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS in /proc")?;
        let kilobytes = line.split_whitespace().nth(1).and_then(|n| n.parse::<f64>().ok());
        kilobytes.map(|kb| kb / 1024.0).ok_or_else(|| "VmRSS is not a number".to_owned())
    }

    fn stop(mut self) {
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}

fn interpreter_start() -> Outcome<f64> {
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let started = Instant::now();
        Command::new("python3").args(["-c", "pass"]).status().map_err(|cause| cause.to_string())?;
        runs.push(started.elapsed().as_secs_f64());
    }
    Ok(median(runs.into_iter()))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

const RUNS: usize = 5;
const ADDRESS: &str = "127.0.0.1:18080";
