//! Reading a compound packet, part by part.

use super::{ReportBlock, SenderInfo, ShortNtp, format, kind, twcc};
use crate::rtp::{MediaTime, SequenceNumber, Ssrc};

/// One part of a compound packet.
#[derive(Debug, Clone, Copy)]
pub enum Packet<'a> {
    /// A sender's report, with blocks on what it receives.
    SenderReport(SenderInfo, Reports<'a>),
    /// A receiver's report.
    ReceiverReport(Ssrc, Reports<'a>),
    /// Streams that end (RFC 3550 §6.6).
    Goodbye(Ssrcs<'a>),
    /// Packets of a stream that are missing (RFC 4585 §6.2.1).
    Nack(Ssrc, Sequences<'a>),
    /// A decoder of this stream needs a key frame (RFC 4585 §6.3.1).
    Pli(Ssrc),
    /// The same, said more firmly, for each of these streams (RFC 5104 §4.3.1).
    Fir(Fir<'a>),
    /// The receiver's estimate of its bandwidth in bits per second
    /// (draft-alvestrand-rmcat-remb-03).
    Remb(u64),
    /// When each packet of the connection arrived.
    TransportFeedback(twcc::Feedback<'a>),
    /// Well-formed, of no interest here.
    Other(u8),
}

/// The parts of a compound packet. Stops at the first that is malformed.
#[derive(Debug, Clone)]
pub struct Packets<'a> {
    rest: &'a [u8],
}

/// Reads a decrypted compound packet; works on any bytes.
pub fn parse(bytes: &[u8]) -> Packets<'_> {
    Packets { rest: bytes }
}

impl<'a> Iterator for Packets<'a> {
    type Item = Packet<'a>;

    fn next(&mut self) -> Option<Packet<'a>> {
        let rest = std::mem::take(&mut self.rest);
        let (head, _) = rest.split_first_chunk::<4>()?;
        // RFC 3550 §6.4.1: version 2; the length counts 32-bit words minus one.
        if head[0] >> 6 != 2 {
            return None;
        }
        let len = 4 + 4 * usize::from(u16::from_be_bytes([head[2], head[3]]));
        let (packet, rest) = rest.split_at_checked(len)?;
        let mut body = packet.get(4..)?;
        if head[0] & 0x20 != 0 {
            let padding = usize::from(*body.last()?);
            body = body.get(..body.len().checked_sub(padding)?)?;
        }
        let read = read(head[0] & 0x1f, head[1], body)?;
        self.rest = rest;
        Some(read)
    }
}

fn read(count: u8, kind: u8, body: &[u8]) -> Option<Packet<'_>> {
    Some(match kind {
        kind::SENDER_REPORT => {
            let (info, blocks) = body.split_first_chunk::<24>()?;
            let info = SenderInfo {
                ssrc: Ssrc(word(info, 0)?),
                ntp: u64::from(word(info, 4)?) << 32 | u64::from(word(info, 8)?),
                timestamp: MediaTime(word(info, 12)?),
                packets: word(info, 16)?,
                octets: word(info, 20)?,
            };
            Packet::SenderReport(info, Reports::of(count, blocks)?)
        }
        kind::RECEIVER_REPORT => {
            Packet::ReceiverReport(Ssrc(word(body, 0)?), Reports::of(count, body.get(4..)?)?)
        }
        kind::GOODBYE => Packet::Goodbye(Ssrcs(body.get(..4 * usize::from(count))?)),
        kind::TRANSPORT_FEEDBACK => match count {
            format::NACK => Packet::Nack(Ssrc(word(body, 4)?), Sequences::of(body.get(8..)?)),
            format::TRANSPORT_WIDE => Packet::TransportFeedback(twcc::Feedback::read(body.get(8..)?)?),
            _ => Packet::Other(kind),
        },
        kind::PAYLOAD_FEEDBACK => match count {
            format::PLI => Packet::Pli(Ssrc(word(body, 4)?)),
            format::FIR => Packet::Fir(Fir(body.get(8..)?)),
            format::APPLICATION => remb(body).unwrap_or(Packet::Other(kind)),
            _ => Packet::Other(kind),
        },
        _ => Packet::Other(kind),
    })
}

/// draft-alvestrand-rmcat-remb-03 §2.2.
fn remb(body: &[u8]) -> Option<Packet<'_>> {
    let rest = body.get(8..)?.strip_prefix(b"REMB")?;
    let bits = word(rest, 0)?;
    let (exponent, mantissa) = (bits >> 18 & 0x3f, u64::from(bits & 0x3_ffff));
    // An exponent that leaves 64 bits means "as much as you like".
    let bitrate = if mantissa.leading_zeros() >= exponent { mantissa << exponent } else { u64::MAX };
    Some(Packet::Remb(bitrate))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}

/// Report blocks.
#[derive(Debug, Clone, Copy)]
pub struct Reports<'a>(&'a [u8]);

impl<'a> Reports<'a> {
    const LEN: usize = 24;

    fn of(count: u8, bytes: &'a [u8]) -> Option<Self> {
        bytes.get(..Self::LEN * usize::from(count)).map(Self)
    }
}

impl Iterator for Reports<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        let (block, rest) = self.0.split_first_chunk::<{ Reports::LEN }>()?;
        self.0 = rest;
        let lost = word(block, 4)?;
        Some(ReportBlock {
            ssrc: Ssrc(word(block, 0)?),
            fraction_lost: (lost >> 24) as u8,
            // 24 bits with a sign (RFC 3550 §6.4.1).
            lost: (lost << 8) as i32 >> 8,
            highest: word(block, 8)?,
            jitter: word(block, 12)?,
            last_report: ShortNtp(word(block, 16)?),
            since_last_report: ShortNtp(word(block, 20)?),
        })
    }
}

/// Stream ids.
#[derive(Debug, Clone, Copy)]
pub struct Ssrcs<'a>(&'a [u8]);

impl Iterator for Ssrcs<'_> {
    type Item = Ssrc;

    fn next(&mut self) -> Option<Ssrc> {
        let (ssrc, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(Ssrc(u32::from_be_bytes(*ssrc)))
    }
}

/// The streams of a full intra request, each with the request's number.
#[derive(Debug, Clone, Copy)]
pub struct Fir<'a>(&'a [u8]);

impl Iterator for Fir<'_> {
    type Item = (Ssrc, u8);

    fn next(&mut self) -> Option<(Ssrc, u8)> {
        let (entry, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some((Ssrc(word(entry, 0)?), entry[4]))
    }
}

/// Sequence numbers of a NACK, at most 17 for each word of it.
#[derive(Debug, Clone, Copy)]
pub struct Sequences<'a> {
    rest: &'a [u8],
    base: SequenceNumber,
    /// Bit 0 is `base` itself, bit *n* the number *n* further on.
    pending: u32,
}

impl<'a> Sequences<'a> {
    fn of(rest: &'a [u8]) -> Self {
        Self { rest, base: SequenceNumber(0), pending: 0 }
    }
}

impl Iterator for Sequences<'_> {
    type Item = SequenceNumber;

    fn next(&mut self) -> Option<SequenceNumber> {
        if self.pending == 0 {
            let (entry, rest) = self.rest.split_first_chunk::<4>()?;
            self.rest = rest;
            self.base = SequenceNumber(u16::from_be_bytes([entry[0], entry[1]]));
            self.pending = u32::from(u16::from_be_bytes([entry[2], entry[3]])) << 1 | 1;
        }
        let bit = self.pending.trailing_zeros();
        self.pending &= self.pending - 1;
        Some(self.base.plus(bit as u16))
    }
}
