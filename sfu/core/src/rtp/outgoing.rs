//! Writing a packet for one leg: its own numbers, its own extension ids, the same payload.

use std::ops::Range;

use super::extension::{ONE_BYTE, TWO_BYTE};
use super::{AudioLevel, ExtensionIds, Header, MediaTime, PayloadType, SequenceNumber, Ssrc};

/// Everything that differs from leg to leg about a packet.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outgoing<'a> {
    /// How the payload is encoded, in this leg's numbering.
    pub payload_type: PayloadType,
    /// Last packet of a frame (video), first of a talk spurt (audio).
    pub marker: bool,
    /// Place in the outgoing stream.
    pub sequence: SequenceNumber,
    /// Time in the outgoing stream.
    pub timestamp: MediaTime,
    /// The outgoing stream.
    pub ssrc: Ssrc,
    /// The media section, for receivers that know the stream by it.
    pub mid: Option<&'a str>,
    /// Number across all streams of the leg.
    pub transport_sequence: Option<u16>,
    /// 24 bits of 6.18 fixed-point seconds.
    pub abs_send_time: Option<u32>,
    /// Loudness, passed on from the source.
    pub audio_level: Option<AudioLevel>,
    /// Makes it a retransmission (RFC 4588 §4) of that packet.
    pub original_sequence: Option<SequenceNumber>,
    /// Bytes of padding to append, so that the packets of a frame become equally long.
    pub padding: u8,
}

/// Where a written packet's parts lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The copied payload, for rewriting in place.
    pub payload: Range<usize>,
    /// Length of the packet.
    pub len: usize,
}

impl Outgoing<'_> {
    /// Writes header, extensions, `payload` and padding into `out`. `None`: no room (or a mid nobody
    /// could encode).
    pub fn write(&self, ids: &ExtensionIds, payload: &[u8], out: &mut [u8]) -> Option<Written> {
        let (fixed, rest) = out.split_first_chunk_mut::<{ Header::FIXED }>()?;
        let extensions = self.write_extensions(ids, rest)?;
        fixed[0] = 0x80 | if self.padding > 0 { 0x20 } else { 0 } | if extensions > 0 { 0x10 } else { 0 };
        fixed[1] = self.payload_type.value() | if self.marker { 0x80 } else { 0 };
        fixed[2..4].copy_from_slice(&self.sequence.0.to_be_bytes());
        fixed[4..8].copy_from_slice(&self.timestamp.0.to_be_bytes());
        fixed[8..12].copy_from_slice(&self.ssrc.0.to_be_bytes());
        let mut at = Header::FIXED + extensions;
        if let Some(original) = self.original_sequence {
            out.get_mut(at..at + 2)?.copy_from_slice(&original.0.to_be_bytes());
            at += 2;
        }
        let copied = at..at + payload.len();
        out.get_mut(copied.clone())?.copy_from_slice(payload);
        let len = copied.end + usize::from(self.padding);
        let padding = out.get_mut(copied.end..len)?;
        padding.fill(0);
        if let Some(last) = padding.last_mut() {
            *last = self.padding;
        }
        Some(Written { payload: copied, len })
    }

    /// Writes the extension block, returns its length: zero without extensions.
    fn write_extensions(&self, ids: &ExtensionIds, out: &mut [u8]) -> Option<usize> {
        let level = self.audio_level.map(|l| [l.level & 0x7f | if l.voice { 0x80 } else { 0 }]);
        let transport = self.transport_sequence.map(u16::to_be_bytes);
        let sent = self.abs_send_time.map(u32::to_be_bytes);
        let wanted: [(Option<u8>, Option<&[u8]>); 4] = [
            (ids.mid, self.mid.map(str::as_bytes)),
            (ids.audio_level, level.as_ref().map(|b| b.as_slice())),
            (ids.transport_sequence, transport.as_ref().map(|b| b.as_slice())),
            (ids.abs_send_time, sent.as_ref().map(|b| &b[1..])),
        ];
        let agreed = || wanted.iter().filter_map(|&(id, data)| Some((id?, data?)));
        if agreed().next().is_none() {
            return Some(0);
        }
        // RFC 8285 §4.2: ids up to 14 and 1 to 16 bytes fit the one-byte form.
        let short = agreed().all(|(id, data)| id < 15 && (1..=16).contains(&data.len()));
        let mut at = 4;
        for (id, data) in agreed() {
            let head = if short { 1 } else { 2 };
            let len = u8::try_from(data.len()).ok()?;
            let place = out.get_mut(at..at + head + data.len())?;
            if short {
                place[0] = id << 4 | (len - 1);
            } else {
                place[0] = id;
                place[1] = len;
            }
            place[head..].copy_from_slice(data);
            at += place.len();
        }
        let end = at.next_multiple_of(4);
        out.get_mut(at..end)?.fill(0);
        let words = u16::try_from(end / 4 - 1).ok()?;
        out.get_mut(..2)?.copy_from_slice(&if short { ONE_BYTE } else { TWO_BYTE }.to_be_bytes());
        out.get_mut(2..4)?.copy_from_slice(&words.to_be_bytes());
        Some(end)
    }
}
