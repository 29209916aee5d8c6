//! Cameras of different codecs in one slot.

use super::{
    SECOND, VIDEO, camera,
    client::Got,
    net::{Net, seat},
    view,
};
use crate::{SlotKind, codec::Codec, rtp::SequenceNumber};

/// One camera per codec; the last client views.
fn meeting(viewer: Option<(&'static str, &'static str)>) -> (Net, usize) {
    let mut net = Net::new(Codec::VIDEO.len());
    for (client, codec) in net.clients.iter_mut().zip(Codec::VIDEO) {
        (client.camera, client.codec) = (true, codec);
    }
    net.offer_as = viewer;
    let number = Codec::VIDEO.len();
    net.join(number);
    net.run(SECOND);
    (net, number)
}

fn counted(codec: Codec, got: &Got) -> Option<(u16, u8)> {
    let counters = codec.counters(&got.payload)?;
    Some((counters.picture_id?, counters.base_index?))
}

#[test]
fn a_slot_goes_from_codec_to_codec_as_its_receiver_numbers_them() {
    let (mut net, viewer) = meeting(None);
    let mut before: Option<Got> = None;
    let mut last_count = None;
    for source in [0, 1, 0, 2, 1, 3, 0] {
        let codec = Codec::VIDEO[source];
        let number = [96, 98, 102, 45][source];
        net.clients[viewer].got.clear();
        view(&mut net, viewer, source, 180);
        net.run(SECOND + SECOND / 5);
        assert_eq!(net.slot(viewer, SlotKind::Video, 0), Some(camera(source)));
        let got = net.clients[viewer].in_slot(VIDEO);
        let first = got.iter().position(|g| g.payload_type == number).unwrap();
        let of_source = &got[first..];
        assert!(of_source.len() > 30 && of_source.iter().all(|g| g.payload_type == number), "{codec:?}");
        assert!(codec.starts_key_frame(&of_source[0].payload), "{codec:?} begins with a key frame");
        for packet in got.iter().copied() {
            if let Some(before) = before.replace(packet.clone()) {
                let time = packet.timestamp.wrapping_sub(before.timestamp);
                assert_eq!(packet.sequence, before.sequence.wrapping_add(1), "{codec:?}");
                assert!(time <= 9_000, "{codec:?}: {time} ticks");
            }
        }
        if let Some(first) = counted(codec, of_source[0]) {
            if let Some((picture, base)) = last_count {
                let (p, b): (u16, u8) = (picture, base);
                // The source before went on until the key frame came.
                let (ahead, base_ahead) = (first.0.wrapping_sub(p) & 0x7fff, first.1.wrapping_sub(b));
                assert!((1..10).contains(&ahead) && u16::from(base_ahead) == ahead, "{codec:?}: {ahead}");
            }
            last_count = of_source.last().and_then(|got| counted(codec, got));
        }
    }
}

#[test]
fn who_cannot_decode_a_camera_is_told_that_the_slot_is_empty() {
    let (mut net, viewer) = meeting(Some(("H264/90000", "unknown/90000")));
    view(&mut net, viewer, 0, 180);
    net.run(SECOND);
    assert_eq!(net.slot(viewer, SlotKind::Video, 0), Some(camera(0)));
    view(&mut net, viewer, 2, 180);
    net.run(SECOND / 10);
    net.clients[viewer].got.clear();
    net.run(SECOND);
    assert_eq!(net.slot(viewer, SlotKind::Video, 0), None);
    assert!(net.clients[viewer].got.is_empty());
    view(&mut net, viewer, 1, 180);
    net.run(SECOND);
    assert_eq!(net.slot(viewer, SlotKind::Video, 0), Some(camera(1)));
}

#[test]
fn a_repair_has_the_number_of_its_codec() {
    let (mut net, viewer) = meeting(None);
    for (source, repair) in [(1, 99), (2, 103), (3, 46)] {
        view(&mut net, viewer, source, 180);
        net.run(SECOND + SECOND / 5);
        let lost = net.clients[viewer].in_slot(VIDEO).last().copied().cloned().unwrap();
        net.clients[viewer].got.clear();
        let missing = [SequenceNumber(lost.sequence)];
        net.clients[viewer].send_rtcp(|builder| {
            builder.nack(crate::rtp::Ssrc(1), crate::rtp::Ssrc(lost.ssrc), &missing);
        });
        net.run(SECOND / 50);
        let got = net.clients[viewer].got.iter().find(|g| g.payload_type == repair).unwrap();
        assert_eq!(got.payload[2..], lost.payload);
        assert_eq!(net.slot(viewer, SlotKind::Video, 0).map(|s| s.seat), Some(seat(source)));
    }
}
