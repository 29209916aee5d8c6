//! RTP as the forwarding path sees it (RFC 3550, header extensions RFC 8285): read without copying,
//! write into an arena. Sequence numbers, media times and stream ids are types, because each of them
//! is a bare number that wraps and is easily taken for another.

mod extension;
mod header;
mod outgoing;
pub mod rtx;
#[cfg(test)]
mod tests;

pub use extension::{AudioLevel, ExtensionIds, Extensions};
pub use header::{Header, Packet};
pub use outgoing::{Outgoing, Written};

/// A synchronisation source: which stream a packet belongs to (RFC 3550 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ssrc(pub u32);

/// A payload type, seven bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PayloadType(u8);

impl PayloadType {
    /// The payload type in the low seven bits of `value`.
    pub const fn new(value: u8) -> Self {
        Self(value & 0x7f)
    }

    /// Its number.
    pub const fn value(self) -> u8 {
        self.0
    }
}

/// A sequence number as it stands in a packet; it wraps after 65,535.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SequenceNumber(pub u16);

impl SequenceNumber {
    /// The number `count` further on.
    pub const fn plus(self, count: u16) -> Self {
        Self(self.0.wrapping_add(count))
    }

    /// How far this number lies ahead of `other`, negative when it lies behind.
    pub const fn ahead_of(self, other: Self) -> i16 {
        self.0.wrapping_sub(other.0) as i16
    }
}

/// An RTP timestamp: ticks of the stream's clock from a random start; it wraps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct MediaTime(pub u32);

impl MediaTime {
    /// The time `ticks` later.
    pub const fn plus(self, ticks: u32) -> Self {
        Self(self.0.wrapping_add(ticks))
    }

    /// Ticks from `earlier` to this time, negative when this time is the earlier one.
    pub const fn since(self, earlier: Self) -> i32 {
        self.0.wrapping_sub(earlier.0) as i32
    }

    /// `duration` in ticks of a clock of `rate` per second.
    pub fn ticks(duration: std::time::Duration, rate: u32) -> u32 {
        (duration.as_micros() * u128::from(rate) / 1_000_000) as u32
    }
}

/// Extends 16-bit sequence numbers to 64 bits, taking each to be the one nearest to the highest so far.
///
/// The first number becomes itself plus 65,536, so that packets which overtook it still fit below.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwrapper {
    highest: Option<u64>,
}

impl Unwrapper {
    /// The extended number, remembered when it is the highest.
    pub fn unwrap(&mut self, number: SequenceNumber) -> u64 {
        let extended = self.peek(number);
        if self.highest.is_none_or(|highest| extended > highest) {
            self.highest = Some(extended);
        }
        extended
    }

    /// The extended number, without remembering it.
    pub fn peek(&self, number: SequenceNumber) -> u64 {
        match self.highest {
            None => u64::from(number.0) + 0x1_0000,
            Some(highest) => {
                let distance = number.ahead_of(SequenceNumber(highest as u16));
                highest.saturating_add_signed(i64::from(distance))
            }
        }
    }

    /// The highest extended number so far.
    pub fn highest(&self) -> Option<u64> {
        self.highest
    }
}

/// Gives a packet another payload type, in place.
pub fn set_payload_type(packet: &mut [u8], payload_type: PayloadType) {
    if let Some(byte) = packet.get_mut(1) {
        *byte = *byte & 0x80 | payload_type.value();
    }
}

/// Whose packet this says it is (RFC 3550 §5.1).
pub fn sender(rtp: &[u8]) -> Option<Ssrc> {
    ssrc_at(rtp, 8)
}

/// Whose report this says it is (RFC 3550 §6.4.1); protection leaves it readable (RFC 3711 §3.4).
pub fn rtcp_sender(rtcp: &[u8]) -> Option<Ssrc> {
    ssrc_at(rtcp, 4)
}

fn ssrc_at(bytes: &[u8], at: usize) -> Option<Ssrc> {
    let octets = bytes.get(at..)?.first_chunk()?;
    Some(Ssrc(u32::from_be_bytes(*octets)))
}

/// Whether bytes that came where RTP is expected are RTCP instead.
pub fn is_rtcp(bytes: &[u8]) -> bool {
    // RFC 5761 §4: RTCP packet types lie in 192..=223, where RTP must not put a payload type.
    matches!(bytes.get(1), Some(192..=223))
}
