//! What the forwarding path must know about codecs: hardly anything. Media is never decoded; only
//! the frames from which a decoder can start are recognised, and VP8's counters rewritten.

pub mod vp8;
mod vp9;

/// A codec we forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// RFC 7587.
    Opus,
    /// RFC 7741.
    Vp8,
    /// RFC 9628.
    Vp9,
}

impl Codec {
    /// The codec an `a=rtpmap` names, in any case. `None`: one we do not forward.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Opus, Self::Vp8, Self::Vp9].into_iter().find(|codec| codec.name().eq_ignore_ascii_case(name))
    }

    /// Its name in SDP.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Vp8 => "VP8",
            Self::Vp9 => "VP9",
        }
    }

    /// RTP ticks per second.
    pub const fn clock_rate(self) -> u32 {
        match self {
            Self::Opus => 48_000,
            Self::Vp8 | Self::Vp9 => 90_000,
        }
    }

    /// Ticks of one usual frame: 20 ms of sound, a thirtieth of a second of picture.
    pub const fn frame_ticks(self) -> u32 {
        match self {
            Self::Opus => 960,
            Self::Vp8 | Self::Vp9 => 3_000,
        }
    }

    /// Whether a decoder can start at the packet with this payload: the first packet of a key frame;
    /// any packet of sound.
    pub fn starts_key_frame(self, payload: &[u8]) -> bool {
        match self {
            Self::Opus => true,
            Self::Vp8 => vp8::Descriptor::parse(payload).is_some_and(|descriptor| descriptor.key_frame),
            Self::Vp9 => vp9::starts_key_frame(payload),
        }
    }
}
