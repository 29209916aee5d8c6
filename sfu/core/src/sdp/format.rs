//! A codec as one section numbers it. Every section has a first choice, which is Opus or VP8 wherever
//! they are offered; what else both sides know stands behind it, so that a slot can carry whatever a
//! source sends.

use std::fmt::Write as _;

use crate::codec::Codec;

/// A codec and its payload types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// Which.
    pub codec: Codec,
    /// Its number in this section.
    pub payload_type: u8,
    /// The number of its retransmissions.
    pub rtx: Option<u8>,
    /// Its parameters as offered.
    pub parameters: String,
}

/// The formats of a section in the order of the answer: Chromium sends what stands first, and redundant
/// sound is better than plain.
pub(super) fn preferred(formats: &[Format]) -> impl Iterator<Item = &Format> {
    let is_red = |format: &&Format| format.codec == Codec::Red;
    formats.iter().filter(is_red).chain(formats.iter().filter(move |format| !is_red(format)))
}

/// The lines of a format that do not depend on the direction. `first`: the section's first choice.
pub(super) fn write_format(out: &mut String, format: &Format, first: u8) {
    let Format { codec, payload_type: pt, rtx, .. } = *format;
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
        Codec::Vp8 | Codec::Vp9 | Codec::H264 | Codec::Av1 => {
            write_profile(out, format);
            let _ =
                write!(out, "a=rtcp-fb:{pt} ccm fir\r\na=rtcp-fb:{pt} nack\r\na=rtcp-fb:{pt} nack pli\r\n");
        }
    }
    if let Some(rtx) = rtx {
        let _ = write!(out, "a=rtpmap:{rtx} rtx/90000\r\na=fmtp:{rtx} apt={pt}\r\n");
    }
}

/// Which profile is meant. Limits of size and rate, which are the offerer's own, are not echoed: in an
/// answer they would be ours.
fn write_profile(out: &mut String, format: &Format) {
    let Format { codec, payload_type, parameters, .. } = format;
    let profile = match codec {
        Codec::Vp9 => "profile-id=0",
        Codec::H264 | Codec::Av1 => parameters.as_str(),
        Codec::Vp8 | Codec::Opus | Codec::Red => "",
    };
    if !profile.is_empty() {
        let _ = write!(out, "a=fmtp:{payload_type} {profile}\r\n");
    }
}
