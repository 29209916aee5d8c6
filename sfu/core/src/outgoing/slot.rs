//! One outgoing slot: a stream that never ends towards its receiver, whatever source fills it.
//!
//! A source's numbers are shifted, never renumbered: loss stays visible as a gap, late packets fall
//! into their place, and a number the receiver misses leads back to the packet it was. At a switch the
//! shift changes so that sequence, time and frame counters (VP8, VP9) go on. That a new source begins with a key
//! frame is the caller's decision, and so is which packets are left out: those take no number.

use std::collections::VecDeque;
use std::time::Instant;

use crate::codec::vp8;
use crate::rtp::{MediaTime, PayloadType, SequenceNumber, Ssrc, Unwrapper};

#[cfg(test)]
mod tests;

/// Switches and gaps remembered for retransmission; older ones are forgotten, and their losses stay lost.
/// A stream of thirty frames has fifteen gaps a second at the most.
const REMEMBERED: usize = 32;
/// Numbers a packet may lie before the first of its source and still be placed. None: what precedes
/// the key frame is of no use.
const FIRST_EXTENDED: u64 = 0x1_0000;

/// The stream that carries a slot's retransmissions (RFC 4588).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rtx {
    /// Its own stream id.
    pub ssrc: Ssrc,
    /// Its payload type.
    pub payload_type: PayloadType,
}

/// What a slot is given once, for as long as the connection lives.
#[derive(Debug, Clone, Copy)]
pub struct SlotConfig {
    /// The slot's stream.
    pub ssrc: Ssrc,
    /// Its retransmissions, when they were negotiated.
    pub rtx: Option<Rtx>,
    /// Ticks per second.
    pub clock_rate: u32,
    /// Ticks of one frame, the least distance between two sources.
    pub frame: u32,
    /// Where the sequence begins; random (RFC 3550 §5.1).
    pub first_sequence: SequenceNumber,
    /// Where time begins; random.
    pub first_timestamp: MediaTime,
    /// Where the sequence of retransmissions begins; random.
    pub first_rtx_sequence: SequenceNumber,
}

/// A packet of the slot's present source.
#[derive(Debug, Clone, Copy)]
pub struct Incoming {
    /// The source's number.
    pub sequence: SequenceNumber,
    /// The source's time.
    pub timestamp: MediaTime,
    /// When it arrived.
    pub arrived: Instant,
    /// Its frame counters, when its codec has them.
    pub counters: Option<vp8::Descriptor>,
    /// Whether the receiver is to have it.
    pub passes: bool,
}

/// What a packet becomes in the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewrite {
    /// Its number.
    pub sequence: SequenceNumber,
    /// Its time.
    pub timestamp: MediaTime,
    /// What happens to its frame counters.
    pub shift: vp8::Shift,
    /// It is the first of its source: from [`Rewrite::timestamp`] on the slot shows that source.
    pub first: bool,
    /// Its number was kept free for it before it was known that it does not pass: something must bear it.
    pub fills: bool,
}

/// The packet behind a number that a receiver misses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost<S> {
    /// Whose packet it was.
    pub source: S,
    /// Its number there.
    pub sequence: SequenceNumber,
    /// What happens to its frame counters.
    pub shift: vp8::Shift,
    timestamp_shift: u32,
}

impl<S> Lost<S> {
    /// The slot's time for the packet's own.
    pub fn timestamp(&self, source: MediaTime) -> MediaTime {
        source.plus(self.timestamp_shift)
    }
}

/// A stretch of the outgoing sequence that one source filled without leaving anything out.
#[derive(Debug, Clone, Copy)]
struct Segment<S> {
    source: S,
    /// Which switch it belongs to.
    switch: u32,
    /// First outgoing number, extended.
    first: u64,
    /// Outgoing minus source number, both extended.
    shift: u64,
    timestamp_shift: u32,
    counters: vp8::Shift,
}

impl<S: Copy> Segment<S> {
    /// The source's first number in it, extended.
    fn begins(&self) -> u64 {
        self.first.wrapping_sub(self.shift)
    }

    /// The stretch after a packet that was left out.
    fn after(&self, left_out: u64, counters: vp8::Shift) -> Self {
        // Its number goes to the next packet.
        let first = left_out.wrapping_add(self.shift);
        Self { first, shift: self.shift.wrapping_sub(1), counters, ..*self }
    }

    fn lost(&self, outgoing: u64) -> Lost<S> {
        let sequence = SequenceNumber(outgoing.wrapping_sub(self.shift) as u16);
        Lost { source: self.source, sequence, shift: self.counters, timestamp_shift: self.timestamp_shift }
    }
}

