//! Between the core's words and the wire's: the only place that knows both.

use base::Timestamp;
use signaling_core as core;
use signaling_protocol as wire;

use crate::ports::TrackFlow;

/// Heights of a viewer's first picture and of the others.
const LARGE: u16 = 1080;
const SMALL: u16 = 360;
/// Lines of chat in a snapshot.
const CHAT_SHOWN: usize = 200;

/// Who may see an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Everybody who is in.
    Everyone,
    /// Those who may admit.
    Doorkeepers,
    /// Those who read chat to the chair, and the writer.
    ChairChat(base::id::SeatId),
}

impl Audience {
    /// Whether a seat belongs to it.
    pub(crate) fn includes(self, seat: &core::Seat) -> bool {
        !seat.waiting
            && match self {
                Self::Everyone => true,
                Self::Doorkeepers => seat.may(core::Act::Admit),
                Self::ChairChat(from) => seat.id == from || seat.may(core::Act::ReadChairChat),
            }
    }
}

/// An event as clients see it, and who may; `None` when no client needs it.
pub(crate) fn event(
    meeting: &core::Meeting,
    recorded: &core::Recorded,
) -> Option<(Audience, wire::NumberedEvent)> {
    use core::Event as E;
    let (audience, event) = match &recorded.event {
        E::Created { .. } | E::Answered { .. } => return None,
        E::Changed { .. } | E::Locked { .. } | E::Called { .. } => {
            (Audience::Everyone, wire::Event::Meeting { meeting: meeting_view(meeting) })
        }
        E::Cancelled { .. } => {
            (Audience::Everyone, wire::Event::Ended { reason: wire::EndReason::Cancelled, by: None })
        }
        E::Ended { name, .. } => (
            Audience::Everyone,
            wire::Event::Ended { reason: wire::EndReason::Chair, by: Some(name.clone()) },
        ),
        E::Entered { seat: id, .. }
        | E::Returned { seat: id, .. }
        | E::Absent { seat: id }
        | E::Admitted { seat: id, .. }
        | E::Wished { seat: id, .. }
        | E::Hand { seat: id, .. }
        | E::Track { seat: id, .. } => {
            let state = meeting.seat(*id)?;
            (audience_of(state), wire::Event::Seat { seat: seat(state) })
        }
        E::Left { seat, reason, waiting, .. } => (
            if *waiting { Audience::Doorkeepers } else { Audience::Everyone },
            wire::Event::Left { seat: *seat, reason: leave_reason(*reason) },
        ),
        E::Muted { seat, by } => (
            Audience::Everyone,
            wire::Event::Muted { seat: *seat, kind: wire::MediaKind::Microphone, by: *by },
        ),
        E::Said { seat, to_chair, text } => {
            let name = meeting.seat(*seat).map(|seat| seat.name.clone()).unwrap_or_default();
            let line = wire::ChatLine {
                number: recorded.number,
                from: *seat,
                name,
                to: chat_to(*to_chair),
                text: text.clone(),
                at: recorded.at,
            };
            let audience = if *to_chair { Audience::ChairChat(*seat) } else { Audience::Everyone };
            (audience, wire::Event::Chat { line })
        }
    };
    Some((audience, wire::NumberedEvent { number: recorded.number, at: recorded.at, event }))
}

fn audience_of(seat: &core::Seat) -> Audience {
    if seat.waiting { Audience::Doorkeepers } else { Audience::Everyone }
}

/// The meeting as one seat may see it.
pub(crate) fn snapshot(meeting: &core::Meeting, reader: &core::Seat) -> wire::Snapshot {
    let mut seats: Vec<_> = meeting.seats().filter(|seat| audience_of(seat).includes(reader)).collect();
    seats.sort_by_key(|seat| (seat.order, seat.joined_number));
    let mut chat: Vec<_> = meeting.chat_for(reader).map(chat_line).collect();
    chat.drain(..chat.len().saturating_sub(CHAT_SHOWN));
    wire::Snapshot {
        number: meeting.number(),
        meeting: meeting_view(meeting),
        seats: seats.into_iter().map(seat).collect(),
        chat,
    }
}

/// The meeting's facts.
pub(crate) fn meeting_view(meeting: &core::Meeting) -> wire::MeetingView {
    let plan = meeting.plan();
    wire::MeetingView {
        id: meeting.id(),
        title: plan.title.clone(),
        chair: plan.chair(),
        starts_at: plan.starts_at,
        ends_at: plan.ends_at,
        live_since: meeting.live_since(),
        status: status(meeting.status()),
        floor: floor(plan.called_floor),
        called: meeting.called(),
        called_at: meeting.called_at(),
        locked: meeting.is_locked(),
    }
}

