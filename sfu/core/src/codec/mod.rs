//! What the forwarding path must know about codecs: hardly anything. Media is never decoded; only
//! the frames from which a decoder can start are recognised, and the frame counters of VP8 and VP9
//! rewritten.

mod h264;
pub mod opus;
pub mod red;
pub mod vp8;
pub mod vp9;

use crate::rtp::PayloadType;

/// What changes about a payload on its way into a slot, in place.
pub trait Edit {
    /// Makes the change; bytes that are not what was expected stay as they are.
    fn apply(self, payload: &mut [u8]);
}

/// Makes a source's counters those of its slot.
#[derive(Debug, Clone, Copy)]
pub struct Continue {
    /// Where they stand, if it has any.
    pub counters: Option<vp8::Descriptor>,
    /// By how much.
    pub shift: vp8::Shift,
}

impl Edit for Continue {
    fn apply(self, payload: &mut [u8]) {
        if let Some(counters) = self.counters.filter(|_| self.shift != vp8::Shift::default()) {
            self.shift.write(&counters, payload);
        }
    }
}

/// A codec we forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// RFC 7587.
    Opus,
    /// RFC 2198, of Opus.
    Red,
    /// RFC 7741.
    Vp8,
    /// RFC 9628.
    Vp9,
    /// RFC 6184.
    H264,
    /// AV1 RTP payload format 1.0 of the Alliance for Open Media.
    Av1,
}

impl Codec {
    const ALL: [Self; 6] = [Self::Opus, Self::Red, Self::Vp8, Self::Vp9, Self::H264, Self::Av1];
    /// Codecs of pictures; the first one that a section offers is its first choice.
    pub const VIDEO: [Self; 4] = [Self::Vp8, Self::Vp9, Self::H264, Self::Av1];

    /// The codec an `a=rtpmap` names, in any case. `None`: one we do not forward.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.name().eq_ignore_ascii_case(name))
    }

    /// Its name in SDP.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Red => "red",
            Self::Vp8 => "VP8",
            Self::Vp9 => "VP9",
            Self::H264 => "H264",
            Self::Av1 => "AV1",
        }
    }

    /// Whether it is heard.
    pub const fn is_audio(self) -> bool {
        matches!(self, Self::Opus | Self::Red)
    }

    /// The payload type under which packets are kept: every sender numbers differently, and the rings
    /// of all workers must read alike.
    pub const fn kept_as(self) -> PayloadType {
        PayloadType::new(self as u8)
    }

    /// The codec of a kept packet.
    pub fn of_kept(payload_type: PayloadType) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.kept_as() == payload_type)
    }

    /// RTP ticks per second.
    pub const fn clock_rate(self) -> u32 {
        match self {
            Self::Opus | Self::Red => 48_000,
            Self::Vp8 | Self::Vp9 | Self::H264 | Self::Av1 => 90_000,
        }
    }

    /// Ticks of one usual frame: 20 ms of sound, a thirtieth of a second of picture.
    pub const fn frame_ticks(self) -> u32 {
        match self {
            Self::Opus | Self::Red => 960,
            Self::Vp8 | Self::Vp9 | Self::H264 | Self::Av1 => 3_000,
        }
    }

    /// Whether a source of it counts its frames, and what the packet says of that.
    pub fn counters(self, payload: &[u8]) -> Option<vp8::Descriptor> {
        match self {
            Self::Vp8 => vp8::Descriptor::parse(payload),
            Self::Vp9 => vp9::parse(payload),
            _ => None,
        }
    }

    /// Whether a decoder can start at the packet with this payload: the first packet of a key frame;
    /// any packet of sound.
    pub fn starts_key_frame(self, payload: &[u8]) -> bool {
        match self {
            Self::Opus | Self::Red => true,
            Self::Vp8 => vp8::Descriptor::parse(payload).is_some_and(|descriptor| descriptor.key_frame),
            Self::Vp9 => vp9::parse(payload).is_some_and(|descriptor| descriptor.key_frame),
            Self::H264 => h264::starts_key_frame(payload),
            // N: the first packet of a coded video sequence, which begins with a key frame.
            Self::Av1 => payload.len() > 1 && payload.first().is_some_and(|head| head & 0x08 != 0),
        }
    }
}
