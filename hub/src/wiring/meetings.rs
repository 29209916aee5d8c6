//! What meetings need from the media plane, the directory and mail.

use base::{MeetingId, PersonId, RoomId, SeatId, UnitId};
use directory::Directory;
use futures_util::future::{BoxFuture, FutureExt};
use lettre::AsyncTransport;
use mail_gateway::Mail;
use sfu::SfuHandle;
use signaling::ports::{
    Invitation, InvitationError, Invitations, Invitee, Media, MediaCommand, OfferError, People,
};

use super::media;
use crate::invitation::{Letterhead, compose};

/// The answers to every port of signaling.
pub struct MeetingPorts {
    /// Absent in administrative commands without a running hub.
    pub sfu: Option<SfuHandle>,
    /// People and rooms.
    pub directory: Directory,
    /// Letters.
    pub mail: Mail,
    /// What letters about meetings have in common.
    pub head: Letterhead,
}

impl Media for MeetingPorts {
    fn command(&self, command: MediaCommand) {
        if let Some(sfu) = &self.sfu {
            media::command(sfu, command);
        }
    }

    fn offer(
        &self,
        seat: SeatId,
        meeting: MeetingId,
        sdp: String,
    ) -> BoxFuture<'_, Result<String, OfferError>> {
        async move {
            let Some(sfu) = &self.sfu else { return Err(OfferError::Unavailable) };
            sfu.offer(meeting, seat, &sdp).await.map_err(media::refusal)
        }
        .boxed()
    }
}

impl People for MeetingPorts {
    fn expand(&self, persons: Vec<PersonId>, units: Vec<UnitId>) -> BoxFuture<'_, Vec<Invitee>> {
        async move {
            let people = self.directory.expand(&persons, &units).await;
            people
                .into_iter()
                .map(|p| Invitee {
                    person: p.person,
                    name: p.name,
                    address: p.address,
                    unit_name: p.unit_name,
                    position: p.position,
                    order: p.order,
                })
                .collect()
        }
        .boxed()
    }

    fn room_name(&self, room: RoomId) -> BoxFuture<'_, Option<String>> {
        async move { self.directory.room(room).await.map(|room| room.name) }.boxed()
    }
}

impl Invitations for MeetingPorts {
    fn send(&self, what: Invitation) -> BoxFuture<'_, Result<(), InvitationError>> {
        async move {
            let letter = compose(&what, &self.head).map_err(|cause| InvitationError(cause.to_string()))?;
            // The queue knows a letter by its key: handed over twice, it is sent once.
            self.mail
                .transport(&what.key)
                .send(letter)
                .await
                .map(drop)
                .map_err(|cause| InvitationError(cause.to_string()))
        }
        .boxed()
    }
}
