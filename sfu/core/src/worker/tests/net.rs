//! A network without loss or delay between small browsers and a worker, in virtual time.

use std::time::{Duration, Instant};

use base::{
    Timestamp,
    id::{MeetingId, SeatId},
    random::Seeded,
};
use dimpl::DtlsCertificate;

use super::client::{Client, server, slots};
use crate::{
    Event, Leg, Path, SlotKind, Source, Worker, WorkerConfig,
    sdp::{Offer, Purpose},
    transport::dtls::Certificate,
};

const OFFER: &str = include_str!("../../../testdata/chromium.sdp");

fn certificate() -> (Vec<u8>, Vec<u8>) {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
    (certificate.der().to_vec(), key.serialize_der())
}

/// Clients and a worker.
pub struct Net {
    pub now: Instant,
    start: Instant,
    pub worker: Worker,
    pub clients: Vec<Client>,
    pub events: Vec<Event>,
    /// How connections fared, each time that was told.
    pub legs: Vec<(Instant, Vec<Leg>)>,
    pub meeting: MeetingId,
    ticks: u64,
    /// What the next client's offer says differently.
    pub offer_as: Option<(&'static str, &'static str)>,
    /// Number of the first client's seat.
    first: usize,
    random: Seeded,
}

pub fn seat(number: usize) -> SeatId {
    SeatId::from_u128(number as u128 + 1)
}

impl Net {
    /// A worker and `count` clients that have their answers.
    pub fn new(count: usize) -> Self {
        Self::at(Instant::now(), 0, count)
    }

    /// The same, of seats from `first` on.
    pub fn at(now: Instant, first: usize, count: usize) -> Self {
        let (certificate, key) = certificate();
        let config = WorkerConfig {
            certificate: Certificate::new(certificate, key).unwrap(),
            candidates: vec!["192.0.2.1:40000".parse().unwrap()],
            tcp_port: None,
            max_peers: 100,
            unlimited: false,
            epoch: (now, Timestamp::from_seconds(1_800_000_000)),
        };
        let mut net = Self {
            now,
            start: now,
            worker: Worker::new(config, Box::new(Seeded::new(5))),
            clients: Vec::new(),
            events: Vec::new(),
            legs: Vec::new(),
            meeting: MeetingId::from_u128(1),
            ticks: 0,
            offer_as: None,
            first,
            random: Seeded::new(7),
        };
        (0..count).for_each(|number| net.join(number));
        net
    }

    /// A client for a seat offers (again).
    pub fn join(&mut self, number: usize) {
        self.join_as(number, Purpose::Seat);
    }

    /// The same for another purpose than that of our own client.
    pub fn join_as(&mut self, number: usize, purpose: Purpose) {
        let (certificate, private_key) = certificate();
        let fingerprint = Certificate::new(certificate.clone(), private_key.clone()).unwrap();
        let text: Vec<String> = OFFER
            .lines()
            .map(|line| match line.starts_with("a=fingerprint:") {
                true => format!("a=fingerprint:{}\r\n", fingerprint.fingerprint()),
                false => format!("{line}\r\n"),
            })
            .collect();
        let (from, to) = self.offer_as.unwrap_or_default();
        let text = if from.is_empty() { text.concat() } else { text.concat().replace(from, to) };
        let offer = Offer::parse(&text).unwrap().with_purpose(purpose);
        let answer =
            self.worker.handle_offer(self.now, self.meeting, seat(self.first + number), &offer).unwrap();
        let client = Client::new(
            self.first + number,
            self.now,
            offer,
            &answer,
            DtlsCertificate { certificate, private_key },
        );
        match self.clients.get_mut(number) {
            Some(place) => *place = client,
            None => self.clients.push(client),
        }
    }

    /// A client's NAT gives it another port, which it cannot know.
    pub fn rebind(&mut self, number: usize) {
        let address = &mut self.clients[number].address;
        address.set_port(address.port() + 1);
    }

    /// What a client has to send now, taken off its line by somebody else.
    pub fn intercept(&mut self, number: usize) -> Vec<Vec<u8>> {
        self.now += Duration::from_millis(5);
        self.ticks += 1;
        self.clients[number].tick(self.now, self.ticks);
        std::mem::take(&mut self.clients[number].outbox).into()
    }

    /// A client's network changed: it has another address and offers anew on the same connection. The
    /// checks come a moment later.
    pub fn restart(&mut self, number: usize) {
        self.rebind(number);
        let client = &mut self.clients[number];
        client.offer.ice.ufrag.push('2');
        let answer =
            self.worker.handle_offer(self.now, self.meeting, seat(self.first + number), &client.offer);
        let answer = answer.unwrap();
        client.server = server(&answer);
        client.checked = false;
        assert_eq!(client.slots, slots(&answer));
    }

    /// Lets `duration` pass in steps of 5 ms.
    pub fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.now < end {
            self.step();
        }
    }

    /// Lets 5 ms pass.
    pub fn step(&mut self) {
        self.now += Duration::from_millis(5);
        self.ticks += 1;
        for client in &mut self.clients {
            client.tick(self.now, self.ticks);
        }
        // Handshakes need a few trips; the network takes no time.
        while self.exchange() {}
        self.worker.handle_timeout(self.now);
        while self.exchange() {}
    }

    /// Carries what waits in both directions; false when nothing did.
    pub fn exchange(&mut self) -> bool {
        let mut moved = false;
        for client in &mut self.clients {
            while let Some(mut datagram) = client.outbox.pop_front() {
                moved = true;
                if client.online {
                    let path = Path { local: 0, remote: client.address };
                    self.worker.handle_datagram(self.now, path, &mut datagram);
                }
            }
        }
        self.worker.flush(self.now);
        let sent: Vec<_> = self.worker.transmits().iter().map(|(p, b)| (p.remote, b.to_vec())).collect();
        self.worker.transmits().clear();
        for (to, datagram) in sent {
            moved = true;
            if let Some(client) = self.clients.iter_mut().find(|c| c.address == to && c.online) {
                let arrives = match &mut client.downlink {
                    // IPv4 and UDP use the line as well.
                    Some(link) => link.carry(self.now, datagram.len() + 28, &mut self.random),
                    None => Some(self.now),
                };
                client.under_way.extend(arrives.map(|at| (at, datagram)));
            }
        }
        for client in &mut self.clients {
            while let Some((at, mut datagram)) = client.under_way.pop_front_if(|(at, _)| *at <= self.now) {
                client.receive(at, &mut datagram);
            }
        }
        while let Some(event) = self.worker.poll_event() {
            match event {
                Event::Legs { legs, .. } => self.legs.push((self.now, legs)),
                event => self.events.push(event),
            }
        }
        moved
    }

    /// Milliseconds since the beginning.
    pub fn elapsed(&self) -> u128 {
        self.now.duration_since(self.start).as_millis()
    }

    /// What a receiver's slot carries according to the events.
    pub fn slot(&self, number: usize, wanted: SlotKind, index: u8) -> Option<Source> {
        let last = self.events.iter().rev().find_map(|event| match event {
            Event::Slot { seat: s, kind, slot, source, .. }
                if (*s, *kind, *slot) == (seat(self.first + number), wanted, index) =>
            {
                Some(*source)
            }
            _ => None,
        });
        last.flatten()
    }
}
