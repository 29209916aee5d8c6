//! Where services meet: each declares what it needs as a port, here the others answer.

mod mail;
mod media;
mod meetings;
pub mod publication;
pub mod settings;

pub use mail::{ConsolePorts, MailPorts};
pub use media::pump as pump_media;
pub use meetings::MeetingPorts;
