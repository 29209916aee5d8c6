//! Reading an offer. RFC 8866 grammar by `rtc-sdp`, meaning here, every number checked.

use std::{fmt, io::Cursor};

use rtc_sdp::description::{media::MediaDescription, session::SessionDescription};

use super::{Format, Purpose};
use crate::{codec::Codec, rtp::ExtensionIds, transport::ice::Credentials};

/// Why an offer cannot be used. The text is for the technician who reads the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfferError {
    /// Longer than any offer a browser makes for our layout.
    TooLong,
    /// More m-lines than anybody needs.
    TooManySections,
    /// Not SDP at all.
    Unreadable,
    /// A required attribute is absent or unreadable.
    Missing(&'static str),
    /// No codec that we forward in a section that needs one.
    NoCodec,
    /// The worker is stopping or has no room.
    Unavailable,
}

impl fmt::Display for OfferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "the offer is longer than {MAX_BYTES} bytes"),
            Self::TooManySections => write!(f, "the offer has more than {MAX_SECTIONS} m-lines"),
            Self::Unreadable => f.write_str("the offer is not SDP"),
            Self::Missing(what) => write!(f, "the offer has no usable {what}"),
            Self::NoCodec => f.write_str("the offer has a section without a codec that the hub forwards"),
            Self::Unavailable => f.write_str("the media worker takes no new peers"),
        }
    }
}

impl std::error::Error for OfferError {}

/// The hash of a DTLS certificate (RFC 8122 §5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// `sha-256` and friends, lower case.
    pub algorithm: String,
    /// The digest.
    pub digest: Vec<u8>,
}

impl Fingerprint {
    /// Reads `sha-256 AB:CD:…`.
    pub fn parse(text: &str) -> Option<Self> {
        let (algorithm, hex) = text.trim().split_once(' ')?;
        let digest: Option<Vec<u8>> = hex.trim().split(':').map(|b| u8::from_str_radix(b, 16).ok()).collect();
        let algorithm = algorithm.to_ascii_lowercase();
        let digest = digest?;
        let length = match algorithm.as_str() {
            "sha-256" => 32,
            "sha-384" => 48,
            "sha-512" => 64,
            _ => return None, // RFC 8122 §5: SHA-1 and MD5 must not be trusted.
        };
        (digest.len() == length).then_some(Self { algorithm, digest })
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.algorithm)?;
        for (i, byte) in self.digest.iter().enumerate() {
            write!(f, "{}{byte:02X}", if i == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

/// Kind of an m-line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SectionKind {
    /// Sound.
    Audio,
    /// Picture.
    Video,
    /// Data channels and whatever else; answered with a rejection.
    Other,
}

/// Id by URI (RFC 8285 §5), for reading and writing alike.
pub(super) fn extension_table(ids: &mut ExtensionIds) -> [(&'static str, &mut Option<u8>); 6] {
    [
        ("urn:ietf:params:rtp-hdrext:sdes:mid", &mut ids.mid),
        ("urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", &mut ids.rid),
        ("urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id", &mut ids.repaired_rid),
        ("urn:ietf:params:rtp-hdrext:ssrc-audio-level", &mut ids.audio_level),
        (
            "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
            &mut ids.transport_sequence,
        ),
        ("http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", &mut ids.abs_send_time),
    ]
}

/// Takes one `a=extmap` value: `5/recvonly urn:…`.
fn learn_extension(ids: &mut ExtensionIds, value: &str) {
    let mut words = value.split_ascii_whitespace();
    let (Some(id), Some(uri)) = (words.next(), words.next()) else { return };
    let id = id.split('/').next().and_then(|id| id.parse().ok());
    // RFC 8285 §4.2: one-byte headers carry ids 1 to 14; longer ones are not worth two bytes to us.
    let Some(id) = id.filter(|id| (1..=14).contains(id)) else { return };
    if let Some((_, place)) = extension_table(ids).into_iter().find(|(known, _)| *known == uri) {
        *place = Some(id);
    }
}

/// One m-line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What it carries.
    pub kind: SectionKind,
    /// The word after `m=`, to be echoed in a rejection.
    pub media: String,
    /// The transport, to be echoed.
    pub protocol: String,
    /// First format, to be echoed in a rejection.
    pub first_format: String,
    /// Its name in the bundle (RFC 8843 §7).
    pub mid: String,
    /// Its transport: port of the default candidate, and credentials where it names some.
    pub transport: (isize, Option<Credentials>),
    /// The client sends.
    pub sends: bool,
    /// The client receives.
    pub receives: bool,
    /// Payload type of the first choice: Opus; VP8, or what is offered instead.
    pub payload_type: Option<u8>,
    /// Payload type of the retransmissions of [`Self::payload_type`] (RFC 4588).
    pub rtx_payload_type: Option<u8>,
    /// All of the section that we can forward, the first choice first.
    pub formats: Vec<Format>,
    /// Known header extensions.
    pub extensions: ExtensionIds,
    /// Simulcast stream ids the client sends, lowest layer first (RFC 8853).
    pub rids: Vec<String>,
    /// Media SSRC and RTX SSRC announced in the section (RFC 5576).
    pub ssrcs: Vec<(u32, Option<u32>)>,
}

/// A usable offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The client's ICE credentials: those of the section whose transport carries everything.
    pub ice: Credentials,
    /// Which section that is (RFC 9143 §7.3.1); its name stands first in the answer's group.
    pub tagged: usize,
    /// The client's certificate must hash to this.
    pub fingerprint: Fingerprint,
    /// The m-lines in order.
    pub sections: Vec<Section>,
    /// The client understands mixed one- and two-byte extension headers.
    pub extmap_allow_mixed: bool,
    /// What the connection is for.
    pub purpose: Purpose,
}

impl Offer {
    /// The same offer for another purpose than our own client's.
    #[must_use]
    pub fn with_purpose(self, purpose: Purpose) -> Self {
        let offer = Self { purpose, ..self };
        if matches!(purpose, Purpose::View { .. }) { offer.tagged_for_a_viewer() } else { offer }
    }

