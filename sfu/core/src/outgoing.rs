//! What one peer receives: its slots, and how a source's packet is written into one.

mod portion;
pub mod slot;
mod sound;
pub(crate) mod thinning;

use std::time::{Duration, Instant};

use base::random::Random;

use crate::{
    Path, SlotKind, Source, Transmits, allocation,
    codec::{Codec, Continue, Edit, red::Renumber},
    congestion::{Queue, Sender},
    incoming::ring::Resends,
    incoming::{Layer, LayerAddress},
    outgoing::slot::{Incoming as FromSource, Rewrite, Rtx, Slot, SlotConfig},
    outgoing::thinning::Thinning,
    rtp::{
        ExtensionIds, Header, MediaTime, Outgoing as Packet, Packet as Stored, PayloadType, SequenceNumber,
        Ssrc,
    },
    sdp::SlotMedia,
    transport::srtp::{Outbound, RTP_OVERHEAD},
};

/// A layer's stream: the same layer with a new SSRC has other numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Which layer.
    pub address: LayerAddress,
    /// Which stream of it.
    pub ssrc: Ssrc,
}

/// One slot of a peer.
pub(crate) struct ReceiveSlot {
    media: SlotMedia,
    /// Rewrites numbers.
    pub rewriter: Slot<Origin>,
    /// What it carries.
    pub current: Option<LayerAddress>,
    /// What it will carry from the next key frame on.
    pub wanted: Option<LayerAddress>,
    /// The receiver's wish, for video: what, and how high it is drawn.
    pub view: Option<(Source, u16)>,
    /// What the receiver was told it carries, and whether that is off for the line's sake.
    pub told: Option<(Source, bool)>,
    /// Its place among the leg's video slots by importance, the most important first.
    pub rank: u8,
    /// Which frames it leaves out.
    pub thinning: Thinning,
    resends: Resends,
    portions: portion::Portions,
}

impl ReceiveSlot {
    fn new(media: SlotMedia, random: &mut dyn Random) -> Self {
        let codec = if media.is_audio { Codec::Opus } else { Codec::Vp8 };
        let rtx = media
            .rtx_payload_type
            .map(|pt| Rtx { ssrc: Ssrc(media.rtx_ssrc), payload_type: PayloadType::new(pt) });
        let config = SlotConfig {
            ssrc: Ssrc(media.ssrc),
            rtx,
            clock_rate: codec.clock_rate(),
            frame: codec.frame_ticks(),
            // RFC 3711 §3.3.1: a start in the lower half keeps the first loss from looking like a wrap.
            first_sequence: SequenceNumber(random.next_u32() as u16 & 0x7fff),
            first_timestamp: MediaTime(random.next_u32()),
            first_rtx_sequence: SequenceNumber(random.next_u32() as u16 & 0x7fff),
        };
        Self {
            media,
            rewriter: Slot::new(config),
            current: None,
            wanted: None,
            view: None,
            told: None,
            rank: 0,
            thinning: Thinning::default(),
            resends: Resends::default(),
            portions: portion::Portions::default(),
        }
    }

    /// Heard or seen.
    pub fn kind(&self) -> SlotKind {
        if self.media.is_audio { SlotKind::Audio } else { SlotKind::Video }
    }

    /// Its stream, or that of its retransmissions.
    pub fn is_stream(&self, ssrc: u32) -> bool {
        self.media.ssrc == ssrc || (self.media.rtx_payload_type.is_some() && self.media.rtx_ssrc == ssrc)
    }

    /// Whether it may switch to the layer with this packet: sound anywhere, pictures at key frames.
    fn may_begin(&self, packet: &Stored<'_>) -> bool {
        let codec = Codec::of_kept(packet.header.payload_type);
        codec.is_some_and(|codec| self.can_take(codec) && codec.starts_key_frame(packet.payload()))
    }

    /// Whether its receiver can decode what a source sends; redundant sound can be made plain.
    pub fn can_take(&self, codec: Codec) -> bool {
        codec.is_audio() || self.media.format(codec).is_some()
    }
}

