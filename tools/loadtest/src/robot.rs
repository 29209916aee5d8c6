//! One robot: check, DTLS client, SRTP; it counts what comes and says so to the hub's congestion
//! control (transport-cc, sixteen times a second as Chromium does). It decodes nothing.

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use dimpl::{Config, Dtls, DtlsCertificate, Output, SrtpProfile};
use sfu_core::{
    rtcp::{self, Builder},
    rtp::{self, Header, SequenceNumber, Ssrc, Unwrapper},
    transport::srtp::{Inbound, Outbound, Profile, RTCP_OVERHEAD},
};

use crate::{
    check,
    offer::{IDS, PASSWORD, RTX, UFRAG},
    socket::{Buffer, Run, Socket},
};

/// What a robot saw.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Media packets.
    pub packets: u64,
    /// Media packets that should have come by their numbers and did not.
    pub lost: u64,
    /// Nanoseconds from the publisher's send to the robot's socket, one packet in [`SAMPLE`].
    pub latencies: Vec<u64>,
}

/// A stream's numbers.
struct Stream {
    ssrc: u32,
    numbers: Unwrapper,
    first: u64,
    count: u64,
}

/// A robot with an answer.
pub struct Robot {
    /// Its place in the fleet.
    pub number: usize,
    /// Its way to the hub.
    pub socket: Socket,
    /// Where the hub is, and its fragment and password.
    address: SocketAddr,
    hub: (String, String),
    dtls: Dtls,
    srtp: Option<(Inbound, Outbound)>,
    born: Instant,
    /// From the offer to the keys.
    pub joined: Option<Duration>,
    streams: Vec<Stream>,
    seen: Seen,
    arrivals: Vec<(u16, u64)>,
    feedbacks: u8,
    epoch: Option<u64>,
    checks: u64,
    next_check: Instant,
    next_feedback: Instant,
    /// Somebody wants a key frame.
    pub key_wanted: bool,
}

impl Robot {
    /// Takes the hub's answer to the offer it made when it was `born`, and begins to check.
    pub fn new(
        number: usize,
        born: Instant,
        answer: &str,
        certificate: DtlsCertificate,
        config: &Arc<Config>,
    ) -> io::Result<Self> {
        let value = |key: &str| {
            let line = answer.lines().find_map(|line| line.strip_prefix(key));
            line.map(str::to_owned).ok_or_else(|| io::Error::other(format!("the answer has no {key}")))
        };
        let address = candidate(answer)?;
        let now = Instant::now();
        let mut dtls = Dtls::new_12(Arc::clone(config), certificate, now);
        // RFC 5763 §5: who answers as active begins the handshake itself.
        dtls.set_active(!answer.contains("a=setup:active"));
        Ok(Self {
            number,
            socket: Socket::connect(address)?,
            address,
            hub: (value("a=ice-ufrag:")?, value("a=ice-pwd:")?),
            dtls,
            srtp: None,
            born,
            joined: None,
            streams: Vec::new(),
            seen: Seen::default(),
            arrivals: Vec::new(),
            feedbacks: 0,
            epoch: None,
            checks: 0,
            next_check: now,
            next_feedback: now + FEEDBACK * (number as u32 % 16) / 16,
            key_wanted: true,
        })
    }

    /// Seals what the publisher wrote.
    pub fn outbound(&mut self) -> Option<&mut Outbound> {
        self.srtp.as_mut().map(|(_, outbound)| outbound)
    }

    /// What it saw so far.
    pub fn seen(&self) -> Seen {
        let expected = |s: &Stream| s.numbers.highest().map_or(0, |highest| highest - s.first + 1);
        let lost = self.streams.iter().map(|s| expected(s).saturating_sub(s.count)).sum();
        Seen { lost, ..self.seen.clone() }
    }

    /// Forgets what it saw; a warm-up is over.
    pub fn forget(&mut self) {
        self.seen = Seen::default();
        self.streams.clear();
    }

    /// Checks, handshakes, reports, when it is time.
    pub fn tick(&mut self, now: Instant) {
        if now >= self.next_check {
            self.checks += 1;
            // RFC 7675 §5.1: every five seconds; more often until the connection stands.
            self.next_check = now + if self.srtp.is_some() { CHECK } else { CHECK / 10 };
            self.socket.send(&check::request(&self.hub.0, &self.hub.1, UFRAG, self.checks));
        }
        if self.srtp.is_none() && self.checks > 0 {
            let _ = self.dtls.handle_timeout(now);
            self.handshake(now);
        }
        if now >= self.next_feedback {
            self.next_feedback = now + FEEDBACK;
            self.send_feedback();
        }
    }

    /// Reads what waits.
    pub fn receive(&mut self, now: Instant, buffer: &mut Buffer) {
        // Bounded, so that one robot does not starve the others.
        for _ in 0..64 {
            let Some(run) = self.socket.receive(buffer) else { return };
            for datagram in buffer.datagrams(run) {
                match datagram.first() {
                    Some(0..=3) => {
                        if let Some(response) = check::response(datagram, self.address, PASSWORD) {
                            self.socket.send(&response);
                        }
                    }
                    Some(20..=63) => {
                        let _ = self.dtls.handle_timeout(now);
                        let _ = self.dtls.handle_packet(datagram);
                        self.handshake(now);
                    }
                    Some(128..) if rtp::is_rtcp(datagram) => self.receive_rtcp(datagram),
                    Some(128..) => self.receive_rtp(run, datagram),
                    _ => {}
                }
            }
        }
    }

