//! The command line: `lienthong serve | admin | config | doctor`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{
    admin::Command as AdminCommand,
    config::{Config, ConfigError, load},
};

/// Official e-mail and online meetings of a province, in one program.
#[derive(Debug, Parser)]
#[command(name = "lienthong", version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the hub.
    Serve {
        /// Where configuration and data are.
        #[command(flatten)]
        place: Place,
        /// Fills an empty data folder with the sample province.
        #[arg(long)]
        sample: bool,
    },
    /// Administers a hub, running or not.
    Admin {
        /// Where configuration and data are.
        #[command(flatten)]
        place: Place,
        /// The act.
        #[command(subcommand)]
        command: AdminCommand,
    },
    /// Checks or explains the configuration.
    Config {
        /// What to do with it.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Says what is wrong with this installation.
    Doctor {
        /// Where configuration and data are.
        #[command(flatten)]
        place: Place,
    },
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Reads it and reports the first mistake.
    Check {
        /// Where configuration and data are.
        #[command(flatten)]
        place: Place,
    },
    /// Prints every key with its default and meaning.
    Sample,
}

/// Where configuration and data are.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// Configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Data folder.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
    /// Overrides one key, e.g. --set smtp.listen=0.0.0.0:25; may be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
}

impl Place {
    /// The configuration that holds here.
    ///
    /// # Errors
    /// The first mistake in it.
    pub fn load(&self) -> Result<Config, ConfigError> {
        load(self.config.as_deref(), &self.overrides)
    }
}

/// A configuration file with every key, its default and its meaning.
pub fn sample_config() -> String {
    let Ok(defaults) = toml::Table::try_from(Config::default()) else { return String::new() };
    let mut text = String::from("# Liên Thông: every key with its default. Remove what need not differ.\n");
    let mut section = "";
    let keys = Config::documented_keys();
    for (key, about) in &keys {
        let Some((name, field)) = key.split_once('.') else { continue };
        if name != section {
            text.push_str(&format!("\n[{name}]\n"));
            section = name;
        }
        let value =
            defaults.get(name).and_then(|s| s.get(field)).map(ToString::to_string).unwrap_or_default();
        text.push_str(&format!("# {}\n{field} = {value}\n", about.replace('\n', "\n# ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, load};

    #[test]
    fn the_sample_configuration_is_the_defaults() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), super::sample_config()).unwrap();
        assert_eq!(load(Some(file.path()), &[]).unwrap(), Config::default());
    }
}
