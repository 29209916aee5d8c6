//! Meetings and the media plane speak the same nouns in types of their own; here one becomes the other.

use sfu::{SfuEvent, SfuHandle};
use signaling::ports::{Leg, LineFigures, MediaCommand, MediaEvent, OfferError, TrackFlow};
use signaling_protocol::{MediaKind, MediaState, Relay, SeatLevel, SlotKind, Source, View};
use tokio::sync::mpsc;

/// Hands `command` to the media plane.
pub fn command(sfu: &SfuHandle, command: MediaCommand) {
    match command {
        MediaCommand::Close { seat } => sfu.close(seat),
        MediaCommand::Gate { seat, kind, open } => sfu.gate(seat, kind_to_sfu(kind), open),
        MediaCommand::Lead { seat, leads } => sfu.lead(seat, leads),
        MediaCommand::View { seat, slots } => sfu.view(seat, slots.iter().map(view_to_sfu).collect()),
        MediaCommand::EndMeeting { meeting } => sfu.end(meeting),
    }
}

/// Why an offer was refused, in signaling's words.
pub fn refusal(error: sfu::OfferError) -> OfferError {
    match error {
        sfu::OfferError::Unavailable => OfferError::Unavailable,
        bad @ sfu::OfferError::Unreadable => OfferError::Bad(bad.to_string()),
        bad => OfferError::Unusable(bad.to_string()),
    }
}

/// Where the relay is, beside the web pages (RFC 7065), with a pass for it; nothing where pages come without
/// TLS.
pub fn relay(public_url: &str, pass: sfu::Pass) -> Option<Relay> {
    let authority = public_url.strip_prefix("https://")?.split('/').next().filter(|host| !host.is_empty())?;
    // A colon within brackets belongs to an IPv6 address.
    let has_port = authority.rsplit(']').next().is_some_and(|rest| rest.contains(':'));
    let port = if has_port { "" } else { ":443" };
    let url = format!("turns:{authority}{port}?transport=tcp");
    Some(Relay { url, username: pass.username, credential: pass.password })
}

/// Carries the media plane's events to the meetings until it stops.
pub async fn pump(mut events: mpsc::Receiver<SfuEvent>, meetings: signaling::Meetings) {
    while let Some(event) = events.recv().await {
        meetings.media_event(event_to_signaling(event)).await;
    }
}

fn event_to_signaling(event: SfuEvent) -> MediaEvent {
    match event {
        SfuEvent::Connected { seat } => MediaEvent::Connected { seat },
        SfuEvent::Disconnected { seat } => MediaEvent::Disconnected { seat },
        SfuEvent::Slot { seat, kind, slot, source, rtp_timestamp, saving } => MediaEvent::Slot {
            seat,
            kind: match kind {
                sfu::SlotKind::Audio => SlotKind::Audio,
                sfu::SlotKind::Video => SlotKind::Video,
            },
            slot,
            source: source.map(|s| Source { seat: s.seat, kind: kind_from_sfu(s.kind) }),
            rtp_timestamp,
            saving,
        },
        SfuEvent::Demand { seat, kind, layers } => {
            MediaEvent::Demand { seat, kind: kind_from_sfu(kind), layers }
        }
        SfuEvent::Levels { meeting, levels } => MediaEvent::Levels {
            meeting,
            levels: levels.into_iter().map(|(seat, level)| SeatLevel { seat, level }).collect(),
        },
        SfuEvent::Legs { meeting, legs } => {
            MediaEvent::Legs { meeting, legs: legs.iter().map(leg_from_sfu).collect() }
        }
        SfuEvent::Track { seat, kind, state } => MediaEvent::Track {
            seat,
            kind: kind_from_sfu(kind),
            state: match state {
                sfu::TrackState::Sending => MediaState::Sending,
                sfu::TrackState::Lost => MediaState::Lost,
                sfu::TrackState::Gated => MediaState::Gated,
                sfu::TrackState::Off => MediaState::Off,
            },
        },
    }
}

fn leg_from_sfu(leg: &sfu::Leg) -> Leg {
    let figures = LineFigures {
        lost_up: leg.up.lost,
        lost_down: leg.down.lost,
        round_trip: leg.round_trip,
        up: leg.up.bitrate,
        down: leg.down.bitrate,
        estimate: leg.estimate,
        saving: leg.saving,
    };
    let flow = |track: &sfu::TrackFlow| TrackFlow {
        kind: kind_from_sfu(track.kind),
        bitrate: track.bitrate,
        layers: track.layers,
    };
    Leg { seat: leg.seat, figures, tracks: leg.tracks.iter().map(flow).collect() }
}

fn view_to_sfu(view: &View) -> sfu::View {
    let source = sfu::Source { seat: view.source.seat, kind: kind_to_sfu(view.source.kind) };
    sfu::View { slot: view.slot, source, height: view.height }
}

fn kind_to_sfu(kind: MediaKind) -> sfu::MediaKind {
    match kind {
        MediaKind::Microphone => sfu::MediaKind::Microphone,
        MediaKind::Camera => sfu::MediaKind::Camera,
        MediaKind::Screen => sfu::MediaKind::Screen,
        MediaKind::ScreenAudio => sfu::MediaKind::ScreenAudio,
    }
}

fn kind_from_sfu(kind: sfu::MediaKind) -> MediaKind {
    match kind {
        sfu::MediaKind::Microphone => MediaKind::Microphone,
        sfu::MediaKind::Camera => MediaKind::Camera,
        sfu::MediaKind::Screen => MediaKind::Screen,
        sfu::MediaKind::ScreenAudio => MediaKind::ScreenAudio,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_relay_is_where_the_pages_are() {
        let url = |public: &str| {
            let pass = sfu::Pass { username: "until:seat".to_owned(), password: "secret".to_owned() };
            relay(public, pass).map(|relay| relay.url)
        };
        assert_eq!(url("https://hop.tinh.example").unwrap(), "turns:hop.tinh.example:443?transport=tcp");
        assert_eq!(url("https://10.0.0.1:8443/x").unwrap(), "turns:10.0.0.1:8443?transport=tcp");
        assert_eq!(url("https://[2001:db8::1]").unwrap(), "turns:[2001:db8::1]:443?transport=tcp");
        assert_eq!(url("http://localhost:8080"), None);
        assert_eq!(url(""), None);
    }
}