/// How packets leave towards one peer.
pub(crate) struct Egress<'a> {
    /// The peer's keys.
    pub srtp: &'a mut Outbound,
    /// Where it is.
    pub path: Path,
    /// Where datagrams gather.
    pub transmits: &'a mut Transmits,
    /// The peer's congestion control.
    pub sender: &'a mut Sender,
    /// µs of [`Self::sender`]'s clock.
    pub now: u64,
    /// 24 bits of 6.18 fixed point seconds.
    pub abs_send_time: u32,
}

impl Egress<'_> {
    /// Whether video may leave now.
    fn may_send(&mut self) -> bool {
        self.sender.may_send(self.now)
    }

    /// Writes, edits the payload, seals, queues; the bytes on the wire, zero when it was refused.
    fn send(&mut self, packet: &Packet<'_>, ids: &ExtensionIds, payload: &[u8], edit: impl Edit) -> usize {
        let Self { srtp, path, transmits, .. } = self;
        let number = ids.transport_sequence.map(|_| self.sender.number());
        let packet = Packet { transport_sequence: number, ..*packet };
        let room = payload.len() + usize::from(packet.padding) + HEADER_ROOM + RTP_OVERHEAD;
        let sent = transmits
            .push_with(*path, |arena| {
                let start = arena.len();
                arena.resize(start + room, 0);
                let buffer = arena.get_mut(start..).unwrap_or_default();
                let written = packet.write(ids, payload, buffer).ok_or(())?;
                if let Some(payload) = buffer.get_mut(written.payload.clone()) {
                    edit.apply(payload);
                }
                // Refused is a number that went out already: the receiver has it.
                let len = srtp.seal_rtp(buffer, written.len).map_err(|_| ())?;
                arena.truncate(start + len);
                Ok::<(), ()>(())
            })
            .unwrap_or(0);
        if sent > 0 {
            self.sender.sent(self.now, sent, number.is_some());
        }
        sent
    }
}

/// What forwarding a batch into a slot led to.
#[derive(Debug, Default)]
pub(crate) struct Forwarded {
    /// The slot left this layer.
    pub left: Option<LayerAddress>,
    /// The slot's first packet of a new layer has this timestamp.
    pub began: Option<u32>,
    /// Bytes sent.
    pub bytes: usize,
    /// The line's queue was full: this slot waits for its next key frame.
    pub stalled: Option<u8>,
}

/// A packet that waits for the pacer, as its slot will need it.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    slot: u8,
    padding: u8,
    /// Part of a key frame.
    key: bool,
    /// It is the first of a new source.
    begins: Option<Origin>,
    packet: FromSource,
}

/// All that one peer receives.
pub(crate) struct Outgoing {
    /// In the order of m-lines.
    pub slots: Vec<ReceiveSlot>,
    /// Video that the pacer holds back; bounded in [`Outgoing::relieve`].
    queue: Queue<Waiting>,
    /// Some slot may hold sound that is not complete yet.
    holds_sound: bool,
    /// The worker's timer for the pacer is set.
    pub pacing: bool,
    /// Bit/s given to the video slots and the voices when they were last decided on.
    pub given: u32,
    /// When a slot last had to take less than it had.
    pub fell: Option<Instant>,
}

impl Outgoing {
    /// Empty slots.
    pub fn new(media: Vec<SlotMedia>, random: &mut dyn Random) -> Self {
        let slots = media.into_iter().map(|media| ReceiveSlot::new(media, random)).collect();
        Self { slots, queue: Queue::default(), holds_sound: false, pacing: false, given: 0, fell: None }
    }

    /// Index of a slot among those of its kind, as the receiver counts.
    pub fn ordinal(&self, slot: usize) -> (SlotKind, u8) {
        let kind = self.slots.get(slot).map_or(SlotKind::Video, ReceiveSlot::kind);
        let before = self.slots.iter().take(slot).filter(|s| s.kind() == kind).count();
        (kind, u8::try_from(before).unwrap_or(u8::MAX))
    }

