//! Plays a scenario and measures it.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use dimpl::{Config, DtlsCertificate};
use sfu_core::{sdp::Fingerprint, transport::dtls::Certificate};

use crate::{
    browser::Browser,
    fleet::{Fleet, Order},
    hub::{Forwarder, Hub},
    offer,
    robot::{Robot, Seen},
    scenario::{By, Scenario},
};

/// What a scenario cost and what its robots saw.
#[derive(Debug, Clone)]
pub struct Measured {
    /// As the table calls it.
    pub name: &'static str,
    /// Must and aim.
    pub limits: Option<(f64, f64)>,
    /// No promise about latency and loss.
    pub is_flood: bool,
    /// Processor microseconds of the media threads per packet that arrived.
    pub cost: f64,
    /// Packets that arrived, a second.
    pub rate: f64,
    /// Datagrams per message to the kernel.
    pub run: f64,
    /// Share of a processor used.
    pub load: f64,
    /// Milliseconds from the sender's call to the receiver's socket: median, 99th of a hundred.
    pub latency: (f64, f64),
    /// Packets missing.
    pub lost: u64,
    /// Robots that look at somebody and saw nothing.
    pub blind: usize,
}

/// What joining cost.
#[derive(Debug, Clone, Copy)]
pub struct Joining {
    /// Milliseconds, the 95th of a hundred.
    pub p95: f64,
    /// Processor milliseconds each.
    pub cost: f64,
    /// Resident megabytes before, and kilobytes more per participant.
    pub memory: (f64, f64),
}

/// What all robots share: one certificate, made once.
pub struct Cast {
    certificate: DtlsCertificate,
    fingerprint: Fingerprint,
    config: Arc<Config>,
}

impl Cast {
    /// Makes the certificate.
    pub fn new() -> io::Result<Self> {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(io::Error::other)?;
        let own =
            rcgen::CertificateParams::new(Vec::new()).and_then(|parameters| parameters.self_signed(&key));
        let certificate = own.map_err(io::Error::other)?.der().to_vec();
        let private_key = key.serialize_der();
        let named = Certificate::new(certificate.clone(), private_key.clone()).map_err(io::Error::other)?;
        let config = Config::builder().build().map_err(io::Error::other)?;
        Ok(Self {
            certificate: DtlsCertificate { certificate, private_key },
            fingerprint: named.fingerprint().clone(),
            config: Arc::new(config),
        })
    }

    fn robot(&self, hub: &Hub, number: usize, layout: offer::Layout) -> io::Result<Box<Robot>> {
        let sdp = offer::write(number, layout, &self.fingerprint);
        let born = Instant::now();
        let answer = hub.offer(1, number, &sdp)?;
        Ok(Box::new(Robot::new(number, born, &answer, self.certificate.clone(), &self.config)?))
    }

    /// Plays and measures.
    pub fn play(&self, scenario: &Scenario, workers: usize, seconds: u64) -> io::Result<Measured> {
        let hub = Hub::start(match scenario.by {
            By::Unlimited => Forwarder::Unlimited { workers },
            By::Estimating => Forwarder::Estimating { workers },
            By::Stock => Forwarder::Stock,
            By::Janus => Forwarder::Janus,
        })?;
        let (senders, receivers) = (Fleet::start()?, Fleet::start()?);
        let browsers: Vec<usize> =
            (0..scenario.cast.len()).filter(|n| scenario.cast[*n].is_browser).collect();
        let _browsers: Vec<Browser> =
            browsers.iter().map(|number| Browser::publish(&hub, *number)).collect::<io::Result<_>>()?;
        for (number, role) in scenario.cast.iter().enumerate().filter(|(_, role)| !role.is_browser) {
            let robot = self.robot(&hub, number, role.layout)?;
            let fleet = if role.streams.is_empty() { &receivers } else { &senders };
            fleet.order(Order::Join(robot, role.streams.clone()));
        }
        for (number, role) in scenario.cast.iter().enumerate() {
            hub.view(number, 720, role.sees.iter().copied())?;
        }
        std::thread::sleep(if scenario.by == By::Estimating { WARM_UP * 4 } else { WARM_UP });
        let before = hub.read()?;
        let start = Instant::now();
        [&senders, &receivers].into_iter().for_each(|fleet| fleet.order(Order::Forget));
        std::thread::sleep(Duration::from_secs(seconds));
        let after = hub.read()?;
        let elapsed = start.elapsed().as_secs_f64();
        let seen: Vec<Seen> =
            [senders.report(), receivers.report()].concat().into_iter().map(|(seen, _)| seen).collect();
        let looking = scenario.cast.iter().filter(|role| !role.sees.is_empty()).count();
        let packets: u64 = seen.iter().map(|seen| seen.packets).sum();
        let spent = (after.media - before.media).as_secs_f64();
        let mut latencies: Vec<u64> = seen.iter().flat_map(|seen| &seen.latencies).copied().collect();
        latencies.sort_unstable();
        if !browsers.is_empty() {
            // A browser does not write the moment of sending into its packets.
            latencies.clear();
        }
        Ok(Measured {
            name: scenario.name,
            limits: scenario.limits,
            is_flood: scenario.is_flood,
            cost: spent * 1e6 / packets.max(1) as f64,
            rate: packets as f64 / elapsed,
            run: (after.datagrams - before.datagrams) as f64
                / (after.messages - before.messages).max(1) as f64,
            load: spent / elapsed,
            latency: (quantile(&latencies, 0.5) / 1e6, quantile(&latencies, 0.99) / 1e6),
            blind: looking.saturating_sub(seen.iter().filter(|seen| seen.packets > 0).count()),
            lost: seen.iter().map(|seen| seen.lost).sum(),
        })
    }

    /// Two hundred join within five seconds, as our client's layout has it.
    pub fn join(&self, workers: usize) -> io::Result<Joining> {
        let hub = Hub::start(Forwarder::Unlimited { workers })?;
        let fleet = Fleet::start()?;
        // The first one makes the hub touch what it needs once.
        let layout = offer::Layout { microphone: true, camera: true, audio_slots: 3, video_slots: 12 };
        fleet.order(Order::Join(self.robot(&hub, 0, layout)?, Vec::new()));
        std::thread::sleep(WARM_UP / 2);
        let (before, memory) = (hub.read()?, hub.memory()?);
        let start = Instant::now();
        for number in 1..=JOINING {
            let due = start + JOINING_TIME * number as u32 / JOINING as u32;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            fleet.order(Order::Join(self.robot(&hub, number, layout)?, Vec::new()));
        }
        std::thread::sleep(WARM_UP / 2);
        let after = hub.read()?;
        let more = hub.memory()?.saturating_sub(memory);
        let report = fleet.report();
        let joined: Option<Vec<u64>> =
            report.iter().skip(1).map(|(_, joined)| joined.map(|took| took.as_nanos() as u64)).collect();
        let mut joined = joined.ok_or_else(|| io::Error::other("not every robot could join"))?;
        joined.sort_unstable();
        Ok(Joining {
            p95: quantile(&joined, 0.95) / 1e6,
            cost: (after.all - before.all).as_secs_f64() * 1e3 / JOINING as f64,
            memory: (memory as f64 / 1e6, more as f64 / 1e3 / JOINING as f64),
        })
    }
}

fn quantile(sorted: &[u64], share: f64) -> f64 {
    let place = (sorted.len().saturating_sub(1) as f64 * share).round() as usize;
    sorted.get(place).map_or(0.0, |value| *value as f64)
}

const WARM_UP: Duration = Duration::from_secs(3);
const JOINING: usize = 200;
const JOINING_TIME: Duration = Duration::from_secs(5);
