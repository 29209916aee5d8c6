//! Asking the line what it carries: a train of five bursts at the rate in question, filled up with
//! padding, and how fast its bytes arrive. Rare, short, and only while somebody wants more.

use super::history::Sent;

/// Bursts of a train.
const BURSTS: usize = 5;
/// µs between bursts.
pub(super) const SPACING: u64 = 5_000;
/// µs until a train without enough feedback has failed.
const PATIENCE: u64 = 1_500_000;
/// µs between trains after a success that wants continuing, and after the first failure; doubled up to
/// the last with every further failure. Longer, and a line that recovered would stay unused.
const AGAIN: u64 = 50_000;
const AFTER_FAILURE: u64 = 1_000_000;
const RAREST: u64 = 3_000_000;
/// Bit/s everybody's line is asked for, and µs until it is asked again.
const CURIOUS: u32 = 1_700_000;
const CURIOSITY: u64 = 15_000_000;
/// Bit/s: below, a train asks for three times the estimate, above for twice.
const STEEP: u32 = 600_000;
/// Bit/s: no train is faster, 50 kB each.
const FASTEST: u32 = 16_000_000;

/// What a train found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    /// It arrived as fast as it was sent: the line carries at least this.
    AtLeast(u32),
    /// It arrived more slowly: the line carries this.
    Capacity(u32),
}

/// One burst as sent and as it arrived.
#[derive(Debug, Clone, Copy, Default)]
struct Burst {
    sent_bytes: u32,
    sent_at: u64,
    bytes: u32,
    arrived: u64,
}

#[derive(Debug)]
struct Train {
    number: u8,
    rate: u32,
    began: u64,
    /// Bursts begun.
    begun: usize,
    next: u64,
    bursts: [Burst; BURSTS],
    /// Packets sent and not yet spoken of.
    open: u32,
}

/// The trains of one leg.
#[derive(Debug, Default)]
pub(super) struct Prober {
    train: Option<Train>,
    trains: u8,
    not_before: u64,
    failures: u32,
    refused: Option<u64>,
}

impl Prober {
    /// Starts a train when `wanted` bit/s is more than the `estimate` and it is time. What a face drawn
    /// large would take is asked for beforehand, so that it need not wait when somebody clicks; but
    /// rarely again once the line said no.
    pub fn consider(&mut self, now: u64, estimate: u32, wanted: u32) {
        if let Some(train) = &self.train {
            if now.saturating_sub(train.began) >= PATIENCE {
                self.fail(now);
            }
            return;
        }
        // A tenth of reserve, so that what is wanted also fits through jitter.
        let is_curious = self.refused.is_none_or(|at| now.saturating_sub(at) >= CURIOSITY);
        let wanted = if is_curious { wanted.max(CURIOUS) } else { wanted };
        let enough = wanted.saturating_add(wanted / 10);
        if now < self.not_before || estimate >= enough {
            return;
        }
        // Not many times the line's rate: that would only tell how long its queue is.
        let factor = if estimate < STEEP { 3 } else { 2 };
        let rate = estimate.saturating_mul(factor).min(enough.saturating_add(enough / 5)).min(FASTEST);
        if rate <= estimate {
            return;
        }
        self.trains = self.trains % 15 + 1;
        let (number, bursts) = (self.trains, [Burst::default(); BURSTS]);
        self.train = Some(Train { number, rate, began: now, begun: 0, next: now, bursts, open: 0 });
    }

    /// Something else is wrong with the line: not now.
    pub fn postpone(&mut self, until: u64) {
        self.not_before = self.not_before.max(until);
    }

    /// Bytes of padding due at `now`; zero or more, nothing when no burst is due.
    pub fn poll_burst(&mut self, now: u64) -> Option<u32> {
        let train = self.train.as_mut()?;
        if train.begun == BURSTS || now < train.next {
            return None;
        }
        train.begun += 1;
        train.next = now + SPACING;
        let due = u64::from(train.rate) * SPACING / 8_000_000;
        Some(due as u32)
    }

    /// When the next burst is due.
    pub fn next(&self) -> Option<u64> {
        self.train.as_ref().filter(|train| train.begun < BURSTS).map(|train| train.next)
    }

    /// The mark of a packet of `size` sent at `now`, to be kept with it; zero outside of a train.
    pub fn mark(&mut self, now: u64, size: u32) -> u8 {
        let Some(train) = &mut self.train else { return 0 };
        // The last burst ends with a spacing as well; the others with the next.
        if train.begun == 0 || train.begun == BURSTS && now >= train.next {
            return 0;
        }
        let Some(burst) = train.bursts.get_mut(train.begun - 1) else { return 0 };
        burst.sent_bytes += size;
        burst.sent_at = now;
        train.open += 1;
        train.number << 4 | train.begun as u8
    }

