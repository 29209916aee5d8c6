//! Streams of three temporal layers from which frames are left out: what a receiver can tell from the numbers.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;

use super::*;
use crate::{
    codec::{Codec, Continue, Edit},
    outgoing::thinning::{ALL, Thinning},
};

/// One frame of the source.
#[derive(Debug, Clone, Copy)]
struct Frame {
    packets: u16,
    /// The highest temporal layer that may go out from it on.
    most: u8,
    /// A key frame.
    key: bool,
}

fn frame() -> impl Strategy<Value = Frame> {
    let most = prop_oneof![8 => Just(None), 1 => (0..3_u8).prop_map(Some), 1 => Just(Some(ALL))];
    (1..4_u16, most, prop::bool::weighted(0.03)).prop_map(|(packets, most, key)| Frame {
        packets,
        // Seldom changes; filled in below.
        most: most.unwrap_or(3),
        key,
    })
}

fn frames() -> impl Strategy<Value = Vec<Frame>> {
    prop::collection::vec(frame(), 2..120).prop_map(|mut frames| {
        frames[0].key = true;
        let mut most = ALL;
        for frame in &mut frames {
            most = if frame.most == 3 { most } else { frame.most };
            frame.most = most;
        }
        frames
    })
}

/// A packet of the source.
#[derive(Debug, Clone, Copy)]
struct Sent {
    frame: usize,
    temporal: u8,
    enters: bool,
    key: bool,
    sequence: u16,
    timestamp: u32,
    picture: u16,
    base: u8,
    begins: bool,
}

/// Chromium's pattern for VP8: eight frames, of which one of each layer above the base needs the base only.
fn packets(frames: &[Frame]) -> Vec<Sent> {
    let (mut sequence, mut base, mut phase) = (65_500_u16, 250_u8, 0);
    let mut all = Vec::new();
    for (at, frame) in frames.iter().enumerate() {
        phase = if frame.key { 0 } else { (phase + 1) % 8 };
        let temporal = [0, 2, 1, 2][phase % 4];
        base = base.wrapping_add(u8::from(temporal == 0));
        for packet in 0..frame.packets {
            all.push(Sent {
                frame: at,
                temporal,
                enters: matches!(phase, 1..=3),
                key: frame.key,
                sequence,
                timestamp: (at as u32).wrapping_mul(3_000).wrapping_sub(90_000),
                picture: 32_700_u16.wrapping_add(at as u16) & 0x7fff,
                base,
                begins: packet == 0,
            });
            sequence = sequence.wrapping_add(1);
        }
    }
    all
}

/// What the receiver gets of a packet.
#[derive(Debug, Clone, Copy)]
struct Got {
    of: Sent,
    sequence: u16,
    timestamp: u32,
    picture: u16,
    base: u8,
    fills: bool,
}

fn payload(sent: &Sent) -> [u8; 7] {
    let [high, low] = sent.picture.to_be_bytes();
    let first = if sent.begins { 0x90 } else { 0x80 };
    let layer = sent.temporal << 6 | if sent.enters { 0x20 } else { 0 };
    [first, 0xe0, high | 0x80, low, sent.base, layer, u8::from(!sent.key)]
}

/// Sends packets in this order through a slot whose limit follows the frames.
fn run(frames: &[Frame], order: &[Sent]) -> (Slot<()>, Vec<Got>) {
    let mut slot = Slot::new(super::config());
    let mut thinning = Thinning::default();
    slot.switch(());
    thinning.begin();
    let (now, mut got) = (Instant::now(), Vec::new());
    for sent in order {
        thinning.most = frames[sent.frame].most;
        let mut bytes = payload(sent);
        let counters = Codec::Vp8.counters(&bytes);
        let (sequence, timestamp) = (SequenceNumber(sent.sequence), MediaTime(sent.timestamp));
        let passes = thinning.passes(sequence, timestamp, counters.as_ref());
        let packet = Incoming { sequence, timestamp, arrived: now, counters, passes };
        let Some(rewrite) = slot.forward(&packet) else { continue };
        Continue { counters, shift: rewrite.shift }.apply(&mut bytes);
        let descriptor = vp8::Descriptor::parse(&bytes).unwrap();
        got.push(Got {
            of: *sent,
            sequence: rewrite.sequence.0,
            timestamp: rewrite.timestamp.0,
            picture: descriptor.picture_id.unwrap(),
            base: descriptor.base_index.unwrap(),
            fills: rewrite.fills,
        });
    }
    (slot, got)
}

