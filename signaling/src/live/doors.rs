//! Seats held without a socket: standard clients that publish (WHIP, RFC 9725) or view (WHEP).
//!
//! A door is one negotiated connection of one seat. It closes by DELETE, by the media plane (consent or
//! DTLS gone), by a successor, with its seat or with the meeting; a seat whose last door closes is left.

use std::{collections::HashMap, sync::Arc};

use base::{
    Timestamp,
    id::{SeatId, TokenId},
    random,
};
use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use signaling_core::{Act, Actor, Command, MediaWish, Picture, Refusal, VisitKey, place};
use signaling_protocol::{Relay, ServerMessage};
use tokio::sync::oneshot;

use super::{
    Live,
    deliver::{self, Delivery},
};
use crate::{
    outgoing::CLOSE_NORMAL,
    ports::{Connect, Connected, IceCredentials, MediaCommand, OfferError},
    secret,
    tokens::SeatToken,
    translate,
};

/// What a standard client asks.
pub(crate) struct ToDoor {
    /// Its token, good and for this meeting.
    pub(crate) token: SeatToken,
    /// What it wants.
    pub(crate) what: DoorRequest,
    /// Where the answer goes.
    pub(crate) reply: oneshot::Sender<Result<Opened, Refused>>,
}

/// What it wants.
pub(crate) enum DoorRequest {
    /// A new session.
    Open { views: bool, sdp: String },
    /// Its session's end.
    Close { session: String, views: bool },
    /// Whether its session is there; trickled candidates are of no use to a lite agent.
    Trickle { session: String, views: bool, tag: String },
    /// New ICE credentials for its session.
    Restart { session: String, views: bool, remote: IceCredentials },
}

/// The answer.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    /// The session's secret name.
    pub(crate) session: String,
    /// The version of its ICE session (RFC 9725 §4.3.1: the entity tag).
    pub(crate) tag: String,
    /// The SDP answer.
    pub(crate) sdp: String,
    /// A relay for networks that let only HTTPS out.
    pub(crate) relay: Option<Relay>,
    /// After a restart.
    pub(crate) credentials: Option<(String, String)>,
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The meeting refuses.
    Meeting(Refusal),
    /// This token has as many viewers as it may have.
    TooManyViewers,
    /// No such session, or of another token.
    NoSession,
    /// The session's ICE version is another one.
    WrongVersion,
    /// The offer.
    Offer(OfferError),
}

pub(super) struct Door {
    token: TokenId,
    seat: SeatId,
    /// Names its peer in the media plane.
    connection: SeatId,
    views: bool,
    tag: String,
    /// What its slots show.
    places: Vec<Option<Picture>>,
}

/// A request that the media plane has to answer first.
pub(super) enum Outcome {
    Connected(Box<(String, Door, Reply, Result<Connected, OfferError>)>),
    Restarted(String, Reply, Option<IceCredentials>),
}

type Reply = oneshot::Sender<Result<Opened, Refused>>;

/// All doors of a meeting.
#[derive(Default)]
pub(super) struct Doors {
    open: HashMap<String, Door>,
    pending: FuturesUnordered<BoxFuture<'static, Outcome>>,
    /// The viewers' pictures may have changed.
    stale: bool,
}

/// Viewers of one token: a wall of screens, not a crowd.
const VIEWERS_PER_TOKEN: usize = 16;
/// Offers being answered at once; bounded by the meeting's inbox as well.
const PENDING: usize = 256;

impl Doors {
    pub(super) fn is_idle(&self) -> bool {
        self.open.is_empty() && self.pending.is_empty()
    }

    /// The next thing the media plane has answered; never when it owes nothing.
    pub(super) async fn outcome(&mut self) -> Outcome {
        match self.pending.next().await {
            Some(outcome) => outcome,
            None => std::future::pending().await,
        }
    }

    /// Whether a connection belongs to a door.
    pub(super) fn leads_to(&self, connection: SeatId) -> bool {
        self.open.values().any(|door| door.connection == connection)
    }

    /// Whether a seat is held by a door.
    pub(super) fn hold(&self, seat: SeatId) -> bool {
        self.open.values().any(|door| door.seat == seat)
    }

    /// The seat's media is sent by somebody else from now on.
    pub(super) fn forget_publisher(&mut self, seat: SeatId) {
        self.open.retain(|_, door| door.seat != seat || door.views);
    }

    fn find(&self, session: &str, token: TokenId, views: bool) -> Option<&Door> {
        self.open.get(session).filter(|door| door.token == token && door.views == views)
    }
}

