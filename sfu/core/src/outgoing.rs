//! What one peer receives: its slots, and how a source's packet is written into one.

mod sound;

use std::time::{Duration, Instant};

use base::random::Random;

use crate::{
    Path, SlotKind, Source, Transmits,
    codec::{Codec, Continue, Edit},
    incoming::{Layer, LayerAddress},
    layer::Line,
    ring::Resends,
    rtp::{ExtensionIds, MediaTime, Outgoing as Packet, Packet as Stored, PayloadType, SequenceNumber, Ssrc},
    sdp::SlotMedia,
    slot::{Incoming as FromSource, Rtx, Slot, SlotConfig},
    srtp::{Outbound, RTP_OVERHEAD},
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
    /// What the receiver was told it carries.
    pub told: Option<Source>,
    resends: Resends,
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
            resends: Resends::default(),
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
    /// 24 bits of 6.18 fixed point seconds.
    pub abs_send_time: u32,
}

impl Egress<'_> {
    /// Writes, edits the payload, seals, queues; the bytes on the wire, zero when it was refused.
    fn send(&mut self, packet: &Packet<'_>, ids: &ExtensionIds, payload: &[u8], edit: impl Edit) -> usize {
        let Self { srtp, path, transmits, .. } = self;
        let room = payload.len() + usize::from(packet.padding) + HEADER_ROOM + RTP_OVERHEAD;
        transmits
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
            .unwrap_or(0)
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
}

/// All that one peer receives.
pub(crate) struct Outgoing {
    /// In the order of m-lines.
    pub slots: Vec<ReceiveSlot>,
    /// Its line, for the choice of layers.
    pub line: Line,
    window: (Instant, u32),
    /// Bit/s of video sent in the last second.
    pub bitrate: u32,
}

impl Outgoing {
    /// Empty slots.
    pub fn new(now: Instant, media: Vec<SlotMedia>, random: &mut dyn Random) -> Self {
        let slots = media.into_iter().map(|media| ReceiveSlot::new(media, random)).collect();
        Self { slots, line: Line::default(), window: (now, 0), bitrate: 0 }
    }

    /// Index of a slot among those of its kind, as the receiver counts.
    pub fn ordinal(&self, slot: usize) -> (SlotKind, u8) {
        let kind = self.slots.get(slot).map_or(SlotKind::Video, ReceiveSlot::kind);
        let before = self.slots.iter().take(slot).filter(|s| s.kind() == kind).count();
        (kind, u8::try_from(before).unwrap_or(u8::MAX))
    }

    /// Bit/s one video slot may take.
    pub fn budget(&self) -> u32 {
        let used = self.slots.iter().filter(|s| s.view.is_some()).count();
        match self.line.ceiling() {
            u32::MAX => u32::MAX,
            ceiling => ceiling / u32::try_from(used.max(1)).unwrap_or(u32::MAX),
        }
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
        let Some(slot) = self.slots.get_mut(usize::from(slot)) else { return done };
        let lengths =
            layer.held.iter().filter_map(|n| Some(Stored::parse(layer.ring.get(*n)?)?.payload().len()));
        let longest = lengths.max().unwrap_or(0);
        for number in &layer.held {
            let Some(bytes) = layer.ring.get(*number) else { continue };
            let Some(stored) = Stored::parse(bytes) else { continue };
            if slot.current != Some(from) {
                if slot.wanted != Some(from) || !slot.may_begin(&stored) {
                    continue;
                }
                done.left = slot.current.replace(from);
                slot.wanted = None;
                slot.rewriter.switch(Origin { address: from, ssrc: layer.ssrc });
            }
            // Packets of one frame differ by a byte or two; made equal they leave in one send.
            let short = longest.saturating_sub(stored.payload().len());
            let padding = if short <= MAX_PADDING && !slot.media.is_audio { short as u8 } else { 0 };
            let (bytes, began) = match slot.media.is_audio {
                true => sound::write(slot, &stored, layer, egress),
                false => write(slot, &stored, padding, layer.last_packet, egress),
            };
            done.bytes += bytes;
            done.began = done.began.or(began);
        }
        if !slot.media.is_audio {
            self.count(layer.last_packet, done.bytes);
        }
        done
    }

    fn count(&mut self, now: Instant, bytes: usize) {
        let elapsed = now.saturating_duration_since(self.window.0);
        self.window.1 = self.window.1.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        if elapsed >= Duration::from_secs(1) {
            let bits = u64::from(self.window.1) * 8_000 / u64::try_from(elapsed.as_millis()).unwrap_or(1);
            self.bitrate = u32::try_from(bits).unwrap_or(u32::MAX);
            self.window = (now, 0);
        }
    }
}

/// Rewrites one packet into the slot's stream.
fn write(
    slot: &mut ReceiveSlot,
    stored: &Stored<'_>,
    padding: u8,
    arrived: Instant,
    egress: &mut Egress<'_>,
) -> (usize, Option<u32>) {
    let header = stored.header;
    let Some(codec) = Codec::of_kept(header.payload_type) else { return (0, None) };
    let Some(payload_type) = slot.media.format(codec).map(|format| format.payload_type) else {
        return (0, None);
    };
    let counters = codec.counters(stored.payload());
    let packet = FromSource { sequence: header.sequence, timestamp: header.timestamp, arrived, counters };
    let Some(rewrite) = slot.rewriter.forward(&packet) else { return (0, None) };
    let outgoing = Packet {
        payload_type: PayloadType::new(payload_type),
        marker: header.marker,
        sequence: rewrite.sequence,
        timestamp: rewrite.timestamp,
        ssrc: Ssrc(slot.media.ssrc),
        mid: Some(&slot.media.mid),
        abs_send_time: Some(egress.abs_send_time),
        padding,
        ..Packet::default()
    };
    let edit = Continue { codec, shift: rewrite.shift };
    let bytes = egress.send(&outgoing, &slot.media.extensions, stored.payload(), edit);
    if bytes > 0 {
        slot.rewriter.sent(stored.payload().len());
    }
    (bytes, rewrite.first.then_some(rewrite.timestamp.0))
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
    let lost = slot.rewriter.lost(missing)?;
    if lost.source.ssrc != layer.ssrc || !slot.resends.may(missing, now, RESEND_INTERVAL) {
        return None;
    }
    let stored = Stored::parse(layer.ring.get(lost.sequence)?)?;
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
    let edit = Continue { codec, shift: lost.shift };
    Some(egress.send(&outgoing, &slot.media.extensions, stored.payload(), edit))
}

/// Fixed header, original sequence number, MID of 16 bytes, abs-send-time, padding to words.
const HEADER_ROOM: usize = 12 + 2 + 4 + 17 + 4 + 4;
/// A packet asked for again this soon is still on its way.
const RESEND_INTERVAL: Duration = Duration::from_millis(40);
/// RTP padding that makes a frame's packets equal.
const MAX_PADDING: usize = 8;
