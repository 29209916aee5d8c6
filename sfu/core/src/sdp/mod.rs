//! The one offer and the one answer (RFC 8866, RFC 8829): a client offers once, fixed slots follow.
//!
//! [`Offer::parse`] turns text from outside into a legal value or an [`OfferError`];
//! [`Answer::to`] decides what of it we take; [`Answer::write`] prints it. Payload types and
//! header-extension ids are echoed as offered, because every browser numbers them differently.

mod answer;
mod offer;
#[cfg(test)]
mod tests;

pub use answer::{Answer, IncomingMedia, Local, SlotMedia};
pub use offer::{Fingerprint, Offer, OfferError, Section, SectionKind};
