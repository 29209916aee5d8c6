//! How well media arrives, as reports say it (RFC 3550 §6.4): those of our receivers about what we send,
//! and our own about what comes in, each once a second and stream. Only sums are kept, so that a hub
//! with a thousand seats shows as many figures as one with two.

use std::time::Duration;

use crate::rtcp::ReportBlock;

/// Sums over reports; an average is a sum divided by its count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quality {
    /// Reports.
    pub reports: u64,
    /// The share lost in their intervals, in 256ths.
    pub lost: u64,
    /// Their jitter, in µs.
    pub jitter: u64,
    /// Round trips measured; receivers measure none until they saw a sender report.
    pub trips: u64,
    /// Their lengths, in µs.
    pub trip: u64,
}

impl Quality {
    /// Takes one report about a stream of a clock of `rate` ticks per second.
    pub(crate) fn note(&mut self, block: &ReportBlock, rate: u32, round_trip: Option<Duration>) {
        let jitter = u64::from(block.jitter) * 1_000_000 / u64::from(rate.max(1));
        self.reports += 1;
        self.lost += u64::from(block.fraction_lost);
        // What is longer is nonsense, and must not spoil the sum.
        self.jitter += jitter.min(LONGEST.as_micros() as u64);
        if let Some(trip) = round_trip.filter(|trip| *trip < LONGEST) {
            self.trips += 1;
            self.trip += trip.as_micros() as u64;
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            reports: self.reports + other.reports,
            lost: self.lost + other.lost,
            jitter: self.jitter + other.jitter,
            trips: self.trips + other.trips,
            trip: self.trip + other.trip,
        }
    }
}

/// By direction, and by what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Qualities {
    /// Sound that clients send.
    pub up_audio: Quality,
    /// Pictures that clients send.
    pub up_video: Quality,
    /// Sound that clients receive.
    pub down_audio: Quality,
    /// Pictures that clients receive.
    pub down_video: Quality,
}

impl Qualities {
    /// Both together.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            up_audio: self.up_audio.plus(other.up_audio),
            up_video: self.up_video.plus(other.up_video),
            down_audio: self.down_audio.plus(other.down_audio),
            down_video: self.down_video.plus(other.down_video),
        }
    }
}

const LONGEST: Duration = Duration::from_secs(10);
