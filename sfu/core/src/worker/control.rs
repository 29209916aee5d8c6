//! RTCP both ways: what browsers tell about their streams and ours, and what we tell them.

use std::time::Instant;

use super::Worker;
use crate::{
    SlotKind,
    incoming::{LayerAddress, PeerKey, SlotAddress},
    outgoing::{self, Origin, ReceiveSlot, slot::Lost},
    peer::{FEEDBACK_INTERVAL, REPORT_INTERVAL},
    rtcp,
    rtcp::{Builder, Packet, ReportBlock, Reports, SenderInfo, ShortNtp},
    rtp::{SequenceNumber, Ssrc},
};

impl Worker {
    pub(super) fn handle_rtcp(&mut self, now: Instant, key: PeerKey, compound: &[u8]) {
        for packet in rtcp::parse(compound) {
            match packet {
                Packet::SenderReport(info, blocks) => {
                    let layer = self.peer_mut(key).and_then(|p| p.incoming.layer_by_ssrc(info.ssrc));
                    if let Some(layer) = layer {
                        layer.reception.handle_sender_report(now, ShortNtp::of(info.ntp));
                    }
                    self.handle_reports(now, key, blocks);
                }
                Packet::ReceiverReport(_, blocks) => self.handle_reports(now, key, blocks),
                Packet::Nack(ssrc, missing) => self.handle_nack(now, key, ssrc, missing),
                Packet::Pli(ssrc) => self.handle_key_request(now, key, ssrc),
                Packet::Fir(requests) => {
                    for (ssrc, _) in requests.take(MAX_REQUESTS) {
                        self.handle_key_request(now, key, ssrc);
                    }
                }
                Packet::Remb(bitrate) => {
                    if let Some(peer) = self.peer_mut(key) {
                        peer.sender.handle_remb(now, bitrate);
                    }
                    self.relieve(now, key);
                }
                Packet::TransportFeedback(feedback) => {
                    if let Some(peer) = self.peer_mut(key) {
                        peer.sender.handle_feedback(now, &feedback);
                    }
                    self.relieve(now, key);
                }
                Packet::Goodbye(_) | Packet::Other(_) => {}
            }
        }
    }

    /// What the receiver lost of its pictures moves its ceiling; without pictures, what it lost of voices.
    fn handle_reports(&mut self, now: Instant, key: PeerKey, blocks: Reports<'_>) {
        self.note_reports(now, key, blocks);
        let Some(peer) = self.peer_mut(key) else { return };
        let lost_of = |kind: SlotKind| {
            let is_meant = |slot: &&outgoing::ReceiveSlot| slot.kind() == kind && slot.current.is_some();
            let slots = || peer.outgoing.slots.iter().filter(is_meant);
            let meant = blocks.filter(|block| slots().any(|slot| slot.is_stream(block.ssrc.0)));
            let fractions = meant.map(|block| u32::from(block.fraction_lost));
            let (sum, count) = fractions.fold((0, 0), |(sum, count), lost| (sum + lost, count + 1));
            u32::checked_div(sum, count)
        };
        if let Some(fraction) = lost_of(SlotKind::Video).or_else(|| lost_of(SlotKind::Audio)) {
            peer.sender.handle_loss(now, u8::try_from(fraction).unwrap_or(u8::MAX));
            self.relieve(now, key);
        }
    }

    /// Sends again what the receiver misses.
    fn handle_nack(&mut self, now: Instant, key: PeerKey, ssrc: Ssrc, missing: rtcp::Sequences<'_>) {
        let Some(peer) = self.peer(key) else { return };
        let Some(index) = peer.outgoing.slots.iter().position(|s| s.is_stream(ssrc.0)) else { return };
        for number in missing.take(MAX_REQUESTS) {
            let slot = self.peer(key).and_then(|peer| peer.outgoing.slots.get(index));
            // What was shown before is of no use any more. A picture that is off because the line is too thin
            // for it least of all: its losses would fill the line once more.
            let is_shown =
                |lost: &Lost<Origin>, slot: &ReceiveSlot| slot.current == Some(lost.source.address);
            let lost = slot.and_then(|slot| slot.rewriter.lost(number).filter(|lost| is_shown(lost, slot)));
            let Some(lost) = lost else { continue };
            self.resend(now, SlotAddress { peer: key, slot: index as u8 }, number, lost.source.address);
        }
    }

    fn resend(&mut self, now: Instant, to: SlotAddress, number: SequenceNumber, from: LayerAddress) {
        let abs_send_time = self.abs_send_time(now);
        let Some(layer) = self.take_layer(from) else { return };
        let place = self.peers.get_mut(to.peer.index as usize).and_then(Option::as_deref_mut);
        if let Some((outgoing, mut egress)) =
            place.and_then(|p| p.egress(now, &mut self.transmits, abs_send_time))
            && let Some(slot) = outgoing.slots.get_mut(usize::from(to.slot))
            && outgoing::retransmit(now, slot, number, &layer, &mut egress).is_some()
        {
            self.metrics.resent += 1;
        }
        self.put_layer(from, layer);
    }

