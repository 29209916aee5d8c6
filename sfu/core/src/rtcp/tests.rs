use std::time::Duration;

use bytes::Bytes;
use rtc_rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;
use rtc_shared::marshal::Unmarshal;

use super::*;
use crate::rtp::SequenceNumber;

const ME: Ssrc = Ssrc(0xaabb_ccdd);
const MEDIA: Ssrc = Ssrc(0x1122_3344);

fn build(write: impl FnOnce(&mut Builder<'_>)) -> Vec<u8> {
    let mut out = [0x55; 1_200];
    let mut builder = Builder::new(&mut out);
    write(&mut builder);
    let len = builder.finish();
    out[..len].to_vec()
}

fn block(ssrc: u32) -> ReportBlock {
    ReportBlock {
        ssrc: Ssrc(ssrc),
        fraction_lost: 64,
        lost: -3,
        highest: 0x1_2345,
        jitter: 99,
        last_report: ShortNtp(0x1234_5678),
        since_last_report: ShortNtp(0x8000),
    }
}

#[test]
fn reports_are_read_as_they_were_written() {
    let info =
        SenderInfo { ssrc: ME, ntp: 0x0102_0304_0506_0708, timestamp: MediaTime(9), packets: 10, octets: 11 };
    let bytes = build(|builder| {
        assert!(builder.sender_report(&info, &[block(1), block(2)]));
        assert!(builder.receiver_report(ME, &[block(3)]));
        assert!(builder.cname(ME, "abcdefgh"));
        assert!(builder.pli(ME, MEDIA));
        assert!(builder.fir(ME, MEDIA, 7));
    });
    let parts: Vec<_> = parse(&bytes).collect();
    let [Packet::SenderReport(sender, blocks), Packet::ReceiverReport(receiver, more), rest @ ..] =
        &parts[..]
    else {
        panic!("{parts:?}")
    };
    assert_eq!(*sender, info);
    assert_eq!(blocks.collect::<Vec<_>>(), [block(1), block(2)]);
    assert_eq!((*receiver, more.collect::<Vec<_>>()), (ME, vec![block(3)]));
    let &[Packet::Other(202), Packet::Pli(MEDIA), Packet::Fir(mut fir)] = rest else { panic!("{rest:?}") };
    assert_eq!(fir.next(), Some((MEDIA, 7)));
    assert_eq!(fir.next(), None);
}

#[test]
fn another_implementation_reads_what_we_write() {
    let bytes = build(|builder| {
        builder.receiver_report(ME, &[block(3)]);
        builder.cname(ME, "hub");
        builder.nack(ME, MEDIA, &[SequenceNumber(65_535), SequenceNumber(0), SequenceNumber(40)]);
        builder.pli(ME, MEDIA);
        builder.remb(ME, 2_500_000, &[MEDIA]);
    });
    let packets = rtc_rtcp::packet::unmarshal(&mut Bytes::from(bytes)).unwrap();
    let said = format!("{packets:?}");
    for expected in
        ["ReceiverReport", "fraction_lost: 64", "hub", "TransportLayerNack", "PictureLoss", "2500000"]
    {
        assert!(said.contains(expected), "{expected} in {said}");
    }
}

#[test]
fn missing_numbers_survive_the_way_in_few_words() {
    let numbers = [65_530, 65_531, 65_535, 0, 10, 11, 500].map(SequenceNumber);
    let bytes = build(|builder| assert!(builder.nack(ME, MEDIA, &numbers)));
    assert_eq!(bytes.len(), 12 + 3 * 4);
    let Some(Packet::Nack(MEDIA, read)) = parse(&bytes).next() else { panic!() };
    assert_eq!(read.collect::<Vec<_>>(), numbers);
}

#[test]
fn bandwidth_estimates_keep_eighteen_bits() {
    for bitrate in [0, 1, 262_143, 262_144, 1_000_000, 3_000_000_000] {
        let bytes = build(|builder| assert!(builder.remb(ME, bitrate, &[MEDIA])));
        let Some(Packet::Remb(read)) = parse(&bytes).next() else { panic!() };
        assert!(read <= bitrate && read >= bitrate - bitrate / 100_000, "{bitrate} {read}");
    }
}

#[test]
fn arrivals_survive_the_way_and_another_implementation_agrees() {
    let ms = |ms: u64| Some(Duration::from_millis(ms));
    // Late ones, early ones, gaps, and a pause longer than one byte of delta.
    let arrivals = [
        ms(1_000),
        ms(1_001),
        None,
        ms(1_000),
        ms(1_500),
        None,
        None,
        ms(1_500),
        ms(1_563),
        ms(1_564),
        ms(9_000),
    ];
    let bytes = build(|builder| {
        assert!(builder.transport_feedback(ME, MEDIA, SequenceNumber(65_533), &arrivals, 200));
    });
    let Some(Packet::TransportFeedback(feedback)) = parse(&bytes).next() else { panic!() };
    assert_eq!(feedback.number, 200);
    let read: Vec<_> = feedback.packets().collect();
    assert_eq!(read.len(), arrivals.len());
    for (at, ((number, read), written)) in read.iter().zip(arrivals).enumerate() {
        assert_eq!(*number, SequenceNumber(65_533).plus(at as u16));
        assert_eq!(*read, written.map(|time| time.as_micros() as u64));
    }
    let theirs = TransportLayerCc::unmarshal(&mut Bytes::from(bytes)).unwrap();
    assert_eq!((theirs.base_sequence_number, theirs.packet_status_count), (65_533, 11));
    assert_eq!(theirs.recv_deltas.len(), 8);
    assert_eq!(theirs.recv_deltas.iter().map(|delta| delta.delta).sum::<i64>(), (9_000 - 960) * 1_000);
}

#[test]
fn run_lengths_and_one_bit_vectors_are_understood() {
    let body = [
        0x8f, 205, 0, 7, 0, 0, 0, 1, 0, 0, 0, 2, // header, two streams
        0, 10, 0, 9, 0, 0, 1, 5, // base 10, nine packets, reference 64 ms, message 5
        0x20, 4, // four small deltas in a run
        0xa8, 0, // one bit each: arrived, not, arrived, then nothing
        4, 4, 4, 4, 8, 8, 0, 0,
    ];
    let Some(Packet::TransportFeedback(feedback)) = parse(&body).next() else { panic!() };
    let times: Vec<_> = feedback.packets().map(|(_, time)| time).collect();
    let at = |micros: u64| Some(64_000 + micros);
    assert_eq!(times, [at(1_000), at(2_000), at(3_000), at(4_000), at(6_000), None, at(8_000), None, None]);
}

#[test]
fn what_does_not_fit_is_left_out_as_a_whole() {
    let mut out = [0; 30];
    let mut builder = Builder::new(&mut out);
    assert!(builder.pli(ME, MEDIA));
    assert!(!builder.receiver_report(ME, &[block(1)]));
    assert!(!builder.transport_feedback(ME, MEDIA, SequenceNumber(1), &[None; 60], 0));
    assert!(builder.pli(ME, MEDIA));
    let len = builder.finish();
    assert_eq!(parse(&out[..len]).count(), 2);
}

#[test]
fn the_round_trip_is_what_the_clocks_say() {
    let block =
        ReportBlock { last_report: ShortNtp(0x0001_0000), since_last_report: ShortNtp(0x8000), ..block(1) };
    assert_eq!(block.round_trip(ShortNtp(0x0002_0000)), Some(Duration::from_millis(500)));
    assert_eq!(block.round_trip(ShortNtp(0)), None, "a clock that went back");
    assert_eq!(ReportBlock::default().round_trip(ShortNtp(5)), None, "no report seen");
    let noon = base::Timestamp::from_micros(1_500_000);
    assert_eq!(ntp(noon), 2_208_988_801 << 32 | 1 << 31);
}

#[test]
fn lies_about_length_end_the_reading() {
    for bytes in [
        &[0x80, 200, 0, 9, 0, 0, 0, 1][..],
        &[0x9f, 201, 0, 1, 0, 0, 0, 1],
        &[0xa0, 203, 0, 1, 0, 0, 0, 250],
        &[0x40, 203, 0, 0],
        &[0x8f, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2],
    ] {
        assert_eq!(parse(bytes).count(), 0, "{bytes:?}");
    }
}

/// Hostile bytes: nothing panics and every reading ends, whatever type the bytes pretend to be.
#[test]
fn fuzz_any_bytes_are_survived() {
    bolero::check!().with_iterations(20_000).with_max_len(160).for_each(|input: &[u8]| {
        exhaust(input);
        let mut bytes = input.to_vec();
        for (kind, count) in
            [(200, 2), (201, 1), (203, 3), (205, 1), (205, 15), (206, 1), (206, 4), (206, 15)]
        {
            if bytes.len() >= 4 {
                let words = (bytes.len() / 4 - 1) as u16;
                bytes[..2].copy_from_slice(&[0x80 | count, kind]);
                bytes[2..4].copy_from_slice(&words.to_be_bytes());
            }
            exhaust(&bytes);
        }
    });
}

fn exhaust(bytes: &[u8]) {
    for packet in parse(bytes) {
        let items = match packet {
            Packet::SenderReport(_, blocks) | Packet::ReceiverReport(_, blocks) => blocks.count(),
            Packet::Goodbye(streams) => streams.count(),
            Packet::Nack(_, numbers) => numbers.count(),
            Packet::Fir(streams) => streams.count(),
            Packet::TransportFeedback(feedback) => feedback.packets().count(),
            Packet::Pli(_) | Packet::Remb(_) | Packet::Other(_) => 0,
        };
        assert!(items <= usize::from(u16::MAX));
    }
}
