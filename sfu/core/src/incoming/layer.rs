//! One layer of a track: its stream, recent packets, what is held to be forwarded, who shows it, and
//! when its sender is asked for a key frame.

use std::time::{Duration, Instant};

use super::SlotAddress;
use crate::{
    allocation::layer::{Rates, TEMPORAL_LAYERS},
    codec::{Codec, vp8},
    incoming::nack::Nacks,
    incoming::reception::Reception,
    incoming::ring::{Inserted, Ring},
    rtp::{Packet, SequenceNumber, Ssrc, Unwrapper},
    trunk::Mask,
};

/// One stream of packets of one encoding.
pub(crate) struct Layer {
    /// Its stream; changes when the sender starts over.
    pub ssrc: Ssrc,
    unwrapper: Unwrapper,
    /// Recent packets, decrypted.
    pub ring: Ring,
    nacks: Option<Nacks>,
    /// For receiver reports.
    pub reception: Reception,
    /// When the last packet came.
    pub last_packet: Instant,
    /// Lines of its picture, as far as a key frame said.
    pub height: Option<u16>,
    /// How its packets are encoded, as far as any came.
    pub codec: Option<Codec>,
    /// Slots that show it or wait for its key frame.
    pub subscribers: Vec<SlotAddress>,
    /// Other workers that show it.
    pub trunks: Mask,
    /// Of a mirror: its worker was asked to send it.
    pub asked: bool,
    /// Heard, not seen.
    pub is_audio: bool,
    /// Packets to be forwarded with the next batch.
    pub held: Vec<SequenceNumber>,
    /// When the first of [`Self::held`] came.
    pub held_since: Option<Instant>,
    /// The held packets complete a frame.
    pub complete: bool,
    /// Packets since the last time that waiting brought a second one of it.
    alone: u32,
    /// Somebody waits for a key frame.
    pub key_wanted: bool,
    key_asked: Option<Instant>,
    /// A key frame came since then.
    key_came: bool,
    window: (Instant, [u32; TEMPORAL_LAYERS]),
    /// Bit/s of the last full second.
    pub rates: Rates,
}

impl Layer {
    /// A stream of which nothing came yet.
    pub fn new(now: Instant, ssrc: Ssrc, is_audio: bool) -> Self {
        Self {
            ssrc,
            unwrapper: Unwrapper::default(),
            ring: Ring::new(if is_audio { AUDIO_RING } else { VIDEO_RING }),
            nacks: (!is_audio).then(Nacks::default),
            reception: Reception::new(if is_audio { 48_000 } else { 90_000 }),
            last_packet: now,
            height: None,
            codec: None,
            subscribers: Vec::new(),
            trunks: 0,
            asked: false,
            is_audio,
            held: Vec::new(),
            held_since: None,
            complete: false,
            alone: 0,
            key_wanted: false,
            key_asked: None,
            key_came: false,
            window: (now, [0; TEMPORAL_LAYERS]),
            rates: Rates::default(),
        }
    }

    /// Of a peer on another worker, which repairs what it misses before it forwards.
    pub fn mirror(now: Instant, ssrc: Ssrc, is_audio: bool) -> Self {
        Self { nacks: None, ..Self::new(now, ssrc, is_audio) }
    }

    /// When what is held must leave: at once when its frame is complete, or when it has waited for the
    /// rest of it long enough.
    pub fn leaves(&self) -> Option<Instant> {
        let since = self.held_since?;
        // Where packets come one by one, waiting costs a wake and time and brings nothing; it is tried
        // again now and then, for a sender changes its ways.
        let pays = self.alone < PATIENCE || self.alone.is_multiple_of(RETRY_WAITING);
        Some(if pays && !self.complete { since + HOLD } else { since })
    }

    /// What was held has left.
    pub fn sent_held(&mut self, now: Instant) {
        let has_waited = self.held_since.is_some_and(|since| now.saturating_duration_since(since) >= HOLD);
        match self.held.len() {
            0 => {}
            1 if self.complete || !has_waited => {}
            1 => self.alone = self.alone.wrapping_add(1),
            _ => self.alone = 0,
        }
        self.held.clear();
        self.held_since = None;
        self.complete = false;
    }

    /// Whether anybody looks at it or listens.
    pub fn is_shown(&self) -> bool {
        !self.subscribers.is_empty() || self.trunks != 0
    }

