//! Figures for monitoring, in Prometheus' text format, on a listener of their own.

use std::fmt::Write;

use axum::{
    Router,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
    routing::get,
};
use sfu::{Qualities, Quality, SfuHandle, Ways};

/// `GET /metrics`.
pub fn router(sfu: SfuHandle) -> Router {
    Router::new().route("/metrics", get(move || async move { answer(&sfu) }))
}

fn answer(sfu: &SfuHandle) -> Response {
    let figures = sfu.metrics();
    let mut text = String::new();
    let mut figure = |name: &str, kind: &str, about: &str, value: u64| {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "# HELP lienthong_{name} {about}\n# TYPE lienthong_{name} {kind}\nlienthong_{name} {value}\n"
        );
    };
    figure("media_peers", "gauge", "Connected participants.", figures.live);
    let relays = sfu.turn().map_or(0, |turn| turn.live() as u64);
    figure("media_relays", "gauge", "Relayed addresses (TURN) that browsers keep, in use or not.", relays);
    let draining = u64::from(sfu.is_draining());
    figure("media_draining", "gauge", "1 while the hub ends and no new meetings begin.", draining);
    figure(
        "media_packets_in_total",
        "counter",
        "Authentic media packets received.",
        figures.media.packets_in,
    );
    figure("media_packets_out_total", "counter", "Media packets forwarded.", figures.media.packets_out);
    figure("media_bytes_out_total", "counter", "Bytes of forwarded media packets.", figures.media.bytes_out);
    figure("media_resent_total", "counter", "Packets sent again on request.", figures.media.resent);
    figure(
        "media_trunk_lost_total",
        "counter",
        "Packets a media worker was too slow to take from another.",
        figures.media.trunk_lost,
    );
    figure(
        "media_moved_total",
        "counter",
        "Participants whose media followed them to an address that they had not announced.",
        figures.media.moved,
    );
    figure(
        "media_dropped_total",
        "counter",
        "Datagrams that belonged to nobody or were forged.",
        figures.media.dropped,
    );
    figure(
        "media_handshakes_aes_128_gcm_total",
        "counter",
        "Handshakes that agreed on AES-128-GCM.",
        figures.media.aes_128_gcm,
    );
    figure(
        "media_handshakes_aes_256_gcm_total",
        "counter",
        "Handshakes that agreed on AES-256-GCM.",
        figures.media.aes_256_gcm,
    );
    figure("media_datagrams_sent_total", "counter", "Datagrams given to the kernel.", figures.sockets.sent);
    figure("media_messages_sent_total", "counter", "Messages they went in.", figures.sockets.messages);
    figure(
        "media_backlog_dropped_total",
        "counter",
        "Datagrams a full backlog lost.",
        figures.sockets.dropped,
    );
    text.push_str(&ways(&figures.ways));
    text.push_str(&quality(&figures.media.quality));
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

/// How media goes.
fn ways(ways: &Ways) -> String {
    let about = "Participants by the way their media goes.";
    let name = "lienthong_media_legs";
    let mut text = format!("# HELP {name} {about}\n# TYPE {name} gauge\n");
    for (way, count) in [("udp", ways.udp), ("tcp", ways.tcp), ("turn", ways.turn)] {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name}{{transport=\"{way}\"}} {count}");
    }
    text
}

/// Loss, jitter and round trips: sums over reports and how many, so that a rate of one divided by a rate of
/// the other is an average over any time.
fn quality(all: &Qualities) -> String {
    let lines = [
        ("up", "audio", all.up_audio),
        ("up", "video", all.up_video),
        ("down", "audio", all.down_audio),
        ("down", "video", all.down_video),
    ];
    let mut text = String::new();
    let mut summary = |name: &str, about: &str, sum: fn(&Quality) -> f64, count: fn(&Quality) -> u64| {
        // Writing to a String cannot fail.
        let _ = write!(text, "# HELP lienthong_{name} {about}\n# TYPE lienthong_{name} summary\n");
        for (direction, media, quality) in &lines {
            let labels = format!("{{direction=\"{direction}\",media=\"{media}\"}}");
            let (sum, count) = (sum(quality), count(quality));
            let _ =
                write!(text, "lienthong_{name}_sum{labels} {sum}\nlienthong_{name}_count{labels} {count}\n");
        }
    };
    summary(
        "media_loss_ratio",
        "Share of packets lost, by report.",
        |q| q.lost as f64 / 256.0,
        |q| q.reports,
    );
    summary("media_jitter_seconds", "Jitter, by report.", |q| q.jitter as f64 / 1e6, |q| q.reports);
    summary("media_round_trip_seconds", "Round trips of receivers.", |q| q.trip as f64 / 1e6, |q| q.trips);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_can_be_made_of_what_is_shown() {
        let up = Quality { reports: 4, lost: 128, jitter: 20_000, trips: 0, trip: 0 };
        let text = quality(&Qualities { up_audio: up, ..Qualities::default() });
        let labels = "{direction=\"up\",media=\"audio\"}";
        assert!(text.contains(&format!("lienthong_media_loss_ratio_sum{labels} 0.5\n")), "{text}");
        assert!(text.contains(&format!("lienthong_media_loss_ratio_count{labels} 4\n")));
        assert!(text.contains(&format!("lienthong_media_jitter_seconds_sum{labels} 0.02\n")));
        assert_eq!(text.lines().filter(|line| !line.starts_with('#')).count(), 3 * 4 * 2);
    }
}
