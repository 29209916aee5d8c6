//! A small browser with real sockets: it checks, shakes hands, speaks, and takes what its slots bring.

use std::{
    collections::HashSet,
    io::{Read, Write},
    net::{IpAddr, SocketAddr, TcpStream, UdpSocket},
    sync::Arc,
    time::{Duration, Instant},
};

use dimpl::{Config, Dtls, DtlsCertificate, Output, SrtpProfile};
use sfu::SfuHandle;
use sfu_core::{
    rtcp::Builder,
    rtp::{self, AudioLevel, ExtensionIds, MediaTime, Outgoing, Packet, PayloadType, SequenceNumber, Ssrc},
    sdp::Offer,
    transport::{
        dtls::Certificate,
        framing::{Deframer, write_frame},
        srtp::{Inbound, Outbound, Profile},
    },
};

use crate::stun::{Answer, check, mapped, offer_as, sdp};

/// The way to the hub.
enum Line {
    Udp(UdpSocket),
    Tcp(TcpStream, Deframer),
}

impl Line {
    fn send(&mut self, datagram: &[u8]) {
        match self {
            Self::Udp(socket) => drop(socket.send(datagram).unwrap()),
            Self::Tcp(stream, _) => {
                let mut frame = Vec::new();
                assert!(write_frame(&mut frame, datagram));
                stream.write_all(&frame).unwrap();
            }
        }
    }

    /// What comes within a moment.
    fn receive(&mut self) -> Vec<Vec<u8>> {
        let mut buffer = [0; 4_096];
        let mut datagrams = Vec::new();
        match self {
            Self::Udp(socket) => {
                while let Ok(length) = socket.recv(&mut buffer) {
                    datagrams.push(buffer[..length].to_vec());
                }
            }
            Self::Tcp(stream, deframer) => {
                while let Ok(length @ 1..) = stream.read(&mut buffer) {
                    deframer.push(&buffer[..length], |frame| datagrams.push(frame.to_vec())).unwrap();
                }
            }
        }
        datagrams
    }
}

/// A packet of somebody's voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Heard {
    /// The stream it came in.
    pub slot: u32,
    /// Whose voice.
    pub from: u8,
    /// Its number.
    pub number: u32,
}

/// A browser with a seat.
pub struct Browser {
    line: Line,
    number: u8,
    answer: Answer,
    offer: Offer,
    dtls: Dtls,
    srtp: Option<(Inbound, Outbound)>,
    is_reachable: bool,
    next_check: Instant,
    next_word: Instant,
    /// Of its microphone.
    pub ssrc: u32,
    sequence: u16,
    spoken: u32,
    pub heard: Vec<Heard>,
    /// All that it sealed.
    pub sealed: Vec<Vec<u8>>,
}

impl Browser {
    /// Takes a seat and goes to the first UDP candidate that the answer names.
    pub async fn join(sfu: &SfuHandle, seat: u8) -> Self {
        Self::join_by(sfu, seat, |answer| Line::udp(answer.udp[0])).await
    }

    /// Takes a seat and goes to this candidate of the answer.
    pub async fn join_at(
        sfu: &SfuHandle,
        seat: u8,
        is_tcp: bool,
        choose: impl Fn(&SocketAddr) -> bool,
    ) -> Self {
        let line = |answer: &Answer| Line::to(answer, is_tcp, &choose, None);
        Self::join_by(sfu, seat, line).await
    }

    /// Takes a seat and goes to a candidate of the family of `own`, which a NAT leads to `own`.
    pub async fn join_through(sfu: &SfuHandle, seat: u8, is_tcp: bool, own: IpAddr) -> Self {
        let choose = |candidate: &SocketAddr| candidate.is_ipv6() == own.is_ipv6();
        let line = |answer: &Answer| Line::to(answer, is_tcp, &choose, Some(own));
        Self::join_by(sfu, seat, line).await
    }

