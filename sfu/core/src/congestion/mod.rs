//! What one leg's line carries, estimated where we send (draft-ietf-rmcat-gcc-02 over transport-wide
//! feedback), and how fast packets may leave. One idea a file; `docs/algorithms/estimation.md` says why.
//!
//! The hot path touches two calls: [`Sender::number`] before a packet is written and [`Sender::sent`]
//! after. Everything else happens with feedback, some ten times a second.

mod history;
mod line;
mod loss;
mod pace;
mod probe;
mod queue;
mod rate;
mod standing;
#[cfg(test)]
mod tests;
mod throughput;
mod trend;

pub(crate) use queue::Queue;

use std::time::Instant;

use crate::{congestion::line::Line, rtcp::twcc::Feedback};

/// IPv4 and UDP; what stands on the wire beside the datagram's bytes.
const BELOW: u32 = 28;
/// µs: a receiver that agreed to give feedback and gives none for so long never will.
const DEAF: u64 = 3_000_000;
/// µs without feedback after which the line is taken to be dead, and how often again.
const SILENT: u64 = 1_000_000;
/// Packets that must have been sent before silence means something.
const SPOKEN: u32 = 20;
/// µs after a decrease in which no probe is sent.
const CALM: u64 = 800_000;
/// µs of queue above which no probe is sent.
const CALM_QUEUE: u64 = 60_000;

/// The congestion control of one leg.
#[derive(Debug)]
pub(crate) struct Sender {
    start: Instant,
    /// Transport-wide feedback was agreed on.
    wide: bool,
    /// Whatever is found out about the line limits nothing.
    unlimited: bool,
    history: history::History,
    trend: trend::Trend,
    standing: standing::Standing,
    loss: loss::Loss,
    rate: rate::Rate,
    acked: throughput::Throughput,
    sent: throughput::Throughput,
    prober: probe::Prober,
    pace: pace::Pace,
    line: Line,
    clock: ReceiverClock,
    first_sent: Option<u64>,
    heard: Option<u64>,
    silence_judged: u64,
    unheard: u32,
    wanted: u32,
    /// Share of packets lost lately, 0 … 1, smoothed.
    lossy: f32,
}

impl Sender {
    /// A leg that nothing was sent to; `wide` when transport-wide feedback was agreed on.
    pub fn new(start: Instant, wide: bool) -> Self {
        Self {
            start,
            wide,
            unlimited: false,
            history: history::History::default(),
            trend: trend::Trend::default(),
            standing: standing::Standing::default(),
            loss: loss::Loss::default(),
            rate: rate::Rate::default(),
            acked: throughput::Throughput::default(),
            sent: throughput::Throughput::default(),
            prober: probe::Prober::default(),
            pace: pace::Pace::default(),
            line: Line::default(),
            clock: ReceiverClock::default(),
            first_sent: None,
            heard: None,
            silence_judged: 0,
            unheard: 0,
            wanted: 0,
            lossy: 0.0,
        }
    }

    /// The line counts as unlimited from now on; it is estimated all the same.
    pub fn lift_limit(&mut self) {
        self.unlimited = true;
    }

    /// The leg goes another way from now on: nothing that was learnt of the old one holds, its delays
    /// least of all. Numbers go on, so that late feedback on the old way is not taken for the new one.
    pub fn handle_new_path(&mut self, now: Instant) {
        let mut fresh = Self::new(self.start, self.wide);
        fresh.history = std::mem::take(&mut self.history);
        fresh.history.forget();
        fresh.clock = std::mem::take(&mut self.clock);
        fresh.line = std::mem::take(&mut self.line);
        fresh.wanted = self.wanted;
        fresh.unlimited = self.unlimited;
        // A receiver that gave feedback once will again: silence is the way's, not its.
        fresh.heard = self.heard.map(|_| self.micros(now));
        *self = fresh;
    }

