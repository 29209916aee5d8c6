//! RTCP (RFC 3550 §6, feedback RFC 4585 and RFC 5104, REMB, transport-wide congestion control),
//! read without copying from hostile bytes and built in place. It is our own because reports come
//! thousands a second, must not allocate, and must survive any bytes.

mod build;
mod read;
#[cfg(test)]
mod tests;
pub mod twcc;

pub use build::Builder;
pub use read::{Fir, Packet, Packets, Reports, Sequences, Ssrcs, parse};

use crate::rtp::{MediaTime, Ssrc};

/// Middle 32 bits of NTP time: seconds in 16.16 fixed point (RFC 3550 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShortNtp(pub u32);

impl ShortNtp {
    /// The middle of a full NTP time.
    pub const fn of(ntp: u64) -> Self {
        Self((ntp >> 16) as u32)
    }

    /// `duration` in this form, saturating at 18 hours.
    pub fn from_duration(duration: std::time::Duration) -> Self {
        Self(u32::try_from((duration.as_micros() << 16) / 1_000_000).unwrap_or(u32::MAX))
    }

    /// The length of time this stands for.
    pub fn to_duration(self) -> std::time::Duration {
        std::time::Duration::from_micros((u64::from(self.0) * 1_000_000) >> 16)
    }
}

/// Full NTP time (seconds since 1900 in 32.32 fixed point) of a wall-clock time.
pub fn ntp(time: base::Timestamp) -> u64 {
    /// Seconds from 1900 to 1970.
    const EPOCH: u64 = 2_208_988_800;
    let micros = u64::try_from(time.as_micros()).unwrap_or(0);
    let fraction = ((micros % 1_000_000) << 32) / 1_000_000;
    ((micros / 1_000_000).wrapping_add(EPOCH) << 32) | fraction
}

/// What a sender tells about its stream (RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SenderInfo {
    /// The stream.
    pub ssrc: Ssrc,
    /// Wall clock of the report, NTP.
    pub ntp: u64,
    /// The same moment in the stream's clock.
    pub timestamp: MediaTime,
    /// Packets sent so far.
    pub packets: u32,
    /// Payload bytes sent so far.
    pub octets: u32,
}

/// What a receiver tells about a stream (RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReportBlock {
    /// The stream reported on.
    pub ssrc: Ssrc,
    /// Lost since the last report, in 256ths.
    pub fraction_lost: u8,
    /// Lost in all, at most 24 bits signed.
    pub lost: i32,
    /// Highest sequence number with its cycles above.
    pub highest: u32,
    /// Interarrival jitter in ticks.
    pub jitter: u32,
    /// The last sender report received.
    pub last_report: ShortNtp,
    /// Time since then.
    pub since_last_report: ShortNtp,
}

impl ReportBlock {
    /// The round trip, when this block arrived at `now` (RFC 3550 §6.4.1). `None`: the receiver saw no
    /// sender report yet, or its numbers are nonsense.
    pub fn round_trip(&self, now: ShortNtp) -> Option<std::time::Duration> {
        if self.last_report == ShortNtp::default() {
            return None;
        }
        let trip = now.0.wrapping_sub(self.last_report.0).wrapping_sub(self.since_last_report.0);
        // A clock step makes it "negative".
        (trip < u32::MAX / 2).then(|| ShortNtp(trip).to_duration())
    }
}

/// Packet types (RFC 3550 §12.1, RFC 4585 §6.1).
mod kind {
    pub(super) const SENDER_REPORT: u8 = 200;
    pub(super) const RECEIVER_REPORT: u8 = 201;
    pub(super) const SOURCE_DESCRIPTION: u8 = 202;
    pub(super) const GOODBYE: u8 = 203;
    pub(super) const TRANSPORT_FEEDBACK: u8 = 205;
    pub(super) const PAYLOAD_FEEDBACK: u8 = 206;
}

/// Feedback formats (RFC 4585 §6.2.1, §6.3.1, §6.4; RFC 5104 §4.3.1).
mod format {
    pub(super) const NACK: u8 = 1;
    pub(super) const TRANSPORT_WIDE: u8 = 15;
    pub(super) const PLI: u8 = 1;
    pub(super) const FIR: u8 = 4;
    pub(super) const APPLICATION: u8 = 15;
}