    /// A viewer that offers one transport per kind ("balanced") keeps that of the first section, as RFC 9143
    /// §7.3.1 wants, unless another kind has more sections: aiortc moves only the first section of a kind
    /// to another kind's transport and leaves the rest deaf.
    fn tagged_for_a_viewer(mut self) -> Self {
        let used = |s: &&Section| s.receives && s.payload_type.is_some();
        let count = |kind| self.sections.iter().filter(used).filter(|s| s.kind == kind).count();
        let Some(first) = self.sections.first() else { return self };
        // Port 0 is that of a section that comes only bundled.
        let is_apart = |s: &&Section| s.transport.0 != 0 && s.transport != first.transport;
        let is_better = |s: &&Section| used(s) && is_apart(s) && count(s.kind) > count(first.kind);
        let better = self.sections.iter().position(|section| is_better(&section));
        let ice = better.and_then(|at| self.sections.get(at)?.transport.1.clone());
        if let (Some(tagged), Some(ice)) = (better, ice) {
            (self.tagged, self.ice) = (tagged, ice);
        }
        self
    }

    /// How many pictures a viewer with this offer gets at once.
    pub fn video_slots(&self) -> usize {
        let taken = |s: &&Section| s.kind == SectionKind::Video && s.receives && s.payload_type.is_some();
        self.sections.iter().filter(taken).count()
    }

    /// Whether a publisher with this offer sends a voice, and a picture.
    pub fn sends(&self) -> (bool, bool) {
        let any = |kind| self.sections.iter().any(|s| s.kind == kind && s.sends);
        (any(SectionKind::Audio), any(SectionKind::Video))
    }

    /// Reads an offer; every refusal says why.
    pub fn parse(text: &str) -> Result<Self, OfferError> {
        if text.len() > MAX_BYTES {
            return Err(OfferError::TooLong);
        }
        // Before the parser, so that a thousand m-lines cost nothing.
        if text.lines().filter(|line| line.starts_with("m=")).count() > MAX_SECTIONS {
            return Err(OfferError::TooManySections);
        }
        let session = SessionDescription::unmarshal(&mut Cursor::new(text.as_bytes()))
            .map_err(|_| OfferError::Unreadable)?;
        let first = session.media_descriptions.first().ok_or(OfferError::Missing("m-line"))?;
        // RFC 8843 §7.1.3: transport attributes of the bundle stand in its first section, or above all.
        let transport = |key: &str| -> Option<&str> {
            value(first, key).or_else(|| session.attribute(key).map(String::as_str))
        };
        let fingerprint = transport("fingerprint").and_then(Fingerprint::parse);
        // RFC 5763 §5: the offerer may be actpass or active; we are always passive.
        if matches!(transport("setup"), Some("passive" | "holdconn")) {
            return Err(OfferError::Missing("setup:actpass"));
        }
        let sections: Option<Vec<Section>> = session.media_descriptions.iter().map(section).collect();
        let sections = sections.ok_or(OfferError::Missing("mid"))?;
        Ok(Self {
            ice: credentials(transport)?,
            tagged: 0,
            fingerprint: fingerprint.ok_or(OfferError::Missing("fingerprint"))?,
            extmap_allow_mixed: session.has_attribute("extmap-allow-mixed")
                || first.has_attribute("extmap-allow-mixed"),
            sections,
            purpose: Purpose::Seat,
        })
    }
}

/// RFC 8839 §5.4: 4 to 256 characters name a client, 22 to 256 prove that it is the one.
fn credentials<'a>(value: impl Fn(&str) -> Option<&'a str>) -> Result<Credentials, OfferError> {
    let of = |key: &'static str, length: std::ops::RangeInclusive<usize>| {
        value(key).filter(|text| length.contains(&text.len())).ok_or(OfferError::Missing(key))
    };
    let (ufrag, password) = (of("ice-ufrag", 4..=256)?, of("ice-pwd", 22..=256)?);
    Ok(Credentials { ufrag: ufrag.to_owned(), password: password.to_owned() })
}

