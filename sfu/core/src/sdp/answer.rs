//! Deciding and writing the answer (RFC 8829 §5.3): which section becomes which track or slot.

use std::{fmt::Write as _, net::SocketAddr};

use base::random::Random;

use super::{
    Fingerprint, Format, Offer, OfferError, Purpose, Section, SectionKind, format, offer::extension_table,
};
use crate::{MediaKind, codec::Codec, rtp::ExtensionIds};

/// What the answer says about this worker.
#[derive(Debug, Clone)]
pub struct Local<'a> {
    /// Own ICE user fragment for this peer.
    pub ice_ufrag: &'a str,
    /// Own ICE password for this peer.
    pub ice_pwd: &'a str,
    /// Hash of the worker's certificate.
    pub fingerprint: &'a Fingerprint,
    /// Where the worker can be reached, best first.
    pub candidates: &'a [SocketAddr],
    /// The port of these addresses that takes TCP connections.
    pub tcp_port: Option<u16>,
}

/// A section the client sends in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomingMedia {
    /// Which of the seat's media.
    pub kind: MediaKind,
    /// Index of the m-line.
    pub section: usize,
    /// Its name.
    pub mid: String,
    /// Payload type of the media.
    pub payload_type: u8,
    /// Payload type of its retransmissions.
    pub rtx_payload_type: Option<u8>,
    /// All that the client may send, the first choice first.
    pub formats: Vec<Format>,
    /// Header extensions taken.
    pub extensions: ExtensionIds,
    /// Simulcast stream ids, lowest layer first; empty without simulcast.
    pub rids: Vec<String>,
    /// SSRCs announced in the offer, with those of their retransmissions.
    pub ssrcs: Vec<(u32, Option<u32>)>,
}

/// A section the client receives in: a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotMedia {
    /// Heard or seen.
    pub is_audio: bool,
    /// Index of the m-line.
    pub section: usize,
    /// Its name, sent with every packet.
    pub mid: String,
    /// Payload type as the receiver numbers it.
    pub payload_type: u8,
    /// Payload type of retransmissions, when the receiver can take them.
    pub rtx_payload_type: Option<u8>,
    /// All that it can take, the first choice first.
    pub formats: Vec<Format>,
    /// SSRC for the life of the peer.
    pub ssrc: u32,
    /// SSRC of retransmissions.
    pub rtx_ssrc: u32,
    /// Header extensions used.
    pub extensions: ExtensionIds,
}

impl IncomingMedia {
    /// What the client means by a payload type.
    pub fn codec(&self, payload_type: u8) -> Option<Codec> {
        self.formats.iter().find(|format| format.payload_type == payload_type).map(|format| format.codec)
    }

    /// The payload type of what this one repairs.
    pub fn repaired(&self, rtx: u8) -> Option<u8> {
        self.formats.iter().find(|format| format.rtx == Some(rtx)).map(|format| format.payload_type)
    }
}

impl SlotMedia {
    /// How the receiver numbers a codec; nothing when it cannot take it.
    pub fn format(&self, codec: Codec) -> Option<&Format> {
        self.formats.iter().find(|format| format.codec == codec)
    }
}

/// What becomes of every m-line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Use {
    Incoming(usize),
    Slot(usize),
    Rejected,
}

/// The decision on an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the client sends.
    pub incoming: Vec<IncomingMedia>,
    /// Where it receives, in the order of m-lines.
    pub slots: Vec<SlotMedia>,
    uses: Vec<Use>,
}

impl Answer {
    /// Decides on `offer` by its purpose. The first sending audio section is the microphone, the second the
    /// sound of the screen; the first sending video section the camera, the second the screen.
    pub fn to(offer: &Offer, random: &mut dyn Random) -> Result<Self, OfferError> {
        let mut answer = Self { incoming: Vec::new(), slots: Vec::new(), uses: Vec::new() };
        let purpose = offer.purpose;
        let mut audio = [MediaKind::Microphone, MediaKind::ScreenAudio].into_iter().take(purpose.sending());
        let mut video = [MediaKind::Camera, MediaKind::Screen].into_iter().take(purpose.sending());
        for (index, section) in offer.sections.iter().enumerate() {
            // A viewer's m-line may say sendrecv; it is answered sendonly.
            let sends = section.sends && purpose.sending() > 0;
            let kind = match section.kind {
                SectionKind::Other => None,
                _ if !sends && (!section.receives || purpose == Purpose::Publish) => None,
                SectionKind::Audio if sends => audio.next().map(Some),
                SectionKind::Video if sends => video.next().map(Some),
                _ => Some(None),
            };
            let used = match (kind, section.payload_type) {
                (None, _) => Use::Rejected,
                (Some(_), None) if purpose == Purpose::Seat => return Err(OfferError::NoCodec),
                // Whatever else a standard client offers may still be of use.
                (Some(_), None) => Use::Rejected,
                (Some(Some(kind)), Some(payload_type)) => {
                    answer.incoming.push(incoming(kind, index, section, payload_type));
                    Use::Incoming(answer.incoming.len() - 1)
                }
                (Some(None), Some(payload_type)) => {
                    let slot = answer.slot(index, section, payload_type, offer, random);
                    answer.slots.push(slot);
                    Use::Slot(answer.slots.len() - 1)
                }
            };
            answer.uses.push(used);
        }
        if answer.uses.iter().all(|used| *used == Use::Rejected) {
            return Err(OfferError::NoCodec);
        }
        Ok(answer)
    }

