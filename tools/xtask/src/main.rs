//! Developer commands: `cargo xtask run | test | bench | fuzz`.
//!
//! On a fresh Debian or Ubuntu machine they install what is missing (and say what), then do their work.

mod bench;
mod fuzz;
mod install;
mod postgres;
mod run;
mod shell;
#[cfg(test)]
mod standards;
#[cfg(test)]
mod structure;
mod tests;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rest = arguments.get(1..).unwrap_or_default();
    let outcome = match arguments.first().map(String::as_str) {
        Some("run") => run::run(rest),
        Some("test") => tests::run(rest),
        Some("bench") => bench::run(rest),
        Some("fuzz") => fuzz::run(rest),
        Some("types") => tests::write_types(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("\nxtask: {cause}");
            ExitCode::FAILURE
        }
    }
}

const USAGE: &str = "\
usage: cargo xtask COMMAND

  run [ARG…]       install what is missing, build everything, start the hub with sample data in ./data
                   (arguments go to `lienthong serve`, e.g. --set http.listen=127.0.0.1:9000)
  test [STEP…]     install what the tests need and run all of them, or only the named steps
  bench [NAME]     measure; prints one table. `bench sfu [--workers N] [WORD…]`: the media plane, by robots
  fuzz [SECONDS]   run every fuzz target for a while (default 60 s each)
  types            write the web client's generated TypeScript types";
