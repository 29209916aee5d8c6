//! A small browser: checks, DTLS client, SRTP, a camera of three layers, a microphone.

use std::{collections::VecDeque, net::SocketAddr, sync::Arc, time::Instant};

use dimpl::{Config, Dtls, DtlsCertificate, Output, SrtpProfile};
use testkit::link::Link;

use crate::{
    codec::Codec,
    incoming::arrivals::Arrivals,
    rtcp::{self, Builder},
    rtp::{self, AudioLevel, MediaTime, Outgoing, Packet, PayloadType, SequenceNumber, Ssrc},
    sdp::{Offer, Section},
    transport::ice::{self, Credentials},
    transport::srtp::{Inbound, Outbound, Profile},
};

/// Index of the screen's stream.
const SCREEN: usize = 4;

/// A packet that a client received, decrypted.
#[derive(Debug, Clone)]
pub struct Got {
    pub ssrc: u32,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub payload: Vec<u8>,
}

/// One layer or the microphone.
#[derive(Debug, Clone, Copy)]
struct Stream {
    section: usize,
    rid: Option<&'static str>,
    ssrc: u32,
    sequence: u16,
    frames: u32,
    /// Of them since the last key frame.
    since_key: u32,
    /// Of them in the base layer.
    base: u8,
    key_due: bool,
    height: u16,
}

/// A browser.
pub struct Client {
    pub address: SocketAddr,
    pub(super) server: Credentials,
    pub offer: Offer,
    /// SSRC per slot, in the order of m-lines.
    pub slots: Vec<u32>,
    dtls: Dtls,
    srtp: Option<(Inbound, Outbound)>,
    pub got: Vec<Got>,
    pub nacked: usize,
    pub plis: usize,
    streams: Vec<Stream>,
    pub(super) outbox: VecDeque<Vec<u8>>,
    /// dB below the loudest that the microphone says; nothing when it is off.
    pub voice: Option<u8>,
    /// Bytes of 20 ms of it.
    pub voice_bytes: usize,
    /// Every packet of it begins as one of Opus with a single frame.
    pub opus: bool,
    pub camera: bool,
    pub screen: bool,
    /// Pictures have three temporal layers (VP8), as Chromium makes them.
    pub temporal: bool,
    /// What the camera sends.
    pub codec: Codec,
    /// The microphone sends redundant sound (RFC 2198).
    pub red: bool,
    /// It ignores requests for key frames.
    pub deaf: bool,
    /// Every so many packets of the microphone are lost on the way.
    pub lose: Option<u32>,
    last_sound: Vec<u8>,
    /// The cable is in.
    pub online: bool,
    /// What it receives comes this way; without, at once.
    pub downlink: Option<Link>,
    pub(super) under_way: VecDeque<(Instant, Vec<u8>)>,
    arrivals: Arrivals,
    /// It gives no transport-wide feedback, though it agreed to.
    pub reticent: bool,
    /// Further packets of a key frame.
    pub key_packets: usize,
    off: Vec<usize>,
    pub(super) checked: bool,
}

pub(super) fn server(answer: &str) -> Credentials {
    let value = |key: &str| answer.lines().find_map(|l| l.strip_prefix(key)).unwrap().to_owned();
    Credentials { ufrag: value("a=ice-ufrag:"), password: value("a=ice-pwd:") }
}

pub(super) fn slots(answer: &str) -> Vec<u32> {
    let ssrc = |section: &str| {
        let line = section.lines().find_map(|l| l.strip_prefix("a=ssrc:"))?;
        line.split(' ').next()?.parse().ok()
    };
    answer.split("\r\nm=").filter_map(ssrc).collect()
}

