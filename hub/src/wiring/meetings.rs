//! What meetings need from the media plane, the directory and mail.

use base::{MeetingId, PersonId, RoomId, SeatId, UnitId};
use directory::Directory;
use futures_util::future::{BoxFuture, FutureExt};
use lettre::AsyncTransport;
use mail_gateway::Mail;
use sfu::SfuHandle;
use signaling::ports::{
    Connect, Connected, IceCredentials, Invitation, InvitationError, Invitations, Invitee, Media,
    MediaCommand, OfferError, People,
};
use signaling_protocol::Relay;

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

    fn connect(&self, what: Connect) -> BoxFuture<'_, Result<Connected, OfferError>> {
        async move {
            let Some(sfu) = &self.sfu else { return Err(OfferError::Unavailable) };
            let purpose = match what.views_for {
                Some(owner) => sfu::Purpose::View { owner },
                None => sfu::Purpose::Publish,
            };
            let connected = sfu.connect(what.meeting, what.connection, &what.sdp, purpose).await;
            let sfu::Connected { sdp, sends: (voice, picture), video_slots } =
                connected.map_err(media::refusal)?;
            Ok(Connected { sdp, voice, picture, video_slots })
        }
        .boxed()
    }

    fn restart_ice(
        &self,
        connection: SeatId,
        remote: IceCredentials,
    ) -> BoxFuture<'_, Option<IceCredentials>> {
        async move {
            let remote = sfu::Credentials { ufrag: remote.ufrag, password: remote.password };
            let new = self.sfu.as_ref()?.restart_ice(connection, remote).await?;
            Some(IceCredentials { ufrag: new.ufrag, password: new.password })
        }
        .boxed()
    }

    fn relay(&self, seat: SeatId) -> Option<Relay> {
        let turn = self.sfu.as_ref()?.turn()?;
        media::relay(&self.head.public_url, turn.pass(seat))
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
