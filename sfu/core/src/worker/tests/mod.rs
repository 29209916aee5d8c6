//! Meetings in virtual time: real handshakes, real SRTP, no network.

mod client;
mod codecs;
mod frames;
mod keys;
mod lines;
mod net;
mod portions;
mod quality;
mod radio;
mod roaming;
mod sound;
mod trunk;

use std::time::Duration;

use net::{Net, seat};

use crate::{
    Command, Event, MediaKind, SlotKind, Source, TrackState, View,
    codec::vp8,
    rtp::{SequenceNumber, Ssrc},
};

const SECOND: Duration = Duration::from_secs(1);

fn camera(number: usize) -> Source {
    Source { seat: seat(number), kind: MediaKind::Camera }
}

fn view(net: &mut Net, viewer: usize, source: usize, height: u16) {
    let views = vec![View { slot: 0, source: camera(source), height }];
    net.worker.handle_command(net.now, Command::View { seat: seat(viewer), views });
}

/// Clients with cameras on, connected.
fn meeting(count: usize) -> Net {
    let mut net = Net::new(count);
    net.clients.iter_mut().for_each(|client| client.camera = true);
    net.run(SECOND);
    net
}

fn connected(net: &Net) -> usize {
    net.events.iter().filter(|event| matches!(event, Event::Connected { .. })).count()
}

/// Index of the first video slot among all slots.
const VIDEO: usize = 3;

#[test]
fn a_camera_is_seen_from_its_key_frame_on_without_a_gap() {
    let mut net = meeting(2);
    assert_eq!(connected(&net), 2);
    view(&mut net, 1, 0, 180);
    net.run(SECOND);
    let got = net.clients[1].in_slot(VIDEO);
    assert!(got.len() > 40, "{} packets", got.len());
    assert!(vp8::Descriptor::parse(&got[0].payload).unwrap().key_frame);
    assert!(got.windows(2).all(|w| w[1].sequence == w[0].sequence.wrapping_add(1)));
    assert_eq!(net.slot(1, SlotKind::Video, 0), Some(camera(0)));
    let told = net.events.iter().find_map(|event| match event {
        Event::Slot { rtp_timestamp, source: Some(_), .. } => *rtp_timestamp,
        _ => None,
    });
    assert_eq!(told, Some(got[0].timestamp));
}

#[test]
fn nobody_is_sent_what_he_did_not_ask_for() {
    let mut net = meeting(2);
    view(&mut net, 0, 0, 180);
    net.run(SECOND);
    assert!(net.clients.iter().all(|client| client.got.is_empty()));
}

#[test]
fn the_height_of_the_view_decides_the_layer() {
    let mut net = meeting(2);
    for (height, bytes) in [(180, 300), (360, 600), (720, 900), (100, 300)] {
        view(&mut net, 1, 0, height);
        net.run(SECOND);
        let got = net.clients[1].in_slot(VIDEO);
        assert_eq!(got.last().unwrap().payload.len(), bytes, "at {height}");
    }
}

#[test]
fn a_slot_changes_its_source_at_a_key_frame_and_goes_on_in_sequence_and_time() {
    let mut net = meeting(3);
    view(&mut net, 2, 0, 180);
    net.run(SECOND);
    view(&mut net, 2, 1, 180);
    net.run(SECOND);
    assert_eq!(net.slot(2, SlotKind::Video, 0), Some(camera(1)));
    let got = net.clients[2].in_slot(VIDEO);
    let steps = |w: &[&client::Got]| {
        (w[1].sequence.wrapping_sub(w[0].sequence), w[1].timestamp.wrapping_sub(w[0].timestamp))
    };
    let picture = |g: &&client::Got| vp8::Descriptor::parse(&g.payload).unwrap().picture_id;
    for pair in got.windows(2) {
        let (sequence, time) = steps(pair);
        assert!(sequence == 1 && time <= 9_000, "sequence +{sequence}, time +{time}");
        let [before, after] = [picture(&pair[0]).unwrap(), picture(&pair[1]).unwrap()];
        assert!(after.wrapping_sub(before) & 0x7fff <= 1 || after < 0x80, "picture {before} then {after}");
    }
    let keys = got.iter().filter(|g| vp8::Descriptor::parse(&g.payload).unwrap().key_frame).count();
    assert_eq!(keys, 2);
}