/// The newest packet that went out.
#[derive(Debug, Clone, Copy)]
struct Last {
    sequence: u64,
    timestamp: MediaTime,
    arrived: Instant,
}

/// The rewriting state of one slot; `S` is whatever names a source to the caller.
#[derive(Debug)]
pub struct Slot<S> {
    config: SlotConfig,
    /// The source chosen, until its first packet comes.
    awaited: Option<S>,
    /// The source that is flowing.
    current: Option<Segment<S>>,
    unwrapper: Unwrapper,
    last: Option<Last>,
    counters: vp8::Counters,
    /// The picture of the present source that was left out last.
    left_out: Option<u16>,
    switches: u32,
    past: VecDeque<Segment<S>>,
    next_rtx: SequenceNumber,
    packets: u32,
    octets: u32,
}

impl<S: Copy> Slot<S> {
    /// An empty slot.
    pub fn new(config: SlotConfig) -> Self {
        Self {
            next_rtx: config.first_rtx_sequence,
            config,
            awaited: None,
            current: None,
            unwrapper: Unwrapper::default(),
            last: None,
            counters: vp8::Counters::default(),
            left_out: None,
            switches: 0,
            past: VecDeque::new(),
            packets: 0,
            octets: 0,
        }
    }

    /// The packets forwarded from now on come from `source`, also when it is the same as before but
    /// was interrupted.
    pub fn switch(&mut self, source: S) {
        self.retire();
        self.awaited = Some(source);
    }

    /// Nothing is forwarded until the next switch.
    pub fn clear(&mut self) {
        self.retire();
        self.awaited = None;
    }

    /// Rewrites a packet of the present source. `None`: there is no source, or the packet precedes the
    /// first that was forwarded from it, or it is left out. A duplicate gets the number of its original.
    pub fn forward(&mut self, packet: &Incoming) -> Option<Rewrite> {
        let began = self.awaited.take().map(|source| self.begin(source, packet));
        let newest = self.unwrapper.highest();
        let number = self.unwrapper.unwrap(packet.sequence);
        let is_late = newest.is_some_and(|newest| number <= newest);
        if !packet.passes && !is_late {
            self.leave_out(number, packet.counters);
            return None;
        }
        let (segment, outgoing) = self.place(number)?;
        let timestamp = packet.timestamp.plus(segment.timestamp_shift);
        if self.last.is_none_or(|last| outgoing > last.sequence) {
            self.last = Some(Last { sequence: outgoing, timestamp, arrived: packet.arrived });
        }
        if let Some(descriptor) = &packet.counters {
            self.counters.note(descriptor, segment.counters);
        }
        Some(Rewrite {
            sequence: SequenceNumber(outgoing as u16),
            timestamp,
            shift: segment.counters,
            first: began.is_some(),
            fills: !packet.passes,
        })
    }

    /// The stretch of the present source that a number belongs to, and what it becomes there. Nothing: it
    /// precedes the first, or was left out.
    fn place(&self, number: u64) -> Option<(Segment<S>, u64)> {
        let current = self.current?;
        // Of the present switch, the newest first; each ends where the next begins.
        let segments = std::iter::once(&current).chain(self.past.iter().rev());
        let mut end = u64::MAX;
        for segment in segments.take_while(|segment| segment.switch == current.switch) {
            if number >= segment.begins() {
                let outgoing = number.wrapping_add(segment.shift);
                return (outgoing < end).then_some((*segment, outgoing));
            }
            end = segment.first;
        }
        None
    }

    /// The newest packet of the source gets no number, and its frame none of its own.
    fn leave_out(&mut self, number: u64, counters: Option<vp8::Descriptor>) {
        let Some(segment) = self.current else { return };
        let picture = counters.filter(|descriptor| descriptor.dense).and_then(|d| d.picture_id);
        let is_another = picture.is_some() && picture != self.left_out;
        let shift = if is_another { segment.counters.without_one() } else { segment.counters };
        self.left_out = picture.or(self.left_out);
        if segment.begins() != number {
            self.retire();
        }
        self.current = Some(segment.after(number, shift));
    }