    /// Forwards the held packets of a layer into a slot.
    pub fn forward(
        &mut self,
        slot: u8,
        from: LayerAddress,
        layer: &Layer,
        egress: &mut Egress<'_>,
    ) -> Forwarded {
        let mut done = Forwarded::default();
        let index = slot;
        let Some(slot) = self.slots.get_mut(usize::from(index)) else { return done };
        let lengths =
            layer.held.iter().filter_map(|n| Some(Stored::parse(layer.ring.get(*n)?)?.payload().len()));
        let longest = lengths.max().unwrap_or(0);
        let first = layer.held.first().and_then(|number| Stored::parse(layer.ring.get(*number)?));
        let key = !slot.media.is_audio && first.is_some_and(|packet| slot.may_begin(&packet));
        for number in &layer.held {
            let Some((bytes, counters)) = layer.ring.kept(*number) else { continue };
            let Some(stored) = Stored::parse(bytes) else { continue };
            let mut begins = None;
            if slot.current != Some(from) {
                if slot.wanted != Some(from) || !slot.may_begin(&stored) {
                    continue;
                }
                done.left = slot.current.replace(from);
                slot.wanted = None;
                begins = Some(Origin { address: from, ssrc: layer.ssrc });
                slot.thinning.begin();
            }
            let Header { sequence, timestamp, .. } = stored.header;
            let passes = slot.thinning.passes(sequence, timestamp, counters.as_ref());
            let packet = FromSource { sequence, timestamp, arrived: layer.last_packet, counters, passes };
            // Packets of one frame differ by a byte or two; made equal they leave in one send.
            let short = longest.saturating_sub(stored.payload().len());
            let padding = if short <= MAX_PADDING && !slot.media.is_audio { short as u8 } else { 0 };
            // Voices never wait; video keeps its order. What is left out only holds its place.
            if !slot.media.is_audio && (!self.queue.is_empty() || !egress.may_send()) {
                let bytes = if passes { bytes } else { &[] };
                self.queue.push(Waiting { slot: index, padding, key, begins, packet }, bytes);
                continue;
            }
            if let Some(origin) = begins {
                slot.portions.clear();
                slot.rewriter.switch(origin);
            }
            let (bytes, began) = match slot.media.is_audio {
                true => {
                    let sent = sound::write(slot, &stored, layer, egress);
                    self.holds_sound |= slot.portions.due().is_some();
                    (sent.bytes, sent.began)
                }
                false => write(slot, &packet, bytes, padding, egress),
            };
            done.bytes += bytes;
            done.began = done.began.or(began);
        }
        if !self.queue.is_empty() {
            done.stalled = self.relieve(egress.sender);
        }
        done
    }

    /// Bounds the queue: when what waits would take longer than [`MAX_WAIT`], the least important slot
    /// in it loses its packets and waits for its next key frame. Key frames do not count, since a slot
    /// that drops one begs for the next; they have a bound of their own.
    fn relieve(&mut self, sender: &Sender) -> Option<u8> {
        let deltas = self.queue.bytes(|waiting| !waiting.key);
        if sender.drain(deltas) <= MAX_WAIT && self.queue.bytes(|waiting| waiting.key) <= MAX_KEY_BYTES {
            return None;
        }
        let rank = |slot: u8| self.slots.get(usize::from(slot)).map_or(u8::MAX, |slot| slot.rank);
        let victim = self.queue.iter().map(|waiting| waiting.slot).max_by_key(|slot| rank(*slot))?;
        self.queue.retain(|waiting| waiting.slot != victim);
        let slot = self.slots.get_mut(usize::from(victim))?;
        if let Some(current) = slot.current.take() {
            slot.wanted.get_or_insert(current);
        }
        Some(victim)
    }

