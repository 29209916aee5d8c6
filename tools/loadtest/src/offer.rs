//! The offer of a robot: the layout of our own client (RFC 8829), with as many sections as it needs.

use std::fmt::Write as _;

use sfu_core::{rtp::ExtensionIds, sdp::Fingerprint};

/// What a robot sends and how many slots it has.
#[derive(Debug, Clone, Copy, Default)]
pub struct Layout {
    /// Sends sound.
    pub microphone: bool,
    /// Sends a picture of one layer.
    pub camera: bool,
    /// Slots to hear in.
    pub audio_slots: u8,
    /// Slots to see in.
    pub video_slots: u8,
}

/// Payload type of sound.
pub const OPUS: u8 = 111;
/// Payload type of pictures.
pub const VP8: u8 = 96;
/// Payload type of pictures' repair, and of the padding of probes.
pub const RTX: u8 = 97;
/// Header extension ids of every section.
pub const IDS: ExtensionIds = ExtensionIds {
    mid: Some(4),
    rid: None,
    repaired_rid: None,
    audio_level: Some(1),
    transport_sequence: Some(3),
    abs_send_time: Some(2),
};
/// The robot's own fragment; every robot has the same, the hub's differ.
pub const UFRAG: &str = "robo";

/// The robot's own password.
pub const PASSWORD: &str = "robotsneednosecretsatall";

/// The SSRC of a robot's sound or picture.
pub fn ssrc(robot: usize, is_audio: bool) -> u32 {
    1_000_000 + 10 * robot as u32 + u32::from(is_audio)
}

/// Writes the offer of the robot with this number.
pub fn write(robot: usize, layout: Layout, fingerprint: &Fingerprint) -> String {
    let sending = [(true, layout.microphone), (false, layout.camera)];
    let receiving = [(true, layout.audio_slots), (false, layout.video_slots)];
    let sending = sending.into_iter().filter(|(_, wanted)| *wanted).map(|(audio, _)| (audio, true));
    let receiving = receiving.into_iter().flat_map(|(audio, n)| (0..n).map(move |_| (audio, false)));
    let sections: Vec<(bool, bool)> = sending.chain(receiving).collect();
    let mids: Vec<String> = (0..sections.len()).map(|mid| mid.to_string()).collect();
    let mut out = String::from("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n");
    // Writing to a String cannot fail.
    let _ = write!(out, "a=group:BUNDLE {}\r\na=extmap-allow-mixed\r\n", mids.join(" "));
    for (mid, (is_audio, sends)) in sections.into_iter().enumerate() {
        section(&mut out, mid, is_audio, fingerprint);
        out.push_str(if sends { "a=sendonly\r\n" } else { "a=recvonly\r\n" });
        if sends {
            let _ = write!(out, "a=ssrc:{} cname:robot\r\n", ssrc(robot, is_audio));
        }
    }
    out
}

fn section(out: &mut String, mid: usize, is_audio: bool, fingerprint: &Fingerprint) {
    let (media, formats) = if is_audio { ("audio", "111") } else { ("video", "96 97") };
    let _ = write!(out, "m={media} 9 UDP/TLS/RTP/SAVPF {formats}\r\nc=IN IP4 0.0.0.0\r\n");
    let _ = write!(out, "a=ice-ufrag:{UFRAG}\r\na=ice-pwd:{PASSWORD}\r\n");
    let _ = write!(out, "a=fingerprint:{fingerprint}\r\na=setup:actpass\r\na=mid:{mid}\r\na=rtcp-mux\r\n");
    out.push_str("a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n");
    out.push_str("a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n");
    out.push_str("a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n");
    if is_audio {
        out.push_str("a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n");
        out.push_str("a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n");
    } else {
        out.push_str("a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 nack\r\n");
        out.push_str("a=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n");
    }
}
