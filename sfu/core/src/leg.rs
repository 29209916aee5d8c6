//! How one connection fares, told once a second: what its line carries each way and loses, how far it is, what
//! its tracks send. For the meeting, which says it to those who look after others' lines.

use std::time::{Duration, Instant};

use base::id::SeatId;

use crate::{MediaKind, rtcp::ReportBlock, rtp::Ssrc};

/// One direction, since the last report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flow {
    /// Bit/s.
    pub bitrate: u32,
    /// The share of packets lost, all streams together, in 256ths.
    pub lost: u8,
    /// The largest jitter, in µs.
    pub jitter: u32,
}

/// A track that the seat sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrackFlow {
    /// Which.
    pub kind: MediaKind,
    /// Bit/s of all its layers.
    pub bitrate: u32,
    /// Layers that send.
    pub layers: u8,
}

/// A connection's second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// Whose.
    pub seat: SeatId,
    /// From the client.
    pub up: Flow,
    /// To the client.
    pub down: Flow,
    /// There and back; nothing while no receiver has measured it.
    pub round_trip: Option<Duration>,
    /// Bit/s that the way to the client carries; nothing when nothing is known to limit it.
    pub estimate: Option<u32>,
    /// Pictures that are off for this line's sake.
    pub saving: u8,
    /// What it sends.
    pub tracks: Vec<TrackFlow>,
}

/// What a connection's reports and packets add up to until they are told.
#[derive(Debug)]
pub(crate) struct Tally {
    since: Instant,
    bytes_in: u64,
    up: Streams,
    down: Streams,
    round_trip: Option<Duration>,
}

/// The streams of one direction. A share of each report alone would let three packets of an idle stream count as
/// much as three hundred of a picture.
#[derive(Debug, Default)]
struct Streams {
    /// SSRC, highest number and packets lost as last reported; at most [`MOST_STREAMS`].
    seen: Vec<(Ssrc, u32, i32)>,
    expected: u64,
    lost: u64,
    jitter: u32,
}

impl Streams {
    fn note(&mut self, block: &ReportBlock, rate: u32) {
        let jitter = u64::from(block.jitter) * 1_000_000 / u64::from(rate.max(1));
        self.jitter = self.jitter.max(u32::try_from(jitter).unwrap_or(u32::MAX));
        match self.seen.iter_mut().find(|(ssrc, ..)| *ssrc == block.ssrc) {
            Some((_, highest, lost)) => {
                // A stream that begins anew goes back; it counts from its next report.
                self.expected += u64::from(block.highest.saturating_sub(*highest));
                self.lost += u64::try_from(block.lost.saturating_sub(*lost)).unwrap_or(0);
                (*highest, *lost) = (block.highest, block.lost);
            }
            None => {
                if self.seen.len() >= MOST_STREAMS {
                    self.seen.remove(0);
                }
                self.seen.push((block.ssrc, block.highest, block.lost));
            }
        }
    }

    fn take(&mut self, bitrate: u32) -> Flow {
        let share = (self.lost * 256).checked_div(self.expected).unwrap_or(0);
        let flow = Flow { bitrate, lost: u8::try_from(share).unwrap_or(u8::MAX), jitter: self.jitter };
        (self.expected, self.lost, self.jitter) = (0, 0, 0);
        flow
    }
}

impl Tally {
    /// Nothing since `now`.
    pub fn new(now: Instant) -> Self {
        let (up, down) = (Streams::default(), Streams::default());
        Self { since: now, bytes_in: 0, up, down, round_trip: None }
    }

    /// A packet of so many octets came.
    pub fn arrived(&mut self, octets: usize) {
        self.bytes_in += octets as u64;
    }

    /// The hub reports on a stream of the client.
    pub fn note_up(&mut self, block: &ReportBlock, rate: u32) {
        self.up.note(block, rate);
    }

    /// The client reports on a stream of the hub.
    pub fn note_down(&mut self, block: &ReportBlock, rate: u32, round_trip: Option<Duration>) {
        self.down.note(block, rate);
        // Not every second measures one, and distances change slowly.
        self.round_trip = round_trip.or(self.round_trip);
    }

    /// What has come together, upwards, downwards, and the round trip; then begins anew.
    pub fn take(&mut self, now: Instant, sent: u32) -> (Flow, Flow, Option<Duration>) {
        let micros = now.saturating_duration_since(self.since).as_micros().max(1);
        let bits = u128::from(self.bytes_in) * 8_000_000 / micros;
        (self.since, self.bytes_in) = (now, 0);
        let up = self.up.take(u32::try_from(bits).unwrap_or(u32::MAX));
        (up, self.down.take(sent), self.round_trip)
    }
}

/// Streams remembered of one direction: every slot of a full layout.
const MOST_STREAMS: usize = 64;