    /// Sends what the pacer lets go; `began` hears of slots that begin to carry a source with it.
    pub fn release(&mut self, egress: &mut Egress<'_>, mut began: impl FnMut(u8, LayerAddress, u32)) {
        while !self.queue.is_empty() && egress.may_send() {
            let Some((waiting, bytes)) = self.queue.pop() else { return };
            let Some(slot) = self.slots.get_mut(usize::from(waiting.slot)) else { continue };
            if let Some(origin) = waiting.begins {
                slot.rewriter.switch(origin);
            }
            let (_, first) = write(slot, &waiting.packet, bytes, waiting.padding, egress);
            if let (Some(timestamp), Some(origin)) = (first, slot.rewriter.source()) {
                began(waiting.slot, origin.address, timestamp);
            }
        }
    }

    /// Bit/s that its voices take on a line of `estimate` bit/s; one always has its place.
    pub fn sound(&self, estimate: u32) -> u32 {
        let audio = || self.slots.iter().filter(|slot| slot.kind() == SlotKind::Audio);
        let cost = |slot: &ReceiveSlot| {
            let is_redundant = allocation::is_redundant(estimate) && slot.media.format(Codec::Red).is_some();
            slot.portions.cost(estimate, is_redundant)
        };
        let heard: u32 = audio().filter(|slot| slot.current.or(slot.wanted).is_some()).map(cost).sum();
        heard.max(audio().next().map_or(0, cost))
    }

    /// Sends sound that waited in vain for more; `began` as in [`Self::release`].
    pub fn release_sound(
        &mut self,
        now: Instant,
        egress: &mut Egress<'_>,
        mut began: impl FnMut(u8, LayerAddress, u32),
    ) {
        if !std::mem::take(&mut self.holds_sound) {
            return;
        }
        for (index, slot) in (0_u8..).zip(&mut self.slots) {
            let sent = match slot.portions.due() {
                Some(at) if at <= now => portion::flush(slot, egress),
                waits => {
                    self.holds_sound |= waits.is_some();
                    continue;
                }
            };
            if let (Some(timestamp), Some(origin)) = (sent.began, slot.rewriter.source()) {
                began(index, origin.address, timestamp);
            }
        }
    }

    /// When sound that is held must leave.
    pub fn sound_due(&self) -> Option<Instant> {
        let due = |slot: &ReceiveSlot| slot.portions.due();
        if self.holds_sound { self.slots.iter().filter_map(due).min() } else { None }
    }

    /// Something waits for the leg's timer: video for the pacer, or sound for more of it.
    pub fn is_waiting(&self) -> bool {
        self.holds_sound || !self.queue.is_empty()
    }

    /// Video waits for the pacer.
    pub fn is_paced(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Forgets what waits for a slot.
    pub fn forget(&mut self, slot: u8) {
        self.queue.retain(|waiting| waiting.slot != slot);
    }

    /// Sends about `bytes` of padding on the repair stream of a slot, for a probe. Without repair
    /// streams there is nothing to probe with.
    pub fn pad(&mut self, mut bytes: u32, egress: &mut Egress<'_>) {
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.media.rtx_payload_type.is_some()) else {
            return;
        };
        while bytes > PADDING_ROOM {
            let Some((rtx, sequence)) = slot.rewriter.next_rtx() else { return };
            let padding = u8::try_from(bytes - PADDING_ROOM).unwrap_or(u8::MAX);
            let packet = Packet {
                payload_type: rtx.payload_type,
                sequence,
                ssrc: rtx.ssrc,
                mid: Some(&slot.media.mid),
                padding,
                ..Packet::default()
            };
            if egress.send(&packet, &slot.media.extensions, &[], None::<Renumber>) == 0 {
                return;
            }
            bytes = bytes.saturating_sub(PADDING_ROOM + u32::from(padding));
        }
    }
}

