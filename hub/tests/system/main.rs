//! The whole hub, as its users meet it: the real binary with sample data, real sockets, real clients.

mod accounts;
mod addresses;
mod administration;
mod bad_input;
mod delegation;
mod dns;
mod filters;
mod imap;
mod invitations;
mod jmap;
mod mail;
mod mail_programs;
mod mail_settings;
mod moving;
mod pop3;
mod power_cut;
mod quarantine;
mod queue;
mod scanners;
mod secrecy;
mod standard_clients;
mod strangers;

use testkit::Hub;

/// The binary under test.
const BINARY: &str = env!("CARGO_BIN_EXE_lienthong");

/// A hub with the sample province.
fn hub(overrides: &[&str]) -> Hub {
    Hub::start(BINARY, overrides)
}