    fn slot(
        &self,
        index: usize,
        section: &Section,
        payload_type: u8,
        offer: &Offer,
        random: &mut dyn Random,
    ) -> SlotMedia {
        let taken = |ssrc: u32| {
            ssrc == 0
                || self.slots.iter().any(|s| s.ssrc == ssrc || s.rtx_ssrc == ssrc)
                || offer.sections.iter().flat_map(|s| &s.ssrcs).any(|(a, b)| *a == ssrc || *b == Some(ssrc))
        };
        // 53 numbers out of 2^32: a second draw is all it ever takes; the bound is for broken sources.
        let mut draw = |not: u32| {
            (0..64).map(|_| random.next_u32()).find(|s| !taken(*s) && *s != not).unwrap_or(index as u32 + 1)
        };
        let ssrc = draw(0);
        SlotMedia {
            is_audio: section.kind == SectionKind::Audio,
            section: index,
            mid: section.mid.clone(),
            payload_type,
            rtx_payload_type: section.rtx_payload_type,
            formats: section.formats.clone(),
            ssrc,
            rtx_ssrc: draw(ssrc),
            extensions: ExtensionIds {
                mid: section.extensions.mid,
                transport_sequence: section.extensions.transport_sequence,
                // Only for the receiver's own estimate, where it cannot tell us arrivals.
                abs_send_time: match section.extensions.transport_sequence {
                    Some(_) => None,
                    None => section.extensions.abs_send_time,
                },
                ..ExtensionIds::default()
            },
        }
    }

    /// Whether the decision stands for another offer of the same connection: m-lines keep their places
    /// and names (RFC 8829 §5.2.2).
    pub fn fits(&self, offer: &Offer) -> bool {
        let named = |(index, mid): (usize, &String)| offer.sections.get(index).is_some_and(|s| s.mid == *mid);
        let incoming = self.incoming.iter().map(|media| (media.section, &media.mid));
        let slots = self.slots.iter().map(|slot| (slot.section, &slot.mid));
        self.uses.len() == offer.sections.len() && incoming.chain(slots).all(named)
    }

    /// The answer as text.
    pub fn write(&self, offer: &Offer, local: &Local<'_>, random: &mut dyn Random) -> String {
        let mut out = String::with_capacity(16 * 1024);
        let mut bundled: Vec<(bool, &str)> = (offer.sections.iter().zip(&self.uses).enumerate())
            .filter(|(_, (_, used))| **used != Use::Rejected)
            .map(|(index, (section, _))| (index != offer.tagged, section.mid.as_str()))
            .collect();
        // RFC 9143 §7.3.1: the section whose transport carries all of them comes first.
        bundled.sort_by_key(|(others, _)| *others);
        let mids: Vec<&str> = bundled.into_iter().map(|(_, mid)| mid).collect();
        let session = random.next_u64() >> 2;
        let _ = write!(out, "v=0\r\no=- {session} 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n");
        let _ = write!(out, "a=group:BUNDLE {}\r\na=ice-lite\r\n", mids.join(" "));
        if offer.extmap_allow_mixed {
            out.push_str("a=extmap-allow-mixed\r\n");
        }
        out.push_str("a=msid-semantic: WMS *\r\n");
        let mut first = true;
        for (section, used) in offer.sections.iter().zip(&self.uses) {
            // RFC 8843 §7.1.3 wants candidates in the first section only; aiortc takes those of the last, and
            // nobody minds them in all.
            first |= offer.purpose != Purpose::Seat;
            match used {
                Use::Rejected => write_rejected(&mut out, section),
                Use::Incoming(i) => {
                    if let Some(media) = self.incoming.get(*i) {
                        write_transport(&mut out, section, local, &mut first);
                        write_incoming(&mut out, section, media);
                    }
                }
                Use::Slot(i) => {
                    if let Some(slot) = self.slots.get(*i) {
                        write_transport(&mut out, section, local, &mut first);
                        write_slot(&mut out, section, slot);
                    }
                }
            }
        }
        out
    }
}

fn incoming(kind: MediaKind, index: usize, section: &Section, payload_type: u8) -> IncomingMedia {
    IncomingMedia {
        kind,
        section: index,
        mid: section.mid.clone(),
        payload_type,
        rtx_payload_type: section.rtx_payload_type,
        formats: section.formats.clone(),
        // abs-send-time stays out: transport-cc carries the same, and both cost bytes.
        extensions: ExtensionIds { abs_send_time: None, ..section.extensions },
        rids: section.rids.clone(),
        ssrcs: section.ssrcs.clone(),
    }
}

