//! What follows from an event: frames, media commands, letters. An event is encoded once for all.

use std::{collections::VecDeque, sync::Arc};

use axum::extract::ws::Utf8Bytes;
use base::Timestamp;
use signaling_core::{Effect, Event, Recorded, Refusal, Seat};
use signaling_protocol::{RefusalCode, ServerMessage};
use tokio::sync::oneshot;

use super::{Live, Opened, Refused};
use crate::{
    outgoing::{CLOSE_NORMAL, Kind, Outgoing},
    ports::{Invitation, InvitationKind, MediaCommand, ReplyLetter},
    store,
    translate::{self, Audience},
};

/// Events kept for those who return; whoever missed more gets a snapshot.
const PAST: usize = 1024;

/// Something that happens only when the turn is on disk.
pub(super) enum Delivery {
    /// A frame for some sockets.
    Frame { to: Vec<Arc<Outgoing>>, kind: Kind, text: Utf8Bytes },
    /// A snapshot for a socket that fell behind.
    Snapshot(Arc<Outgoing>, Utf8Bytes),
    /// Close a socket after its last frame.
    Close(Arc<Outgoing>, u16),
    /// An instruction to the media plane.
    Media(MediaCommand),
    /// The answer to a standard client.
    Door(oneshot::Sender<Result<Opened, Refused>>, Result<Opened, Refused>),
    /// The answer to somebody at the calendar.
    Desk(oneshot::Sender<Result<(), Refusal>>, Result<(), Refusal>),
}

/// The last events, encoded.
#[derive(Default)]
pub(super) struct Past {
    /// The number before the first event that is kept.
    before: Option<u64>,
    events: VecDeque<(u64, Audience, Utf8Bytes)>,
}

impl Past {
    fn push(&mut self, number: u64, audience: Audience, text: Utf8Bytes) {
        self.before.get_or_insert(number.saturating_sub(1));
        if self.events.len() >= PAST
            && let Some((dropped, ..)) = self.events.pop_front()
        {
            self.before = Some(dropped);
        }
        self.events.push_back((number, audience, text));
    }

    /// The events after `last` that `seat` may see; `None` when some of them are not at hand.
    pub(super) fn since(&self, last: u64, now: u64, seat: &Seat) -> Option<Vec<Utf8Bytes>> {
        if last > now || (last < now && self.before.is_none_or(|before| last < before)) {
            return None;
        }
        let missed =
            self.events.iter().filter(|(number, audience, _)| *number > last && audience.includes(seat));
        Some(missed.map(|(_, _, text)| text.clone()).collect())
    }
}

/// A message as the text every socket gets.
pub(crate) fn encode(message: &ServerMessage) -> Utf8Bytes {
    // Our own types have string keys and finite numbers only, so they always have a JSON form.
    serde_json::to_string(message).unwrap_or_default().into()
}

impl Live {
    /// Prepares what follows from events just recorded.
    pub(super) fn after(&mut self, recorded: &[Recorded]) {
        self.viewers_may_see_other_things();
        for recorded in recorded {
            self.fan_out(recorded);
            let mut part = 0;
            for effect in self.meeting.effects(&recorded.event) {
                self.effect(recorded, effect, &mut part);
            }
            match &recorded.event {
                Event::Admitted { seat, .. } => self.welcome(*seat, None),
                Event::Left { seat, reason, .. } => {
                    self.shared.seat_gone(*seat);
                    self.close_doors_of(*seat);
                    if let Some(visit) = self.visits.remove_seat(*seat) {
                        let reason = Some(translate::leave_reason(*reason));
                        self.answer(&visit.outgoing, &ServerMessage::Goodbye { reason });
                        self.close(visit.outgoing, CLOSE_NORMAL);
                    }
                }
                Event::Ended { .. } | Event::Cancelled { .. } => {
                    self.close_all_doors();
                    for visit in self.visits.drain() {
                        self.shared.seat_gone(visit.seat);
                        self.close(visit.outgoing, CLOSE_NORMAL);
                    }
                }
                _ => {}
            }
            if matches!(recorded.event, Event::Admitted { .. } | Event::Left { waiting: true, .. }) {
                self.tell_waiting();
            }
        }
    }

    fn fan_out(&mut self, recorded: &Recorded) {
        let Some((audience, event)) = translate::event(&self.meeting, recorded) else { return };
        let text = encode(&ServerMessage::Event(event));
        self.past.push(recorded.number, audience, text.clone());
        // The end reaches the waiting room too; by then the meeting has no seats left to ask.
        let over = matches!(recorded.event, Event::Ended { .. } | Event::Cancelled { .. });
        let hears = |seat| self.meeting.seat(seat).is_some_and(|seat| audience.includes(seat));
        let to = self.visits.iter().filter(|visit| over || (visit.welcomed && hears(visit.seat)));
        let to = to.map(|visit| Arc::clone(&visit.outgoing)).collect();
        self.send(to, if over { Kind::Answer } else { Kind::Event }, text);
    }

