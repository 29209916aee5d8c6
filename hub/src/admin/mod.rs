//! `lienthong admin`: everything IT staff do, beside a running hub or without one.
//!
//! A running hub executes the act itself, told through `data/control.sock` (readable by the owner of the
//! data alone). Without one the command takes the data lock and opens the stores.

mod address;
mod backup;
mod command;
mod control;
mod delegation;
mod dns;
mod execute;
mod import;
mod quarantine;
mod queue;
mod report;
mod restore;
mod token;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use crate::{cli::Place, lock::DataLock, services::Services};

pub use command::Command;
pub use control::Control;

/// What an act answers: text for standard output, or what went wrong.
pub type Answer = Result<String, String>;

/// Runs `command` where `place` says and prints its answer.
pub async fn run(place: &Place, command: Command) -> ExitCode {
    match answer(place, command).await {
        Ok(text) => {
            if !text.is_empty() {
                // Whoever reads the first lines only closes the pipe; that is no failure.
                let _ = writeln!(io::stdout(), "{text}");
            }
            ExitCode::SUCCESS
        }
        Err(cause) => {
            eprintln!("lienthong: {cause}");
            ExitCode::FAILURE
        }
    }
}

async fn answer(place: &Place, command: Command) -> Answer {
    // A running hub may stand in another folder than the one who asks it.
    let command = match command {
        Command::Backup { dir } => {
            Command::Backup { dir: std::path::absolute(&dir).map_err(|cause| cause.to_string())? }
        }
        Command::Restore { dir } => return restore::run(&dir, &place.data),
        Command::Import(import) => Command::Import(import.prepared()?),
        other => other,
    };
    if let Some(answer) = control::ask(&place.data, &command).await? {
        return answer;
    }
    let config = place.load().map_err(|cause| cause.to_string())?;
    let _lock = DataLock::take(&place.data).map_err(|cause| cause.to_string())?;
    let services = Services::open_offline(&place.data, config).await?;
    execute::execute(&services, &operator(), command).await
}

/// The operating system's name of who runs the command; it stands in the audit log.
fn operator() -> String {
    std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).unwrap_or_else(|_| "root".to_owned())
}
