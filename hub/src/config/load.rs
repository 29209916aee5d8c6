//! From file and `--set` to [`Config`], with errors that say what to change.

use std::{fmt, path::Path};

use toml::{Table, Value};

use super::Config;

/// Why the configuration cannot be used.
#[derive(Debug)]
pub enum ConfigError {
    /// The file cannot be read.
    Unreadable(String, std::io::Error),
    /// The file is not TOML.
    Syntax(String, toml::de::Error),
    /// A key nobody knows, and the nearest that exists.
    UnknownKey(String, Option<String>),
    /// A value of the wrong kind.
    Value(String),
    /// `--set` without `=`.
    NotAnAssignment(String),
    /// A key of a service or store that this build does not contain.
    NotInThisBuild(&'static str),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, cause) => {
                write!(f, "the configuration file {path} cannot be read: {cause}")
            }
            Self::Syntax(path, cause) => write!(f, "{path} is not valid TOML: {cause}"),
            Self::UnknownKey(key, Some(near)) => {
                write!(f, "unknown configuration key “{key}”; did you mean “{near}”?")
            }
            Self::UnknownKey(key, None) => {
                write!(f, "unknown configuration key “{key}”; `lienthong config sample` lists them all")
            }
            Self::Value(cause) => write!(f, "a configuration value cannot be used: {}", cause.trim_end()),
            Self::NotAnAssignment(text) => write!(f, "--set needs key=value, got “{text}”"),
            Self::NotInThisBuild(key) => {
                write!(f, "{key} is set, but this build does not contain that service; leave it empty")
            }
        }
    }
}

impl std::error::Error for ConfigError {}

/// Reads `file` (if any), applies `overrides` (`key=value`), checks every key and value.
///
/// # Errors
/// The first thing that is wrong, in words for the operator.
pub fn load(file: Option<&Path>, overrides: &[String]) -> Result<Config, ConfigError> {
    let mut table = match file {
        None => Table::new(),
        Some(path) => {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|e| ConfigError::Unreadable(name.clone(), e))?;
            text.parse::<Table>().map_err(|e| ConfigError::Syntax(name, e))?
        }
    };
    let known: Vec<String> = Config::documented_keys().into_iter().map(|(key, _)| key).collect();
    let mut given = Vec::new();
    flatten("", &table, &mut given);
    for key in &given {
        check_key(key, &known)?;
    }
    let defaults = Table::try_from(Config::default()).map_err(|e| ConfigError::Value(e.to_string()))?;
    for assignment in overrides {
        let (key, value) =
            assignment.split_once('=').ok_or_else(|| ConfigError::NotAnAssignment(assignment.clone()))?;
        check_key(key, &known)?;
        set(&mut table, &defaults, key, value)?;
    }
    let config: Config = table.try_into().map_err(|e: toml::de::Error| ConfigError::Value(e.to_string()))?;
    refuse_absent_services(&config)?;
    Ok(config)
}

fn flatten(prefix: &str, table: &Table, keys: &mut Vec<String>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            Value::Table(inner) => flatten(&key, inner, keys),
            _ => keys.push(key),
        }
    }
}

fn check_key(key: &str, known: &[String]) -> Result<(), ConfigError> {
    if known.iter().any(|k| k == key) {
        return Ok(());
    }
    let near = known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(k, key), k))
        .min()
        .filter(|(distance, _)| *distance <= 1 + key.len() / 3)
        .map(|(_, k)| k.clone());
    Err(ConfigError::UnknownKey(key.to_owned(), near))
}

/// Puts `value` under `key`, spelled as the default's kind: lists are comma-separated.
fn set(table: &mut Table, defaults: &Table, key: &str, value: &str) -> Result<(), ConfigError> {
    let (section, field) = key.split_once('.').unwrap_or((key, ""));
    let bad = |wanted: &str| ConfigError::Value(format!("{key} must be {wanted}, got “{value}”"));
    let default = defaults.get(section).and_then(|s| s.get(field));
    let parsed = match default {
        Some(Value::Integer(_)) => Value::Integer(value.parse().map_err(|_| bad("a whole number"))?),
        Some(Value::Float(_)) => Value::Float(value.parse().map_err(|_| bad("a number"))?),
        Some(Value::Boolean(_)) => Value::Boolean(value.parse().map_err(|_| bad("true or false"))?),
        Some(Value::Array(items)) => {
            let number = matches!(items.first(), Some(Value::Float(_)));
            value
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(|item| match number {
                    true => item.parse().map(Value::Float).map_err(|_| bad("numbers with commas between")),
                    false => Ok(Value::String(item.to_owned())),
                })
                .collect::<Result<Vec<_>, _>>()
                .map(Value::Array)?
        }
        _ => Value::String(value.to_owned()),
    };
    let entry = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(section) = entry {
        section.insert(field.to_owned(), parsed);
    }
    Ok(())
}

/// A key that would silently do nothing is worse than none.
fn refuse_absent_services(config: &Config) -> Result<(), ConfigError> {
    let listeners = [("ldap.listen", config.ldap.listen)];
    if let Some((key, _)) = listeners.into_iter().find(|(_, listen)| listen.0.is_some()) {
        return Err(ConfigError::NotInThisBuild(key));
    }
    if !config.blobs.url.is_empty() {
        return Err(ConfigError::NotInThisBuild("blobs.url"));
    }
    let url = &config.database.url;
    if !url.is_empty() && !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(ConfigError::Value(
            "database.url must be postgres://user:password@host:port/database (or empty for SQLite)"
                .to_owned(),
        ));
    }
    Ok(())
}
