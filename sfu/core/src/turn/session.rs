//! One client's connection: what is answered to each message, and what goes where.

use std::{
    borrow::Cow,
    net::SocketAddr,
    time::{Duration, Instant},
};

use aws_lc_rs::hmac;
use base::{Timestamp, id::SeatId, random::Random};
use rtc_stun::{
    attributes::{
        ATTR_CHANNEL_NUMBER, ATTR_DATA, ATTR_LIFETIME, ATTR_MESSAGE_INTEGRITY, ATTR_NONCE, ATTR_REALM,
        ATTR_REQUESTED_ADDRESS_FAMILY, ATTR_REQUESTED_TRANSPORT, ATTR_USERNAME, ATTR_XOR_PEER_ADDRESS,
        ATTR_XOR_RELAYED_ADDRESS, ATTR_XORMAPPED_ADDRESS, AttrType,
    },
    message::{
        CLASS_INDICATION, CLASS_REQUEST, METHOD_ALLOCATE, METHOD_CHANNEL_BIND, METHOD_CREATE_PERMISSION,
        METHOD_REFRESH, METHOD_SEND, Message, TransactionId,
    },
};

use super::{
    Issuer, Places,
    allocation::Allocation,
    message::{self, Answer},
    peers,
};
use crate::integrity;

/// What the shell shall do.
#[derive(Debug, PartialEq, Eq)]
pub enum Act<'a> {
    /// Nothing.
    Nothing,
    /// Send this to the client.
    Answer(Vec<u8>),
    /// Open a socket, then call [`Session::opened`], or [`Session::refused`], and send what that gives.
    Open {
        /// Who asks.
        seat: SeatId,
        /// The family of its address.
        is_ipv6: bool,
    },
    /// Send this from the socket.
    Relay {
        /// To one of our media ports.
        peer: SocketAddr,
        /// What.
        datagram: Cow<'a, [u8]>,
    },
    /// Send this to the client, then close socket and connection.
    Finish(Vec<u8>),
    /// Close the connection: nobody with a seat does this.
    Close,
}

/// Why a client that has a pass gets no socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The seat, or its address, has as many as one may have.
    Quota,
    /// The hub has no more.
    Capacity,
}

/// One connection.
pub struct Session {
    issuer: Issuer,
    remote: SocketAddr,
    /// Nonces are made of this and the hour.
    nonce: hmac::Key,
    began: Instant,
    /// Requests in a row that were not let in; whoever has a pass needs one.
    strikes: u32,
    allocation: Option<Allocation>,
    /// Waits for its socket.
    asked: Option<Asked>,
    sent: u64,
}

struct Asked {
    request: Message,
    allocation: Allocation,
}

/// Who made a request.
struct Author {
    username: String,
    seat: Option<SeatId>,
    key: hmac::Key,
}

impl Session {
    /// A connection that began now.
    pub fn new(now: Instant, issuer: Issuer, remote: SocketAddr, random: &mut dyn Random) -> Self {
        let mut secret = [0; 16];
        random.fill(&mut secret);
        let nonce = integrity::key(&secret);
        Self { issuer, remote, nonce, began: now, strikes: 0, allocation: None, asked: None, sent: 0 }
    }

    /// When the connection is over unless something keeps it.
    pub fn expires_at(&self) -> Instant {
        self.allocation.as_ref().map_or(self.began + PATIENCE, |allocation| allocation.until)
    }

