//! Bytes over time: what a leg sent, or what its receiver acknowledged, as bit/s over the last half second.

/// µs of one bucket.
const BUCKET: u64 = 50_000;
/// Buckets of the window.
const BUCKETS: usize = 10;
/// Buckets over which a full line shows its rate.
const SHORT: u64 = 3;
/// With less than this behind it a rate says nothing.
const ENOUGH: u64 = 150_000;

/// A sliding window over half a second.
#[derive(Debug, Default)]
pub(super) struct Throughput {
    buckets: [u32; BUCKETS],
    /// The newest bucket, counted from time zero.
    newest: u64,
    sum: u64,
    first: Option<u64>,
    last: u64,
}

impl Throughput {
    /// `bytes` passed at `at` µs. What is older than the newest counts with the newest.
    pub fn add(&mut self, at: u64, bytes: u32) {
        if self.first.is_none() {
            self.first = Some(at);
            self.newest = at / BUCKET;
        }
        self.advance(at);
        self.last = self.last.max(at);
        if let Some(bucket) = self.buckets.get_mut((self.newest % BUCKETS as u64) as usize) {
            *bucket = bucket.saturating_add(bytes);
            self.sum += u64::from(bytes);
        }
    }

    /// Bit/s over the window that ends with the last bytes; nothing when it is too short to tell.
    pub fn rate(&self) -> Option<u32> {
        self.rate_at(self.last)
    }

    /// Bit/s over the window that ends at `at` µs.
    pub fn rate_at(&self, at: u64) -> Option<u32> {
        let first = self.first?;
        let oldest = (self.newest + 1).saturating_sub(BUCKETS as u64) * BUCKET;
        let span = at.max(self.last).saturating_sub(oldest.max(first));
        let span = if at.saturating_sub(first) < ENOUGH { return None } else { span.max(BUCKET) };
        Some(u32::try_from(self.sum * 8_000_000 / span).unwrap_or(u32::MAX))
    }

    /// Bit/s over the last third of the window, or over all of it when that was more: what a line
    /// carried while it was full.
    pub fn peak(&self) -> Option<u32> {
        let whole = self.rate()?;
        let recent = (self.newest.saturating_sub(SHORT)..self.newest)
            .filter_map(|bucket| self.buckets.get((bucket % BUCKETS as u64) as usize));
        let sum: u64 = recent.map(|bytes| u64::from(*bytes)).sum();
        Some(whole.max(u32::try_from(sum * 8_000_000 / (SHORT * BUCKET)).unwrap_or(u32::MAX)))
    }

    fn advance(&mut self, at: u64) {
        let bucket = at / BUCKET;
        if bucket >= self.newest + BUCKETS as u64 {
            self.buckets = [0; BUCKETS];
            self.sum = 0;
            self.newest = bucket;
        }
        while self.newest < bucket {
            self.newest += 1;
            if let Some(old) = self.buckets.get_mut((self.newest % BUCKETS as u64) as usize) {
                self.sum -= u64::from(std::mem::take(old));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_has_its_rate_and_a_gap_is_forgotten() {
        let mut throughput = Throughput::default();
        assert_eq!(throughput.rate(), None);
        for packet in 0..200_u64 {
            throughput.add(7_000_000 + packet * 10_000, 1_000);
        }
        let rate = throughput.rate().unwrap();
        assert!((780_000..=880_000).contains(&rate), "{rate}");
        throughput.add(20_000_000, 1_000);
        assert!(throughput.rate().unwrap() < 200_000);
    }
}
