//! Meetings over thin lines, in virtual time: who gives way, who does not, what is told.

use std::time::Duration;

use testkit::link::{Link, Shape};

use super::{
    SECOND, VIDEO, camera, meeting,
    net::{Net, seat},
    view,
};
use crate::{
    Command, Event, MediaKind, SlotKind, View,
    rtp::{SequenceNumber, Ssrc},
};

const DELAY: Duration = Duration::from_millis(20);

pub fn line(net: &mut Net, client: usize, rate: u64) {
    let (now, shape) = (net.now, Shape::of_rate(rate, DELAY));
    match &mut net.clients[client].downlink {
        Some(link) => link.reshape(now, shape),
        none => *none = Some(Link::new(shape)),
    }
}

fn bytes(net: &Net, client: usize, slot: usize) -> usize {
    net.clients[client].in_slot(slot).iter().map(|got| got.payload.len()).sum()
}

/// Runs and gives the longest time a datagram waited on the client's line.
pub fn longest_wait(net: &mut Net, client: usize, duration: Duration) -> Duration {
    let mut longest = Duration::ZERO;
    let end = net.now + duration;
    while net.now < end {
        net.run(Duration::from_millis(5));
        let queue = net.clients[client].downlink.as_ref().map_or(Duration::ZERO, |link| link.queue(net.now));
        longest = longest.max(queue);
    }
    longest
}

/// Whether the newest word about a slot is that it is off for the line's sake.
pub fn is_saving(net: &Net, client: usize, index: u8) -> bool {
    let word = |event: &Event| match event {
        Event::Slot { seat: s, kind: SlotKind::Video, slot, saving, .. }
            if (*s, *slot) == (seat(client), index) =>
        {
            Some(*saving)
        }
        _ => None,
    };
    net.events.iter().rev().find_map(word).unwrap_or(false)
}

#[test]
fn a_line_of_64_kbit_carries_one_voice_and_says_that_the_picture_is_off() {
    let mut net = Net::new(4);
    line(&mut net, 0, 64_000);
    net.clients[1].camera = true;
    for client in net.clients.iter_mut().skip(1) {
        client.voice = Some(30);
        // 16 kbit/s, 46 with its headers.
        client.voice_bytes = 40;
    }
    net.run(SECOND);
    view(&mut net, 0, 1, 720);
    net.run(5 * SECOND);
    assert!(is_saving(&net, 0, 0));
    assert_eq!(net.slot(0, SlotKind::Video, 0), Some(camera(1)), "whose picture it would be");
    net.clients[0].got.clear();
    let wait = longest_wait(&mut net, 0, 10 * SECOND);
    assert!(wait < Duration::from_millis(200), "{wait:?}");
    let voices: Vec<usize> = (0..3).map(|slot| net.clients[0].in_slot(slot).len()).collect();
    assert_eq!(voices.iter().filter(|count| **count > 0).count(), 1, "{voices:?}");
    assert!(voices.iter().sum::<usize>() >= 495, "{voices:?} of 500 packets");
    assert_eq!(bytes(&net, 0, VIDEO), 0);
}

#[test]
fn with_room_for_one_voice_the_chair_is_heard_before_louder_ones() {
    let mut net = Net::new(4);
    line(&mut net, 0, 64_000);
    for (client, level) in [(1, 30), (2, 30), (3, 60)] {
        net.clients[client].voice = Some(level);
        net.clients[client].voice_bytes = 40;
    }
    net.run(6 * SECOND);
    assert_ne!(net.slot(0, SlotKind::Audio, 0).map(|source| source.seat), Some(seat(3)));
    net.worker.handle_command(net.now, Command::Lead { seat: seat(3), leads: true });
    net.run(SECOND / 2);
    assert_eq!(net.slot(0, SlotKind::Audio, 0).map(|source| source.seat), Some(seat(3)));
    net.worker.handle_command(net.now, Command::Lead { seat: seat(3), leads: false });
    net.run(2 * SECOND);
    assert_ne!(net.slot(0, SlotKind::Audio, 0).map(|source| source.seat), Some(seat(3)));
}

#[test]
fn a_thin_line_keeps_the_speaker_and_gives_up_small_faces() {
    let mut net = meeting(4);
    line(&mut net, 0, 250_000);
    let views = [(1, 720), (2, 180), (3, 180)];
    let views =
        views.into_iter().zip(0..).map(|((who, height), slot)| View { slot, source: camera(who), height });
    net.worker.handle_command(net.now, Command::View { seat: seat(0), views: views.collect() });
    net.run(6 * SECOND);
    net.clients[0].got.clear();
    let wait = longest_wait(&mut net, 0, 10 * SECOND);
    assert!(wait < Duration::from_millis(200), "{wait:?}");
    assert!(bytes(&net, 0, VIDEO) > 100_000, "the speaker moves");
    assert!(is_saving(&net, 0, 2) && !is_saving(&net, 0, 0));
    line(&mut net, 0, 10_000_000);
    net.run(8 * SECOND);
    net.clients[0].got.clear();
    net.run(SECOND);
    assert_eq!(net.clients[0].in_slot(VIDEO).last().unwrap().payload.len(), 900, "the whole picture again");
    assert!((1..3).all(|slot| !is_saving(&net, 0, slot)));
}