    async fn join_by(sfu: &SfuHandle, seat: u8, line: impl Fn(&Answer) -> Line) -> Self {
        let certificate = certificate();
        let DtlsCertificate { certificate: der, private_key } = certificate.clone();
        let ours = Certificate::new(der, private_key).unwrap();
        let sdp = sdp(|line| match line {
            _ if line.starts_with("a=fingerprint:") => Some(format!("a=fingerprint:{}", ours.fingerprint())),
            // It gives no feedback on it.
            _ if line.starts_with("a=extmap:") && line.contains("transport-wide-cc") => Some(String::new()),
            _ => None,
        });
        let answer = offer_as(sfu, u128::from(seat), &sdp).await;
        let now = Instant::now();
        let config = Arc::new(Config::builder().build().unwrap());
        let mut dtls = Dtls::new_12(config, certificate, now);
        dtls.set_active(true);
        Self {
            line: line(&answer),
            number: seat,
            answer,
            offer: Offer::parse(&sdp).unwrap(),
            dtls,
            srtp: None,
            is_reachable: false,
            next_check: now,
            next_word: now,
            ssrc: 1_000 + u32::from(seat),
            sequence: 65_500,
            spoken: 0,
            heard: Vec::new(),
            sealed: Vec::new(),
        }
    }

    /// What it sends to be let in.
    pub fn check(&self) -> Vec<u8> {
        check(&self.answer.ufrag, &self.answer.password)
    }

    /// Where the hub is.
    pub fn hub(&self) -> SocketAddr {
        match &self.line {
            Line::Udp(socket) => socket.peer_addr().unwrap(),
            Line::Tcp(stream, _) => stream.peer_addr().unwrap(),
        }
    }

    /// Sends these bytes as they are.
    pub fn send(&mut self, datagram: &[u8]) {
        self.line.send(datagram);
    }

    /// Does what is due and takes what comes within a moment.
    pub fn turn(&mut self) {
        let now = Instant::now();
        if now >= self.next_check {
            let pause = if self.srtp.is_some() { 2_000 } else { 100 };
            self.next_check = now + Duration::from_millis(pause);
            self.line.send(&self.check());
        }
        if self.is_reachable && self.srtp.is_none() {
            self.dtls.handle_timeout(now).unwrap();
            self.shake_hands();
        }
        if self.srtp.is_some() && now >= self.next_word {
            self.next_word = now + Duration::from_millis(20);
            self.speak();
        }
        for mut datagram in self.line.receive() {
            self.take(now, &mut datagram);
        }
    }

