//! Lines that lose and disorder, and receivers that say less than others, in virtual time.

use std::{collections::BTreeSet, time::Duration};

use testkit::link::{Bursts, Link, Shape};

use super::{SECOND, VIDEO, meeting, net::Net, view};
use crate::{rtcp::ReportBlock, rtp::Ssrc};

const DELAY: Duration = Duration::from_millis(20);

/// Somebody who speaks and shows himself, and who sees him large over such a line for ten seconds.
fn seen_over(shape: Shape) -> Net {
    let mut net = meeting(2);
    net.clients[0].voice = Some(30);
    net.clients[1].downlink = Some(Link::new(Shape { delay: DELAY, ..shape }));
    view(&mut net, 1, 0, 720);
    net.run(8 * SECOND);
    net.clients[1].got.clear();
    net.run(10 * SECOND);
    net
}

/// Sounds of the voice and packets of the whole picture that came, of 500 each, and how many were of a smaller one.
fn came(net: &Net) -> (usize, usize, usize) {
    let picture = net.clients[1].in_slot(VIDEO);
    let whole = picture.iter().filter(|got| got.payload.len() == 900).count();
    let voice: BTreeSet<u32> = net.clients[1].in_slot(0).iter().map(|got| got.timestamp).collect();
    (voice.len(), whole, picture.len() - whole)
}

#[test]
fn a_wide_radio_link_that_loses_a_fifth_keeps_voice_and_whole_picture() {
    let (voice, whole, smaller) = came(&seen_over(Shape { loss: 0.2, ..Shape::default() }));
    assert!(voice > 465, "{voice} of 500: each was sent twice");
    assert!(whole > 350 && smaller < 50, "{whole} whole, {smaller} smaller");
}

#[test]
fn losses_in_bursts_are_no_reason_to_show_less() {
    let bursts = Bursts { begin: 0.01, end: 0.2, loss: 1.0 };
    let (voice, whole, smaller) = came(&seen_over(Shape { bursts: Some(bursts), ..Shape::default() }));
    assert!(voice > 450, "{voice} of 500");
    assert!(whole > 420 && smaller < 50, "{whole} whole, {smaller} smaller");
}

#[test]
fn packets_that_overtake_each_other_do_not_look_like_a_full_line() {
    let shape = Shape { reordering: 0.05, jitter: Duration::from_millis(15), ..Shape::default() };
    let (voice, whole, smaller) = came(&seen_over(shape));
    assert_eq!((voice, smaller), (500, 0));
    assert!(whole >= 498, "{whole}");
}

#[test]
fn a_receiver_without_transport_wide_feedback_is_led_by_its_reports() {
    let mut net = Net::new(2);
    net.clients[0].camera = true;
    net.clients[1].reticent = true;
    view(&mut net, 1, 0, 720);
    net.run(8 * SECOND);
    let reports = |net: &mut Net, seconds: usize, fraction_lost: u8, estimate: Option<u64>| {
        let ssrc = Ssrc(net.clients[1].slots[VIDEO]);
        for _ in 0..seconds {
            net.clients[1].send_rtcp(|builder| {
                builder.receiver_report(
                    Ssrc(1),
                    &[ReportBlock { ssrc, fraction_lost, ..ReportBlock::default() }],
                );
                estimate.map(|bitrate| builder.remb(Ssrc(1), bitrate, &[ssrc]));
            });
            net.run(SECOND);
        }
        net.clients[1].in_slot(VIDEO).last().unwrap().payload.len()
    };
    assert_eq!(reports(&mut net, 3, 0, None), 900, "nothing speaks against the whole picture");
    assert_eq!(reports(&mut net, 8, 80, Some(230_000)), 300, "a full line");
    assert_eq!(reports(&mut net, 40, 0, None), 900, "an empty one again");
}

#[test]
fn a_line_declared_unlimited_is_sent_everything_whatever_it_carries() {
    let mut net = Net::new(1);
    net.clients[0].camera = true;
    net.worker.config.unlimited = true;
    net.join(1);
    net.clients[1].downlink = Some(Link::new(Shape { rate: Some(200_000), ..Shape::default() }));
    view(&mut net, 1, 0, 720);
    net.run(8 * SECOND);
    net.clients[1].got.clear();
    net.run(2 * SECOND);
    assert!(came(&net).1 > 10 && came(&net).2 == 0, "{:?}", came(&net));
}