/// A seat.
pub(crate) fn seat(seat: &core::Seat) -> wire::Seat {
    wire::Seat {
        id: seat.id,
        person: seat.person,
        name: seat.name.clone(),
        unit: seat.unit.clone(),
        position: seat.position.clone(),
        role: role(seat.role),
        order: seat.order,
        connected: seat.is_connected(),
        waiting: seat.waiting,
        hand_raised_at: seat.hand_raised_at,
        media: wire::SeatMedia {
            microphone: media_state(seat.shown(core::MediaKind::Microphone)),
            camera: media_state(seat.shown(core::MediaKind::Camera)),
            screen: media_state(seat.shown(core::MediaKind::Screen)),
        },
        joined_at: seat.joined_at,
    }
}

fn chat_line(line: &core::ChatLine) -> wire::ChatLine {
    wire::ChatLine {
        number: line.number,
        from: line.from,
        name: line.name.clone(),
        to: chat_to(line.to_chair),
        text: line.text.clone(),
        at: line.at,
    }
}

fn chat_to(to_chair: bool) -> wire::ChatTo {
    if to_chair { wire::ChatTo::Chair } else { wire::ChatTo::All }
}

/// The rule of the floor.
pub(crate) fn floor(called: bool) -> wire::Floor {
    if called { wire::Floor::Called } else { wire::Floor::Open }
}

/// Where the meeting stands.
pub(crate) fn status(status: core::Status) -> wire::MeetingStatus {
    match status {
        core::Status::Scheduled => wire::MeetingStatus::Scheduled,
        core::Status::Live => wire::MeetingStatus::Live,
        core::Status::Ended => wire::MeetingStatus::Ended,
        core::Status::Cancelled => wire::MeetingStatus::Cancelled,
    }
}

/// Where it stands for those outside: a meeting that is long over and empty has ended.
pub(crate) fn status_outside(
    status: wire::MeetingStatus,
    ends_at: Timestamp,
    now: Timestamp,
) -> wire::MeetingStatus {
    let over = now.since(ends_at) > std::time::Duration::from_secs(3600);
    if status == wire::MeetingStatus::Scheduled && over { wire::MeetingStatus::Ended } else { status }
}

/// A role.
pub(crate) fn role(role: core::Role) -> wire::Role {
    match role {
        core::Role::Chair => wire::Role::Chair,
        core::Role::Moderator => wire::Role::Moderator,
        core::Role::Secretary => wire::Role::Secretary,
        core::Role::Delegate => wire::Role::Delegate,
        core::Role::Site => wire::Role::Site,
        core::Role::Guest => wire::Role::Guest,
        core::Role::Observer => wire::Role::Observer,
        core::Role::Operator => wire::Role::Operator,
    }
}

/// A role, inwards.
pub(crate) fn role_in(role: wire::Role) -> core::Role {
    match role {
        wire::Role::Chair => core::Role::Chair,
        wire::Role::Moderator => core::Role::Moderator,
        wire::Role::Secretary => core::Role::Secretary,
        wire::Role::Delegate => core::Role::Delegate,
        wire::Role::Site => core::Role::Site,
        wire::Role::Guest => core::Role::Guest,
        wire::Role::Observer => core::Role::Observer,
        wire::Role::Operator => core::Role::Operator,
    }
}

fn media_state(state: core::TrackState) -> wire::MediaState {
    match state {
        core::TrackState::Off => wire::MediaState::Off,
        core::TrackState::Sending => wire::MediaState::Sending,
        core::TrackState::Lost => wire::MediaState::Lost,
        core::TrackState::Gated => wire::MediaState::Gated,
    }
}

/// A track's state as the media plane reports it.
pub(crate) fn track_state(state: wire::MediaState) -> core::TrackState {
    match state {
        wire::MediaState::Off => core::TrackState::Off,
        wire::MediaState::Sending => core::TrackState::Sending,
        wire::MediaState::Lost => core::TrackState::Lost,
        wire::MediaState::Gated => core::TrackState::Gated,
    }
}

/// A kind of track, inwards.
pub(crate) fn kind_in(kind: wire::MediaKind) -> core::MediaKind {
    match kind {
        wire::MediaKind::Microphone => core::MediaKind::Microphone,
        wire::MediaKind::Camera => core::MediaKind::Camera,
        wire::MediaKind::Screen => core::MediaKind::Screen,
        wire::MediaKind::ScreenAudio => core::MediaKind::ScreenAudio,
    }
}

/// A kind of track, outwards.
pub(crate) fn kind_out(kind: core::MediaKind) -> wire::MediaKind {
    match kind {
        core::MediaKind::Microphone => wire::MediaKind::Microphone,
        core::MediaKind::Camera => wire::MediaKind::Camera,
        core::MediaKind::Screen => wire::MediaKind::Screen,
        core::MediaKind::ScreenAudio => wire::MediaKind::ScreenAudio,
    }
}

