use super::*;

const IDS: ExtensionIds = ExtensionIds {
    mid: Some(4),
    rid: Some(10),
    repaired_rid: Some(11),
    audio_level: Some(1),
    transport_sequence: Some(3),
    abs_send_time: Some(2),
};

fn outgoing() -> Outgoing<'static> {
    Outgoing {
        payload_type: PayloadType::new(96),
        marker: true,
        sequence: SequenceNumber(65_535),
        timestamp: MediaTime(0xdead_beef),
        ssrc: Ssrc(77),
        mid: Some("12"),
        transport_sequence: Some(513),
        abs_send_time: Some(0x01_02_03),
        audio_level: Some(AudioLevel { voice: true, level: 30 }),
        ..Outgoing::default()
    }
}

#[test]
fn what_is_written_is_read_back() {
    for padding in [0, 1, 8] {
        let mut out = [0xaa; 200];
        let written = Outgoing { padding, ..outgoing() }.write(&IDS, b"media", &mut out).unwrap();
        assert_eq!(&out[written.payload.clone()], b"media");
        let packet = Packet::parse(&out[..written.len]).unwrap();
        assert_eq!(packet.payload(), b"media");
        assert_eq!(packet.header.sequence, SequenceNumber(65_535));
        assert_eq!(packet.header.timestamp, MediaTime(0xdead_beef));
        assert_eq!((packet.header.ssrc, packet.header.marker), (Ssrc(77), true));
        let extensions = packet.extensions(&IDS);
        assert_eq!(extensions.mid, Some("12"));
        assert_eq!(extensions.rid, None);
        assert_eq!(extensions.transport_sequence, Some(513));
        assert_eq!(extensions.abs_send_time, Some(0x01_02_03));
        assert_eq!(extensions.audio_level, Some(AudioLevel { voice: true, level: 30 }));
    }
}

#[test]
fn high_ids_and_long_mids_take_the_two_byte_form() {
    for (ids, mid) in [(ExtensionIds { mid: Some(20), ..IDS }, "0"), (IDS, "seventeen-letters")] {
        let mut out = [0; 200];
        let written = Outgoing { mid: Some(mid), ..outgoing() }.write(&ids, b"x", &mut out).unwrap();
        let packet = Packet::parse(&out[..written.len]).unwrap();
        assert_eq!(packet.extensions(&ids).mid, Some(mid));
        assert_eq!(packet.extensions(&ids).transport_sequence, Some(513));
        assert_eq!(packet.payload(), b"x");
    }
}

#[test]
fn extensions_nobody_agreed_on_leave_no_trace() {
    let mut out = [0; 64];
    let written = outgoing().write(&ExtensionIds::default(), b"abc", &mut out).unwrap();
    assert_eq!(written.len, Header::FIXED + 3);
}

#[test]
fn an_arena_without_room_is_told_apart_from_a_short_packet() {
    let mut out = [0; 200];
    let len = Outgoing { padding: 4, ..outgoing() }.write(&IDS, b"media", &mut out).unwrap().len;
    for short in 0..len {
        assert_eq!(Outgoing { padding: 4, ..outgoing() }.write(&IDS, b"media", &mut out[..short]), None);
    }
}

#[test]
fn contributing_sources_and_unknown_extension_forms_are_skipped() {
    let mut bytes = vec![0x92, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
    bytes.extend([9; 8]);
    bytes.extend([0x12, 0x34, 0, 1, 1, 2, 3, 4]);
    bytes.extend(b"payload");
    let packet = Packet::parse(&bytes).unwrap();
    assert_eq!(packet.payload(), b"payload");
    assert_eq!(packet.extensions(&IDS), Extensions::default());
}

#[test]
fn padding_that_exceeds_the_payload_is_refused() {
    let mut bytes = vec![0xa0, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3];
    assert_eq!(Packet::parse(&bytes).unwrap().payload(), b"");
    for lie in [0, 4, 255] {
        bytes[14] = lie;
        assert!(Packet::parse(&bytes).is_none());
    }
}

#[test]
fn a_retransmission_becomes_the_packet_it_repeats() {
    let mut out = [0; 200];
    let lost = Outgoing { original_sequence: Some(SequenceNumber(7)), padding: 3, ..outgoing() };
    let len = lost.write(&IDS, b"frame", &mut out).unwrap().len;
    let restored = rtx::restore(&mut out[..len], Ssrc(5), PayloadType::new(100)).unwrap();
    let packet = Packet::parse(restored).unwrap();
    assert_eq!(packet.header.sequence, SequenceNumber(7));
    assert_eq!((packet.header.ssrc, packet.header.payload_type.value()), (Ssrc(5), 100));
    assert_eq!(packet.payload(), b"frame");
    assert_eq!(packet.extensions(&IDS).mid, Some("12"));
    assert!(packet.header.marker);
}

#[test]
fn a_probe_in_the_retransmission_stream_is_no_packet() {
    let mut out = [0; 64];
    let len = Outgoing { padding: 20, ..outgoing() }.write(&IDS, b"", &mut out).unwrap().len;
    assert!(rtx::restore(&mut out[..len], Ssrc(5), PayloadType::new(100)).is_none());
}

#[test]
fn sequence_numbers_unwrap_across_the_end_and_backwards() {
    let mut unwrapper = Unwrapper::default();
    let first = unwrapper.unwrap(SequenceNumber(65_534));
    assert_eq!(unwrapper.unwrap(SequenceNumber(1)), first + 3);
    assert_eq!(unwrapper.unwrap(SequenceNumber(65_535)), first + 1);
    assert_eq!(unwrapper.unwrap(SequenceNumber(2)), first + 4);
    let mut early = Unwrapper::default();
    let zero = early.unwrap(SequenceNumber(0));
    assert_eq!(early.unwrap(SequenceNumber(65_535)), zero - 1);
}

#[test]
fn rtcp_is_told_from_rtp_by_its_second_byte() {
    assert!(is_rtcp(&[0x80, 200]));
    assert!(!is_rtcp(&[0x80, 96]) && !is_rtcp(&[0x80, 0x80 | 96]) && !is_rtcp(&[0x80]));
}

/// Hostile bytes: nothing panics, and whatever is accepted lies inside the packet.
#[test]
fn fuzz_any_bytes_are_survived() {
    bolero::check!().with_iterations(20_000).with_max_len(256).for_each(|input: &[u8]| {
        if let Some(packet) = Packet::parse(input) {
            assert!(packet.header.len + packet.payload().len() <= input.len());
            for profile in [super::extension::ONE_BYTE, super::extension::TWO_BYTE] {
                let mut header = packet.header;
                header.extension = header.extension.map(|(_, at)| (profile, at));
                Extensions::read(&header, input, &IDS);
            }
        }
        let mut copy = input.to_vec();
        rtx::restore(&mut copy, Ssrc(1), PayloadType::new(1));
        // Most random bytes are no RTP: make the version right and try again.
        if let Some(first) = copy.first_mut() {
            *first = *first & 0x3f | 0x80;
        }
        if let Some(packet) = Packet::parse(&copy) {
            packet.extensions(&IDS);
        }
        rtx::restore(&mut copy, Ssrc(1), PayloadType::new(1));
    });
}