/// RFC 8829 §5.3.1: a refused section keeps its place with port 0.
fn write_rejected(out: &mut String, section: &Section) {
    let Section { media, protocol, first_format, mid, .. } = section;
    let _ = write!(out, "m={media} 0 {protocol} {first_format}\r\nc=IN IP4 0.0.0.0\r\n");
    let _ = write!(out, "a=mid:{mid}\r\na=inactive\r\n");
}

/// The m-line and what all used sections share.
fn write_transport(out: &mut String, section: &Section, local: &Local<'_>, first: &mut bool) {
    let _ = write!(out, "m={} 9 {}", section.media, section.protocol);
    for format in format::preferred(&section.formats) {
        let _ = write!(out, " {}", format.payload_type);
        if let Some(rtx) = format.rtx {
            let _ = write!(out, " {rtx}");
        }
    }
    out.push_str("\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n");
    if std::mem::take(first) {
        write_candidates(out, local);
    }
    let _ = write!(out, "a=ice-ufrag:{}\r\na=ice-pwd:{}\r\n", local.ice_ufrag, local.ice_pwd);
    let _ = write!(out, "a=fingerprint:{}\r\na=setup:passive\r\n", local.fingerprint);
    let _ = write!(out, "a=mid:{}\r\na=rtcp-mux\r\na=rtcp-rsize\r\n", section.mid);
}

fn write_candidates(out: &mut String, local: &Local<'_>) {
    for (i, address) in (0_u32..).zip(local.candidates) {
        // RFC 8445 §5.1.2.1: type preference 126 (host), local preference falling, component 1.
        let preference = 65_535 - i.min(65_535);
        let priority = (126 << 24) + (preference << 8) + 255;
        let (ip, port) = (address.ip(), address.port());
        let _ = write!(out, "a=candidate:{} 1 udp {priority} {ip} {port} typ host\r\n", i + 1);
    }
    for (i, (address, port)) in (0_u32..).zip(local.candidates.iter().zip(local.tcp_port.iter().cycle())) {
        // RFC 6544 §4.2: below all of UDP; direction preference 4 (passive) before the local one.
        let preference = (4 << 13) + (8_191 - i.min(8_191));
        let priority = (90 << 24) + (preference << 8) + 255;
        let (ip, foundation) = (address.ip(), local.candidates.len() + i as usize + 1);
        let _ =
            write!(out, "a=candidate:{foundation} 1 tcp {priority} {ip} {port} typ host tcptype passive\r\n");
    }
    out.push_str("a=end-of-candidates\r\n");
}

fn write_extensions(out: &mut String, mut extensions: ExtensionIds) {
    for (uri, id) in extension_table(&mut extensions) {
        if let Some(id) = id {
            let _ = write!(out, "a=extmap:{id} {uri}\r\n");
        }
    }
}

fn write_formats(out: &mut String, section: &Section) {
    let first = section.payload_type.unwrap_or_default();
    format::preferred(&section.formats).for_each(|format| format::write_format(out, format, first));
}

/// RFC 4585 §4.2: a feedback that every format has.
fn write_feedback(out: &mut String, section: &Section, feedback: &str) {
    for format in section.formats.iter().filter(|format| format.codec != Codec::Red) {
        let _ = write!(out, "a=rtcp-fb:{} {feedback}\r\n", format.payload_type);
    }
}

fn write_incoming(out: &mut String, section: &Section, media: &IncomingMedia) {
    out.push_str("a=recvonly\r\n");
    write_formats(out, section);
    if media.extensions.transport_sequence.is_some() {
        write_feedback(out, section, "transport-cc");
    }
    write_extensions(out, media.extensions);
    if !media.rids.is_empty() {
        // RFC 8853 §5.3: what was offered to be sent is answered as received.
        for rid in &media.rids {
            let _ = write!(out, "a=rid:{rid} recv\r\n");
        }
        let _ = write!(out, "a=simulcast:recv {}\r\n", media.rids.join(";"));
    }
}

fn write_slot(out: &mut String, section: &Section, slot: &SlotMedia) {
    out.push_str("a=sendonly\r\n");
    let SlotMedia { ssrc, rtx_ssrc, mid, .. } = slot;
    write_formats(out, section);
    if slot.extensions.transport_sequence.is_some() {
        write_feedback(out, section, "transport-cc");
    } else if !slot.is_audio {
        write_feedback(out, section, "goog-remb");
    }
    write_extensions(out, slot.extensions);
    // One stream per slot: browsers synchronise the tracks of a stream, and slots change sources
    // independently of each other.
    let _ = write!(out, "a=msid:slot-{mid} slot-{mid}\r\n");
    // Without a=ssrc and FID Firefox ignores retransmissions. Chromium takes the SSRC that is named
    // first for that of the media.
    if slot.rtx_payload_type.is_some() {
        let _ = write!(out, "a=ssrc-group:FID {ssrc} {rtx_ssrc}\r\n");
    }
    let _ = write!(out, "a=ssrc:{ssrc} cname:lienthong\r\n");
    if slot.rtx_payload_type.is_some() {
        let _ = write!(out, "a=ssrc:{rtx_ssrc} cname:lienthong\r\n");
    }
}
