//! Test helpers: a real hub in a temporary folder, and small clients that speak to it.

mod http;
mod hub;
pub mod link;
pub mod relay;
mod sink;

pub use http::{Answer, Client};
pub use hub::{Hub, PASSWORD};
pub use sink::{Reply, SmtpSink};