fn value<'a>(media: &'a MediaDescription, key: &str) -> Option<&'a str> {
    media.attribute(key).flatten()
}

fn values<'a>(media: &'a MediaDescription, key: &'a str) -> impl Iterator<Item = &'a str> {
    media.attributes.iter().filter(move |a| a.key == key).filter_map(|a| a.value.as_deref())
}

/// Reads one m-line; none when it has no usable name.
fn section(media: &MediaDescription) -> Option<Section> {
    let mid = value(media, "mid").filter(|mid| {
        // RFC 8843 §15: it must fit a one-byte header extension to be sent with packets.
        (1..=16).contains(&mid.len()) && mid.bytes().all(|b| b.is_ascii_graphic())
    })?;
    // RFC 8829 §5.2.1: port 0 refuses a section, except one that is bundle-only (Firefox).
    let refused = media.media_name.port.value == 0 && !media.has_attribute("bundle-only");
    let kind = match media.media_name.media.as_str() {
        "audio" if !refused => SectionKind::Audio,
        "video" if !refused => SectionKind::Video,
        _ => SectionKind::Other,
    };
    let formats = usable(media, kind);
    let first = formats.first();
    let mut extensions = ExtensionIds::default();
    values(media, "extmap").for_each(|v| learn_extension(&mut extensions, v));
    // RFC 8866 §6.7: sendrecv unless said otherwise.
    let has = |key| media.has_attribute(key);
    Some(Section {
        kind,
        media: media.media_name.media.clone(),
        protocol: media.media_name.protos.join("/"),
        first_format: media.media_name.formats.first().cloned().unwrap_or_else(|| "0".to_owned()),
        mid: mid.to_owned(),
        transport: (media.media_name.port.value, credentials(|key| value(media, key)).ok()),
        sends: !has("recvonly") && !has("inactive"),
        receives: !has("sendonly") && !has("inactive"),
        payload_type: first.map(|format| format.payload_type),
        rtx_payload_type: first.and_then(|format| format.rtx),
        formats,
        extensions,
        rids: rids(media),
        ssrcs: ssrcs(media),
    })
}

/// What of a section we can forward, the first choice first.
fn usable(media: &MediaDescription, kind: SectionKind) -> Vec<Format> {
    match kind {
        SectionKind::Audio => {
            let opus = usable_format(media, Codec::Opus, |_| true);
            let red = opus.as_ref().and_then(|opus| {
                // RFC 2198 §4: which encodings the blocks may have.
                let is_opus = |block: &str| block.parse() == Ok(opus.payload_type);
                usable_format(media, Codec::Red, |f| f.parameters.split('/').all(is_opus))
            });
            opus.into_iter().chain(red).collect()
        }
        SectionKind::Video => {
            Codec::VIDEO.into_iter().filter_map(|codec| usable_format(media, codec, is_ordinary)).collect()
        }
        SectionKind::Other => Vec::new(),
    }
}

/// The first payload type of a codec that `accepts` its parameters.
fn usable_format(
    media: &MediaDescription,
    wanted: Codec,
    accepts: impl Fn(&Format) -> bool,
) -> Option<Format> {
    let formats = &media.media_name.formats;
    let channels = if wanted.is_audio() { "/2" } else { "" };
    let name = format!("{}/{}{channels}", wanted.name(), wanted.clock_rate());
    let read = |payload_type: u8| Format {
        codec: wanted,
        payload_type,
        rtx: formats
            .iter()
            .filter_map(|pt| codec(media, pt, "rtx/90000"))
            .find(|rtx| apt(media, *rtx) == Some(payload_type)),
        parameters: parameters(media, payload_type).unwrap_or_default().to_owned(),
    };
    formats.iter().filter_map(|pt| codec(media, pt, &name)).map(read).find(accepts)
}