    /// Feedback spoke of a marked packet.
    pub fn handle_packet(&mut self, sent: &Sent, arrived: Option<u64>) {
        let Some(train) = self.train.as_mut().filter(|train| train.number == sent.burst >> 4) else { return };
        train.open = train.open.saturating_sub(1);
        let burst = usize::from(sent.burst & 15).checked_sub(1).and_then(|at| train.bursts.get_mut(at));
        if let (Some(burst), Some(arrived)) = (burst, arrived) {
            burst.bytes += u32::from(sent.size);
            burst.arrived = burst.arrived.max(arrived);
        }
    }

    /// The finding, once all packets of the train were spoken of.
    pub fn poll_finding(&mut self, now: u64) -> Option<Finding> {
        let train = self.train.as_ref()?;
        if train.begun < BURSTS || train.open > 0 || now < train.next {
            return None;
        }
        let finding = train.finding();
        match finding {
            Some(Finding::AtLeast(_)) => {
                self.train = None;
                self.failures = 0;
                self.not_before = now + AGAIN;
            }
            _ => self.fail(now),
        }
        finding
    }

    fn fail(&mut self, now: u64) {
        self.train = None;
        self.not_before = now + (AFTER_FAILURE << self.failures.min(2)).min(RAREST);
        self.failures += 1;
        self.refused = Some(now);
    }
}

impl Train {
    /// From the last packet of the first burst to the last of the last: so neither the size of the
    /// first burst nor the time within a burst counts.
    fn finding(&self) -> Option<Finding> {
        let [first, rest @ ..] = &self.bursts;
        let last = rest.iter().rfind(|burst| burst.bytes > 0)?;
        let arrived: u32 = rest.iter().map(|burst| burst.bytes).sum();
        let sent: u32 = rest.iter().map(|burst| burst.sent_bytes).sum();
        let end = rest.last()?;
        // Most must arrive, or it says more about loss than about width.
        if first.bytes == 0 || arrived * 10 < sent * 7 {
            return None;
        }
        let received = rate(arrived, last.arrived.checked_sub(first.arrived)?)?;
        let offered = rate(sent, end.sent_at.checked_sub(first.sent_at)?)?;
        Some(match received >= offered / 100 * 85 {
            true => Finding::AtLeast(offered.min(received)),
            false => Finding::Capacity(received),
        })
    }
}

fn rate(bytes: u32, micros: u64) -> Option<u32> {
    u32::try_from((u64::from(bytes) * 8_000_000).checked_div(micros)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A train over a line of `capacity` bit/s.
    fn probe(prober: &mut Prober, start: u64, estimate: u32, wanted: u32, capacity: u64) -> Option<Finding> {
        let mut free = start;
        let mut sent = Vec::new();
        prober.consider(start, estimate, wanted);
        for now in (start..start + 30_000).step_by(1_000) {
            if let Some(bytes) = prober.poll_burst(now) {
                for _ in 0..bytes.div_ceil(300) {
                    let size = 300.min(bytes);
                    let burst = prober.mark(now, size);
                    let mut history = super::super::history::History::default();
                    history.push(now, size as u16, burst);
                    let packet = history.arrived(crate::rtp::SequenceNumber(1)).unwrap();
                    free = free.max(now) + u64::from(size) * 8_000_000 / capacity;
                    sent.push((packet, free + 20_000));
                }
            }
        }
        for (packet, arrived) in &sent {
            prober.handle_packet(packet, Some(*arrived));
        }
        prober.poll_finding(start + 150_000)
    }

    #[test]
    fn a_wide_line_proves_what_was_sent_and_a_narrow_one_its_width() {
        let mut prober = Prober::default();
        let Some(Finding::AtLeast(rate)) = probe(&mut prober, 0, 1_000_000, 9_000_000, 50_000_000) else {
            panic!("a wide line carries the train");
        };
        assert!((1_900_000..2_500_000).contains(&rate), "{rate}");
        let Some(Finding::Capacity(rate)) = probe(&mut prober, 1_000_000, 1_000_000, 9_000_000, 1_200_000)
        else {
            panic!("a narrow line shows its width");
        };
        assert!((1_150_000..1_250_000).contains(&rate), "{rate}");
    }

    #[test]
    fn nobody_is_probed_who_wants_no_more_and_failures_make_it_rare() {
        let mut prober = Prober::default();
        assert!(probe(&mut prober, 0, 2_000_000, 900_000, 9_000_000).is_none());
        let mut trains = 0;
        for second in 1..=20 {
            trains += u32::from(probe(&mut prober, second * 1_000_000, 200_000, 900_000, 200_000).is_some());
        }
        assert!((4..=9).contains(&trains), "{trains} trains in 20 s");
    }
}
