//! The recent packets of one incoming track, kept decrypted, from which every receiver's NACK is
//! served; and the guard that keeps a receiver from asking for one packet over and over.

use std::time::{Duration, Instant};

use crate::{
    codec::vp8,
    rtp::{SequenceNumber, Unwrapper},
};

/// The longest packet kept; nothing longer arrives over an Ethernet.
pub const MAX_PACKET: usize = 1_500;

/// What became of a packet given to a [`Ring`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// It is kept.
    New,
    /// It is already here: a retransmission that crossed its original.
    Duplicate,
    /// Its place belongs to a newer packet; too late for anybody.
    TooOld,
    /// Longer than [`MAX_PACKET`].
    TooLarge,
}

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    /// Extended sequence number; zero is no packet, extended numbers start above it.
    number: u64,
    len: u16,
    descriptor: Option<vp8::Descriptor>,
}

/// A fixed slab of packets by sequence number. A newer packet takes the place of the one that is a
/// whole ring older.
#[derive(Debug)]
pub struct Ring {
    capacity: usize,
    /// Both are allocated with the first packet, because most tracks of a seat (screen, its sound) are
    /// silent.
    entries: Vec<Entry>,
    /// One row of [`MAX_PACKET`] bytes an entry.
    bytes: Vec<u8>,
    unwrapper: Unwrapper,
}

impl Ring {
    /// A ring for the `capacity` most recent packets (at least one).
    pub fn new(capacity: usize) -> Self {
        let unwrapper = Unwrapper::default();
        Self { capacity: capacity.max(1), entries: Vec::new(), bytes: Vec::new(), unwrapper }
    }

    /// Keeps a copy of `packet`, with what its payload says of its frame, read once for all receivers.
    pub fn insert(
        &mut self,
        sequence: SequenceNumber,
        packet: &[u8],
        descriptor: Option<vp8::Descriptor>,
    ) -> Inserted {
        let Some(len) = u16::try_from(packet.len()).ok().filter(|&len| usize::from(len) <= MAX_PACKET) else {
            return Inserted::TooLarge;
        };
        if self.bytes.is_empty() {
            self.entries = vec![Entry::default(); self.capacity];
            self.bytes = vec![0; self.capacity * MAX_PACKET];
        }
        let number = self.unwrapper.unwrap(sequence);
        let place = self.place(number);
        let Some(entry) = self.entries.get_mut(place) else { return Inserted::TooOld };
        if entry.number == number {
            return Inserted::Duplicate;
        }
        if entry.number > number {
            return Inserted::TooOld;
        }
        *entry = Entry { number, len, descriptor };
        let start = place * MAX_PACKET;
        if let Some(row) = self.bytes.get_mut(start..start + packet.len()) {
            row.copy_from_slice(packet);
        }
        Inserted::New
    }

    /// The packet with this number, if it is still here.
    pub fn get(&self, sequence: SequenceNumber) -> Option<&[u8]> {
        self.kept(sequence).map(|(bytes, _)| bytes)
    }

    /// The same, with what its payload says of its frame.
    pub fn kept(&self, sequence: SequenceNumber) -> Option<(&[u8], Option<vp8::Descriptor>)> {
        self.unwrapper.highest()?;
        let number = self.unwrapper.peek(sequence);
        let place = self.place(number);
        let entry = self.entries.get(place).filter(|entry| entry.number == number)?;
        let bytes = self.bytes.get(place * MAX_PACKET..place * MAX_PACKET + usize::from(entry.len))?;
        Some((bytes, entry.descriptor))
    }

    fn place(&self, number: u64) -> usize {
        (number % self.capacity as u64) as usize
    }
}

/// What one receiver was sent again lately. A packet asked for twice within a round trip is on its
/// way; sending it again would only add to the congestion.
#[derive(Debug, Clone)]
pub struct Resends {
    recent: [Option<(SequenceNumber, Instant)>; 64],
}

impl Default for Resends {
    fn default() -> Self {
        Self { recent: [None; 64] }
    }
}

impl Resends {
    /// Whether `sequence` may be sent again at `now`; if so, it is noted. Two numbers that share a
    /// place displace each other: then one too many is sent, never one too few.
    pub fn may(&mut self, sequence: SequenceNumber, now: Instant, round_trip: Duration) -> bool {
        let place = usize::from(sequence.0) % self.recent.len();
        let Some(entry) = self.recent.get_mut(place) else { return false };
        let is_under_way = entry
            .is_some_and(|(known, at)| known == sequence && now.saturating_duration_since(at) < round_trip);
        if !is_under_way {
            *entry = Some((sequence, now));
        }
        !is_under_way
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_packets_are_found_and_old_ones_are_gone() {
        let mut ring = Ring::new(4);
        assert_eq!(ring.get(SequenceNumber(0)), None);
        for number in 65_533..65_533 + 6_u32 {
            assert_eq!(
                ring.insert(SequenceNumber(number as u16), &number.to_be_bytes(), None),
                Inserted::New
            );
        }
        assert_eq!(ring.get(SequenceNumber(65_533)), None);
        assert_eq!(ring.get(SequenceNumber(65_534)), None);
        for number in 65_535..65_539_u32 {
            assert_eq!(ring.get(SequenceNumber(number as u16)), Some(&number.to_be_bytes()[..]));
        }
        assert_eq!(ring.get(SequenceNumber(3)), None, "not here yet");
    }

    #[test]
    fn late_packets_fill_their_gap_once() {
        let mut ring = Ring::new(8);
        ring.insert(SequenceNumber(1), b"one", None);
        ring.insert(SequenceNumber(3), b"three", None);
        assert_eq!(ring.get(SequenceNumber(2)), None);
        assert_eq!(ring.insert(SequenceNumber(2), b"two", None), Inserted::New);
        assert_eq!(ring.insert(SequenceNumber(2), b"two", None), Inserted::Duplicate);
        assert_eq!(ring.get(SequenceNumber(2)), Some(&b"two"[..]));
        ring.insert(SequenceNumber(20), b"far", None);
        assert_eq!(ring.insert(SequenceNumber(4), b"late", None), Inserted::TooOld);
        assert_eq!(ring.insert(SequenceNumber(21), &[0; MAX_PACKET + 1], None), Inserted::TooLarge);
    }

    #[test]
    fn a_packet_is_sent_again_at_most_once_a_round_trip() {
        let mut resends = Resends::default();
        let (now, trip) = (Instant::now(), Duration::from_millis(50));
        assert!(resends.may(SequenceNumber(9), now, trip));
        assert!(!resends.may(SequenceNumber(9), now + trip / 2, trip));
        assert!(resends.may(SequenceNumber(10), now + trip / 2, trip));
        assert!(resends.may(SequenceNumber(9), now + trip, trip));
    }
}