    /// Sequence numbers to ask for again, for one NACK; wishes for a key frame when hope is lost.
    pub fn poll_nack(&mut self, now: Instant, numbers: &mut Vec<SequenceNumber>) {
        numbers.clear();
        if let Some(nacks) = &mut self.nacks {
            let outcome = nacks.due(now, ROUND_TRIP, numbers);
            // A picture nobody looks at needs no healing.
            self.key_wanted |= outcome.key_frame_wanted && self.is_shown();
        }
    }

    /// Whether a PLI is due: somebody waits, and the last one is a second old, or went unanswered for
    /// 300 ms.
    pub fn poll_key_request(&mut self, now: Instant) -> bool {
        let wait = if self.key_came { KEY_PERIOD } else { KEY_RETRY };
        let due = self.key_asked.is_none_or(|at| now.saturating_duration_since(at) >= wait);
        if self.key_wanted && due {
            self.key_asked = Some(now);
            self.key_came = false;
            return true;
        }
        false
    }

    fn count(&mut self, now: Instant, bytes: usize, temporal: u8) {
        let (since, counts) = &mut self.window;
        let elapsed = now.saturating_duration_since(*since);
        if let Some(count) = counts.get_mut(usize::from(temporal).min(TEMPORAL_LAYERS - 1)) {
            *count = count.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        }
        // It was off: the rate from before says more than the pause.
        let is_measured = elapsed < 2 * BITRATE_WINDOW;
        if elapsed >= BITRATE_WINDOW {
            if is_measured {
                self.rates = Rates::measured(*counts, elapsed);
            }
            self.window = (now, [0; TEMPORAL_LAYERS]);
        }
    }

    /// Stores a packet and queues it for forwarding; false when it came before or is only padding.
    pub fn take(&mut self, now: Instant, packet: &Packet<'_>, repaired: bool) -> bool {
        let is_audio = self.is_audio;
        let header = packet.header;
        let sequence = self.unwrapper.unwrap(header.sequence);
        if let Some(nacks) = &mut self.nacks {
            nacks.received(header.sequence, now);
        }
        if !repaired {
            self.reception.handle_packet(now, sequence, header.timestamp);
        }
        let codec = Codec::of_kept(header.payload_type);
        let descriptor = codec.and_then(|codec| codec.counters(packet.payload()));
        let temporal = descriptor.and_then(|descriptor| descriptor.temporal_layer).unwrap_or(0);
        self.count(now, packet.bytes().len(), temporal);
        self.last_packet = now;
        let is_media = !packet.payload().is_empty();
        if !is_media || self.ring.insert(header.sequence, packet.bytes(), descriptor) != Inserted::New {
            return false;
        }
        self.codec = codec;
        if !is_audio && codec.is_some_and(|codec| codec.starts_key_frame(packet.payload())) {
            self.height = key_frame_height(packet.payload()).filter(|_| codec == Some(Codec::Vp8));
            self.key_wanted = false;
            self.key_came = true;
            if let Some(nacks) = &mut self.nacks {
                nacks.forget_before(header.sequence);
            }
        }
        self.held.push(header.sequence);
        self.held_since.get_or_insert(now);
        self.complete |= is_audio || header.marker;
        true
    }
}

/// The picture's height in the first packet of a key frame (RFC 6386 §9.1: start code, width, height).
fn key_frame_height(payload: &[u8]) -> Option<u16> {
    vp8::Descriptor::parse(payload).filter(|descriptor| descriptor.key_frame)?;
    let header = payload.get(..32).unwrap_or(payload);
    let start = header.windows(3).position(|w| w == [0x9d, 0x01, 0x2a])?;
    let height: &[u8; 2] = payload.get(start + 5..)?.first_chunk()?;
    Some(u16::from_le_bytes(*height) & 0x3fff)
}

/// A frame's packets wait for its last one, but no longer than this.
const HOLD: Duration = Duration::from_millis(3);
/// Packets that waited in vain before waiting is given up.
const PATIENCE: u32 = 16;
/// One in this many waits all the same.
const RETRY_WAITING: u32 = 64;
/// One second of the highest layer at 4 Mbit/s.
const VIDEO_RING: usize = 512;
/// Audio is not repaired; the ring only carries packets over one batch.
const AUDIO_RING: usize = 64;
/// PLI at once and every 300 ms until the key frame comes.
const KEY_RETRY: Duration = Duration::from_millis(300);
/// Whoever else wants one in this time shares the next: key frames are dear to all who receive them.
const KEY_PERIOD: Duration = Duration::from_secs(1);
/// Between repeated requests, until round trips are measured.
const ROUND_TRIP: Duration = Duration::from_millis(60);
const BITRATE_WINDOW: Duration = Duration::from_millis(1_000);