impl Live {
    /// A standard client asks for something.
    pub(super) fn door(&mut self, to: ToDoor) {
        let ToDoor { token, what, reply } = to;
        match what {
            DoorRequest::Open { views, sdp } => self.open_door(&token, views, sdp, reply),
            DoorRequest::Close { session, views } => {
                let found = self.doors.find(&session, token.id, views).is_some();
                if found {
                    self.close_door(&session);
                }
                let answer = if found { Ok(Opened::default()) } else { Err(Refused::NoSession) };
                self.deliveries.push(Delivery::Door(reply, answer));
            }
            DoorRequest::Trickle { session, views, tag } => {
                let answer = match self.doors.find(&session, token.id, views) {
                    None => Err(Refused::NoSession),
                    Some(door) if door.tag != tag => Err(Refused::WrongVersion),
                    Some(_) => Ok(Opened::default()),
                };
                self.deliveries.push(Delivery::Door(reply, answer));
            }
            DoorRequest::Restart { session, views, remote } => {
                let Some(door) = self.doors.find(&session, token.id, views) else {
                    return self.deliveries.push(Delivery::Door(reply, Err(Refused::NoSession)));
                };
                let connection = door.connection;
                let ports = Arc::clone(&self.shared.ports);
                self.doors.pending.push(Box::pin(async move {
                    let credentials = ports.restart_ice(connection, remote).await;
                    Outcome::Restarted(session, reply, credentials)
                }));
            }
        }
    }

    fn open_door(&mut self, token: &SeatToken, views: bool, sdp: String, reply: Reply) {
        match self.seat_for(token, views) {
            Err(refused) => self.deliveries.push(Delivery::Door(reply, Err(refused))),
            Ok(seat) => {
                let meeting = self.meeting.id();
                let now = Timestamp::now();
                let connection = if views { SeatId::new(now, &mut random::System) } else { seat };
                self.shared.seat_taken(connection, meeting);
                let session = secret::fresh(&mut random::System);
                let tag = secret::short(&mut random::System);
                let door = Door { token: token.id, seat, connection, views, tag, places: Vec::new() };
                let what = Connect { connection, meeting, views_for: views.then_some(seat), sdp };
                let ports = Arc::clone(&self.shared.ports);
                self.doors.pending.push(Box::pin(async move {
                    let result = ports.connect(what).await;
                    Outcome::Connected(Box::new((session, door, reply, result)))
                }));
            }
        }
    }

    /// The token's seat, taken now unless it is taken already.
    fn seat_for(&mut self, token: &SeatToken, views: bool) -> Result<SeatId, Refused> {
        if !views && !token.role.may(Act::TakePart) {
            return Err(Refused::Meeting(Refusal::Forbidden));
        }
        let viewers = self.doors.open.values().filter(|door| door.token == token.id && door.views).count();
        if self.doors.pending.len() >= PENDING || (views && viewers >= VIEWERS_PER_TOKEN) {
            return Err(Refused::TooManyViewers);
        }
        let held = self.meeting.seat_of_token(token.id).filter(|seat| seat.is_connected());
        if let Some(seat) = held.map(|seat| seat.id) {
            if !views {
                self.send_browser_away(seat);
            }
            return Ok(seat);
        }
        let seat = SeatId::new(Timestamp::now(), &mut random::System);
        // Nobody resumes such a seat by a secret: the token itself leads back to it.
        let key = VisitKey(secret::hash(&secret::fresh(&mut random::System)));
        let wish = MediaWish::default();
        let enter = Command::Enter { seat, visitor: token.visitor(), key, wish };
        self.apply(Actor::Hub, enter).map_err(Refused::Meeting)?;
        Ok(self.meeting.seat_of_token(token.id).map_or(seat, |seat| seat.id))
    }

    /// An encoder takes the seat over from a browser that entered with the same token.
    fn send_browser_away(&mut self, seat: SeatId) {
        if let Some(old) = self.visits.remove_seat(seat) {
            self.answer(&old.outgoing, &ServerMessage::Goodbye { reason: None });
            self.close(old.outgoing, CLOSE_NORMAL);
        }
    }