#[test]
fn a_closed_gate_stops_the_camera_even_for_a_peer_that_comes_back() {
    let mut net = meeting(2);
    view(&mut net, 1, 0, 180);
    net.run(SECOND);
    let gate = |open| Command::Gate { seat: seat(0), kind: MediaKind::Camera, open };
    net.worker.handle_command(net.now, gate(false));
    net.clients[1].got.clear();
    net.run(SECOND);
    assert!(net.clients[1].got.is_empty());
    assert_eq!(net.slot(1, SlotKind::Video, 0), None);
    net.join(0);
    net.clients[0].camera = true;
    net.run(2 * SECOND);
    assert!(net.clients[1].got.is_empty());
    net.worker.handle_command(net.now, gate(true));
    net.run(SECOND);
    assert!(!net.clients[1].got.is_empty());
    assert_eq!(net.slot(1, SlotKind::Video, 0), Some(camera(0)));
}

#[test]
fn five_seconds_without_network_are_survived_and_told() {
    let mut net = meeting(2);
    view(&mut net, 1, 0, 180);
    net.run(SECOND);
    net.clients[0].online = false;
    net.run(5 * SECOND);
    let lost = Event::Track { seat: seat(0), kind: MediaKind::Camera, state: TrackState::Lost };
    assert!(net.events.contains(&lost));
    net.clients[1].got.clear();
    net.clients[0].online = true;
    net.run(SECOND);
    assert!(net.clients[1].in_slot(VIDEO).len() > 40);
    assert!(!net.events.iter().any(|event| matches!(event, Event::Disconnected { .. })));
}

#[test]
fn a_peer_whose_network_changed_goes_on_with_the_same_keys_and_slots() {
    let mut net = meeting(2);
    view(&mut net, 1, 0, 180);
    view(&mut net, 0, 1, 180);
    net.run(SECOND);
    net.events.clear();
    net.restart(1);
    net.clients.iter_mut().for_each(|client| client.got.clear());
    net.run(SECOND);
    for client in &net.clients {
        let got = client.in_slot(VIDEO);
        assert!(got.len() > 40, "{} packets", got.len());
        assert!(got.windows(2).all(|w| w[1].sequence == w[0].sequence.wrapping_add(1)));
    }
    assert_eq!(connected(&net), 0, "no new handshake");
    assert_eq!(net.slot(1, SlotKind::Video, 0), Some(camera(0)), "told again");
    let lost = |event: &Event| matches!(event, Event::Disconnected { .. } | Event::Track { .. });
    assert!(!net.events.iter().any(lost), "{:?}", net.events);
}

#[test]
fn who_is_silent_for_half_a_minute_is_gone() {
    let mut net = meeting(2);
    view(&mut net, 1, 0, 180);
    net.run(SECOND);
    net.clients[0].online = false;
    net.run(31 * SECOND);
    assert!(net.events.contains(&Event::Disconnected { seat: seat(0) }), "at {} ms", net.elapsed());
    assert_eq!(net.slot(1, SlotKind::Video, 0), None);
    assert!(!net.events.contains(&Event::Disconnected { seat: seat(1) }));
}

