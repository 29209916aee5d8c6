//! The one offer and the one answer (RFC 8866, RFC 8829): a client offers once, fixed slots follow.
//!
//! [`Offer::parse`] turns text from outside into a legal value or an [`OfferError`];
//! [`Answer::to`] decides what of it we take; [`Answer::write`] prints it. Payload types and
//! header-extension ids are echoed as offered, because every browser numbers them differently.

mod answer;
mod format;
mod offer;
#[cfg(test)]
mod tests;

pub use answer::{Answer, IncomingMedia, Local, SlotMedia};
pub use format::Format;
pub use offer::{Fingerprint, Offer, OfferError, Section, SectionKind};

use base::id::SeatId;

/// What a connection is for; decides which m-lines of its offer are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purpose {
    /// Our own client: sends up to four kinds, receives in slots it fills itself.
    #[default]
    Seat,
    /// WHIP (RFC 9725 §4.2): one voice and one picture, nothing is received.
    Publish,
    /// WHEP: slots only, as many as were offered, never with the media of the seat they belong to.
    View {
        /// Whose ears and eyes it is.
        owner: SeatId,
    },
}

impl Purpose {
    /// How many m-lines of one kind may send.
    fn sending(self) -> usize {
        match self {
            Self::Seat => 2,
            Self::Publish => 1,
            Self::View { .. } => 0,
        }
    }
}
