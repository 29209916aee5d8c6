mod thinned;

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::codec::{Codec, Continue, Edit};

fn config() -> SlotConfig {
    SlotConfig {
        ssrc: Ssrc(1),
        rtx: Some(Rtx { ssrc: Ssrc(2), payload_type: PayloadType::new(97) }),
        clock_rate: 90_000,
        frame: Codec::Vp8.frame_ticks(),
        first_sequence: SequenceNumber(65_530),
        first_timestamp: MediaTime(u32::MAX - 1_000),
        first_rtx_sequence: SequenceNumber(65_535),
    }
}

fn payload(picture: u16, base: u8) -> [u8; 6] {
    let [high, low] = (picture & 0x7fff).to_be_bytes();
    [0x90, 0xc0, high | 0x80, low, base, 0x00]
}

fn incoming(sequence: u16, timestamp: u32, arrived: Instant) -> Incoming {
    Incoming {
        sequence: SequenceNumber(sequence),
        timestamp: MediaTime(timestamp),
        arrived,
        counters: None,
        passes: true,
    }
}

#[test]
fn an_empty_slot_forwards_nothing() {
    let mut slot = Slot::<u8>::new(config());
    let now = Instant::now();
    assert_eq!(slot.forward(&incoming(1, 1, now)), None);
    slot.switch(7);
    assert!(slot.is_waiting());
    assert!(slot.forward(&incoming(1, 1, now)).unwrap().first);
    slot.clear();
    assert_eq!(slot.forward(&incoming(2, 1, now)), None);
    assert_eq!(slot.source(), None);
}

#[test]
fn a_pause_is_as_long_for_the_receiver_as_it_was() {
    let mut slot = Slot::new(config());
    let start = Instant::now();
    slot.switch('a');
    let first = slot.forward(&incoming(10, 500, start)).unwrap();
    slot.switch('b');
    let second = slot.forward(&incoming(900, 7, start + Duration::from_secs(20))).unwrap();
    assert_eq!(second.timestamp.since(first.timestamp), 20 * 90_000);
    assert_eq!(second.sequence, first.sequence.plus(1));
    let report = slot.timestamp_at(start + Duration::from_secs(21)).unwrap();
    assert_eq!(report.since(second.timestamp), 90_000);
}

#[test]
fn what_precedes_the_key_frame_is_not_sent() {
    let mut slot = Slot::new(config());
    let now = Instant::now();
    slot.switch(());
    let first = slot.forward(&incoming(10, 500, now)).unwrap();
    assert_eq!(slot.forward(&incoming(9, 400, now)), None);
    let later = slot.forward(&incoming(12, 600, now)).unwrap();
    assert_eq!(later.sequence, first.sequence.plus(2), "loss stays visible");
    assert_eq!(slot.forward(&incoming(11, 600, now)).unwrap().sequence, first.sequence.plus(1));
}

#[test]
fn a_missed_number_leads_to_the_right_source_even_after_switches() {
    let mut slot = Slot::new(config());
    let now = Instant::now();
    slot.switch('a');
    let a = slot.forward(&incoming(10, 500, now)).unwrap();
    slot.forward(&incoming(12, 900, now)).unwrap();
    slot.switch('b');
    let b = slot.forward(&incoming(40_000, 77, now)).unwrap();
    let lost = slot.lost(a.sequence.plus(1)).unwrap();
    assert_eq!((lost.source, lost.sequence), ('a', SequenceNumber(11)));
    assert_eq!(lost.timestamp(MediaTime(500)), a.timestamp);
    let lost = slot.lost(b.sequence).unwrap();
    assert_eq!((lost.source, lost.sequence), ('b', SequenceNumber(40_000)));
    assert_eq!(slot.lost(b.sequence.plus(1)), None, "not sent yet");
    assert_eq!(slot.lost(SequenceNumber(a.sequence.0.wrapping_sub(1))), None, "never sent");
}

#[test]
fn retransmissions_count_on_their_own_and_wrap() {
    let mut slot = Slot::<()>::new(config());
    let numbers: Vec<u16> = (0..3).map(|_| slot.next_rtx().unwrap().1.0).collect();
    assert_eq!(numbers, [65_535, 0, 1]);
}

#[derive(Debug, Clone)]
struct Stretch {
    sequence: u16,
    timestamp: u32,
    picture: u16,
    base: u8,
    /// Per packet: skip it (lost), and swap it with the next.
    packets: Vec<(bool, bool)>,
    pause_ms: u64,
}

fn stretch() -> impl Strategy<Value = Stretch> {
    let near_wrap = prop_oneof![any::<u16>(), 65_500..=65_535_u16];
    let packets = prop::collection::vec((prop::bool::weighted(0.1), prop::bool::weighted(0.2)), 1..80);
    (
        near_wrap,
        any::<u32>(),
        prop_oneof![any::<u16>(), 32_700..32_768_u16],
        any::<u8>(),
        packets,
        0..3_000_u64,
    )
        .prop_map(|(sequence, timestamp, picture, base, packets, pause_ms)| Stretch {
            sequence,
            timestamp,
            picture: picture & 0x7fff,
            base,
            packets,
            pause_ms,
        })
}

