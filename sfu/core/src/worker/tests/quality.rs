//! What the figures say about the lines.

use std::time::Duration;

use super::{SECOND, VIDEO, meeting, seat, view};
use crate::{
    MediaKind,
    rtcp::{self, ReportBlock, ShortNtp},
    rtp::Ssrc,
};

#[test]
fn loss_on_the_way_in_is_counted_by_kind() {
    let mut net = meeting(2);
    net.clients[0].voice = Some(30);
    net.clients[0].lose = Some(5);
    net.run(5 * SECOND);
    let quality = net.worker.metrics().quality;
    let lost = quality.up_audio.lost as f64 / quality.up_audio.reports as f64 / 256.0;
    assert!(quality.up_audio.reports >= 4 && (0.15..0.25).contains(&lost), "{quality:?}");
    assert!(quality.up_video.reports >= 10 && quality.up_video.lost == 0, "{quality:?}");
}

#[test]
fn what_receivers_report_is_summed_up_and_round_trips_are_measured() {
    let mut net = meeting(2);
    view(&mut net, 1, 0, 180);
    net.run(2 * SECOND);
    let (epoch, wall) = net.worker.config.epoch;
    let ntp = ShortNtp::of(rtcp::ntp(wall.plus(net.now - epoch)));
    let block = |slot: usize, jitter| ReportBlock {
        ssrc: Ssrc(net.clients[1].slots[slot]),
        fraction_lost: 64,
        lost: 9,
        highest: 0,
        jitter,
        // Sent 150 ms ago, and kept by the receiver for 50 ms.
        last_report: ShortNtp(ntp.0.wrapping_sub(0x1_0000 * 15 / 100)),
        since_last_report: ShortNtp(0x1_0000 / 20),
    };
    let stranger = ReportBlock { ssrc: Ssrc(7), ..block(VIDEO, 0) };
    let blocks = [block(0, 480), block(VIDEO, 900), block(VIDEO + 1, u32::MAX), stranger];
    net.clients[1].send_rtcp(|builder| {
        builder.receiver_report(Ssrc(1), &blocks);
    });
    while net.exchange() {}
    let quality = net.worker.metrics().quality;
    let (audio, video) = (quality.down_audio, quality.down_video);
    assert_eq!((audio.reports, audio.lost, audio.jitter), (1, 64, 10_000));
    assert_eq!((video.reports, video.lost), (2, 128));
    assert_eq!(video.jitter, 10_000 + 10_000_000, "nonsense does not spoil the sum");
    assert_eq!((audio.trips, video.trips), (1, 2));
    assert!((99_000..101_000).contains(&audio.trip), "{} µs", audio.trip);
}

#[test]
fn how_each_connection_fares_is_told_once_a_second() {
    let mut net = meeting(2);
    view(&mut net, 1, 0, 720);
    net.clients[0].voice = Some(30);
    net.clients[0].lose = Some(5);
    net.run(3 * SECOND);
    net.legs.clear();
    net.run(5 * SECOND);
    assert!((4..=6).contains(&net.legs.len()), "{} times", net.legs.len());
    let gaps = net.legs.windows(2).map(|w| w[1].0 - w[0].0);
    assert!(gaps.into_iter().all(|gap| gap >= SECOND && gap < SECOND + Duration::from_millis(100)));
    for (_, legs) in &net.legs {
        let of = |number| legs.iter().find(|leg| leg.seat == seat(number)).unwrap();
        let (speaker, viewer) = (of(0), of(1));
        // A fifth of the voice is lost, nothing of the pictures, which are most of it.
        assert!((2..40).contains(&speaker.up.lost), "{speaker:?}");
        assert!(speaker.up.bitrate > 50_000 && viewer.down.bitrate > 50_000, "{speaker:?} {viewer:?}");
        let camera = speaker.tracks.iter().find(|track| track.kind == MediaKind::Camera).unwrap();
        assert!(
            camera.layers >= 1 && camera.bitrate > 0 && camera.bitrate < speaker.up.bitrate,
            "{speaker:?}"
        );
        assert_eq!((viewer.up.lost, viewer.saving), (0, 0));
    }
}
