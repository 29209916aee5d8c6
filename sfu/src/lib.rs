//! The media plane's shell: sockets, worker threads, timers.
//!
//! [`Sfu::start`] starts the workers and gives a handle to command them and the events they emit.
//! What happens to a packet is decided in `sfu-core`; here is only what touches the machine.

mod address;
mod certificate;
mod config;
mod handle;
mod metrics;
mod placement;
mod tcp;
mod trunk;
mod turn;
mod udp;
mod wake;
mod worker;

pub use address::local_addresses;
pub use config::Config;
pub use handle::{Connected, Sfu, SfuHandle};
pub use metrics::{Metrics, Ways};
pub use sfu_core::{
    Event as SfuEvent, Flow, Leg, MediaKind, Qualities, Quality, SlotKind, Source, TrackFlow, TrackState,
    View,
    sdp::{OfferError, Purpose},
    transport::ice::Credentials,
};
pub use turn::{Pass, Turn, is_turn};
pub use udp::{Counters, Socket};
