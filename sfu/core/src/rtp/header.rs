//! Reading a packet: RFC 3550 §5.1 and §5.3.1.

use super::{ExtensionIds, Extensions, MediaTime, PayloadType, SequenceNumber, Ssrc};

/// The fixed header and where things lie. It holds no bytes, so it survives decryption in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// For video the last packet of a frame, for audio the first of a talk spurt.
    pub marker: bool,
    /// How the payload is encoded.
    pub payload_type: PayloadType,
    /// Place in the stream.
    pub sequence: SequenceNumber,
    /// Capture time in the stream's clock.
    pub timestamp: MediaTime,
    /// The stream.
    pub ssrc: Ssrc,
    /// Bytes before the payload: fixed header, contributing sources, extensions.
    pub len: usize,
    /// The last byte of the packet counts padding.
    pub padded: bool,
    /// The 16 bits naming the extensions' form, and where they begin.
    pub(super) extension: Option<(u16, usize)>,
}

impl Header {
    /// Bytes of a header without contributing sources and extensions.
    pub const FIXED: usize = 12;

    /// Reads the header; works before decryption. `None`: not RTP, or cut short.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let fixed: &[u8; Self::FIXED] = bytes.first_chunk()?;
        if fixed[0] >> 6 != 2 {
            return None;
        }
        let mut len = Self::FIXED + 4 * usize::from(fixed[0] & 0x0f);
        let mut extension = None;
        if fixed[0] & 0x10 != 0 {
            let head: &[u8; 4] = bytes.get(len..)?.first_chunk()?;
            let words = usize::from(u16::from_be_bytes([head[2], head[3]]));
            extension = Some((u16::from_be_bytes([head[0], head[1]]), len + 4));
            len += 4 + 4 * words;
        }
        if len > bytes.len() {
            return None;
        }
        Some(Self {
            marker: fixed[1] & 0x80 != 0,
            payload_type: PayloadType::new(fixed[1]),
            sequence: SequenceNumber(u16::from_be_bytes([fixed[2], fixed[3]])),
            timestamp: MediaTime(u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]])),
            ssrc: Ssrc(u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]])),
            len,
            padded: fixed[0] & 0x20 != 0,
            extension,
        })
    }

    /// The payload of the decrypted packet `bytes`, without padding. `None`: the padding is a lie.
    pub fn payload<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let payload = bytes.get(self.len..)?;
        if !self.padded {
            return Some(payload);
        }
        let padding = usize::from(*payload.last()?);
        // RFC 3550 §5.1: the count includes itself, so zero is malformed.
        if padding == 0 { None } else { payload.get(..payload.len().checked_sub(padding)?) }
    }
}

/// A whole decrypted packet, borrowed.
#[derive(Debug, Clone, Copy)]
pub struct Packet<'a> {
    /// Its header.
    pub header: Header,
    bytes: &'a [u8],
    payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads a decrypted packet. `None`: malformed.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let header = Header::parse(bytes)?;
        let payload = header.payload(bytes)?;
        Some(Self { header, bytes, payload })
    }

    /// The payload without padding; empty in a packet that is only padding (a probe).
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// The whole packet.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What the header extensions say, read with the ids agreed in the SDP.
    pub fn extensions(&self, ids: &ExtensionIds) -> Extensions<'a> {
        Extensions::read(&self.header, self.bytes, ids)
    }
}
