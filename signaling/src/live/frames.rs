//! What a participant's socket says after `Enter`.

use std::sync::Arc;

use signaling_core::Actor;
use signaling_protocol::{ClientFrame, ClientMessage, RefusalCode, ServerMessage};

use super::{Live, VisitId, deliver::Delivery};
use crate::{ports::MediaCommand, translate};

/// Video slots a client has: one PeerConnection is negotiated with this many.
const VIDEO_SLOTS: u8 = 12;

impl Live {
    pub(super) fn frame(&mut self, id: VisitId, frame: ClientFrame) {
        // A socket that was just taken over may still talk; nobody listens.
        let Some(visit) = self.visits.get(id) else { return };
        let seat = visit.seat;
        let outgoing = Arc::clone(&visit.outgoing);
        let result = match frame.message {
            ClientMessage::Offer { sdp } => {
                match self.offer(id, frame.id, sdp) {
                    // `Answer` is the answer.
                    Ok(()) => return,
                    Err(refused) => Err(refused),
                }
            }
            ClientMessage::View { slots } => {
                if !visit.welcomed {
                    Err((RefusalCode::OutOfOrder, "not let in yet"))
                } else if slots.len() > VIDEO_SLOTS.into() || slots.iter().any(|v| v.slot >= VIDEO_SLOTS) {
                    Err((RefusalCode::Malformed, "there are 12 video slots, 0 to 11"))
                } else {
                    self.deliveries.push(Delivery::Media(MediaCommand::View { seat, slots }));
                    Ok(())
                }
            }
            ClientMessage::Leave => {
                // Before the Goodbye that leaving brings.
                self.answer(&outgoing, &ServerMessage::Done { id: frame.id });
                let _ = self.apply(Actor::Seat(seat), signaling_core::Command::Leave);
                return;
            }
            ClientMessage::End => {
                let done = self.deliveries.len();
                match self.apply(Actor::Seat(seat), signaling_core::Command::End) {
                    Ok(()) => {
                        let text = super::deliver::encode(&ServerMessage::Done { id: frame.id });
                        let done_first =
                            Delivery::Frame { to: vec![outgoing], kind: crate::outgoing::Kind::Answer, text };
                        self.deliveries.insert(done, done_first);
                        return;
                    }
                    Err(refusal) => Err(translate::refusal(refusal)),
                }
            }
            message => match translate::command(message) {
                Some(command) => self.apply(Actor::Seat(seat), command).map_err(translate::refusal),
                None => Err((RefusalCode::OutOfOrder, "this socket has entered already")),
            },
        };
        match result {
            Ok(()) => self.answer(&outgoing, &ServerMessage::Done { id: frame.id }),
            Err((code, detail)) => self.refuse(&outgoing, frame.id, code, detail),
        }
    }
}