    /// The media plane has answered.
    pub(super) fn door_outcome(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Connected(connected) => {
                let (session, door, reply, result) = *connected;
                let answer = match result {
                    Ok(connected) => self.door_opened(session, door, connected),
                    Err(error) => {
                        self.forget_connection(&door);
                        Err(Refused::Offer(error))
                    }
                };
                self.deliveries.push(Delivery::Door(reply, answer));
            }
            Outcome::Restarted(session, reply, credentials) => {
                let door = self.doors.open.get_mut(&session);
                let answer = match (door, credentials) {
                    (Some(door), Some(IceCredentials { ufrag, password })) => {
                        door.tag = secret::short(&mut random::System);
                        let (tag, credentials) = (door.tag.clone(), Some((ufrag, password)));
                        Ok(Opened { tag, credentials, ..Opened::default() })
                    }
                    _ => Err(Refused::NoSession),
                };
                self.deliveries.push(Delivery::Door(reply, answer));
            }
        }
    }

    fn door_opened(
        &mut self,
        session: String,
        mut door: Door,
        connected: Connected,
    ) -> Result<Opened, Refused> {
        let Some(seat) = self.meeting.seat(door.seat) else {
            // Removed, or the meeting ended, while the media plane was answering.
            self.forget_connection(&door);
            return Err(Refused::Meeting(Refusal::UnknownSeat));
        };
        if door.views {
            door.places = vec![None; connected.video_slots];
            self.doors.stale = true;
        } else {
            // An encoder that comes back must not undo a mute.
            let microphone = connected.voice && seat.muted_by.is_none();
            let wish = MediaWish { microphone, camera: connected.picture, screen: false };
            let _ = self.apply(Actor::Seat(door.seat), Command::Media(wish));
            for effect in self.meeting.gates(door.seat) {
                self.deliveries.extend(deliver::media_command(effect).map(Delivery::Media));
            }
            self.doors.forget_publisher(door.seat);
        }
        let opened = Opened {
            session: session.clone(),
            tag: door.tag.clone(),
            sdp: connected.sdp,
            relay: self.shared.ports.relay(door.connection),
            ..Opened::default()
        };
        self.doors.open.insert(session, door);
        Ok(opened)
    }

    /// The media plane says that a connection is gone.
    pub(super) fn door_fell_shut(&mut self, connection: SeatId) {
        let found = self.doors.open.iter().find(|(_, door)| door.connection == connection);
        if let Some(session) = found.map(|(session, _)| session.clone()) {
            self.close_door(&session);
        }
    }

    fn close_door(&mut self, session: &str) {
        if let Some(door) = self.doors.open.remove(session) {
            self.forget_connection(&door);
        }
    }

    /// Ends a connection, and leaves its seat when nothing else holds it.
    fn forget_connection(&mut self, door: &Door) {
        let seat = door.connection;
        if self.doors.leads_to(seat) {
            // A second publisher of the same token failed; the first goes on.
            return;
        }
        self.deliveries.push(Delivery::Media(MediaCommand::Close { seat }));
        if door.views {
            self.shared.seat_gone(door.connection);
        }
        if self.doors.hold(door.seat) {
            if !door.views {
                let _ = self.apply(Actor::Seat(door.seat), Command::Media(MediaWish::default()));
            }
        } else if self.visits.of_seat_mut(door.seat).is_none() {
            let _ = self.apply(Actor::Seat(door.seat), Command::Leave);
        }
    }

    /// The seat is gone; so are its doors.
    pub(super) fn close_doors_of(&mut self, seat: SeatId) {
        let gone = self.doors.open.extract_if(|_, door| door.seat == seat).map(|(_, door)| door);
        for door in gone.filter(|door| door.views).collect::<Vec<_>>() {
            self.shared.seat_gone(door.connection);
            self.deliveries.push(Delivery::Media(MediaCommand::Close { seat: door.connection }));
        }
    }

    /// The meeting is over; the media plane ends every connection by itself.
    pub(super) fn close_all_doors(&mut self) {
        for (_, door) in self.doors.open.drain() {
            self.shared.seat_gone(door.connection);
        }
    }

    /// Gives viewers the pictures the meeting's order gives them now.
    pub(super) fn show_to_viewers(&mut self) {
        if !std::mem::take(&mut self.doors.stale) {
            return;
        }
        for door in self.doors.open.values_mut().filter(|door| door.views) {
            let before = door.places.clone();
            place(&mut door.places, &self.meeting.pictures(door.seat));
            if door.places != before {
                let slots = translate::views(&door.places);
                let command = MediaCommand::View { seat: door.connection, slots };
                self.deliveries.push(Delivery::Media(command));
            }
        }
    }

    /// Something happened that may change what viewers see.
    pub(super) fn viewers_may_see_other_things(&mut self) {
        self.doors.stale = true;
    }
}