/// What a viewer's slots show, by the height it probably draws them at: the first place is the large one.
pub(crate) fn views(places: &[Option<core::Picture>]) -> Vec<wire::View> {
    let shown = (0_u8..).zip(places).filter_map(|(slot, picture)| {
        let (seat, kind) = (*picture)?;
        let source = wire::Source { seat, kind: kind_out(kind) };
        Some(wire::View { slot, source, height: if slot == 0 { LARGE } else { SMALL } })
    });
    shown.collect()
}

/// A participant's switches.
pub(crate) fn wish(wish: wire::MediaWish) -> core::MediaWish {
    core::MediaWish { microphone: wish.microphone, camera: wish.camera, screen: wish.screen }
}

/// Why a seat left.
pub(crate) fn leave_reason(reason: core::LeaveReason) -> wire::LeaveReason {
    match reason {
        core::LeaveReason::Left => wire::LeaveReason::Left,
        core::LeaveReason::Lost => wire::LeaveReason::Lost,
        core::LeaveReason::Removed => wire::LeaveReason::Removed,
        core::LeaveReason::Denied => wire::LeaveReason::Denied,
    }
}

/// A refusal, with a technician's words.
pub(crate) fn refusal(refusal: core::Refusal) -> (wire::RefusalCode, &'static str) {
    use wire::RefusalCode as C;
    match refusal {
        core::Refusal::Forbidden => (C::Forbidden, "this role may not do that"),
        core::Refusal::UnknownSeat => (C::UnknownSeat, "the seat is not in the meeting"),
        core::Refusal::Locked => (C::Locked, "the meeting is locked"),
        core::Refusal::Ended => (C::Ended, "the meeting is over"),
        core::Refusal::NotInvited => (C::Forbidden, "nobody was invited at this address"),
        core::Refusal::NameNeeded => (C::NameNeeded, "a guest needs a name of 1 to 80 characters"),
        core::Refusal::AlreadyPresenting => (C::AlreadyPresenting, "another seat is presenting"),
        core::Refusal::BadText => (C::Malformed, "a line of chat has 1 to 2000 characters"),
        core::Refusal::Full => (C::Unavailable, "the meeting is full"),
        core::Refusal::Plan(_) => (C::Malformed, "the plan cannot stand"),
    }
}

/// What a participant asks, as a command; `None` for messages that are not about the meeting's state.
pub(crate) fn command(message: wire::ClientMessage) -> Option<core::Command> {
    use wire::ClientMessage as M;
    Some(match message {
        M::Media { media } => core::Command::Media(wish(media)),
        M::Chat { to, text } => core::Command::Chat { to_chair: to == wire::ChatTo::Chair, text },
        M::Hand { raised } => core::Command::Hand { raised },
        M::Mute { seat } => core::Command::Mute { seat },
        M::MuteAll => core::Command::MuteAll,
        M::Admit { seat } => core::Command::Admit { seat },
        M::Deny { seat } => core::Command::Deny { seat },
        M::Remove { seat } => core::Command::Remove { seat },
        M::Lock { locked } => core::Command::Lock { locked },
        M::Call { seat } => core::Command::Call { seat },
        M::Leave => core::Command::Leave,
        M::End => core::Command::End,
        M::Enter { .. } | M::Offer { .. } | M::View { .. } | M::Ping { .. } => return None,
    })
}

fn track_line(track: &TrackFlow) -> wire::TrackLine {
    wire::TrackLine { kind: track.kind, kbit: track.bitrate / 1000, layers: track.layers }
}

/// A line, in the words of the wire.
pub(crate) fn line(seat: base::SeatId, watch: &core::LineWatch, tracks: &[TrackFlow]) -> wire::SeatLine {
    let figures = watch.figures();
    let percent = |share: u8| u8::try_from(u32::from(share) * 100 / 256).unwrap_or(100);
    let delay = figures.round_trip.map(|trip| u32::try_from(trip.as_millis()).unwrap_or(u32::MAX));
    wire::SeatLine {
        seat,
        grade: match watch.grade() {
            core::LineGrade::Good => wire::LineGrade::Good,
            core::LineGrade::Weak => wire::LineGrade::Weak,
            core::LineGrade::Poor => wire::LineGrade::Poor,
            core::LineGrade::Lost => wire::LineGrade::Lost,
        },
        lost_up: percent(figures.lost_up),
        lost_down: percent(figures.lost_down),
        delay,
        up: figures.up / 1000,
        down: figures.down / 1000,
        estimate: figures.estimate.map(|bits| bits / 1000),
        saving: figures.saving,
        tracks: tracks.iter().map(track_line).collect(),
    }
}