    /// µs since the leg's start, as the other methods want them.
    pub fn micros(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.start).as_micros()).unwrap_or(u64::MAX)
    }

    /// The transport-wide number of the next packet.
    pub fn number(&self) -> u16 {
        self.history.next_number()
    }

    /// A packet of `len` bytes left; `numbered` when it carried [`Self::number`].
    pub fn sent(&mut self, now: u64, len: usize, numbered: bool) {
        let size = u32::try_from(len).unwrap_or(u32::MAX).saturating_add(BELOW);
        // Nothing leaks out of the bucket of a line that nothing limits.
        if self.estimate() != u32::MAX {
            self.pace.charge(size);
        }
        self.sent.add(now, size);
        self.first_sent.get_or_insert(now);
        self.unheard = self.unheard.saturating_add(1);
        if numbered {
            let burst = self.prober.mark(now, size);
            self.history.push(now, u16::try_from(size).unwrap_or(u16::MAX), burst);
        }
    }

    /// The receiver tells when packets arrived.
    pub fn handle_feedback(&mut self, now: Instant, feedback: &Feedback<'_>) {
        let now = self.micros(now);
        let (mut arrived, mut lost) = (0, 0);
        let mut smallest = None;
        for (number, arrival) in feedback.packets() {
            let arrival = arrival.map(|raw| self.clock.unwrap(raw));
            let Some(arrival) = arrival else {
                if let Some(sent) = self.history.lost(number) {
                    lost += 1;
                    self.prober.handle_packet(&sent, None);
                }
                continue;
            };
            let Some(sent) = self.history.arrived(number) else { continue };
            arrived += 1;
            self.prober.handle_packet(&sent, Some(arrival));
            self.acked.add(arrival, u32::from(sent.size));
            self.trend.handle_packet(sent.at, arrival);
            let delay = (arrival as i64).wrapping_sub(sent.at as i64);
            smallest = Some(smallest.map_or(delay, |known: i64| known.min(delay)));
        }
        let Some(smallest) = smallest else { return };
        self.heard = Some(now);
        self.unheard = 0;
        self.standing.handle_delay(now, smallest);
        self.adjust(now, arrived, lost);
    }

    fn adjust(&mut self, now: u64, arrived: u32, lost: u32) {
        let acked = self.acked.rate();
        self.rate.handle(rate::Observation {
            now,
            usage: self.trend.usage(),
            queue: self.standing.queue(),
            acked,
            peak: self.acked.peak(),
            sent: self.sent.rate(),
        });
        if let Some(loss) = self.loss.handle_feedback(now, arrived, lost, self.found(), acked) {
            self.note_loss(loss as f32);
        }
        let estimate = self.found();
        match self.prober.poll_finding(now) {
            // A queue forms at the rate itself.
            Some(probe::Finding::AtLeast(rate) | probe::Finding::Capacity(rate))
                if rate / 20 * 19 > estimate =>
            {
                self.rate.set(rate / 20 * 19);
                self.loss.raise(rate / 20 * 19);
            }
            // Growth had gone past what the line carries, unseen because less was sent.
            Some(probe::Finding::Capacity(rate)) if rate < estimate / 5 * 4 => {
                self.rate.set((rate / 20 * 19).max(acked.unwrap_or(0)).min(estimate));
            }
            _ => {}
        }
    }

    /// The receiver lost `fraction` 256ths of what it was sent; counts without transport-wide feedback.
    pub fn handle_loss(&mut self, now: Instant, fraction: u8) {
        let sent = self.sent_rate(now);
        self.line.handle_loss(now, fraction, sent);
        if !self.wide {
            self.note_loss(f32::from(fraction) / 256.0);
        }
    }

    /// Up within a second, down within several: what lost packets a moment ago will again.
    fn note_loss(&mut self, loss: f32) {
        let weight = if loss > self.lossy { 0.4 } else { 0.1 };
        self.lossy += weight * (loss - self.lossy);
    }

    /// The share of packets that the line lost lately, 0 … 1.
    pub fn loss(&self) -> f32 {
        self.lossy
    }

    /// The receiver's own estimate (REMB); counts without transport-wide feedback.
    pub fn handle_remb(&mut self, now: Instant, bitrate: u64) {
        let sent = self.sent_rate(now);
        self.line.handle_estimate(now, u32::try_from(bitrate).unwrap_or(u32::MAX), sent);
    }

    /// Bit/s that the leg's packets together would like to have.
    pub fn set_wanted(&mut self, wanted: u32) {
        self.wanted = wanted;
    }

    /// Takes the time, every few hundredths of a second: silence of the receiver, probes that are due.
    pub fn handle_timeout(&mut self, now: Instant) {
        if !self.wide {
            return self.line.handle_timeout(now);
        }
        let now = self.micros(now);
        let heard = self.heard.or(self.first_sent).unwrap_or(now);
        let silent = now.saturating_sub(heard.max(self.silence_judged));
        if self.heard.is_none() {
            // The fallback for those that agreed without being able to.
            self.wide = silent < DEAF || self.unheard < SPOKEN;
        } else if silent >= SILENT && self.unheard >= SPOKEN {
            self.silence_judged = now;
            self.rate.halve();
        }
        if self.rate.decreased().is_some_and(|at| now.saturating_sub(at) < CALM)
            || self.standing.queue() > CALM_QUEUE
        {
            self.prober.postpone(now + probe::SPACING);
        }
        self.prober.consider(now, self.estimate(), self.wanted);
    }

    /// Bytes of padding that a probe wants sent now.
    pub fn poll_probe(&mut self, now: Instant) -> Option<u32> {
        let now = self.micros(now);
        self.prober.poll_burst(now)
    }

    /// When the next burst of a probe is due.
    pub fn next_probe(&self) -> Option<Instant> {
        self.prober.next().map(|at| self.instant(at))
    }

    /// Bit/s the line carries, everything together; `u32::MAX` when nothing is known to limit it.
    pub fn estimate(&self) -> u32 {
        match self.unlimited {
            true => u32::MAX,
            false => self.found(),
        }
    }

    /// What the line seems to carry.
    fn found(&self) -> u32 {
        match self.wide {
            true => self.rate.estimate().min(self.loss.limit()).max(rate::FLOOR),
            false => self.line.ceiling(),
        }
    }

    /// Whether video may leave now; voices always may.
    pub fn may_send(&mut self, now: u64) -> bool {
        match self.estimate() {
            u32::MAX => true,
            estimate => self.pace.may_send(now, estimate),
        }
    }

    /// When video may leave again.
    pub fn next_send(&self) -> Instant {
        self.instant(self.pace.next(self.estimate()))
    }

    /// µs that `bytes` take to leave.
    pub fn drain(&self, bytes: usize) -> u64 {
        (bytes as u64 * 8_000_000).checked_div(pace::rate(self.estimate())).unwrap_or(0)
    }

    /// Bit/s that have left lately.
    pub fn sent_rate(&self, now: Instant) -> u32 {
        self.sent.rate_at(self.micros(now)).unwrap_or(0)
    }

    fn instant(&self, micros: u64) -> Instant {
        self.start + std::time::Duration::from_micros(micros)
    }
}

/// Extends the receiver's clock, which wraps after 12 days and starts anywhere.
#[derive(Debug, Default)]
struct ReceiverClock {
    last: Option<(u64, u64)>,
}

impl ReceiverClock {
    /// 24 bits of 64 ms.
    const PERIOD: u64 = (1 << 24) * 64_000;

    fn unwrap(&mut self, raw: u64) -> u64 {
        // Half a period in, so that what came before the first stays positive.
        let (last_raw, last) = self.last.unwrap_or((raw, Self::PERIOD / 2));
        let forward = (raw % Self::PERIOD + Self::PERIOD - last_raw % Self::PERIOD) % Self::PERIOD;
        let extended = match forward < Self::PERIOD / 2 {
            true => last + forward,
            false => last.saturating_sub(Self::PERIOD - forward),
        };
        self.last = Some((raw, extended));
        extended
    }
}
