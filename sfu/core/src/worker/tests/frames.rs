//! Pictures of several temporal layers over thin lines, in virtual time: fewer frames instead of none, and
//! each of them can be decoded.

use std::time::Duration;

use super::{
    SECOND, VIDEO,
    client::Got,
    lines::{is_saving, line, longest_wait},
    net::{Net, seat},
};
use crate::{
    Command, MediaKind, Source, View,
    codec::vp8::Descriptor,
    rtp::{SequenceNumber, Ssrc},
};

/// The first client shares its screen at 480 kbit/s, the second looks at it.
fn presentation(temporal: bool) -> Net {
    let mut net = Net::new(2);
    (net.clients[0].screen, net.clients[0].temporal) = (true, temporal);
    net.run(SECOND);
    let source = Source { seat: seat(0), kind: MediaKind::Screen };
    let views = vec![View { slot: 0, source, height: 1_080 }];
    net.worker.handle_command(net.now, Command::View { seat: seat(1), views });
    net.run(6 * SECOND);
    net
}

/// Frames the viewer got in ten seconds, of 250; nothing is missing between them.
fn frames(net: &mut Net) -> usize {
    net.clients[1].got.clear();
    net.run(10 * SECOND);
    let got = net.clients[1].in_slot(VIDEO);
    let read = |got: &Got| Descriptor::parse(&got.payload).unwrap();
    for pair in got.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
        let step = u16::from(pair[0].timestamp != pair[1].timestamp);
        let (before, after) = (read(pair[0]).picture_id.unwrap(), read(pair[1]).picture_id.unwrap());
        assert_eq!(after, before.wrapping_add(step) & 0x7fff, "no picture seems to be lost");
    }
    got.iter().filter(|got| read(got).begins_frame).count()
}

#[test]
fn a_screen_on_a_thin_line_shows_fewer_frames_and_all_of_them_after_it_recovered() {
    let mut net = presentation(true);
    assert_eq!(frames(&mut net), 250);
    let before = net.clients[0].plis;
    line(&mut net, 1, 300_000);
    net.run(5 * SECOND);
    let wait = longest_wait(&mut net, 1, 5 * SECOND);
    assert!(wait < Duration::from_millis(200), "{wait:?}");
    let thin = frames(&mut net);
    assert!((60..130).contains(&thin), "{thin} of 250 frames");
    assert!(!is_saving(&net, 1, 0));
    line(&mut net, 1, 5_000_000);
    net.run(8 * SECOND);
    assert_eq!(frames(&mut net), 250, "every frame again");
    assert_eq!(net.clients[0].plis, before, "without a key frame");
}

#[test]
fn a_screen_without_temporal_layers_goes_off_on_the_same_line() {
    let mut net = presentation(false);
    line(&mut net, 1, 300_000);
    net.run(10 * SECOND);
    assert!(is_saving(&net, 1, 0));
}

#[test]
fn what_is_missed_of_a_thinned_picture_is_sent_again_as_it_was() {
    let mut net = presentation(true);
    line(&mut net, 1, 300_000);
    net.run(6 * SECOND);
    let mut repaired = 0;
    let shown: Vec<Got> = net.clients[1].in_slot(VIDEO).into_iter().rev().take(12).cloned().collect();
    let media = Ssrc(net.clients[1].slots[VIDEO]);
    for lost in shown {
        net.clients[1].got.clear();
        net.clients[1].send_rtcp(|builder| {
            builder.nack(Ssrc(1), media, &[SequenceNumber(lost.sequence)]);
        });
        net.run(Duration::from_millis(300));
        let number = lost.sequence.to_be_bytes();
        let is_repair = |got: &&Got| got.payload_type == 97 && got.payload[..2] == number;
        // A full line may refuse; then it stays lost.
        if let Some(again) = net.clients[1].got.iter().find(is_repair) {
            assert_eq!(again.payload[2..], lost.payload);
            repaired += 1;
        }
    }
    assert!(repaired >= 6, "{repaired} of 12");
}

#[test]
fn a_small_face_loses_frames_before_it_goes() {
    let mut net = Net::new(2);
    (net.clients[0].camera, net.clients[0].temporal) = (true, true);
    net.run(SECOND);
    super::view(&mut net, 1, 0, 180);
    net.run(4 * SECOND);
    assert_eq!(frames(&mut net), 250);
    // The face takes 120 kbit/s, a voice's share is kept free.
    line(&mut net, 1, 150_000);
    net.run(10 * SECOND);
    let thin = frames(&mut net);
    assert!((60..130).contains(&thin), "{thin} of 250 frames");
}
