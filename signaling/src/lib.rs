//! Meetings' shell: calendar and lobby over REST, the meeting itself over one WebSocket per visit.
//!
//! [`signaling_core`] decides; here are the sockets ([`session`]), the one task per meeting that is in
//! memory ([`live`]), the store and the outbox of invitations. What meetings need from the media
//! plane, the directory and mail is declared in [`ports`] and implemented by the hub.

mod config;
mod live;
mod meetings;
mod outbox;
mod outgoing;
pub mod ports;
mod problem;
mod rate;
mod registry;
mod rest;
mod sample;
mod secret;
mod session;
mod store;
mod tokens;
mod translate;

pub use config::Config;
pub use meetings::Meetings;
pub use problem::{ErrorBody, ErrorDetail};
pub use rate::PeerAddress;
pub use rest::types::{
    AnswerRequest, EntryView, GuestLink, GuestLinkView, InviteeView, MeetingChange, MeetingDetail,
    MeetingSummary, NewGuestLink, NewMeeting, RoleOf,
};
pub use sample::{SAMPLE_MEETING, Sample};
pub use signaling_core::{Attendance, Reply, Role, Substitute, UnknownRole};
pub use tokens::SeatToken;
