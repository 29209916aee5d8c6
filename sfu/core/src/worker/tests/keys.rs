//! How often a sender is asked for key frames, and how fast a gate closes.

use std::time::Duration;

use super::{SECOND, VIDEO, meeting, net::seat, view};
use crate::{
    Command, MediaKind,
    rtp::{SequenceNumber, Ssrc},
};

const PAUSE: Duration = Duration::from_millis(90);

#[test]
fn the_first_viewer_asks_at_once_and_ten_more_share_one_key_frame() {
    let mut net = meeting(12);
    let asked = |net: &super::Net| net.clients[0].plis;
    let before = asked(&net);
    view(&mut net, 1, 0, 180);
    net.step();
    assert_eq!(asked(&net), before + 1, "at once");
    net.run(PAUSE);
    for viewer in 2..11 {
        view(&mut net, viewer, 0, 180);
        net.run(PAUSE);
        assert_eq!(asked(&net), before + 1, "viewer {viewer} shares");
    }
    view(&mut net, 11, 0, 180);
    net.run(2 * PAUSE);
    assert_eq!(asked(&net), before + 2);
    assert!((1..12).all(|viewer| !net.clients[viewer].in_slot(VIDEO).is_empty()), "all see the picture");
    net.run(SECOND);
    assert_eq!(asked(&net), before + 2, "nobody waits any more");
}

#[test]
fn a_decoder_that_complains_all_the_time_costs_one_key_frame_a_second() {
    let mut net = meeting(2);
    view(&mut net, 1, 0, 180);
    net.run(SECOND);
    let before = net.clients[0].plis;
    let ssrc = Ssrc(net.clients[1].slots[VIDEO]);
    for _ in 0..100 {
        net.clients[1].send_rtcp(|builder| {
            builder.pli(Ssrc(1), ssrc);
        });
        net.run(Duration::from_millis(50));
    }
    let asked = net.clients[0].plis - before;
    assert!((4..=5).contains(&asked), "{asked} in five seconds");
}

#[test]
fn a_sender_that_does_not_answer_is_asked_again() {
    let mut net = meeting(2);
    net.clients[0].deaf = true;
    let before = net.clients[0].plis;
    view(&mut net, 1, 0, 180);
    net.run(SECOND);
    let asked = net.clients[0].plis - before;
    assert!((3..=4).contains(&asked), "{asked} in a second");
    net.clients[0].deaf = false;
    net.run(SECOND / 2);
    assert!(!net.clients[1].in_slot(VIDEO).is_empty());
}

#[test]
fn a_closed_gate_stops_everything_within_50_ms_whatever_the_client_sends() {
    let mut net = meeting(2);
    net.clients[0].voice = Some(30);
    view(&mut net, 1, 0, 180);
    net.run(SECOND);
    let last = net.clients[1].in_slot(VIDEO).last().map(|got| (got.ssrc, got.sequence)).unwrap();
    let heard = net.worker.metrics().packets_in;
    for kind in [MediaKind::Camera, MediaKind::Microphone] {
        net.worker.handle_command(net.now, Command::Gate { seat: seat(0), kind, open: false });
    }
    let closed = net.now;
    let mut flowed = Duration::ZERO;
    net.clients[1].got.clear();
    for step in 0..200 {
        // The viewer asks for what it missed: the gate gives nothing of it either.
        if step % 10 == 0 {
            let next = [SequenceNumber(last.1.wrapping_add(1))];
            net.clients[1].send_rtcp(|builder| {
                builder.nack(Ssrc(1), Ssrc(last.0), &next);
            });
        }
        net.step();
        if !net.clients[1].got.is_empty() {
            flowed = net.now - closed;
            net.clients[1].got.clear();
        }
    }
    assert!(net.worker.metrics().packets_in > heard + 100, "the client goes on sending");
    assert!(flowed <= Duration::from_millis(50), "{flowed:?}");
}
