//! Header extensions in their one-byte and two-byte form (RFC 8285), and the few of them an SFU reads
//! or writes: mid and rid (RFC 8852, RFC 9143), audio level (RFC 6464), transport-wide sequence number
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01), absolute send time.

use super::Header;

/// RFC 8285 §4.2: marks one-byte extension headers.
pub(super) const ONE_BYTE: u16 = 0xbede;
/// RFC 8285 §4.3: marks two-byte extension headers; the low four bits are the application's.
pub(super) const TWO_BYTE: u16 = 0x1000;

/// The ids both ends of one leg agreed on in the SDP; `None` is an extension not agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExtensionIds {
    /// `urn:ietf:params:rtp-hdrext:sdes:mid`
    pub mid: Option<u8>,
    /// `urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id`
    pub rid: Option<u8>,
    /// `urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id`
    pub repaired_rid: Option<u8>,
    /// `urn:ietf:params:rtp-hdrext:ssrc-audio-level`
    pub audio_level: Option<u8>,
    /// `http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01`
    pub transport_sequence: Option<u8>,
    /// `http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time`
    pub abs_send_time: Option<u8>,
}

/// How loud the sender measured a packet to be (RFC 6464).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioLevel {
    /// The sender thinks that it is speech.
    pub voice: bool,
    /// dB below the loudest possible: 0 is deafening, 127 is silence.
    pub level: u8,
}

/// The extensions of one packet; what was absent, malformed or not agreed on is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extensions<'a> {
    /// The media section the stream belongs to.
    pub mid: Option<&'a str>,
    /// The simulcast layer.
    pub rid: Option<&'a str>,
    /// The simulcast layer this RTX stream repairs.
    pub repaired_rid: Option<&'a str>,
    /// Loudness.
    pub audio_level: Option<AudioLevel>,
    /// Number across all streams of the connection.
    pub transport_sequence: Option<u16>,
    /// When it was sent: 24 bits of 6.18 fixed-point seconds.
    pub abs_send_time: Option<u32>,
}

impl<'a> Extensions<'a> {
    pub(super) fn read(header: &Header, bytes: &'a [u8], ids: &ExtensionIds) -> Self {
        let mut found = Self::default();
        let Some((profile, start)) = header.extension else { return found };
        let Some(mut rest) = bytes.get(start..header.len) else { return found };
        while let Some((id, data, after)) = next(profile, rest) {
            found.put(id, data, ids);
            rest = after;
        }
        found
    }

    fn put(&mut self, id: u8, data: &'a [u8], ids: &ExtensionIds) {
        let id = Some(id);
        if id == ids.mid {
            self.mid = text(data);
        } else if id == ids.rid {
            self.rid = text(data);
        } else if id == ids.repaired_rid {
            self.repaired_rid = text(data);
        } else if id == ids.audio_level {
            // RFC 6464 §3: one byte in the one-byte form; the two-byte form may pad it.
            self.audio_level = data.first().map(|b| AudioLevel { voice: b & 0x80 != 0, level: b & 0x7f });
        } else if id == ids.transport_sequence {
            self.transport_sequence = data.first_chunk().map(|b| u16::from_be_bytes(*b));
        } else if id == ids.abs_send_time {
            self.abs_send_time = data.first_chunk().map(|&[a, b, c]| u32::from_be_bytes([0, a, b, c]));
        }
    }
}

/// The first extension in `rest`, and what follows it.
fn next(profile: u16, mut rest: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    // A zero byte is padding in both forms (RFC 8285 §4.2, §4.3).
    while let Some((0, after)) = rest.split_first() {
        rest = after;
    }
    let (id, len, after) = if profile == ONE_BYTE {
        let (first, after) = rest.split_first()?;
        let id = first >> 4;
        // RFC 8285 §4.2: id 15 ends the reading; id 0 with a length is malformed.
        if id == 0 || id == 15 {
            return None;
        }
        (id, usize::from(first & 0x0f) + 1, after)
    } else if profile & 0xfff0 == TWO_BYTE {
        let (head, after): (&[u8; 2], _) = rest.split_first_chunk()?;
        (head[0], usize::from(head[1]), after)
    } else {
        return None;
    };
    let (data, after) = after.split_at_checked(len)?;
    Some((id, data, after))
}

fn text(data: &[u8]) -> Option<&str> {
    // RFC 8852 §3.1 allows letters and digits for rid, RFC 8859 tokens for mid: ASCII in any case.
    std::str::from_utf8(data)
        .ok()
        .filter(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic()))
}