    /// Rewrites a packet of sound that leaves in other portions than it came: it gets the next number of the
    /// slot whatever its own was, and time stays its own. `sequence` is the newest that it carries.
    pub fn append(&mut self, packet: &Incoming) -> Option<Rewrite> {
        let began = self.awaited.take().map(|source| self.begin(source, packet));
        let newest = self.unwrapper.unwrap(packet.sequence).max(self.unwrapper.highest().unwrap_or(0));
        let segment = self.current.as_mut()?;
        let outgoing = match (began, self.last) {
            (None, Some(last)) => last.sequence + 1,
            _ => segment.first,
        };
        // Packets that are forwarded as they come afterwards go on from here.
        segment.shift = outgoing.wrapping_sub(newest);
        let timestamp = packet.timestamp.plus(segment.timestamp_shift);
        let is_newer = self.last.is_none_or(|last| began.is_some() || timestamp.since(last.timestamp) > 0);
        let (at, arrived) = match self.last {
            Some(last) if !is_newer => (last.timestamp, last.arrived),
            _ => (timestamp, packet.arrived),
        };
        self.last = Some(Last { sequence: outgoing, timestamp: at, arrived });
        let (sequence, shift) = (SequenceNumber(outgoing as u16), segment.counters);
        Some(Rewrite { sequence, timestamp, shift, first: began.is_some(), fills: false })
    }

    /// Which packet the receiver means by a number in a NACK. `None`: not sent, or long forgotten.
    pub fn lost(&self, sequence: SequenceNumber) -> Option<Lost<S>> {
        let last = self.last?.sequence;
        let distance = sequence.ahead_of(SequenceNumber(last as u16));
        let outgoing = last.checked_add_signed(i64::from(distance)).filter(|&number| number <= last)?;
        let segments = self.current.iter().chain(self.past.iter().rev());
        // The newest that begins at or before the number.
        segments.into_iter().find(|segment| segment.first <= outgoing).map(|segment| segment.lost(outgoing))
    }

    /// Where and with which number the next retransmission goes.
    pub fn next_rtx(&mut self) -> Option<(Rtx, SequenceNumber)> {
        let rtx = self.config.rtx?;
        let sequence = self.next_rtx;
        self.next_rtx = sequence.plus(1);
        Some((rtx, sequence))
    }

    /// Counts a sent packet with `payload` bytes for sender reports.
    pub fn sent(&mut self, payload: usize) {
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(payload as u32);
    }

    /// Packets and payload bytes sent, as sender reports count them (RFC 3550 §6.4.1).
    pub fn totals(&self) -> (u32, u32) {
        (self.packets, self.octets)
    }

    /// The slot's media time at `now`, for a sender report. `None`: nothing was sent yet.
    pub fn timestamp_at(&self, now: Instant) -> Option<MediaTime> {
        let last = self.last?;
        let elapsed = now.saturating_duration_since(last.arrived);
        Some(last.timestamp.plus(MediaTime::ticks(elapsed, self.config.clock_rate)))
    }

    /// The slot's stream.
    pub fn ssrc(&self) -> Ssrc {
        self.config.ssrc
    }

    /// The source that fills the slot or will, once its first packet comes.
    pub fn source(&self) -> Option<S> {
        self.awaited.or(self.current.map(|segment| segment.source))
    }

    /// A source was chosen and none of its packets came yet.
    pub fn is_waiting(&self) -> bool {
        self.awaited.is_some()
    }

    /// Starts the segment of a new source with its first packet.
    fn begin(&mut self, source: S, packet: &Incoming) {
        self.unwrapper = Unwrapper::default();
        let number = self.unwrapper.peek(packet.sequence);
        let (first, timestamp) = match self.last {
            None => (FIRST_EXTENDED + u64::from(self.config.first_sequence.0), self.config.first_timestamp),
            Some(last) => {
                let elapsed = packet.arrived.saturating_duration_since(last.arrived);
                let ticks = MediaTime::ticks(elapsed, self.config.clock_rate).max(self.config.frame);
                (last.sequence + 1, last.timestamp.plus(ticks))
            }
        };
        self.switches = self.switches.wrapping_add(1);
        self.left_out = None;
        self.current = Some(Segment {
            source,
            switch: self.switches,
            first,
            shift: first.wrapping_sub(number),
            timestamp_shift: timestamp.0.wrapping_sub(packet.timestamp.0),
            counters: packet.counters.map(|first| self.counters.continue_with(&first)).unwrap_or_default(),
        });
    }

    fn retire(&mut self) {
        if let Some(segment) = self.current.take() {
            // Full: the oldest is forgotten, what was lost of it cannot be asked for again.
            if self.past.len() == REMEMBERED {
                self.past.pop_front();
            }
            self.past.push_back(segment);
        }
    }
}
