//! Robots that join meetings by hundreds, and one table of what the media plane costs them.
//!
//! `loadtest [--workers N] [--seconds S] [WORD…]` plays the scenarios whose names contain one of the
//! words (all without), each with a fresh hub in a process of its own. Everything stays on loopback.

mod browser;
mod check;
mod fleet;
mod floor;
mod host;
mod hub;
mod janus;
mod measure;
mod offer;
mod publisher;
mod report;
mod robot;
mod scenario;
mod socket;
mod stock;

use std::{io, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((first, rest)) if first == "host" => {
            let workers = rest.first().and_then(|workers| workers.parse().ok()).unwrap_or(1);
            host::run(workers, rest.get(1).is_some_and(|word| word == "unlimited")).map(|()| true)
        }
        Some((first, _)) if first == "stock" => stock::run().map(|()| true),
        _ => Wanted::of(&arguments).and_then(|wanted| bench(&wanted)),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("loadtest: {error}");
            ExitCode::from(2)
        }
    }
}

/// What the command line asks for.
struct Wanted {
    workers: usize,
    seconds: u64,
    words: Vec<String>,
}

impl Wanted {
    fn of(arguments: &[String]) -> io::Result<Self> {
        let mut wanted = Self { workers: 1, seconds: 8, words: Vec::new() };
        let mut rest = arguments.iter();
        while let Some(word) = rest.next() {
            let mut number = || {
                let value = rest.next().and_then(|value| value.parse::<u32>().ok());
                value.ok_or_else(|| io::Error::other(format!("{word} needs a number")))
            };
            match word.as_str() {
                "--workers" => wanted.workers = number()? as usize,
                "--seconds" => wanted.seconds = u64::from(number()?).max(1),
                _ => wanted.words.push(word.to_lowercase()),
            }
        }
        Ok(wanted)
    }

    fn has(&self, name: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| name.to_lowercase().contains(word))
    }
}

/// Measures and prints; whether every promise was kept.
fn bench(wanted: &Wanted) -> io::Result<bool> {
    let cast = measure::Cast::new()?;
    let mut kept = true;
    report::head(wanted.workers);
    if wanted.words == ["small"] {
        return Ok(report::measured(&cast.play(&scenario::small(), wanted.workers, wanted.seconds)?));
    }
    for scenario in scenario::all().iter().filter(|scenario| wanted.has(scenario.name)) {
        if let Some(missing) = scenario.missing() {
            println!("| {} | not measured: no {missing} on this machine | | | | | | | |", scenario.name);
            continue;
        }
        kept &= report::measured(&cast.play(scenario, wanted.workers, wanted.seconds)?);
    }
    if wanted.has("join") {
        kept &= report::joining(cast.join(wanted.workers)?);
    }
    if wanted.has("floor") {
        floor::measure()?.iter().for_each(report::floor);
    }
    Ok(kept)
}