/// Profiles that every decoder of the codec knows: eight bits, 4:2:0; constrained baseline H.264 in the
/// packets that all browsers send (RFC 6184 §6.3).
fn is_ordinary(format: &Format) -> bool {
    let value = |key: &str| {
        let mut pairs = format.parameters.split(';').filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(known, _)| *known == key).map(|(_, value)| value)
    };
    match format.codec {
        Codec::Vp9 => matches!(value("profile-id"), None | Some("0")),
        Codec::Av1 => matches!(value("profile"), None | Some("0")),
        Codec::H264 => {
            value("packetization-mode") == Some("1")
                && value("profile-level-id").is_some_and(|id| id.starts_with("42"))
        }
        _ => true,
    }
}

/// The parameters of a payload type (RFC 8866 §6.15), if they can be echoed.
fn parameters(media: &MediaDescription, payload_type: u8) -> Option<&str> {
    let found = values(media, "fmtp").find_map(|line| {
        let (pt, parameters) = line.split_once(' ')?;
        (pt.parse() == Ok(payload_type)).then_some(parameters.trim())
    });
    found.filter(|text| text.len() <= MAX_PARAMETERS)
}

/// The payload type `format` when its rtpmap says `name`.
fn codec(media: &MediaDescription, format: &str, name: &str) -> Option<u8> {
    let found = values(media, "rtpmap").any(|map| {
        map.split_once(' ').is_some_and(|(pt, codec)| pt == format && codec.trim().eq_ignore_ascii_case(name))
    });
    // RFC 5761 §4: with rtcp-mux, payload types 64–95 would look like RTCP.
    format.parse().ok().filter(|pt| found && (*pt < 64 || (96..128).contains(pt)))
}

/// The payload type that `rtx` repairs (RFC 4588 §8.6).
fn apt(media: &MediaDescription, rtx: u8) -> Option<u8> {
    let parameters = parameters(media, rtx)?;
    parameters.split(';').find_map(|pair| pair.trim().strip_prefix("apt="))?.parse().ok()
}

/// RFC 8853 §5.1 `a=simulcast:send q;h,h2;~f`: the first alternative of every stream, in order.
fn rids(media: &MediaDescription) -> Vec<String> {
    let Some(line) = value(media, "simulcast") else { return Vec::new() };
    let mut words = line.split_ascii_whitespace();
    while let (Some(direction), Some(list)) = (words.next(), words.next()) {
        if direction == "send" {
            return list
                .split(';')
                .filter_map(|stream| stream.split(',').next())
                .map(|rid| rid.trim_start_matches('~').to_owned())
                .filter(|rid| (1..=16).contains(&rid.len()) && rid.bytes().all(|b| b.is_ascii_alphanumeric()))
                .take(MAX_LAYERS)
                .collect();
        }
    }
    Vec::new()
}

/// SSRCs of the section, RTX paired by FID groups (RFC 5576 §4.1, RFC 4588 §8.3).
fn ssrcs(media: &MediaDescription) -> Vec<(u32, Option<u32>)> {
    let pairs: Vec<(u32, u32)> = values(media, "ssrc-group")
        .filter_map(|group| {
            let mut words = group.strip_prefix("FID ")?.split_ascii_whitespace();
            Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
        })
        .take(MAX_LAYERS)
        .collect();
    let mut found: Vec<(u32, Option<u32>)> = Vec::new();
    for ssrc in values(media, "ssrc").filter_map(|line| line.split(' ').next()?.parse::<u32>().ok()) {
        let is_rtx = pairs.iter().any(|(_, rtx)| *rtx == ssrc);
        if !is_rtx && found.len() < MAX_LAYERS && !found.iter().any(|(known, _)| *known == ssrc) {
            found.push((ssrc, pairs.iter().find(|(main, _)| *main == ssrc).map(|(_, rtx)| *rtx)));
        }
    }
    found
}

/// Browsers need 31 to 75 kB for our layout.
const MAX_BYTES: usize = 192 * 1024;
/// 4 sending + 3 audio slots + 49 video slots leaves room for any layout of ours.
const MAX_SECTIONS: usize = 64;
/// Bytes of the parameters of a codec; browsers need 80.
const MAX_PARAMETERS: usize = 256;
/// Simulcast layers of one track.
const MAX_LAYERS: usize = 3;
