//! Sound with and without redundancy, to receivers with and without it.

use std::time::Duration;

use testkit::link::{Link, Shape};

use super::{
    SECOND,
    client::Got,
    net::{Net, seat},
};
use crate::{Command, MediaKind, SlotKind, codec::red::Red};

const OPUS: u8 = 111;
const RED: u8 = 63;

/// A speaker who sends redundant sound, and listeners whose offers say things differently.
fn meeting(listeners: &[(&'static str, &'static str)]) -> Net {
    let mut net = Net::new(1);
    for (number, offer) in (1..).zip(listeners) {
        net.offer_as = Some(*offer);
        net.join(number);
    }
    net.clients[0].red = true;
    net.clients[0].voice = Some(30);
    net.run(SECOND);
    net.clients.iter_mut().for_each(|client| client.got.clear());
    net
}

const WITH_RED: (&str, &str) = ("", "");
const WITHOUT_RED: (&str, &str) = ("red/48000/2", "unknown/48000/2");

/// Sequence, time and content go on from packet to packet.
fn assert_continuous(got: &[&Got]) {
    for pair in got.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
        assert_eq!(pair[1].timestamp, pair[0].timestamp.wrapping_add(960));
        assert_eq!(pair[1].payload[0], pair[0].payload[0].wrapping_add(1));
    }
}

#[test]
fn who_knows_redundant_sound_gets_it_and_who_does_not_gets_the_primary() {
    let mut net = meeting(&[WITH_RED, WITHOUT_RED]);
    net.run(SECOND);
    let got = net.clients[1].in_slot(0);
    assert!(got.len() >= 49 && got.iter().all(|g| g.payload_type == RED), "{} packets", got.len());
    for pair in got.windows(2) {
        let [before, red] = [&pair[0], &pair[1]].map(|g| Red::parse(&g.payload).unwrap());
        assert_eq!(red.redundancy()[0].payload, before.primary);
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
    }
    let got = net.clients[2].in_slot(0);
    assert!(got.len() >= 49);
    assert!(got.iter().all(|g| g.payload_type == OPUS && g.payload.len() == 80));
    assert_continuous(&got);
}

#[test]
fn what_was_lost_on_the_way_in_is_brought_back_for_who_has_no_redundancy() {
    let mut net = meeting(&[WITH_RED, WITHOUT_RED]);
    net.clients[0].lose = Some(5);
    net.run(SECOND);
    let gaps =
        |got: &[&Got]| got.windows(2).filter(|w| w[1].sequence != w[0].sequence.wrapping_add(1)).count();
    let with = net.clients[1].in_slot(0);
    assert!(gaps(&with) >= 9, "loss stays visible where the receiver repairs it itself");
    let without = net.clients[2].in_slot(0);
    assert!(without.len() >= 48, "{} packets", without.len());
    assert_continuous(&without);
}

#[test]
fn the_blocks_are_numbered_as_the_receiver_numbers_opus() {
    let mut net = meeting(&[("111", "109")]);
    net.run(SECOND);
    let got = net.clients[1].in_slot(0);
    assert!(got.len() > 40);
    for packet in got {
        assert_eq!((packet.payload_type, Red::parse(&packet.payload).unwrap().payload_type), (RED, 109));
    }
}

#[test]
fn silence_that_sends_nothing_is_as_long_for_the_listener() {
    for offer in [WITH_RED, WITHOUT_RED] {
        let mut net = meeting(&[offer]);
        net.run(SECOND / 2);
        let before = net.clients[1].in_slot(0).last().copied().cloned().unwrap();
        net.clients[0].voice = None;
        net.run(SECOND);
        net.clients[0].skip_sound(50);
        net.clients[0].voice = Some(30);
        net.clients[1].got.clear();
        net.run(SECOND / 2);
        let after = net.clients[1].in_slot(0)[0].clone();
        assert_eq!(after.sequence, before.sequence.wrapping_add(1));
        assert_eq!(after.timestamp.wrapping_sub(before.timestamp), 51 * 960);
    }
}

#[test]
fn a_closed_microphone_is_silent_within_50_ms_whatever_its_client_sends() {
    let mut net = meeting(&[WITH_RED, WITHOUT_RED]);
    net.run(SECOND);
    let gate = Command::Gate { seat: seat(0), kind: MediaKind::Microphone, open: false };
    net.worker.handle_command(net.now, gate);
    net.run(Duration::from_millis(50));
    net.clients.iter_mut().for_each(|client| client.got.clear());
    net.run(SECOND);
    assert!(net.clients.iter().all(|client| client.got.is_empty()));
}

#[test]
fn one_place_for_a_voice_goes_to_who_speaks_now() {
    let mut net = Net::new(3);
    net.clients[2].downlink = Some(Link::new(Shape::of_rate(64_000, Duration::from_millis(20))));
    let heard = |net: &Net| net.slot(2, SlotKind::Audio, 0).map(|source| source.seat);
    for client in &mut net.clients {
        client.voice_bytes = 40;
    }
    net.clients[0].voice = Some(30);
    net.run(3 * SECOND);
    assert_eq!(heard(&net), Some(seat(0)));
    net.clients[1].voice = Some(30);
    net.run(SECOND);
    assert_eq!(heard(&net), Some(seat(0)), "who was first stays while both speak");
    // Open, but nobody speaks into it.
    net.clients[0].voice = Some(100);
    net.run(2 * SECOND);
    assert_eq!(heard(&net), Some(seat(1)));
    net.clients[0].voice = Some(30);
    net.clients[1].voice = None;
    net.run(3 * SECOND);
    assert_eq!(heard(&net), Some(seat(0)), "a microphone that sends nothing holds no place");
}