    fn receive_rtp(&mut self, run: Run, datagram: &mut [u8]) {
        let Some(header) = Header::parse(datagram) else { return };
        if let Some(number) = transport_sequence(datagram) {
            self.arrivals.push((number, run.at));
        }
        if header.payload_type.value() == RTX {
            return;
        }
        let known = self.streams.iter_mut().find(|stream| stream.ssrc == header.ssrc.0);
        match known {
            Some(stream) => {
                stream.numbers.unwrap(header.sequence);
                stream.count += 1;
            }
            None => {
                let mut numbers = Unwrapper::default();
                let first = numbers.unwrap(header.sequence);
                self.streams.push(Stream { ssrc: header.ssrc.0, numbers, first, count: 1 });
            }
        }
        self.seen.packets += 1;
        if self.seen.packets % SAMPLE == 1
            && let Some((inbound, _)) = &mut self.srtp
            && let Ok(len) = inbound.open_rtp(datagram)
            && let Some(sent) = sent_at(&datagram[..len])
        {
            self.seen.latencies.push(run.at.saturating_sub(sent));
        }
    }

    fn receive_rtcp(&mut self, datagram: &mut [u8]) {
        let Some((inbound, _)) = &mut self.srtp else { return };
        let Ok(len) = inbound.open_rtcp(datagram) else { return };
        for packet in rtcp::parse(&datagram[..len]) {
            if let rtcp::Packet::Pli(_) = packet {
                self.key_wanted = true;
            }
        }
    }

    fn handshake(&mut self, now: Instant) {
        let mut buffer = [0; 4_096];
        loop {
            match self.dtls.poll_output(&mut buffer) {
                Output::Packet(bytes) => self.socket.send(bytes),
                Output::KeyingMaterial(material, profile) => {
                    let profile = match profile {
                        SrtpProfile::AEAD_AES_128_GCM => Profile::AeadAes128Gcm,
                        _ => Profile::AeadAes256Gcm,
                    };
                    if let Some(keys) = profile.split(&material) {
                        let (own, theirs) = match self.dtls.is_active() {
                            true => (keys.client, keys.server),
                            false => (keys.server, keys.client),
                        };
                        self.srtp = Some((Inbound::new(profile, &theirs), Outbound::new(profile, &own)));
                        self.joined = Some(now.duration_since(self.born));
                    }
                }
                Output::Timeout(_) => return,
                _ => {}
            }
        }
    }

    /// The feedback of draft-holmer-rmcat-transport-wide-cc-extensions-01 on what came since the last.
    fn send_feedback(&mut self) {
        let Some(&(first, start)) = self.arrivals.first() else { return };
        // Any moment will do, but always the same one.
        let start = *self.epoch.get_or_insert(start);
        let Some((_, outbound)) = &mut self.srtp else { return };
        for chunk in self.arrivals.chunks(200) {
            let base = chunk.iter().map(|(number, _)| number.wrapping_sub(first) as i16).min().unwrap_or(0);
            let base = first.wrapping_add(base as u16);
            let mut arrivals: Vec<Option<Duration>> = Vec::with_capacity(chunk.len());
            for (number, at) in chunk {
                let place = usize::from(number.wrapping_sub(base));
                if place < 1_000 {
                    arrivals.resize(arrivals.len().max(place + 1), None);
                    arrivals[place] = Some(Duration::from_nanos(at.saturating_sub(start) + 1_000_000_000));
                }
            }
            let mut buffer = [0; 1_400];
            let mut builder = Builder::new(&mut buffer[..1_400 - RTCP_OVERHEAD]);
            builder.transport_feedback(Ssrc(1), Ssrc(2), SequenceNumber(base), &arrivals, self.feedbacks);
            let len = builder.finish();
            self.feedbacks = self.feedbacks.wrapping_add(1);
            if let Ok(len) = outbound.seal_rtcp(&mut buffer, len) {
                self.socket.send(&buffer[..len]);
            }
        }
        self.arrivals.clear();
    }
}

/// Where the answer says the hub is. Robots live on its machine, so every address of it is reached over
/// loopback; Janus has no other than those of the network's cards.
fn candidate(answer: &str) -> io::Result<SocketAddr> {
    let lines = answer.lines().filter_map(|line| line.strip_prefix("a=candidate:"));
    let addresses = lines.filter(|line| line.to_ascii_lowercase().contains(" udp ")).filter_map(|line| {
        let mut words = line.split(' ').skip(4);
        Some(SocketAddr::new(words.next()?.parse().ok()?, words.next()?.parse().ok()?))
    });
    addresses
        .filter(SocketAddr::is_ipv4)
        .max_by_key(|address| address.ip().is_loopback())
        .ok_or_else(|| io::Error::other("no candidate"))
}

/// The transport-wide number; readable without the key.
fn transport_sequence(datagram: &mut [u8]) -> Option<u16> {
    // What a sealed packet says about its padding lies under the seal.
    let first = *datagram.first()?;
    *datagram.first_mut()? &= !0x20;
    let number = rtp::Packet::parse(datagram).and_then(|p| p.extensions(&IDS).transport_sequence);
    *datagram.first_mut()? = first;
    number
}

/// When the publisher sent the packet, written behind the payload's descriptor.
fn sent_at(packet: &[u8]) -> Option<u64> {
    let payload = rtp::Packet::parse(packet)?.payload();
    let at = payload.get(crate::publisher::STAMP)?;
    Some(u64::from_be_bytes(at.try_into().ok()?)).filter(|at| *at > 0)
}

/// As often as Chromium.
const FEEDBACK: Duration = Duration::from_micros(62_500);
const CHECK: Duration = Duration::from_secs(5);
/// One packet in this many is opened.
pub const SAMPLE: u64 = 16;
