//! One seat's connection: ICE-lite, DTLS, keys, what it sends and what it receives.

use std::time::{Duration, Instant};

use base::{
    id::{MeetingId, SeatId},
    random::Random,
};

use crate::{
    Path, TrackState, Transmits,
    congestion::Sender,
    incoming::{Incoming, Track},
    leg::{Leg, Tally, TrackFlow},
    outgoing::{Egress, Outgoing},
    rtp::Ssrc,
    sdp::{Answer, Fingerprint, Offer, Purpose},
    transport::dtls::{Certificate, Dimpl, DtlsError, DtlsServer, Secrets},
    transport::ice::{Check, Checked, Credentials, IceLite, Proof, Proven},
    transport::srtp::{Inbound, Outbound, Profile},
};

/// One connection.
pub(crate) struct Peer {
    /// Whose.
    pub seat: SeatId,
    /// Whose media it must not receive: its own seat's, or that of the seat it views for.
    pub owner: SeatId,
    /// Where.
    pub meeting: MeetingId,
    /// Tells it from its predecessor in the same place.
    pub serial: u32,
    /// Its paths.
    pub ice: IceLite,
    /// What was agreed; an ICE restart is answered with the same.
    pub agreed: Answer,
    fingerprint: Fingerprint,
    dtls: Box<dyn DtlsServer>,
    srtp: Option<(Inbound, Outbound)>,
    /// What it sends.
    pub incoming: Incoming,
    /// What it receives.
    pub outgoing: Outgoing,
    /// What its line carries.
    pub sender: Sender,
    /// Next reports once a second.
    pub next_report: Instant,
    /// Next feedback to its congestion control.
    pub next_feedback: Instant,
    born: Instant,
    /// What is told of it next.
    pub tally: Tally,
    /// SSRCs it has used, the newest last: by them it is found when its address has changed.
    pub marks: Vec<Ssrc>,
}

impl Peer {
    /// A peer that got its answer `now`.
    pub fn new(
        now: Instant,
        (meeting, seat, serial): (MeetingId, SeatId, u32),
        (offer, answer): (&Offer, Answer),
        credentials: Credentials,
        certificate: &Certificate,
        random: &mut dyn Random,
    ) -> Self {
        let wide = answer.slots.iter().any(|slot| slot.extensions.transport_sequence.is_some());
        Self {
            seat,
            owner: match offer.purpose {
                Purpose::View { owner } => owner,
                Purpose::Seat | Purpose::Publish => seat,
            },
            meeting,
            serial,
            ice: IceLite::new(credentials, offer.ice.clone(), now),
            dtls: Box::new(Dimpl::new(certificate, offer.fingerprint.clone(), now)),
            srtp: None,
            incoming: Incoming::new(now, answer.incoming.clone()),
            outgoing: Outgoing::new(answer.slots.clone(), random),
            sender: Sender::new(now, wide),
            agreed: answer,
            fingerprint: offer.fingerprint.clone(),
            next_report: now + REPORT_INTERVAL,
            next_feedback: now + FEEDBACK_INTERVAL,
            born: now,
            tally: Tally::new(now),
            marks: Vec::new(),
        }
    }

    /// Whether an offer is of the connection that is there already: the same certificate, which a browser
    /// makes anew for every other one, and the same m-lines.
    pub fn made(&self, offer: &Offer) -> bool {
        self.fingerprint == offer.fingerprint && self.agreed.fits(offer)
    }

    /// Media can flow.
    pub fn is_connected(&self) -> bool {
        self.srtp.is_some()
    }

    /// Takes an ICE check and answers it.
    pub fn handle_check(
        &mut self,
        now: Instant,
        path: Path,
        check: &Check,
        transmits: &mut Transmits,
    ) -> Option<Checked> {
        let checked = self.ice.handle_check(now, path, check)?;
        if checked.moved {
            self.sender.handle_new_path(now);
        }
        transmits.push(path, &checked.response);
        Some(checked)
    }

    /// Takes the answer to a question of ours; what it leads to when it proves that the path is the peer's.
    pub fn handle_proof(&mut self, now: Instant, path: Path, proof: &Proof) -> Option<Proven> {
        let proven = self.ice.handle_proof(now, path, proof)?;
        self.sender.handle_new_path(now);
        Some(proven)
    }

    /// Takes a DTLS datagram; the profile when the handshake is complete.
    pub fn handle_dtls(
        &mut self,
        now: Instant,
        datagram: &[u8],
        transmits: &mut Transmits,
    ) -> Result<Option<Profile>, DtlsError> {
        let secrets = self.dtls.handle_datagram(now, datagram);
        self.send_dtls(transmits);
        Ok(self.install(secrets?))
    }

    /// Retransmits a flight when it is time.
    pub fn handle_dtls_timeout(
        &mut self,
        now: Instant,
        transmits: &mut Transmits,
    ) -> Result<Option<Profile>, DtlsError> {
        if self.dtls.poll_timeout().is_none_or(|at| at > now) {
            return Ok(None);
        }
        let secrets = self.dtls.handle_timeout(now);
        self.send_dtls(transmits);
        Ok(self.install(secrets?))
    }

    /// Tells the far end that it is over.
    pub fn close(&mut self, transmits: &mut Transmits) {
        self.dtls.close();
        self.send_dtls(transmits);
    }

