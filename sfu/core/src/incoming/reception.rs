//! How well one incoming stream arrives: what a receiver report says (RFC 3550 §6.4.1, A.3, A.8).

use std::time::{Duration, Instant};

use crate::{
    rtcp::{ReportBlock, ShortNtp},
    rtp::{MediaTime, Ssrc},
};

/// Counts one stream.
#[derive(Debug, Clone)]
pub struct Reception {
    clock_rate: u32,
    first: Option<u64>,
    highest: u64,
    received: u64,
    reported_expected: u64,
    reported_received: u64,
    /// Jitter in ticks, times 16 (A.8).
    jitter: u32,
    last: Option<(Instant, MediaTime)>,
    sender_report: Option<(ShortNtp, Instant)>,
}

impl Reception {
    /// Nothing yet of a stream with this clock.
    pub fn new(clock_rate: u32) -> Self {
        Self {
            clock_rate,
            first: None,
            highest: 0,
            received: 0,
            reported_expected: 0,
            reported_received: 0,
            jitter: 0,
            last: None,
            sender_report: None,
        }
    }

    /// A packet with this extended sequence number came; retransmissions are not counted.
    pub fn handle_packet(&mut self, now: Instant, sequence: u64, timestamp: MediaTime) {
        self.first.get_or_insert(sequence);
        self.highest = self.highest.max(sequence);
        self.received += 1;
        if let Some((at, before)) = self.last {
            let elapsed = MediaTime::ticks(now.saturating_duration_since(at), self.clock_rate);
            let difference = i64::from(elapsed) - i64::from(timestamp.since(before));
            // A.8; a jump of more than a minute is a new start of the clock, not jitter.
            let difference = u32::try_from(difference.unsigned_abs()).unwrap_or(u32::MAX);
            if difference < self.clock_rate.saturating_mul(60) {
                self.jitter = (self.jitter + difference).saturating_sub((self.jitter + 8) >> 4);
            }
        }
        self.last = Some((now, timestamp));
    }

    /// A sender report came with this NTP time.
    pub fn handle_sender_report(&mut self, now: Instant, ntp: ShortNtp) {
        self.sender_report = Some((ntp, now));
    }

    /// The report about the interval since the last one; nothing before the first packet.
    pub fn report(&mut self, now: Instant, ssrc: Ssrc) -> Option<ReportBlock> {
        let expected = self.highest - self.first? + 1;
        let interval = expected - self.reported_expected;
        let lost = interval.saturating_sub(self.received - self.reported_received);
        self.reported_expected = expected;
        self.reported_received = self.received;
        let (last_report, delay) =
            self.sender_report.map_or((ShortNtp::default(), Duration::ZERO), |(ntp, at)| {
                (ntp, now.saturating_duration_since(at))
            });
        Some(ReportBlock {
            ssrc,
            fraction_lost: u8::try_from((lost << 8).checked_div(interval).unwrap_or(0)).unwrap_or(u8::MAX),
            // Duplicates hide no loss: never below zero.
            lost: i32::try_from(expected.saturating_sub(self.received)).unwrap_or(i32::MAX),
            highest: self.highest as u32,
            jitter: self.jitter >> 4,
            last_report,
            since_last_report: ShortNtp::from_duration(delay),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_lost_is_reported_as_a_quarter() {
        let start = Instant::now();
        let mut reception = Reception::new(90_000);
        for i in 0..100u64 {
            if i % 4 != 3 || i == 99 {
                let at = start + Duration::from_millis(i * 10);
                reception.handle_packet(at, 1_000 + i, MediaTime(i as u32 * 900));
            }
        }
        reception.handle_sender_report(start, ShortNtp(7));
        let report = reception.report(start + Duration::from_secs(2), Ssrc(1)).unwrap();
        assert_eq!((report.fraction_lost, report.lost), (61, 24));
        assert_eq!((report.last_report, report.since_last_report), (ShortNtp(7), ShortNtp(2 << 16)));
        assert_eq!(report.jitter, 0);
        assert_eq!(reception.report(start, Ssrc(1)).unwrap().fraction_lost, 0);
    }
}