impl Client {
    pub(super) fn new(
        number: usize,
        now: Instant,
        offer: Offer,
        answer: &str,
        certificate: DtlsCertificate,
    ) -> Self {
        let config = Arc::new(Config::builder().build().unwrap());
        let mut dtls = Dtls::new_12(config, certificate, now);
        dtls.set_active(true);
        let stream = |section, rid, ssrc, height| Stream {
            section,
            rid,
            ssrc: ssrc + 100 * number as u32,
            sequence: 65_500,
            frames: 0,
            since_key: 0,
            base: 0,
            key_due: true,
            height,
        };
        Self {
            address: SocketAddr::from(([10, 0, 0, number as u8 + 1], 5_000)),
            server: server(answer),
            offer,
            slots: slots(answer),
            dtls,
            srtp: None,
            got: Vec::new(),
            nacked: 0,
            plis: 0,
            streams: vec![
                stream(0, None, 11, 0),
                stream(1, Some("q"), 21, 180),
                stream(1, Some("h"), 22, 360),
                stream(1, Some("f"), 23, 720),
                stream(2, None, 31, 1_080),
            ],
            outbox: VecDeque::new(),
            voice: None,
            voice_bytes: 80,
            opus: false,
            camera: false,
            screen: false,
            temporal: false,
            codec: Codec::Vp8,
            red: false,
            deaf: false,
            lose: None,
            last_sound: Vec::new(),
            online: true,
            downlink: None,
            under_way: VecDeque::new(),
            arrivals: Arrivals::new(now),
            reticent: false,
            key_packets: 0,
            off: Vec::new(),
            checked: false,
        }
    }

    /// Switches layers off, by index of stream; all others are on again with a key frame.
    pub fn switch_off(&mut self, off: &[usize]) {
        self.off = off.to_vec();
        self.demand_key();
    }

    /// The next frame of every layer is a key frame.
    pub fn demand_key(&mut self) {
        self.streams.iter_mut().for_each(|stream| stream.key_due = true);
    }

    /// A check that nominates the path it comes by.
    pub fn check(&self) -> Vec<u8> {
        ice::request(&self.server, &self.offer.ice.ufrag, true)
    }

    /// A check at once and every 2 s, DTLS when it is time, sound every 20 ms, a frame every 40 ms.
    pub(super) fn tick(&mut self, now: Instant, ticks: u64) {
        if ticks % 400 == 1 || !self.checked {
            self.checked = true;
            self.outbox.push_back(self.check());
        }
        if ticks > 1 && self.srtp.is_none() {
            self.dtls.handle_timeout(now).unwrap();
            self.poll_dtls();
        }
        if let (Some(level), 0) = (self.voice, ticks % 4) {
            self.send_sound(level);
        }
        if self.camera && ticks.is_multiple_of(8) {
            let on: Vec<usize> = (1..4).filter(|stream| !self.off.contains(stream)).collect();
            on.into_iter().for_each(|stream| self.send_frame(stream));
        }
        if self.screen && ticks.is_multiple_of(8) {
            self.send_frame(SCREEN);
        }
        if ticks.is_multiple_of(12) && !self.reticent {
            self.send_arrivals();
        }
    }

    /// Transport-wide feedback, as browsers give it.
    fn send_arrivals(&mut self) {
        // A browser reports under the SSRC of something it sends, or could.
        let own = Ssrc(self.streams[0].ssrc);
        while let Some(report) = self.arrivals.report() {
            self.send_rtcp(|builder| {
                let first = SequenceNumber(report.first);
                builder.transport_feedback(own, Ssrc(2), first, &report.arrivals, report.count);
            });
        }
    }

    fn poll_dtls(&mut self) {
        let mut buffer = vec![0; 4_096];
        loop {
            match self.dtls.poll_output(&mut buffer) {
                Output::Packet(bytes) => self.outbox.push_back(bytes.to_vec()),
                Output::KeyingMaterial(material, profile) => {
                    let profile = match profile {
                        SrtpProfile::AEAD_AES_128_GCM => Profile::AeadAes128Gcm,
                        _ => Profile::AeadAes256Gcm,
                    };
                    let keys = profile.split(&material).unwrap();
                    let inbound = Inbound::new(profile, &keys.server);
                    self.srtp = Some((inbound, Outbound::new(profile, &keys.client)));
                }
                Output::Timeout(_) => return,
                _ => {}
            }
        }
    }