    fn effect(&mut self, recorded: &Recorded, effect: Effect, part: &mut u32) {
        match effect {
            Effect::Gate { .. } | Effect::Lead { .. } => {
                self.deliveries.extend(media_command(effect).map(Delivery::Media));
            }
            Effect::CloseMedia { seat } => {
                self.deliveries.push(Delivery::Media(MediaCommand::Close { seat }));
            }
            Effect::EndMedia => {
                let meeting = self.meeting.id();
                self.deliveries.push(Delivery::Media(MediaCommand::EndMeeting { meeting }));
            }
            Effect::Reply { attendee, reply, organiser } => {
                let mut letter = letter_of(
                    &self.meeting,
                    recorded,
                    *part,
                    signaling_core::Letter::Update,
                    vec![*organiser],
                );
                letter.invitation.kind = InvitationKind::Reply;
                letter.invitation.reply = Some(ReplyLetter { attendee: (*attendee).into(), reply });
                self.letters.push(letter);
                *part += 1;
            }
            Effect::Invite { letter, recipients } => {
                self.letters.push(letter_of(&self.meeting, recorded, *part, letter, recipients));
                *part += 1;
            }
        }
    }

    /// Tells everybody in the waiting room where he stands.
    pub(super) fn tell_waiting(&mut self) {
        let title = self.meeting.plan().title.clone();
        let waiting: Vec<_> = self
            .visits
            .iter()
            .filter_map(|visit| {
                let position = self.meeting.waiting_position(visit.seat)?;
                Some((Arc::clone(&visit.outgoing), position))
            })
            .collect();
        for (outgoing, position) in waiting {
            self.answer(&outgoing, &ServerMessage::Waiting { position, title: title.clone() });
        }
    }

    pub(super) fn send(&mut self, to: Vec<Arc<Outgoing>>, kind: Kind, text: Utf8Bytes) {
        if !to.is_empty() {
            self.deliveries.push(Delivery::Frame { to, kind, text });
        }
    }

    pub(super) fn answer(&mut self, to: &Arc<Outgoing>, message: &ServerMessage) {
        self.send(vec![Arc::clone(to)], Kind::Answer, encode(message));
    }

    pub(super) fn refuse(&mut self, to: &Arc<Outgoing>, id: u32, code: RefusalCode, detail: &str) {
        self.answer(to, &ServerMessage::Refused { id, code, detail: detail.to_owned() });
    }

    pub(super) fn close(&mut self, outgoing: Arc<Outgoing>, code: u16) {
        self.deliveries.push(Delivery::Close(outgoing, code));
    }

    /// Carries out what was prepared.
    pub(super) fn deliver(&mut self) {
        for delivery in self.deliveries.drain(..) {
            match delivery {
                Delivery::Frame { to, kind, text } => {
                    for outgoing in to {
                        outgoing.push(kind, text.clone());
                    }
                }
                Delivery::Snapshot(outgoing, text) => outgoing.push_snapshot(text),
                Delivery::Close(outgoing, code) => outgoing.close(code),
                Delivery::Media(command) => self.shared.ports.command(command),
                Delivery::Door(reply, result) => {
                    // A client that gave up waiting leaves a connection that times out.
                    let _ = reply.send(result);
                }
                Delivery::Desk(reply, result) => {
                    // Whoever asked may have gone away; the decision stands.
                    let _ = reply.send(result);
                }
            }
        }
    }
}

/// What the media plane is told of gates and of who leads; nothing of other effects.
pub(super) fn media_command(effect: Effect) -> Option<MediaCommand> {
    match effect {
        Effect::Gate { seat, kind, open } => {
            Some(MediaCommand::Gate { seat, kind: translate::kind_out(kind), open })
        }
        Effect::Lead { seat, leads } => Some(MediaCommand::Lead { seat, leads }),
        _ => None,
    }
}

/// A letter about what was just recorded.
pub(crate) fn letter_of(
    meeting: &signaling_core::Meeting,
    recorded: &Recorded,
    part: u32,
    letter: signaling_core::Letter,
    recipients: Vec<signaling_core::Invitee>,
) -> store::Letter {
    let plan = meeting.plan();
    let at: Timestamp = recorded.at;
    let invitation = Invitation {
        key: format!("{}.{}.{part}", meeting.id(), recorded.number),
        kind: match letter {
            signaling_core::Letter::Request => InvitationKind::Request,
            signaling_core::Letter::Update => InvitationKind::Update,
            signaling_core::Letter::Cancel => InvitationKind::Cancel,
        },
        meeting: meeting.id(),
        sequence: meeting.sequence(),
        title: plan.title.clone(),
        starts_at: plan.starts_at,
        ends_at: plan.ends_at,
        room: plan.room.as_ref().map(|room| room.name.clone()),
        organiser: plan.organiser.clone().map(Into::into),
        chair: plan.chair(),
        recipients: recipients.into_iter().map(Into::into).collect(),
        reply: None,
        at,
    };
    store::Letter { number: recorded.number, part, invitation }
}
