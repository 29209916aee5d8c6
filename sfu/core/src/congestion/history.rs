//! What was sent lately and what became of it, by transport-wide sequence number
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01 §2).

use crate::rtp::SequenceNumber;

/// Packets remembered: a second at 20 Mbit/s. What is older when feedback comes is forgotten: neither
/// delivered nor lost, it moves no estimate.
const CAPACITY: usize = 2_048;

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Fate {
    #[default]
    Unknown,
    Lost,
    Arrived,
}

/// One packet sent.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sent {
    number: u64,
    /// µs since the leg's start.
    pub at: u64,
    /// Bytes on the wire, headers below RTP included.
    pub size: u16,
    /// Which burst of a probe it was part of; zero: none.
    pub burst: u8,
    fate: Fate,
}

/// The packets sent, newest last.
#[derive(Debug)]
pub(super) struct History {
    /// Allocated with the first packet: a leg may never be sent anything.
    ring: Vec<Sent>,
    /// Extended; the low 16 bits go out.
    next: u64,
}

impl Default for History {
    fn default() -> Self {
        // Numbers start at 1: zero is "no packet" in an empty place.
        Self { ring: Vec::new(), next: 1 }
    }
}

impl History {
    /// The number the next packet must carry.
    pub fn next_number(&self) -> u16 {
        self.next as u16
    }

    /// The packet with [`Self::next_number`] went out.
    pub fn push(&mut self, at: u64, size: u16, burst: u8) {
        if self.ring.is_empty() {
            self.ring = vec![Sent::default(); CAPACITY];
        }
        let number = self.next;
        self.next += 1;
        if let Some(place) = self.ring.get_mut(place(number)) {
            *place = Sent { number, at, size, burst, fate: Fate::Unknown };
        }
    }

    /// Forgets every packet; numbers go on.
    pub fn forget(&mut self) {
        self.ring.fill(Sent::default());
    }

    /// Feedback says that a packet arrived; the packet, the first time it is said.
    pub fn arrived(&mut self, number: SequenceNumber) -> Option<Sent> {
        let sent = self.find(number)?;
        let news = sent.fate != Fate::Arrived;
        sent.fate = Fate::Arrived;
        news.then_some(*sent)
    }

    /// Feedback says that a packet did not arrive (yet); the packet, the first time it is said.
    pub fn lost(&mut self, number: SequenceNumber) -> Option<Sent> {
        let sent = self.find(number)?;
        let news = sent.fate == Fate::Unknown;
        if news {
            sent.fate = Fate::Lost;
        }
        news.then_some(*sent)
    }

    fn find(&mut self, number: SequenceNumber) -> Option<&mut Sent> {
        let behind = SequenceNumber(self.next as u16).ahead_of(number);
        // Numbers not sent yet are an invention of the receiver.
        let number = self.next.checked_sub(u64::try_from(behind).ok().filter(|&b| b > 0)?)?;
        self.ring.get_mut(place(number)).filter(|sent| sent.number == number)
    }
}

fn place(number: u64) -> usize {
    (number % CAPACITY as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_arrives_once_and_only_if_it_was_sent() {
        let mut history = History::default();
        assert!(history.arrived(SequenceNumber(1)).is_none());
        history.push(5, 100, 0);
        assert!(history.lost(SequenceNumber(1)).is_some());
        assert_eq!(history.arrived(SequenceNumber(1)).unwrap().size, 100, "late is not lost");
        assert!(history.arrived(SequenceNumber(1)).is_none());
        assert!(history.lost(SequenceNumber(1)).is_none());
        assert!(history.arrived(SequenceNumber(2)).is_none());
        assert!(history.arrived(SequenceNumber(40_000)).is_none());
    }

    #[test]
    fn numbers_wrap_and_old_packets_are_forgotten() {
        let mut history = History::default();
        for at in 0..70_000 {
            history.push(at, 100, 0);
        }
        assert_eq!(
            history.arrived(SequenceNumber(history.next_number().wrapping_sub(1))).unwrap().at,
            69_999
        );
        assert!(history.arrived(SequenceNumber(history.next_number().wrapping_sub(3_000))).is_none());
    }
}
