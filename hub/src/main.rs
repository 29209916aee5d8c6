//! `lienthong`: official e-mail and online meetings of a province, in one program.
//!
//! This crate holds no rules of its own: it reads the configuration, opens the services, answers their
//! ports from one another, serves HTTP, and stops everything in order.

mod admin;
mod cli;
mod config;
mod doctor;
mod http;
mod invitation;
mod lock;
mod quarantine;
mod queue;
mod sample;
mod serve;
mod services;
mod signals;
mod wiring;

#[cfg(test)]
mod types;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use cli::{Cli, Command, ConfigCommand};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter =
        EnvFilter::try_from_env("LIENTHONG_LOG").unwrap_or_else(|_| EnvFilter::new(default_log(&cli)));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => {
            eprintln!("lienthong: no threads to be had: {cause}");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(run(cli))
}

/// The server tells its story; commands only what went wrong.
fn default_log(cli: &Cli) -> &'static str {
    match cli.command {
        Command::Serve { .. } => "info,sqlx=warn,hickory_proto=warn",
        _ => "error",
    }
}

async fn run(cli: Cli) -> ExitCode {
    match cli.command {
        Command::Serve { place, sample } => report(serve::run(&place, sample).await),
        Command::Admin { place, command } => admin::run(&place, command).await,
        Command::Config { command: ConfigCommand::Sample } => {
            print!("{}", cli::sample_config());
            ExitCode::SUCCESS
        }
        Command::Config { command: ConfigCommand::Check { place } } => report(check(&place)),
        Command::Doctor { place } => doctor::run(&place).await,
    }
}

fn check(place: &cli::Place) -> Result<(), String> {
    let config = place.load().map_err(|cause| cause.to_string())?;
    wiring::settings::mail(&config)?;
    println!("The configuration is valid.");
    Ok(())
}

fn report(outcome: Result<(), String>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("lienthong: {cause}");
            ExitCode::FAILURE
        }
    }
}