/// What the receiver gets of one packet.
#[derive(Debug, Clone, Copy)]
struct Got {
    source: (usize, u16),
    sequence: u16,
    timestamp: u32,
    picture: u16,
    base: u8,
    first: bool,
}

fn run(stretches: &[Stretch]) -> (Slot<usize>, Vec<Got>) {
    let mut slot = Slot::new(config());
    let mut now = Instant::now();
    let mut got = Vec::new();
    for (source, stretch) in stretches.iter().enumerate() {
        slot.switch(source);
        now += Duration::from_millis(stretch.pause_ms);
        let mut order: Vec<u16> = (0..stretch.packets.len() as u16).collect();
        for at in 1..order.len() - usize::from(order.len() > 1) {
            if stretch.packets[at].1 {
                order.swap(at, at + 1);
            }
        }
        for step in order {
            // The first packet is the key frame's: a slot begins with one that arrived.
            if step > 0 && stretch.packets[usize::from(step)].0 {
                continue;
            }
            now += Duration::from_millis(33);
            let bytes = payload(stretch.picture.wrapping_add(step), stretch.base.wrapping_add(step as u8));
            let packet = Incoming {
                sequence: SequenceNumber(stretch.sequence).plus(step),
                timestamp: MediaTime(stretch.timestamp).plus(3_000 * u32::from(step)),
                arrived: now,
                counters: vp8::Descriptor::parse(&bytes),
                passes: true,
            };
            let rewrite = slot.forward(&packet).expect("nothing precedes the first packet");
            let mut bytes = bytes;
            Continue { counters: packet.counters, shift: rewrite.shift }.apply(&mut bytes);
            let descriptor = vp8::Descriptor::parse(&bytes).unwrap();
            got.push(Got {
                source: (source, packet.sequence.0),
                sequence: rewrite.sequence.0,
                timestamp: rewrite.timestamp.0,
                picture: descriptor.picture_id.unwrap(),
                base: descriptor.base_index.unwrap(),
                first: rewrite.first,
            });
        }
    }
    (slot, got)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// The receiver cannot tell from the numbers that sources changed.
    #[test]
    fn sequence_time_and_picture_ids_continue_over_any_switch(
        stretches in prop::collection::vec(stretch(), 1..7)
    ) {
        let (slot, got) = run(&stretches);
        // The newest packet before each one, in outgoing order.
        let mut newest: Option<Got> = None;
        for packet in &got {
            if let Some(last) = newest {
                let ahead = packet.sequence.wrapping_sub(last.sequence) as i16;
                let time = packet.timestamp.wrapping_sub(last.timestamp) as i32;
                if packet.first {
                    prop_assert_eq!(ahead, 1);
                    prop_assert!(time >= 3_000, "at least a frame later: {}", time);
                    prop_assert_eq!(packet.picture, last.picture.wrapping_add(1) & 0x7fff);
                    prop_assert_eq!(packet.base, last.base.wrapping_add(1));
                } else {
                    // Within a source all distances are the source's own.
                    let own = packet.source.1.wrapping_sub(last.source.1) as i16;
                    prop_assert_eq!(ahead, own);
                    prop_assert_eq!(time, 3_000 * i32::from(own));
                    prop_assert_eq!(packet.picture, last.picture.wrapping_add_signed(own) & 0x7fff);
                    prop_assert_eq!(packet.base, last.base.wrapping_add_signed(own as i8));
                }
            }
            if newest.is_none_or(|last| (packet.sequence.wrapping_sub(last.sequence) as i16) > 0) {
                newest = Some(*packet);
            }
        }
        // Every number that went out leads back to its packet.
        for packet in &got {
            let lost = slot.lost(SequenceNumber(packet.sequence)).expect("a number that was sent");
            prop_assert_eq!((lost.source, lost.sequence.0), packet.source);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Packets that come (some lost) leave as they are, appended, or appended twice, in any order of ways.
    #[test]
    fn numbers_and_time_go_on_in_whatever_portions_sound_leaves(
        start in any::<u16>(),
        steps in prop::collection::vec((0_u8..3, 1_u16..4), 1..80),
    ) {
        let mut slot = Slot::new(config());
        let now = Instant::now();
        slot.switch(());
        let (mut sequence, mut expected, mut shift) = (start, None::<u16>, None::<u32>);
        for (way, lost) in steps {
            sequence = sequence.wrapping_add(lost);
            let packet = incoming(sequence, u32::from(sequence) * 960, now);
            let sent: Vec<Rewrite> = match way {
                0 => slot.forward(&packet).into_iter().collect(),
                way => (0..way).filter_map(|_| slot.append(&packet)).collect(),
            };
            prop_assert_eq!(sent.len(), usize::from(way.max(1)));
            for (at, rewrite) in sent.into_iter().enumerate() {
                // Only what leaves as it came shows what is missing before it.
                let gap = if way == 0 { lost - 1 } else { 0 };
                let next = expected.map_or(rewrite.sequence.0, |next| next.wrapping_add(gap));
                prop_assert_eq!(rewrite.sequence.0, next);
                expected = Some(next.wrapping_add(1));
                let moved = rewrite.timestamp.0.wrapping_sub(packet.timestamp.0);
                prop_assert_eq!(*shift.get_or_insert(moved), moved);
                prop_assert!(at == 0 || !rewrite.first);
            }
        }
    }
}