    fn shake_hands(&mut self) {
        let mut buffer = vec![0; 4_096];
        loop {
            match self.dtls.poll_output(&mut buffer) {
                Output::Packet(bytes) => self.line.send(bytes),
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

    fn take(&mut self, now: Instant, datagram: &mut [u8]) {
        match datagram[0] {
            0..=3 => self.is_reachable |= mapped(datagram).is_some(),
            20..=63 => {
                self.dtls.handle_timeout(now).unwrap();
                self.dtls.handle_packet(datagram).unwrap();
                self.shake_hands();
            }
            _ if rtp::is_rtcp(datagram) => {}
            _ => {
                let Some((inbound, _)) = &mut self.srtp else { return };
                let length = inbound.open_rtp(datagram).expect("nothing comes twice or with another key");
                let packet = Packet::parse(&datagram[..length]).unwrap();
                if let [0x78, from, number @ ..] = packet.payload() {
                    let number = u32::from_be_bytes(*number.first_chunk().unwrap());
                    self.heard.push(Heard { slot: packet.header.ssrc.0, from: *from, number });
                }
            }
        }
    }

    /// 20 ms of voice: the table of contents of one frame of Opus (RFC 6716 §3.1), whose it is, its number.
    fn speak(&mut self) {
        self.spoken += 1;
        let mut payload = [0; 80];
        payload[..2].copy_from_slice(&[0x78, self.number]);
        payload[2..6].copy_from_slice(&self.spoken.to_be_bytes());
        self.send_media(0, &payload);
    }

    /// Seals and sends a packet of a section of its offer.
    pub fn send_media(&mut self, section: usize, payload: &[u8]) {
        let Self { offer, srtp, .. } = self;
        let section = &offer.sections[section];
        let is_voice = section.rids.is_empty();
        let ids = if is_voice { section.extensions } else { ExtensionIds::default() };
        let packet = Outgoing {
            payload_type: PayloadType::new(section.payload_type.unwrap()),
            marker: true,
            sequence: SequenceNumber(self.sequence),
            timestamp: MediaTime(self.spoken.wrapping_mul(960)),
            ssrc: Ssrc(self.ssrc),
            mid: is_voice.then_some(section.mid.as_str()),
            audio_level: is_voice.then_some(AudioLevel { voice: true, level: 20 }),
            ..Outgoing::default()
        };
        self.sequence = self.sequence.wrapping_add(1);
        let mut buffer = [0; 1_500];
        let written = packet.write(&ids, payload, &mut buffer).unwrap();
        let length = srtp.as_mut().unwrap().1.seal_rtp(&mut buffer, written.len).unwrap();
        self.keep_and_send(&buffer[..length]);
    }

    /// Seals and sends a report: a key frame is asked for.
    pub fn ask_key(&mut self) {
        let mut buffer = [0; 200];
        let mut builder = Builder::new(&mut buffer[..100]);
        builder.pli(Ssrc(self.ssrc), Ssrc(1));
        let length = builder.finish();
        let length = self.srtp.as_mut().unwrap().1.seal_rtcp(&mut buffer, length).unwrap();
        self.keep_and_send(&buffer[..length]);
    }

    fn keep_and_send(&mut self, sealed: &[u8]) {
        self.sealed.push(sealed.to_vec());
        self.line.send(sealed);
    }

    /// Packets heard of somebody.
    pub fn count(&self, from: u8) -> usize {
        self.heard.iter().filter(|heard| heard.from == from).count()
    }

    /// Nothing was heard twice.
    pub fn heard_each_once(&self) -> bool {
        let words: HashSet<_> = self.heard.iter().map(|heard| (heard.from, heard.number)).collect();
        words.len() == self.heard.len()
    }
}

impl Line {
    fn to(answer: &Answer, is_tcp: bool, choose: &dyn Fn(&SocketAddr) -> bool, own: Option<IpAddr>) -> Self {
        let candidates = if is_tcp { &answer.tcp } else { &answer.udp };
        let mut candidate = *candidates.iter().find(|candidate| choose(candidate)).unwrap();
        candidate.set_ip(own.unwrap_or(candidate.ip()));
        if is_tcp { Self::tcp(candidate) } else { Self::udp(candidate) }
    }

    fn udp(candidate: SocketAddr) -> Self {
        let any = SocketAddr::new(candidate.ip(), 0);
        let socket = UdpSocket::bind(any).unwrap();
        socket.connect(candidate).unwrap();
        socket.set_read_timeout(Some(MOMENT)).unwrap();
        Self::Udp(socket)
    }

    fn tcp(candidate: SocketAddr) -> Self {
        let stream = TcpStream::connect(candidate).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(MOMENT)).unwrap();
        Self::Tcp(stream, Deframer::default())
    }
}

/// The first datagram of somebody's handshake, which nobody else's equals.
pub fn hello(certificate: &DtlsCertificate, now: Instant) -> Vec<u8> {
    let mut dtls = Dtls::new_12(Arc::new(Config::builder().build().unwrap()), certificate.clone(), now);
    dtls.set_active(true);
    dtls.handle_timeout(now).unwrap();
    let mut buffer = vec![0; 4_096];
    match dtls.poll_output(&mut buffer) {
        Output::Packet(bytes) => bytes.to_vec(),
        other => panic!("{other:?} instead of a datagram"),
    }
}

/// A new certificate.
pub fn certificate() -> DtlsCertificate {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
    DtlsCertificate { certificate: certificate.der().to_vec(), private_key: key.serialize_der() }
}

/// Lets them all go on until something is so.
pub fn until(browsers: &mut [&mut Browser], what: &str, mut is_so: impl FnMut(&[&mut Browser]) -> bool) {
    let begun = Instant::now();
    while !is_so(browsers) {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        browsers.iter_mut().for_each(|browser| browser.turn());
    }
}

/// Lets them all go on until each has heard some more of every other.
pub fn converse(browsers: &mut [&mut Browser]) {
    let words = |browsers: &[&mut Browser]| -> Vec<Vec<usize>> {
        let of = |ear: &Browser| browsers.iter().map(|mouth| ear.count(mouth.number)).collect();
        browsers.iter().map(|ear| of(ear)).collect()
    };
    let before = words(browsers);
    until(browsers, "each has heard every other", |browsers| {
        let now = words(browsers);
        (0..now.len())
            .all(|ear| (0..now.len()).all(|mouth| ear == mouth || now[ear][mouth] >= before[ear][mouth] + 5))
    });
}

const MOMENT: Duration = Duration::from_millis(2);
const PATIENCE: Duration = Duration::from_secs(60);
