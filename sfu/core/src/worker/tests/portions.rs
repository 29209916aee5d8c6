//! Sound on lines that are thin or lose: in larger packets, or twice.

use std::{collections::BTreeSet, time::Duration};

use testkit::link::{Link, Shape};

use super::{SECOND, client::Got, net::Net};

const DELAY: Duration = Duration::from_millis(20);
/// Bytes of 20 ms of sound: 32 kbit/s, 60 with its headers.
const VOICE: usize = 80;
const WITHOUT_RED: (&str, &str) = ("red/48000/2", "unknown/48000/2");

/// A speaker, and a listener without redundant sound behind a line.
fn meeting(shape: Shape) -> Net {
    let mut net = Net::new(1);
    net.offer_as = Some(WITHOUT_RED);
    net.join(1);
    net.clients[1].downlink = Some(Link::new(shape));
    net.clients[0].voice = Some(30);
    net.clients[0].opus = true;
    net.clients[0].voice_bytes = VOICE;
    net.run(6 * SECOND);
    net.clients[1].got.clear();
    net
}

/// The frames of a packet, each with the time it sounds: of one (code 0), or of several as long (code 3).
fn frames(got: &Got) -> Vec<(u32, u8)> {
    let payload = &got.payload;
    if payload[0] == 0x78 {
        return vec![(got.timestamp, payload[1])];
    }
    assert_eq!(payload[0], 0x7b);
    let count = usize::from(payload[1] & 63);
    let mut at = 1 + count;
    let mut frames = Vec::new();
    for index in 0..count {
        frames.push((got.timestamp.wrapping_add(960 * index as u32), payload[at]));
        at += VOICE - 1;
    }
    frames
}

fn heard(net: &Net) -> Vec<(u32, u8)> {
    net.clients[1].in_slot(0).into_iter().flat_map(frames).collect()
}

fn assert_numbered_without_gaps(net: &Net) {
    let got = net.clients[1].in_slot(0);
    assert!(got.windows(2).all(|w| w[1].sequence == w[0].sequence.wrapping_add(1)));
}

/// Frame by frame, each 20 ms after the one before.
fn assert_continuous(heard: &[(u32, u8)]) {
    for pair in heard.windows(2) {
        assert_eq!(pair[1], (pair[0].0.wrapping_add(960), pair[0].1.wrapping_add(1)));
    }
}

#[test]
fn on_a_thin_line_three_packets_leave_as_one_and_nothing_piles_up() {
    let mut net = meeting(Shape::of_rate(64_000, DELAY));
    let mut longest = Duration::ZERO;
    for _ in 0..1_000 {
        net.run(Duration::from_millis(5));
        longest = longest.max(net.clients[1].downlink.as_ref().unwrap().queue(net.now));
    }
    assert!(longest < Duration::from_millis(60), "{longest:?}");
    let packets = net.clients[1].in_slot(0).len();
    assert!((80..90).contains(&packets), "{packets} packets for 250");
    assert_continuous(&heard(&net));
    assert_numbered_without_gaps(&net);
}

#[test]
fn what_was_said_last_does_not_wait_for_more_on_a_thin_line() {
    let mut net = meeting(Shape::of_rate(64_000, DELAY));
    for _ in 0..5 {
        net.run(Duration::from_millis(20));
        net.clients[0].voice = None;
        net.run(Duration::from_millis(200));
        let last = heard(&net).last().copied().unwrap().1;
        net.clients[0].voice = Some(30);
        net.run(Duration::from_millis(20));
        net.clients[0].voice = None;
        net.run(Duration::from_millis(200));
        assert_eq!(heard(&net).last().unwrap().1, last.wrapping_add(1));
        net.clients[0].voice = Some(30);
    }
    assert_continuous(&heard(&net));
    assert_numbered_without_gaps(&net);
}

#[test]
fn a_line_that_widens_gets_each_packet_by_itself_again() {
    let mut net = meeting(Shape::of_rate(64_000, DELAY));
    net.clients[1].downlink = None;
    // A line that said no is asked again a quarter of a minute later.
    net.run(20 * SECOND);
    assert_continuous(&heard(&net));
    assert_numbered_without_gaps(&net);
    net.clients[1].got.clear();
    net.run(SECOND);
    assert!(net.clients[1].in_slot(0).len() >= 49);
}

#[test]
fn on_a_line_that_loses_each_packet_is_sent_twice_and_hardly_any_is_missed() {
    let mut net = meeting(Shape { loss: 0.1, delay: DELAY, ..Shape::default() });
    net.run(4 * SECOND);
    let heard: BTreeSet<u32> = heard(&net).into_iter().map(|(time, _)| time).collect();
    assert!(heard.len() >= 194, "{} of 200", heard.len());
    let packets = net.clients[1].in_slot(0).len();
    assert!((330..=400).contains(&packets), "{packets}");
    net.clients[1].downlink = None;
    net.run(20 * SECOND);
    net.clients[1].got.clear();
    net.run(SECOND);
    let packets = net.clients[1].in_slot(0).len();
    assert!((49..=51).contains(&packets), "{packets} packets on a good line");
}

/// Bit/s of one voice in its slot, with what stands below and around it on the wire.
fn voice_takes(net: &mut Net) -> f64 {
    net.clients[1].got.clear();
    net.run(4 * SECOND);
    let headers = 12 + 12 + 16 + 28;
    let bytes: usize = net.clients[1].in_slot(0).iter().map(|got| got.payload.len() + headers).sum();
    bytes as f64 * 8.0 / 4.0
}

#[test]
fn what_is_set_aside_for_sound_is_what_it_takes_joined_plain_or_twice() {
    let lossy = Shape { loss: 0.1, delay: DELAY, ..Shape::default() };
    for (shape, arrives) in
        [(Shape::of_rate(64_000, DELAY), 1.0), (Shape::of_rate(1_000_000, DELAY), 1.0), (lossy, 0.9)]
    {
        let mut net = meeting(shape);
        let takes = voice_takes(&mut net) / arrives;
        let peer = net.worker.peers[1].as_ref().unwrap();
        let aside = f64::from(peer.outgoing.sound(peer.sender.estimate()));
        assert!((0.85..1.25).contains(&(aside / takes)), "{shape:?}: {aside} for {takes}");
    }
}