    /// Takes a frame of the client.
    pub fn handle<'a>(&mut self, now: Instant, time: Timestamp, places: &Places, frame: &'a [u8]) -> Act<'a> {
        if frame.first().is_some_and(|first| *first >= 0x40) {
            return self.channel_data(now, places, frame);
        }
        let Some(message) = message::parse(frame) else { return Act::Close };
        match (message.typ.method, message.typ.class) {
            (METHOD_SEND, CLASS_INDICATION) => self.send(now, places, &message),
            // RFC 8489 §6.3.2: an indication that means nothing here is ignored.
            (_, CLASS_INDICATION) => Act::Nothing,
            (_, CLASS_REQUEST) => match self.author(now, time, &message) {
                Ok(author) => {
                    self.strikes = 0;
                    self.request(now, places, message, author)
                }
                Err(refused) => self.strike(refused),
            },
            _ => Act::Close,
        }
    }

    /// What a datagram of a media port becomes for the client; false when it is not let through.
    pub fn handle_peer(
        &mut self,
        now: Instant,
        peer: SocketAddr,
        datagram: &[u8],
        out: &mut Vec<u8>,
    ) -> bool {
        let Some(allocation) = &self.allocation else { return false };
        let Ok(length) = u16::try_from(datagram.len()) else { return false };
        if let Some(channel) = allocation.channel(now, peer) {
            out.extend_from_slice(&channel.to_be_bytes());
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(datagram);
            // RFC 8656 §12.5: padded over a stream.
            out.resize(out.len() + padding(datagram.len()), 0);
            return true;
        }
        if !allocation.permits(now, peer.ip()) {
            return false;
        }
        self.sent += 1;
        let mut id = TransactionId::default();
        id.0[..8].copy_from_slice(&self.sent.to_be_bytes());
        out.extend_from_slice(&message::data(peer, datagram, id));
        true
    }

    /// The socket is there: its address, as our media sees it. What the client is told; nothing when it did not ask.
    pub fn opened(&mut self, relayed: SocketAddr) -> Vec<u8> {
        let Some(Asked { request, allocation }) = self.asked.take() else { return Vec::new() };
        let lifetime = self.lifetime(&request);
        let answer = Answer::success(&request)
            .with_address(ATTR_XOR_RELAYED_ADDRESS, relayed)
            .with_address(ATTR_XORMAPPED_ADDRESS, self.remote)
            .with(ATTR_LIFETIME, &lifetime.to_be_bytes())
            .signed(&allocation.key);
        self.allocation = Some(allocation);
        answer
    }

    /// There is no socket. What the client is told; nothing when it did not ask.
    pub fn refused(&mut self, why: Refusal) -> Vec<u8> {
        let Some(Asked { request, allocation }) = self.asked.take() else { return Vec::new() };
        let (code, reason) = match why {
            Refusal::Quota => (486, "Allocation Quota Reached"),
            Refusal::Capacity => (508, "Insufficient Capacity"),
        };
        Answer::error(&request, code, reason).signed(&allocation.key)
    }

    fn strike(&mut self, refused: Vec<u8>) -> Act<'static> {
        self.strikes += 1;
        if self.strikes > MAX_STRIKES { Act::Close } else { Act::Answer(refused) }
    }

    /// RFC 8489 §9.2.4, in its order.
    fn author(&self, now: Instant, time: Timestamp, request: &Message) -> Result<Author, Vec<u8>> {
        let challenge = |code: u16, reason: &str| {
            Answer::error(request, code, reason)
                .with_realm(self.issuer.realm())
                .with(ATTR_NONCE, self.nonce(now, 0).as_bytes())
                .unsigned()
        };
        if !request.contains(ATTR_MESSAGE_INTEGRITY) {
            return Err(challenge(401, "Unauthorized"));
        }
        let texts = [ATTR_USERNAME, ATTR_REALM, ATTR_NONCE].map(|kind| message::text(request, kind));
        let [Some(username), Some(_), Some(nonce)] = texts else {
            return Err(Answer::error(request, 400, "Bad Request").unsigned());
        };
        if nonce != self.nonce(now, 0) && nonce != self.nonce(now, 1) {
            return Err(challenge(438, "Stale Nonce"));
        }
        // A pass lets in; who is in stays as long as he refreshes.
        let author = match &self.allocation {
            Some(allocation) if allocation.username == username => {
                Some(Author { username, seat: None, key: allocation.key.clone() })
            }
            _ => self.issuer.known(&username, time).map(|known| Author {
                username,
                seat: Some(known.seat),
                key: known.key,
            }),
        };
        author
            .filter(|author| integrity::is_authentic(request, &author.key))
            .ok_or_else(|| challenge(401, "Unauthorized"))
    }

    /// This hour's nonce, or that of `back` hours ago: who got it just before may still use it.
    fn nonce(&self, now: Instant, back: u64) -> String {
        let hours = now.saturating_duration_since(self.began).as_secs() / 3_600;
        let tag = hmac::sign(&self.nonce, &hours.wrapping_sub(back).to_be_bytes());
        tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn request(&mut self, now: Instant, places: &Places, request: Message, author: Author) -> Act<'static> {
        let refuse =
            |code: u16, reason: &str| Act::Answer(Answer::error(&request, code, reason).signed(&author.key));
        let unknown: Vec<AttrType> =
            request.attributes.0.iter().map(|a| a.typ).filter(|kind| !is_understood(*kind)).collect();
        if !unknown.is_empty() {
            return Act::Answer(Answer::unknown(&request, &unknown).signed(&author.key));
        }
        let method = request.typ.method;
        if method == METHOD_ALLOCATE {
            // RFC 8656 §7.2: over a stream nothing is sent twice, so a second one is another.
            if self.allocation.is_some() || self.asked.is_some() {
                return refuse(437, "Allocation Mismatch");
            }
            return self.allocate(now, places, request, author);
        }
        let Some(allocation) = &mut self.allocation else { return refuse(437, "Allocation Mismatch") };
        // RFC 8656 §5: nobody uses another's.
        if allocation.username != author.username {
            return refuse(441, "Wrong Credentials");
        }
        match method {
            METHOD_REFRESH => self.refresh(now, &request, &author.key),
            METHOD_CREATE_PERMISSION => peers::permit(now, places, &request, allocation),
            METHOD_CHANNEL_BIND => peers::bind(now, places, &request, allocation),
            _ => refuse(400, "Bad Request"),
        }
    }

    fn allocate(&mut self, now: Instant, places: &Places, request: Message, author: Author) -> Act<'static> {
        let refuse =
            |code: u16, reason: &str| Act::Answer(Answer::error(&request, code, reason).signed(&author.key));
        match request.get(ATTR_REQUESTED_TRANSPORT).ok().and_then(|value| value.first().copied()) {
            None => return refuse(400, "Bad Request"),
            Some(UDP) => {}
            Some(_) => return refuse(442, "Unsupported Transport Protocol"),
        }
        let is_ipv6 = message::wants_ipv6(&request);
        let Some(is_ipv6) = is_ipv6.filter(|is_ipv6| places.of_family(*is_ipv6).is_some()) else {
            return refuse(440, "Address Family not Supported");
        };
        let Some(seat) = author.seat else { return refuse(437, "Allocation Mismatch") };
        let until = now + Duration::from_secs(self.lifetime(&request).into());
        let allocation = Allocation::new(author.username, author.key, is_ipv6, until);
        self.asked = Some(Asked { request, allocation });
        Act::Open { seat, is_ipv6 }
    }

    /// RFC 8656 §7.2: what is asked for, within bounds.
    fn lifetime(&self, request: &Message) -> u32 {
        message::lifetime(request).unwrap_or(LIFETIME).clamp(LIFETIME, MAX_LIFETIME)
    }

    /// RFC 8656 §8.2.
    fn refresh(&mut self, now: Instant, request: &Message, key: &hmac::Key) -> Act<'static> {
        if message::lifetime(request) == Some(0) {
            self.allocation = None;
            let none = 0_u32.to_be_bytes();
            return Act::Finish(Answer::success(request).with(ATTR_LIFETIME, &none).signed(key));
        }
        let lifetime = self.lifetime(request);
        if let Some(allocation) = &mut self.allocation {
            allocation.until = now + Duration::from_secs(lifetime.into());
        }
        Act::Answer(Answer::success(request).with(ATTR_LIFETIME, &lifetime.to_be_bytes()).signed(key))
    }

    /// RFC 8656 §11.2: what may not be sent is dropped without a word.
    fn send(&self, now: Instant, places: &Places, indication: &Message) -> Act<'static> {
        let Some(allocation) = &self.allocation else { return Act::Close };
        let peer = message::address(indication, ATTR_XOR_PEER_ADDRESS);
        let Some(peer) = peer.filter(|peer| allocation.permits(now, peer.ip()) && places.has(*peer)) else {
            return Act::Nothing;
        };
        match indication.get(ATTR_DATA) {
            Ok(datagram) => Act::Relay { peer, datagram: datagram.into() },
            Err(_) => Act::Nothing,
        }
    }

    /// RFC 8656 §12.4, §12.6.
    fn channel_data<'a>(&self, now: Instant, places: &Places, frame: &'a [u8]) -> Act<'a> {
        let Some(allocation) = &self.allocation else { return Act::Close };
        let Some((&[high, low, _, _], datagram)) = frame.split_first_chunk() else { return Act::Close };
        let peer = allocation.peer(now, u16::from_be_bytes([high, low]));
        match peer.filter(|peer| places.has(*peer)) {
            Some(peer) => Act::Relay { peer, datagram: datagram.into() },
            None => Act::Nothing,
        }
    }
}

fn padding(length: usize) -> usize {
    length.next_multiple_of(4) - length
}

/// RFC 8489 §14: an attribute below 0x8000 must be understood.
fn is_understood(kind: AttrType) -> bool {
    kind.value() >= 0x8000
        || matches!(
            kind,
            ATTR_USERNAME
                | ATTR_MESSAGE_INTEGRITY
                | ATTR_REALM
                | ATTR_NONCE
                | ATTR_LIFETIME
                | ATTR_REQUESTED_TRANSPORT
                | ATTR_REQUESTED_ADDRESS_FAMILY
                | ATTR_XOR_PEER_ADDRESS
                | ATTR_DATA
                | ATTR_CHANNEL_NUMBER
        )
}

/// IANA's number of UDP, the only transport of media.
const UDP: u8 = 17;
/// RFC 8656 §3.2, in seconds.
const LIFETIME: u32 = 600;
const MAX_LIFETIME: u32 = 3_600;
/// How long a connection may go without an allocation.
const PATIENCE: Duration = Duration::from_secs(10);
/// In a row: the first request is always one (it learns the nonce), a stale nonce each hour another.
const MAX_STRIKES: u32 = 8;
