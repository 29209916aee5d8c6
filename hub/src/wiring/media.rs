//! Meetings and the media plane speak the same nouns in types of their own; here one becomes the other.

use sfu::{SfuEvent, SfuHandle};
use signaling::ports::{MediaCommand, MediaEvent, OfferError};
use signaling_protocol::{MediaKind, MediaState, SeatLevel, SlotKind, Source, View};
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