    /// A decoder is stuck: the slot's source is asked for a key frame.
    fn handle_key_request(&mut self, now: Instant, key: PeerKey, ssrc: Ssrc) {
        let Some(peer) = self.peer(key) else { return };
        let slot = peer.outgoing.slots.iter().find(|slot| slot.is_stream(ssrc.0));
        if let Some(layer) = slot.and_then(|slot| slot.current) {
            self.ask_key(now, layer);
        }
    }

    /// Asks for a key frame of a stream.
    pub(super) fn send_pli(&mut self, key: PeerKey, media: Ssrc) {
        self.send_rtcp(key, |builder| {
            builder.pli(OWN_SSRC, media);
        });
    }

    /// Builds one RTCP packet and sends it.
    fn send_rtcp(&mut self, key: PeerKey, build: impl FnOnce(&mut Builder<'_>)) {
        let mut buffer = [0; MAX_RTCP];
        let mut builder = Builder::new(&mut buffer);
        build(&mut builder);
        let len = builder.finish();
        let place = self.peers.get_mut(key.index as usize).and_then(Option::as_deref_mut);
        let (Some(peer), Some(bytes)) = (place, buffer.get(..len)) else { return };
        if peer.serial == key.serial && !bytes.is_empty() {
            peer.send_rtcp(bytes, &mut self.transmits);
        }
    }

    /// NACKs and PLIs that are due, congestion feedback, reports.
    pub(super) fn send_feedback(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peer_mut(key).filter(|peer| peer.is_connected()) else { return };
        let mut plis = Vec::new();
        let mut nacks = Vec::new();
        let mut numbers = Vec::new();
        for layer in peer.incoming.tracks.iter_mut().flat_map(|t| &mut t.layers).flatten() {
            layer.poll_nack(now, &mut numbers);
            if !numbers.is_empty() {
                nacks.push((layer.ssrc, numbers.clone()));
            }
            if layer.poll_key_request(now) {
                plis.push(layer.ssrc);
            }
        }
        peer.sender.handle_timeout(now);
        let feedback = now >= peer.next_feedback;
        if feedback {
            peer.next_feedback = now + FEEDBACK_INTERVAL;
        }
        let report = now >= peer.next_report;
        if report {
            peer.next_report = now + REPORT_INTERVAL;
        }
        for (media, numbers) in nacks {
            self.send_rtcp(key, |builder| {
                builder.nack(OWN_SSRC, media, &numbers);
            });
        }
        for media in plis {
            self.send_pli(key, media);
        }
        if feedback {
            self.send_arrivals(key);
        }
        if report {
            self.send_reports(now, key);
        }
    }

    /// Tells the peer's congestion control when its packets came.
    fn send_arrivals(&mut self, key: PeerKey) {
        while let Some(peer) = self.peer_mut(key) {
            let Some(report) = peer.incoming.arrivals.report() else { return };
            let first = SequenceNumber(report.first);
            let media = peer.incoming.any_ssrc().unwrap_or(OWN_SSRC);
            self.send_rtcp(key, |builder| {
                builder.transport_feedback(OWN_SSRC, media, first, &report.arrivals, report.count);
            });
        }
    }

    /// A receiver report on what the peer sends, a sender report per slot that has sent
    /// (RFC 3550 §6.4).
    fn send_reports(&mut self, now: Instant, key: PeerKey) {
        let wall = self.config.epoch.1.plus(now.saturating_duration_since(self.config.epoch.0));
        let ntp = rtcp::ntp(wall);
        let Some(peer) = self.peer_mut(key) else { return };
        let layers = peer.incoming.tracks.iter_mut().flat_map(|t| &mut t.layers).flatten();
        let blocks: Vec<ReportBlock> =
            layers.filter_map(|layer| layer.reception.report(now, layer.ssrc)).collect();
        let info = |slot: &outgoing::ReceiveSlot| {
            let timestamp = slot.rewriter.timestamp_at(now)?;
            let (packets, octets) = slot.rewriter.totals();
            Some(SenderInfo { ssrc: slot.rewriter.ssrc(), ntp, timestamp, packets, octets })
        };
        let infos: Vec<SenderInfo> = peer.outgoing.slots.iter().filter_map(info).collect();
        self.note_reception(key, &blocks);
        if !blocks.is_empty() {
            self.send_rtcp(key, |builder| {
                builder.receiver_report(OWN_SSRC, &blocks);
            });
        }
        for group in infos.chunks(REPORTS_PER_PACKET) {
            self.send_rtcp(key, |builder| {
                for info in group {
                    builder.sender_report(info, &[]);
                    builder.cname(info.ssrc, CNAME);
                }
            });
        }
    }
}

/// Stands for the worker where RTCP wants a sender that is no slot (libwebrtc uses 1 as well).
const OWN_SSRC: Ssrc = Ssrc(1);
/// The canonical name of the answer's slots.
const CNAME: &str = "lienthong";
/// Fits every path with SRTCP's trailer.
const MAX_RTCP: usize = 1_150;
/// 28 bytes of report and 20 of name each.
const REPORTS_PER_PACKET: usize = 16;
/// Requests of one RTCP packet that are looked at: more is an attack on the uplink.
const MAX_REQUESTS: usize = 128;
