//! Building a compound packet in a buffer. RFC 3550 §6.1 and RFC 8834 want each to begin with a
//! report; reduced-size packets (RFC 5506) may go without, where the SDP agreed on that.

use std::time::Duration;

use super::{ReportBlock, SenderInfo, format, kind, twcc};
use crate::rtp::{SequenceNumber, Ssrc};

/// Appends parts to a buffer. A part that does not fit is left out as a whole, and its method
/// returns `false`.
#[derive(Debug)]
pub struct Builder<'a> {
    out: &'a mut [u8],
    len: usize,
}

impl<'a> Builder<'a> {
    /// A builder into `out`.
    pub fn new(out: &'a mut [u8]) -> Self {
        Self { out, len: 0 }
    }

    /// Bytes built so far; the packet is `out[..len]`.
    pub fn finish(self) -> usize {
        self.len
    }

    /// A sender report (RFC 3550 §6.4.1) with at most 31 blocks; further ones are left out.
    pub fn sender_report(&mut self, info: &SenderInfo, blocks: &[ReportBlock]) -> bool {
        let blocks = blocks.get(..31).unwrap_or(blocks);
        self.part(blocks.len() as u8, kind::SENDER_REPORT, |part| {
            part.word(info.ssrc.0)?;
            part.bytes(&info.ntp.to_be_bytes())?;
            part.word(info.timestamp.0)?;
            part.word(info.packets)?;
            part.word(info.octets)?;
            blocks.iter().try_for_each(|block| part.block(block))
        })
    }

    /// A receiver report (RFC 3550 §6.4.2) with at most 31 blocks; further ones are left out.
    pub fn receiver_report(&mut self, sender: Ssrc, blocks: &[ReportBlock]) -> bool {
        let blocks = blocks.get(..31).unwrap_or(blocks);
        self.part(blocks.len() as u8, kind::RECEIVER_REPORT, |part| {
            part.word(sender.0)?;
            blocks.iter().try_for_each(|block| part.block(block))
        })
    }

    /// The canonical name of `ssrc` (RFC 3550 §6.5.1), at most 255 bytes of it.
    pub fn cname(&mut self, ssrc: Ssrc, name: &str) -> bool {
        const CNAME: u8 = 1;
        let name = name.as_bytes().get(..255).unwrap_or(name.as_bytes());
        self.part(1, kind::SOURCE_DESCRIPTION, |part| {
            part.word(ssrc.0)?;
            part.bytes(&[CNAME, name.len() as u8])?;
            part.bytes(name)?;
            // RFC 3550 §6.5: the list ends with at least one zero byte, and fills its last word.
            let zeroes = 4 - part.len % 4;
            part.bytes(&[0; 4][..zeroes])
        })
    }

    /// Asks for missing packets (RFC 4585 §6.2.1); `missing` in ascending order packs best.
    pub fn nack(&mut self, sender: Ssrc, media: Ssrc, missing: &[SequenceNumber]) -> bool {
        self.part(format::NACK, kind::TRANSPORT_FEEDBACK, |part| {
            part.word(sender.0)?;
            part.word(media.0)?;
            let mut rest = missing;
            while let Some((base, after)) = rest.split_first() {
                let near = |number: &&SequenceNumber| (1..=16).contains(&number.ahead_of(*base));
                let following = after.iter().take_while(near);
                let (mask, count) = following.fold((0_u32, 0), |(mask, count), number| {
                    (mask | 1 << (number.ahead_of(*base) - 1), count + 1)
                });
                part.word(u32::from(base.0) << 16 | mask)?;
                rest = after.get(count..)?;
            }
            Some(())
        })
    }

    /// Asks for a key frame (RFC 4585 §6.3.1).
    pub fn pli(&mut self, sender: Ssrc, media: Ssrc) -> bool {
        self.part(format::PLI, kind::PAYLOAD_FEEDBACK, |part| {
            part.word(sender.0)?;
            part.word(media.0)
        })
    }

    /// Asks for a key frame by command (RFC 5104 §4.3.1); `number` counts the commands to `media`.
    pub fn fir(&mut self, sender: Ssrc, media: Ssrc, number: u8) -> bool {
        self.part(format::FIR, kind::PAYLOAD_FEEDBACK, |part| {
            part.word(sender.0)?;
            // RFC 5104 §4.3.1.2: the common media field is unused and zero.
            part.word(0)?;
            part.word(media.0)?;
            part.bytes(&[number, 0, 0, 0])
        })
    }

    /// Limits what the peer sends on `streams` together (draft-alvestrand-rmcat-remb-03 §2.2).
    pub fn remb(&mut self, sender: Ssrc, bitrate: u64, streams: &[Ssrc]) -> bool {
        let Ok(count) = u8::try_from(streams.len()) else { return false };
        let exponent = (64 - bitrate.leading_zeros()).saturating_sub(18);
        self.part(format::APPLICATION, kind::PAYLOAD_FEEDBACK, |part| {
            part.word(sender.0)?;
            part.word(0)?;
            part.bytes(b"REMB")?;
            part.word(u32::from(count) << 24 | exponent << 18 | (bitrate >> exponent) as u32)?;
            streams.iter().try_for_each(|stream| part.word(stream.0))
        })
    }

    /// Tells when the numbered packets of the connection from `first` on arrived, since some fixed
    /// moment; `number` counts these messages. See [`super::twcc`].
    pub fn transport_feedback(
        &mut self,
        sender: Ssrc,
        media: Ssrc,
        first: SequenceNumber,
        arrivals: &[Option<Duration>],
        number: u8,
    ) -> bool {
        self.part(format::TRANSPORT_WIDE, kind::TRANSPORT_FEEDBACK, |part| {
            part.word(sender.0)?;
            part.word(media.0)?;
            part.len += twcc::write(first, arrivals, number, part.out.get_mut(part.len..)?)?;
            let zeroes = part.len.next_multiple_of(4) - part.len;
            part.bytes(&[0; 4][..zeroes])
        })
    }

    fn part(&mut self, count: u8, kind: u8, write: impl FnOnce(&mut Part<'_>) -> Option<()>) -> bool {
        let Some(room) = self.out.get_mut(self.len..) else { return false };
        let mut part = Part { out: room, len: 4 };
        if write(&mut part).is_none() {
            return false;
        }
        let len = part.len;
        let Ok(words) = u16::try_from(len / 4 - 1) else { return false };
        let Some(head) = room.first_chunk_mut::<4>() else { return false };
        let [high, low] = words.to_be_bytes();
        *head = [0x80 | count & 0x1f, kind, high, low];
        self.len += len;
        true
    }
}

/// One part being written; its first four bytes are the header.
struct Part<'a> {
    out: &'a mut [u8],
    len: usize,
}

impl Part<'_> {
    fn bytes(&mut self, bytes: &[u8]) -> Option<()> {
        self.out.get_mut(self.len..self.len + bytes.len())?.copy_from_slice(bytes);
        self.len += bytes.len();
        Some(())
    }

    fn word(&mut self, word: u32) -> Option<()> {
        self.bytes(&word.to_be_bytes())
    }

    fn block(&mut self, block: &ReportBlock) -> Option<()> {
        self.word(block.ssrc.0)?;
        let lost = block.lost.clamp(-0x80_0000, 0x7f_ffff) as u32 & 0xff_ffff;
        self.word(u32::from(block.fraction_lost) << 24 | lost)?;
        self.word(block.highest)?;
        self.word(block.jitter)?;
        self.word(block.last_report.0)?;
        self.word(block.since_last_report.0)
    }
}
