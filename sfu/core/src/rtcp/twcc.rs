//! Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1):
//! when each numbered packet of a connection arrived. Read from receivers of ours, built for senders.

use std::time::Duration;

use crate::rtp::SequenceNumber;

/// Arrival times are counted in quarters of a millisecond.
const TICK: u64 = 250;
/// The reference time of a message is counted in 64 ms.
const REFERENCE: u64 = 64_000;

/// A received feedback message.
#[derive(Debug, Clone, Copy)]
pub struct Feedback<'a> {
    base: SequenceNumber,
    count: u16,
    reference: u32,
    /// Counts the messages, so that a lost one is noticed.
    pub number: u8,
    body: &'a [u8],
}

impl<'a> Feedback<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (head, body) = bytes.split_first_chunk::<8>()?;
        Some(Self {
            base: SequenceNumber(u16::from_be_bytes([head[0], head[1]])),
            count: u16::from_be_bytes([head[2], head[3]]),
            reference: u32::from_be_bytes([0, head[4], head[5], head[6]]),
            number: head[7],
            body,
        })
    }

    /// Every packet reported on, in order: its number, and when it arrived in µs of the receiver's
    /// clock (which starts anywhere and wraps after 12 days), or `None` when it did not.
    /// Ends early where the message is cut short.
    pub fn packets(&self) -> Arrivals<'a> {
        Arrivals {
            next: self.base,
            left: self.count,
            time: u64::from(self.reference) * REFERENCE,
            symbols: Symbols { chunk: 0, left: 0, bits: 0 },
            chunks: self.body,
            deltas: self.deltas(),
        }
    }

    /// Where the chunks end and the arrival times begin.
    fn deltas(&self) -> &'a [u8] {
        let mut left = usize::from(self.count);
        let mut rest = self.body;
        while left > 0 {
            let Some((chunk, after)) = rest.split_first_chunk::<2>() else { return &[] };
            left = left.saturating_sub(usize::from(Symbols::of(u16::from_be_bytes(*chunk)).left));
            rest = after;
        }
        rest
    }
}

/// The symbols left in one chunk (§3.1.2 to §3.1.4).
#[derive(Debug, Clone, Copy)]
struct Symbols {
    chunk: u16,
    left: u16,
    /// Bits per symbol in a vector; zero in a run.
    bits: u16,
}

impl Symbols {
    fn of(chunk: u16) -> Self {
        match chunk >> 14 {
            // A run length of zero would never end a message: it counts as nothing.
            0 | 1 => Self { chunk, left: chunk & 0x1fff, bits: 0 },
            2 => Self { chunk, left: 14, bits: 1 },
            _ => Self { chunk, left: 7, bits: 2 },
        }
    }

    fn next(&mut self) -> Option<u16> {
        self.left = self.left.checked_sub(1)?;
        Some(match self.bits {
            0 => self.chunk >> 13 & 3,
            1 => self.chunk >> self.left & 1,
            _ => self.chunk >> (2 * self.left) & 3,
        })
    }
}

/// The packets of a feedback message.
#[derive(Debug, Clone)]
pub struct Arrivals<'a> {
    next: SequenceNumber,
    left: u16,
    time: u64,
    symbols: Symbols,
    chunks: &'a [u8],
    deltas: &'a [u8],
}

impl Iterator for Arrivals<'_> {
    type Item = (SequenceNumber, Option<u64>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let symbol = loop {
            if let Some(symbol) = self.symbols.next() {
                break symbol;
            }
            let (chunk, rest) = self.chunks.split_first_chunk::<2>()?;
            self.chunks = rest;
            self.symbols = Symbols::of(u16::from_be_bytes(*chunk));
        };
        let delta = match symbol {
            1 => {
                let (delta, rest) = self.deltas.split_first()?;
                self.deltas = rest;
                Some(i64::from(*delta))
            }
            2 => {
                let (delta, rest) = self.deltas.split_first_chunk()?;
                self.deltas = rest;
                Some(i64::from(i16::from_be_bytes(*delta)))
            }
            _ => None,
        };
        let number = self.next;
        self.next = number.plus(1);
        let arrived = delta.map(|delta| {
            self.time = self.time.wrapping_add_signed(delta * TICK as i64);
            self.time
        });
        Some((number, arrived))
    }
}

/// Writes the body of a message about the numbers from `first` on: when each arrived since some fixed
/// moment, or that it did not. Its length; `None`: no room.
pub(super) fn write(
    first: SequenceNumber,
    arrivals: &[Option<Duration>],
    number: u8,
    out: &mut [u8],
) -> Option<usize> {
    let earliest = arrivals.iter().flatten().next().map_or(0, micros);
    let reference = earliest / REFERENCE;
    let mut at = 8;
    let mut place = |bytes: &[u8]| {
        out.get_mut(at..at + bytes.len())?.copy_from_slice(bytes);
        at += bytes.len();
        Some(())
    };
    let mut symbols = deltas(arrivals, reference).map(|delta| delta.map_or(0, symbol));
    for _ in 0..arrivals.len().div_ceil(7) {
        // Always vectors of seven two-bit symbols: 2 bytes for 7 packets, little to be saved.
        let bits = (0..7).fold(0, |bits, _| bits << 2 | symbols.next().unwrap_or(0));
        place(&(0xc000 | bits).to_be_bytes())?;
    }
    for delta in deltas(arrivals, reference).flatten() {
        let bytes = delta.to_be_bytes();
        place(if symbol(delta) == 1 { bytes.get(1..)? } else { &bytes })?;
    }
    let head: &mut [u8; 8] = out.first_chunk_mut()?;
    head[..2].copy_from_slice(&first.0.to_be_bytes());
    head[2..4].copy_from_slice(&u16::try_from(arrivals.len()).ok()?.to_be_bytes());
    // 24 bits, which wrap.
    head[4..].copy_from_slice(&((reference as u32) << 8).to_be_bytes());
    head[7] = number;
    Some(at)
}

/// The distances between arrivals in ticks, the first from `reference`. A distance that does not fit
/// (eight seconds within one message) makes a packet look lost.
fn deltas(arrivals: &[Option<Duration>], reference: u64) -> impl Iterator<Item = Option<i16>> {
    let mut time = reference * REFERENCE / TICK;
    arrivals.iter().map(move |arrival| {
        let ticks = arrival.as_ref().map(micros)? / TICK;
        let delta = i16::try_from(ticks.wrapping_sub(time) as i64).ok()?;
        time = ticks;
        Some(delta)
    })
}

/// One byte is enough for small steps forward, two for the others (§3.1.5).
fn symbol(delta: i16) -> u16 {
    if (0..256).contains(&delta) { 1 } else { 2 }
}

fn micros(duration: &Duration) -> u64 {
    duration.as_micros() as u64
}
