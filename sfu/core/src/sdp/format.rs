//! A codec as one section numbers it. Every section has a first choice that all clients know (Opus,
//! VP8); what else both sides know stands beside it, so that a slot can carry whatever a source sends.

use std::fmt::Write as _;

use crate::codec::Codec;

/// A codec and its payload types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Which.
    pub codec: Codec,
    /// Its number in this section.
    pub payload_type: u8,
    /// The number of its retransmissions.
    pub rtx: Option<u8>,
}

/// Of an offer's section: its first choice and what else of it is taken.
pub(super) fn formats(
    is_audio: bool,
    first: u8,
    rtx: Option<u8>,
    others: &[Format],
) -> impl Iterator<Item = Format> {
    let codec = if is_audio { Codec::Opus } else { Codec::Vp8 };
    let first = Format { codec, payload_type: first, rtx };
    // Chromium sends what stands first: redundant sound.
    let (before, after): (Vec<_>, Vec<_>) = others.iter().copied().partition(|f| f.codec == Codec::Red);
    before.into_iter().chain([first]).chain(after)
}

/// The lines of a format that do not depend on the direction. `first`: the section's first choice.
pub(super) fn write_format(out: &mut String, format: &Format, first: u8) {
    let Format { codec, payload_type: pt, rtx } = *format;
    let channels = if codec.is_audio() { "/2" } else { "" };
    let _ = write!(out, "a=rtpmap:{pt} {}/{}{channels}\r\n", codec.name(), codec.clock_rate());
    match codec {
        // RFC 7587 §6.1; FEC costs a third and conceals single losses.
        Codec::Opus => {
            let _ = write!(out, "a=fmtp:{pt} minptime=10;useinbandfec=1\r\n");
        }
        // RFC 2198 §4: the primary and one block before it.
        Codec::Red => {
            let _ = write!(out, "a=fmtp:{pt} {first}/{first}\r\n");
        }
        Codec::Vp8 | Codec::Vp9 => {
            let _ =
                write!(out, "a=rtcp-fb:{pt} ccm fir\r\na=rtcp-fb:{pt} nack\r\na=rtcp-fb:{pt} nack pli\r\n");
        }
    }
    if let Some(rtx) = rtx {
        let _ = write!(out, "a=rtpmap:{rtx} rtx/90000\r\na=fmtp:{rtx} apt={pt}\r\n");
    }
}