/// Whether a decoder that got only `shown` frames can decode each of them.
fn is_decodable(all: &[Sent], shown: &HashSet<usize>) -> bool {
    let frames = all.iter().filter(|sent| sent.begins);
    let mut newest: BTreeMap<u8, usize> = BTreeMap::new();
    frames.into_iter().all(|frame| {
        let needs: Vec<usize> = match (frame.key, frame.enters) {
            (true, _) => Vec::new(),
            (_, true) => newest.get(&0).copied().into_iter().collect(),
            (_, false) => newest.range(..=frame.temporal).map(|(_, at)| *at).collect(),
        };
        if frame.key {
            newest.clear();
        }
        newest.insert(frame.temporal, frame.frame);
        !shown.contains(&frame.frame) || needs.iter().all(|at| shown.contains(at))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the line carries from frame to frame.
    #[test]
    fn numbers_have_no_gap_and_every_frame_can_be_decoded(frames in frames()) {
        let all = packets(&frames);
        let (slot, got) = run(&frames, &all);
        let first = got[0];
        for pair in got.windows(2) {
            let (before, after) = (pair[0], pair[1]);
            prop_assert_eq!(after.sequence, before.sequence.wrapping_add(1));
            let step = u16::from(before.of.frame != after.of.frame);
            prop_assert_eq!(after.picture, before.picture.wrapping_add(step) & 0x7fff);
        }
        for packet in &got {
            prop_assert!(!packet.fills);
            prop_assert!(packet.of.temporal <= frames[packet.of.frame].most);
            // Time and the index of the base layer are the source's own.
            prop_assert_eq!(packet.timestamp.wrapping_sub(first.timestamp), packet.of.timestamp.wrapping_sub(first.of.timestamp));
            prop_assert_eq!(packet.base.wrapping_sub(first.base), packet.of.base.wrapping_sub(first.of.base));
        }
        let shown: HashSet<usize> = got.iter().map(|got| got.of.frame).collect();
        prop_assert!(is_decodable(&all, &shown));
        // Eight frames after the line has become wide, and from a key frame on, all go out.
        for (at, window) in frames.windows(9).enumerate() {
            if window.iter().all(|frame| frame.most == ALL) {
                prop_assert!(shown.contains(&(at + 8)), "frame {}", at + 8);
            }
        }
        for packet in got.iter().rev().take(20) {
            let lost = slot.lost(SequenceNumber(packet.sequence)).expect("a number that was sent");
            prop_assert_eq!(lost.sequence.0, packet.of.sequence);
        }
    }

    /// Packets come late, as those do that were lost on the way to us and sent again.
    #[test]
    fn late_packets_fill_their_places_and_nothing_is_sent_twice(
        frames in frames(),
        late in prop::collection::vec((0..300_usize, 1..40_usize), 0..12),
    ) {
        let mut order = packets(&frames);
        for (at, by) in late {
            // The first packet must begin.
            if at > 0 && at < order.len() {
                let packet = order.remove(at);
                order.insert((at + by).min(order.len()), packet);
            }
        }
        let (_, got) = run(&frames, &order);
        let first = got[0].sequence;
        let mut numbers: Vec<u16> = got.iter().map(|got| got.sequence.wrapping_sub(first)).collect();
        numbers.sort_unstable();
        let expected: Vec<u16> = (0..numbers.len() as u16).collect();
        prop_assert_eq!(numbers, expected);
    }
}