/// Rewrites one packet into the slot's stream; `bytes` as it is kept.
fn write(
    slot: &mut ReceiveSlot,
    packet: &FromSource,
    bytes: &[u8],
    padding: u8,
    egress: &mut Egress<'_>,
) -> (usize, Option<u32>) {
    let stored = Stored::parse(bytes);
    let codec = stored.as_ref().and_then(|stored| Codec::of_kept(stored.header.payload_type));
    let format = codec.and_then(|codec| slot.media.format(codec));
    if packet.passes && format.is_none() {
        return (0, None);
    }
    let Some(rewrite) = slot.rewriter.forward(packet) else { return (0, None) };
    let (Some(stored), Some(format), false) = (stored, format, rewrite.fills) else {
        return (fill(slot, &rewrite, egress), None);
    };
    let outgoing = Packet {
        payload_type: PayloadType::new(format.payload_type),
        marker: stored.header.marker,
        sequence: rewrite.sequence,
        timestamp: rewrite.timestamp,
        ssrc: Ssrc(slot.media.ssrc),
        mid: Some(&slot.media.mid),
        abs_send_time: Some(egress.abs_send_time),
        padding,
        ..Packet::default()
    };
    let edit = Continue { counters: packet.counters, shift: rewrite.shift };
    let bytes = egress.send(&outgoing, &slot.media.extensions, stored.payload(), edit);
    if bytes > 0 {
        slot.rewriter.sent(stored.payload().len());
    }
    (bytes, rewrite.first.then_some(rewrite.timestamp.0))
}

/// Sends padding under a number that nothing else will bear, or the receiver would ask for it.
fn fill(slot: &ReceiveSlot, rewrite: &Rewrite, egress: &mut Egress<'_>) -> usize {
    let packet = Packet {
        payload_type: PayloadType::new(slot.media.payload_type),
        sequence: rewrite.sequence,
        timestamp: rewrite.timestamp,
        ssrc: Ssrc(slot.media.ssrc),
        mid: Some(&slot.media.mid),
        abs_send_time: Some(egress.abs_send_time),
        padding: 1,
        ..Packet::default()
    };
    egress.send(&packet, &slot.media.extensions, &[], None::<Renumber>)
}

/// Sends a packet again that the receiver missed (RFC 4588); without RTX it stays lost, because a
/// sealed number must not be sealed again.
pub(crate) fn retransmit(
    now: Instant,
    slot: &mut ReceiveSlot,
    missing: SequenceNumber,
    layer: &Layer,
    egress: &mut Egress<'_>,
) -> Option<usize> {
    // A line that is full would only lose more; who still misses it asks again.
    if !egress.may_send() {
        return None;
    }
    let lost = slot.rewriter.lost(missing)?;
    if lost.source.ssrc != layer.ssrc || !slot.resends.may(missing, now, RESEND_INTERVAL) {
        return None;
    }
    let (bytes, counters) = layer.ring.kept(lost.sequence)?;
    let stored = Stored::parse(bytes)?;
    let codec = Codec::of_kept(stored.header.payload_type)?;
    let payload_type = PayloadType::new(slot.media.format(codec)?.rtx?);
    let (rtx, sequence) = slot.rewriter.next_rtx()?;
    let outgoing = Packet {
        payload_type,
        marker: stored.header.marker,
        sequence,
        timestamp: lost.timestamp(stored.header.timestamp),
        ssrc: rtx.ssrc,
        mid: Some(&slot.media.mid),
        abs_send_time: Some(egress.abs_send_time),
        original_sequence: Some(missing),
        ..Packet::default()
    };
    let edit = Continue { counters, shift: lost.shift };
    Some(egress.send(&outgoing, &slot.media.extensions, stored.payload(), edit))
}

/// Fixed header, original sequence number, MID of 16 bytes, transport-wide number, abs-send-time,
/// padding to words.
const HEADER_ROOM: usize = 12 + 2 + 4 + 17 + 3 + 4 + 4;
/// A packet asked for again this soon is still on its way.
const RESEND_INTERVAL: Duration = Duration::from_millis(40);
/// µs that delta frames may wait for the pacer.
const MAX_WAIT: u64 = 200_000;
/// Bytes of key frames that may wait for the pacer: the largest frames of a shared screen.
const MAX_KEY_BYTES: usize = 512 * 1024;
/// Headers of a packet of padding, from IP to extensions, and the tag.
const PADDING_ROOM: u32 = 28 + 12 + 12 + 16;
/// RTP padding that makes a frame's packets equal.
const MAX_PADDING: usize = 8;
