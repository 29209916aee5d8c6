//! Between the meeting and the media plane: offers, slots, levels, honest track states.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use signaling_core::{Actor, Command, MediaKind, TrackState};
use signaling_protocol::{RefusalCode, ServerMessage};
use tokio::time::Instant;

use super::{Live, VisitId, deliver};
use crate::{
    outgoing::Kind,
    ports::{MediaEvent, OfferError},
    translate,
};

/// A negotiation under way: whose, the number of the offer's frame, what came of it.
pub(super) type Negotiated = BoxFuture<'static, (VisitId, u32, Result<String, OfferError>)>;

/// The shortest time between two messages about levels: ten a second, less a little jitter.
const LEVELS_EVERY: Duration = Duration::from_millis(90);

impl Live {
    /// Starts a negotiation; one at a time per visit.
    pub(super) fn offer(
        &mut self,
        id: VisitId,
        frame: u32,
        sdp: String,
    ) -> Result<(), (RefusalCode, &'static str)> {
        let visit = self.visits.get_mut(id).ok_or((RefusalCode::OutOfOrder, "enter first"))?;
        if !visit.welcomed {
            return Err((RefusalCode::OutOfOrder, "not let in yet"));
        }
        if std::mem::replace(&mut visit.offering, true) {
            return Err((RefusalCode::TooFast, "an offer is being answered"));
        }
        visit.slots.clear();
        visit.demand = None;
        let (seat, meeting, ports) = (visit.seat, self.meeting.id(), Arc::clone(&self.shared.ports));
        self.offers.push(Box::pin(async move { (id, frame, ports.offer(seat, meeting, sdp).await) }));
        Ok(())
    }

    /// A negotiation is done.
    pub(super) fn negotiated(&mut self, id: VisitId, frame: u32, result: Result<String, OfferError>) {
        // The visit may be gone: taken over, or the line is dead. Its successor makes its own offer.
        let Some(visit) = self.visits.get_mut(id) else { return };
        visit.offering = false;
        let (seat, outgoing) = (visit.seat, Arc::clone(&visit.outgoing));
        match result {
            Ok(sdp) => {
                // The new connection knows no gates yet; they stand before the first packet.
                for effect in self.meeting.gates(seat) {
                    let command = deliver::media_command(effect);
                    self.deliveries.extend(command.map(deliver::Delivery::Media));
                }
                self.answer(&outgoing, &ServerMessage::Answer { id: frame, sdp });
            }
            Err(OfferError::Bad(detail) | OfferError::Unusable(detail)) => {
                let log = crate::problem::log_id();
                tracing::warn!(meeting = %self.meeting.id(), %seat, id = log, detail, "offer refused");
                let detail: String = detail.chars().take(200).collect();
                self.refuse(&outgoing, frame, RefusalCode::BadOffer, &format!("{detail} ({log})"));
            }
            Err(OfferError::Unavailable) => {
                self.refuse(&outgoing, frame, RefusalCode::Unavailable, "the media plane takes no more");
            }
        }
    }

    /// The media plane reports something.
    pub(super) fn media(&mut self, event: MediaEvent) {
        match event {
            MediaEvent::Connected { .. } => {}
            MediaEvent::Track { seat, kind, state } => {
                let state = translate::track_state(state);
                let _ =
                    self.apply(Actor::Hub, Command::Track { seat, kind: translate::kind_in(kind), state });
            }
            MediaEvent::Slot { seat, kind, slot, source, rtp_timestamp, saving } => {
                let Some(visit) = self.visits.of_seat_mut(seat) else { return };
                let message = ServerMessage::Slot { kind, slot, source, rtp_timestamp, saving };
                let outgoing = Arc::clone(&visit.outgoing);
                visit.set_slot(kind, slot, message.clone());
                self.answer(&outgoing, &message);
            }
            MediaEvent::Demand { seat, kind, layers } => {
                let Some(visit) = self.visits.of_seat_mut(seat) else { return };
                let message = ServerMessage::Demand { kind, layers };
                let outgoing = Arc::clone(&visit.outgoing);
                visit.demand = Some(message.clone());
                self.answer(&outgoing, &message);
            }
            MediaEvent::Levels { levels, .. } => {
                let now = Instant::now();
                let early = self.levels_at.is_some_and(|at| now.duration_since(at) < LEVELS_EVERY);
                // The empty one says that everybody fell silent; it must not get lost.
                if early && !levels.is_empty() {
                    return;
                }
                self.levels_at = Some(now);
                let to = self.visits.iter().filter(|visit| visit.welcomed);
                let to = to.map(|visit| Arc::clone(&visit.outgoing)).collect();
                let kind = if levels.is_empty() { Kind::Answer } else { Kind::Levels };
                self.send(to, kind, deliver::encode(&ServerMessage::Levels { levels }));
            }
            MediaEvent::Legs { legs, .. } => self.legs(legs),
            MediaEvent::Disconnected { seat } if self.doors.leads_to(seat) => self.door_fell_shut(seat),
            MediaEvent::Disconnected { seat } => {
                let Some(tracks) = self.meeting.seat(seat).map(|seat| seat.tracks) else { return };
                let lost = [
                    (MediaKind::Microphone, tracks.microphone),
                    (MediaKind::Camera, tracks.camera),
                    (MediaKind::Screen, tracks.screen),
                ];
                for (kind, _) in lost.into_iter().filter(|(_, state)| *state != TrackState::Off) {
                    let state = TrackState::Lost;
                    let _ = self.apply(Actor::Hub, Command::Track { seat, kind, state });
                }
            }
        }
    }
}