    fn send_dtls(&mut self, transmits: &mut Transmits) {
        let path = self.ice.selected();
        while let Some(datagram) = self.dtls.poll_transmit() {
            if let Some(path) = path {
                transmits.push(path, &datagram);
            }
        }
    }

    fn install(&mut self, secrets: Option<Secrets>) -> Option<Profile> {
        let Secrets { profile, keys } = secrets?;
        // RFC 5764 §4.2: the client, which is always the browser, protects with the client's keys.
        self.srtp = Some((Inbound::new(profile, &keys.client), Outbound::new(profile, &keys.server)));
        self.ice.secure();
        Some(profile)
    }

    /// Opens SRTP.
    pub fn inbound(&mut self) -> Option<&mut Inbound> {
        self.srtp.as_mut().map(|(inbound, _)| inbound)
    }

    /// What is needed to send media: slots and the way out.
    pub fn egress<'a>(
        &'a mut self,
        now: Instant,
        transmits: &'a mut Transmits,
        abs_send_time: u32,
    ) -> Option<(&'a mut Outgoing, Egress<'a>)> {
        let path = self.ice.selected()?;
        let (_, srtp) = self.srtp.as_mut()?;
        let sender = &mut self.sender;
        let now = sender.micros(now);
        Some((&mut self.outgoing, Egress { srtp, path, transmits, sender, now, abs_send_time }))
    }

    /// Seals and queues an RTCP packet.
    pub fn send_rtcp(&mut self, rtcp: &[u8], transmits: &mut Transmits) {
        let (Some(path), Some((_, srtp))) = (self.ice.selected(), self.srtp.as_mut()) else { return };
        // Refused only when the key is spent: then the receiver misses a report, nothing else.
        let _ = transmits.push_with(path, |arena| {
            let start = arena.len();
            arena.extend_from_slice(rtcp);
            arena.resize(start + rtcp.len() + crate::transport::srtp::RTCP_OVERHEAD, 0);
            let len = srtp.seal_rtcp(arena.get_mut(start..).unwrap_or_default(), rtcp.len())?;
            arena.truncate(start + len);
            Ok::<(), crate::transport::srtp::Error>(())
        });
    }

    /// How it fared since it was asked last.
    pub fn leg(&mut self, now: Instant) -> Leg {
        let (up, down, round_trip) = self.tally.take(now, self.sender.sent_rate(now));
        let estimate = Some(self.sender.estimate()).filter(|estimate| *estimate != u32::MAX);
        let saving = self.outgoing.slots.iter().filter(|slot| slot.told.is_some_and(|(_, saving)| saving));
        let tracks = self.incoming.tracks.iter().filter(|track| track.state != TrackState::Off);
        let flow = |track: &Track| {
            let layers = track.views();
            let sending = || layers.iter().filter(|layer| layer.alive && layer.rates.whole() > 0);
            TrackFlow {
                kind: track.kind(),
                bitrate: sending().map(|layer| layer.rates.whole()).sum(),
                // Three layers at most.
                layers: sending().count() as u8,
            }
        };
        Leg {
            seat: self.seat,
            up,
            down,
            round_trip,
            estimate,
            // A few dozen slots at most.
            saving: saving.count() as u8,
            tracks: tracks.map(flow).collect(),
        }
    }

    /// Whether the peer is gone: no check for 30 s, or no handshake within that time.
    pub fn is_gone(&self, now: Instant) -> bool {
        now >= self.ice.expires_at()
            || (self.srtp.is_none() && now.saturating_duration_since(self.born) >= HANDSHAKE_LIMIT)
    }

    /// When the peer wants the time again.
    pub fn poll_timeout(&self, now: Instant) -> Instant {
        let tick = match (self.is_connected(), self.incoming.is_quiet(now)) {
            (true, false) => TICK,
            // Nothing to ask for again, nothing to tell its congestion control: reports and consent remain.
            (true, true) => QUIET_TICK,
            (false, _) => IDLE_TICK,
        };
        let tick = now + tick;
        match self.dtls.poll_timeout() {
            Some(at) if !self.is_connected() => tick.min(at.max(now + Duration::from_millis(1))),
            _ => tick,
        }
    }
}

/// The last moment of the common beat before `at`, which lies more than a tick ahead: peers that are due
/// together cost one wake. Neighbours share a beat, groups of them take turns, so that a thousand peers
/// are not due at once.
pub(crate) fn aligned(epoch: Instant, at: Instant, place: u32) -> Instant {
    let turn = TICK / TURNS * (place / NEIGHBOURS % TURNS);
    let since = at.saturating_duration_since(epoch).saturating_sub(turn);
    let late = since.as_nanos() % TICK.as_nanos();
    // Below a tick, which is below u64::MAX.
    at - Duration::from_nanos(late as u64)
}

/// Reports, sender and receiver (RFC 3550 §6.2 asks for 5 s; browsers use 1 s).
pub(crate) const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// Feedback to the sender's congestion control, as often as browsers give it.
pub(crate) const FEEDBACK_INTERVAL: Duration = Duration::from_millis(100);
/// Retries of NACK and PLI, losses, feedback: nothing needs a finer grain.
const TICK: Duration = Duration::from_millis(25);
/// Groups of peers with beats of their own.
const TURNS: u32 = 5;
/// Peers of a group.
const NEIGHBOURS: u32 = 64;
const QUIET_TICK: Duration = Duration::from_millis(100);
const IDLE_TICK: Duration = Duration::from_millis(500);
/// A browser that got an answer connects within a second or never.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(30);