#[test]
fn everybody_hears_the_others_and_never_himself() {
    let mut net = Net::new(4);
    net.clients.iter_mut().for_each(|client| client.voice = Some(30));
    net.run(2 * SECOND);
    for number in 0..4 {
        let heard: Vec<_> = (0..3).filter_map(|slot| net.slot(number, SlotKind::Audio, slot)).collect();
        assert_eq!(heard.len(), 3);
        assert!(heard.iter().all(|source| source.seat != seat(number)));
        assert!((0..3).all(|slot| net.clients[number].in_slot(slot).len() > 50));
    }
    let levels = net.events.iter().filter_map(|event| match event {
        Event::Levels { levels, .. } => Some(levels.len()),
        _ => None,
    });
    assert_eq!(levels.max(), Some(4));
    net.clients.iter_mut().for_each(|client| client.voice = None);
    net.events.clear();
    net.run(2 * SECOND);
    let silence = Event::Levels { meeting: net.meeting, levels: Vec::new() };
    assert_eq!(net.events.iter().filter(|event| **event == silence).count(), 1);
}

#[test]
fn a_missing_packet_is_sent_again_in_the_repair_stream() {
    let mut net = meeting(2);
    view(&mut net, 1, 0, 180);
    net.run(SECOND);
    let lost = net.clients[1].in_slot(VIDEO).last().copied().cloned().unwrap();
    net.clients[1].got.clear();
    let missing = [SequenceNumber(lost.sequence)];
    net.clients[1].send_rtcp(|builder| {
        builder.nack(Ssrc(1), Ssrc(lost.ssrc), &missing);
    });
    net.run(Duration::from_millis(20));
    let repair = net.clients[1].got.iter().find(|g| g.payload_type == 97).unwrap();
    assert_eq!(repair.payload[..2], lost.sequence.to_be_bytes());
    assert_eq!(repair.payload[2..], lost.payload);
    assert_eq!(repair.timestamp, lost.timestamp);
}

#[test]
fn a_new_offer_takes_the_seat_over() {
    let mut net = meeting(2);
    view(&mut net, 1, 0, 180);
    view(&mut net, 0, 1, 180);
    net.run(SECOND);
    net.join(0);
    net.clients[0].camera = true;
    net.events.clear();
    net.clients[1].got.clear();
    net.run(2 * SECOND);
    assert!(net.events.contains(&Event::Connected { seat: seat(0) }));
    assert!(!net.events.iter().any(|event| matches!(event, Event::Disconnected { .. })));
    assert!(net.clients[1].in_slot(VIDEO).len() > 40);
    assert!(net.clients[0].in_slot(VIDEO).len() > 40, "the views are remembered");
}

#[test]
fn the_end_of_the_meeting_ends_everything() {
    let mut net = meeting(3);
    net.worker.handle_command(net.now, Command::End(net.meeting));
    net.clients.iter_mut().for_each(|client| client.got.clear());
    net.run(SECOND);
    assert!(net.clients.iter().all(|client| client.got.is_empty()));
    assert!(!net.events.iter().any(|event| matches!(event, Event::Disconnected { .. })));
}

#[test]
fn noise_from_anywhere_changes_nothing() {
    let mut net = meeting(2);
    view(&mut net, 1, 0, 180);
    net.run(SECOND);
    let from_peer = crate::Path { local: 0, remote: "10.0.0.1:5000".parse().unwrap() };
    let from_stranger = crate::Path { local: 0, remote: "10.9.9.9:9".parse().unwrap() };
    let mut random = base::random::Seeded::new(9);
    for length in 0..1_400 {
        let mut bytes = vec![0; length];
        base::random::Random::fill(&mut random, &mut bytes);
        net.worker.handle_datagram(net.now, from_stranger, &mut bytes.clone());
        // DTLS noise from the peer's own address is the association's to judge.
        if bytes.first().is_some_and(|b| !(20..64).contains(b)) {
            net.worker.handle_datagram(net.now, from_peer, &mut bytes);
        }
    }
    net.clients[1].got.clear();
    net.run(SECOND);
    assert!(net.clients[1].in_slot(VIDEO).len() > 40);
}

#[test]
fn a_seat_that_offers_again_and_again_leaves_no_timers_behind() {
    let mut net = Net::new(1);
    for _ in 0..50 {
        net.join(0);
        net.run(Duration::from_millis(20));
    }
    net.run(SECOND);
    assert!(net.worker.timers.len() <= 4, "{} timers", net.worker.timers.len());
}