    pub(super) fn receive(&mut self, now: Instant, datagram: &mut [u8]) {
        match datagram[0] {
            20..=63 => {
                self.dtls.handle_timeout(now).unwrap();
                let _ = self.dtls.handle_packet(datagram);
                self.poll_dtls();
            }
            128.. if rtp::is_rtcp(datagram) => self.receive_rtcp(datagram),
            128.. => {
                let Some((inbound, _)) = &mut self.srtp else { return };
                let len = inbound.open_rtp(datagram).expect("the worker seals what we can open");
                let packet = Packet::parse(&datagram[..len]).unwrap();
                let ids = self.offer.sections.last().unwrap().extensions;
                if let Some(number) = packet.extensions(&ids).transport_sequence {
                    self.arrivals.handle_packet(now, number);
                }
                // Padding of a probe.
                if packet.payload().is_empty() {
                    return;
                }
                self.got.push(Got {
                    ssrc: packet.header.ssrc.0,
                    payload_type: packet.header.payload_type.value(),
                    sequence: packet.header.sequence.0,
                    timestamp: packet.header.timestamp.0,
                    payload: packet.payload().to_vec(),
                });
            }
            // The worker asks whether we are here.
            _ => self.outbox.extend(ice::answer(&self.offer.ice, datagram)),
        }
    }

    fn receive_rtcp(&mut self, datagram: &mut [u8]) {
        let Some((inbound, _)) = &mut self.srtp else { return };
        let len = inbound.open_rtcp(datagram).unwrap();
        for packet in rtcp::parse(&datagram[..len]) {
            match packet {
                rtcp::Packet::Pli(ssrc) => {
                    self.plis += 1;
                    let asked = self.streams.iter_mut().filter(|s| s.ssrc == ssrc.0 && !self.deaf);
                    asked.for_each(|s| s.key_due = true);
                }
                rtcp::Packet::Nack(..) => self.nacked += 1,
                _ => {}
            }
        }
    }

    fn send_sound(&mut self, level: u8) {
        let stream = &mut self.streams[0];
        let timestamp = MediaTime(stream.frames.wrapping_mul(960));
        stream.frames += 1;
        let lost = self.lose.is_some_and(|lose| stream.frames.is_multiple_of(lose));
        let level = Some(AudioLevel { voice: true, level });
        let mut sound = vec![stream.frames as u8; self.voice_bytes];
        if let (true, Some(toc)) = (self.opus, sound.first_mut()) {
            *toc = 0x78;
        }
        let before = std::mem::replace(&mut self.last_sound, sound.clone());
        if self.red && !before.is_empty() {
            let head = 0x80 << 24 | 111 << 24 | 960 << 10 | before.len() as u32;
            let payload = [&head.to_be_bytes()[..], &[111], &before, &sound].concat();
            self.send(0, timestamp, true, level, &payload);
        } else {
            self.send(0, timestamp, true, level, &sound);
        }
        if lost {
            self.outbox.pop_back();
        }
    }

    /// The microphone sends nothing for so many packets, because all is silent (DTX).
    pub fn skip_sound(&mut self, packets: u32) {
        self.streams[0].frames += packets;
        self.last_sound.clear();
    }

