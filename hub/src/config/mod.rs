//! The hub's configuration: one typed tree, every key with a safe default.
//!
//! Keys are dotted (`smtp.listen`); a file spells them as TOML tables, `--set key=value` overrides any of
//! them. Unknown keys are errors that name the nearest valid one.

mod load;
mod sections;

pub use load::{ConfigError, load};
pub use sections::{Config, Listen};

#[cfg(test)]
mod tests;