#[test]
fn what_was_lost_of_a_picture_that_is_off_is_not_sent_again() {
    let mut net = meeting(2);
    view(&mut net, 1, 0, 180);
    net.run(SECOND);
    let ask = |net: &mut Net| {
        let got = net.clients[1].in_slot(VIDEO);
        let missed: Vec<_> = got.iter().rev().take(5).map(|got| SequenceNumber(got.sequence)).collect();
        let media = Ssrc(net.clients[1].slots[VIDEO]);
        net.clients[1].send_rtcp(|builder| {
            builder.nack(Ssrc(1), media, &missed);
        });
        net.run(Duration::from_millis(100));
        net.worker.metrics().resent
    };
    let resent = ask(&mut net);
    assert_eq!(resent, 5, "while it is shown");
    net.worker.handle_command(net.now, Command::View { seat: seat(1), views: Vec::new() });
    net.run(Duration::from_millis(100));
    assert_eq!(ask(&mut net), resent);
}

#[test]
fn a_slow_receiver_costs_nobody_else_anything() {
    let mut net = meeting(3);
    view(&mut net, 1, 0, 720);
    view(&mut net, 2, 0, 720);
    net.run(6 * SECOND);
    line(&mut net, 1, 150_000);
    net.clients[2].got.clear();
    net.run(10 * SECOND);
    let got = net.clients[2].in_slot(VIDEO);
    assert!(got.len() >= 498, "{} of 500", got.len());
    assert!(got.iter().all(|got| got.payload.len() == 900));
    assert!(got.windows(2).all(|w| w[1].sequence == w[0].sequence.wrapping_add(1)));
}

#[test]
fn a_key_frame_does_not_fill_a_slow_line() {
    let mut net = meeting(2);
    line(&mut net, 1, 400_000);
    // 9 kB, as the first frame of a small face.
    net.clients[0].key_packets = 30;
    view(&mut net, 1, 0, 180);
    net.run(6 * SECOND);
    for _ in 0..3 {
        net.clients[0].demand_key();
        let wait = longest_wait(&mut net, 1, 2 * SECOND);
        assert!(wait < Duration::from_millis(200), "{wait:?}");
    }
    let got = net.clients[1].in_slot(VIDEO);
    let gaps = got.windows(2).filter(|w| w[1].sequence != w[0].sequence.wrapping_add(1)).count();
    assert_eq!(gaps, 0, "whatever the pacer drops leaves no hole");
}

/// What the first client was told about its camera's layers.
fn demands(net: &Net) -> Vec<Vec<bool>> {
    let demand = |event: &Event| match event {
        Event::Demand { seat: s, kind: MediaKind::Camera, layers } if *s == seat(0) => Some(layers.clone()),
        _ => None,
    };
    net.events.iter().filter_map(demand).collect()
}

#[test]
fn a_camera_that_began_small_is_seen_whole_by_who_comes_later() {
    let mut net = Net::new(2);
    net.clients[0].camera = true;
    // Its browser does not know yet what its line carries.
    net.clients[0].switch_off(&[2, 3]);
    net.run(3 * SECOND);
    assert!(demands(&net).is_empty(), "{:?}", demands(&net));
    net.clients[0].switch_off(&[]);
    net.run(2 * SECOND);
    assert_eq!(demands(&net), [[true, false, false]], "nobody looks");
    net.clients[0].switch_off(&[2, 3]);
    view(&mut net, 1, 0, 720);
    net.run(Duration::from_millis(60));
    assert_eq!(demands(&net).last(), Some(&vec![true, false, true]));
}

#[test]
fn layers_nobody_needs_are_switched_off_and_come_back() {
    let mut net = meeting(2);
    view(&mut net, 1, 0, 180);
    net.run(2 * SECOND);
    assert_eq!(demands(&net), [[true, false, false]]);
    net.clients[0].switch_off(&[2, 3]);
    net.run(3 * SECOND);
    view(&mut net, 1, 0, 720);
    net.run(Duration::from_millis(60));
    assert_eq!(demands(&net).last(), Some(&vec![true, false, true]));
    net.clients[0].switch_off(&[2]);
    net.clients[1].got.clear();
    net.run(Duration::from_millis(200));
    assert_eq!(net.clients[1].in_slot(VIDEO).last().unwrap().payload.len(), 900);
    net.run(5 * SECOND);
    assert_eq!(demands(&net).len(), 2, "and nothing wavers");
    net.events.clear();
    view(&mut net, 1, 0, 180);
    net.run(Duration::from_millis(350));
    assert_eq!(demands(&net), [[true, false, false]]);
}