    /// Two packets make a frame, key frames may have more.
    fn send_frame(&mut self, index: usize) {
        let stream = &mut self.streams[index];
        let key = std::mem::take(&mut stream.key_due);
        let timestamp = MediaTime(stream.frames.wrapping_mul(3_600));
        stream.frames += 1;
        stream.since_key = if key { 0 } else { stream.since_key + 1 };
        let phase = if self.temporal { stream.since_key as usize % 8 } else { 0 };
        let temporal = [0, 2, 1, 2][phase % 4];
        stream.base = stream.base.wrapping_add(u8::from(temporal == 0));
        let (base, layer) = (stream.base, temporal << 6 | if matches!(phase, 1..=3) { 0x20 } else { 0 });
        let [low, high] = stream.height.to_le_bytes();
        let [above, picture] = (stream.frames as u16 | 0x8000).to_be_bytes();
        let mut payload = match self.codec {
            Codec::Vp9 => vec![if key { 0xa8 } else { 0xe8 }, above, picture, 0x00, base, 0xaa],
            Codec::H264 => vec![0x7c, if key { 0x85 } else { 0x81 }, 0x88],
            Codec::Av1 => vec![if key { 0x18 } else { 0x10 }, 0x32],
            _ => {
                let descriptor = [0x90, 0xe0, above, picture, base, layer, u8::from(!key)];
                [&descriptor[..], &[0, 0, 0x9d, 0x01, 0x2a, 0, 1, low, high]].concat()
            }
        };
        payload.resize(300 * index, 0);
        self.send(index, timestamp, false, None, &payload);
        match self.codec {
            Codec::Vp9 => payload[0] &= !0x08,
            Codec::H264 => payload[1] &= !0x80,
            Codec::Av1 => payload[0] = 0x90,
            _ => payload[0] = 0x80,
        }
        for _ in 0..if key { self.key_packets } else { 0 } {
            self.send(index, timestamp, false, None, &payload);
        }
        self.send(index, timestamp, true, None, &payload);
    }

    fn send(
        &mut self,
        index: usize,
        timestamp: MediaTime,
        marker: bool,
        level: Option<AudioLevel>,
        payload: &[u8],
    ) {
        let stream = &mut self.streams[index];
        let section: &Section = &self.offer.sections[stream.section];
        let Some((_, srtp)) = &mut self.srtp else { return };
        let mut buffer = [0; 1_500];
        let mut ids = section.extensions;
        // The writer knows no RID; announced where a MID is written, which places the layer as well.
        let rid = stream.rid.map(str::to_owned);
        if rid.is_some() {
            ids.mid = section.extensions.rid;
        }
        let is_red = index == 0 && payload.len() > 80;
        let red = is_red.then(|| section.formats[1].payload_type);
        let camera = section.formats.iter().find(|f| f.codec == self.codec).map(|f| f.payload_type);
        let outgoing = Outgoing {
            payload_type: PayloadType::new(red.or(camera).or(section.payload_type).unwrap()),
            marker,
            sequence: SequenceNumber(stream.sequence),
            timestamp,
            ssrc: Ssrc(stream.ssrc),
            mid: rid.as_deref().or(Some(&section.mid)),
            audio_level: level,
            ..Outgoing::default()
        };
        stream.sequence = stream.sequence.wrapping_add(1);
        let written = outgoing.write(&ids, payload, &mut buffer).unwrap();
        let len = srtp.seal_rtp(&mut buffer, written.len).unwrap();
        self.outbox.push_back(buffer[..len].to_vec());
    }

    /// Sends RTCP.
    pub fn send_rtcp(&mut self, build: impl FnOnce(&mut Builder<'_>)) {
        let mut buffer = [0; 500];
        let mut builder = Builder::new(&mut buffer);
        build(&mut builder);
        let len = builder.finish();
        let Some((_, srtp)) = &mut self.srtp else { return };
        let len = srtp.seal_rtcp(&mut buffer, len).unwrap();
        self.outbox.push_back(buffer[..len].to_vec());
    }

    /// Packets of a slot since the last call to `got.clear()`.
    pub fn in_slot(&self, slot: usize) -> Vec<&Got> {
        self.got.iter().filter(|got| got.ssrc == self.slots[slot]).collect()
    }
}
