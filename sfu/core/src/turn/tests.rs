use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use aws_lc_rs::hmac;
use base::{Timestamp, id::SeatId, random::Seeded};
use rtc_stun::{attributes::*, error_code::ErrorCodeAttribute, message::*, xoraddr::XorMappedAddress};

use super::*;
use crate::integrity;

const TIME: Timestamp = Timestamp::from_seconds(1_000_000);

/// A client of the relay, as a browser is one.
struct Client {
    session: Session,
    now: Instant,
    time: Timestamp,
    places: Places,
    username: String,
    key: hmac::Key,
    realm: Vec<u8>,
    nonce: Vec<u8>,
}

fn issuer() -> Issuer {
    Issuer::new("tinh.example", &mut Seeded::new(1))
}

fn seat() -> SeatId {
    SeatId::from_u128(7)
}

fn media(port: u16) -> SocketAddr {
    SocketAddr::from(([198, 51, 100, 1], port))
}

fn remote() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 9], 51_000))
}

impl Client {
    fn new() -> Self {
        let issuer = issuer();
        let pass = issuer.issue(seat(), TIME.plus(Duration::from_secs(60)));
        let now = Instant::now();
        Self {
            key: issuer.integrity_key(&pass.username, &pass.password),
            session: Session::new(now, issuer, remote(), &mut Seeded::new(2)),
            now,
            time: TIME,
            places: Places { addresses: vec![media(0).ip()], ports: vec![40_000, 40_001] },
            username: pass.username,
            realm: Vec::new(),
            nonce: Vec::new(),
        }
    }

    /// One that has its socket.
    fn inside() -> Self {
        let mut client = Self::new();
        client.learn();
        let request = client.allocate();
        assert_eq!(client.give(&request), Act::Open { seat: seat(), is_ipv6: false });
        let answer = client.session.opened(media(50_000));
        assert_eq!(parse(&answer).typ.class, CLASS_SUCCESS_RESPONSE);
        client
    }

    fn give<'a>(&mut self, frame: &'a [u8]) -> Act<'a> {
        self.session.handle(self.now, self.time, &self.places, frame)
    }

    /// Asks without a pass and learns realm and nonce.
    fn learn(&mut self) {
        let Act::Answer(answer) = self.give(&plain(METHOD_ALLOCATE, CLASS_REQUEST).raw) else { panic!() };
        let answer = parse(&answer);
        (self.realm, self.nonce) = (answer.get(ATTR_REALM).unwrap(), answer.get(ATTR_NONCE).unwrap());
    }

    fn request(&self, method: Method, add: impl FnOnce(&mut Message)) -> Vec<u8> {
        let mut message = plain(method, CLASS_REQUEST);
        add(&mut message);
        message.add(ATTR_USERNAME, self.username.as_bytes());
        message.add(ATTR_REALM, &self.realm);
        message.add(ATTR_NONCE, &self.nonce);
        integrity::sign(&mut message, &self.key).unwrap();
        message.raw
    }

    fn allocate(&self) -> Vec<u8> {
        self.request(METHOD_ALLOCATE, |m| m.add(ATTR_REQUESTED_TRANSPORT, &[17, 0, 0, 0]))
    }

    /// The answer's error; 0 for success. An answer must be signed.
    fn code(&mut self, request: &[u8]) -> u16 {
        let key = self.key.clone();
        match self.give(request) {
            Act::Answer(answer) => {
                let answer = parse(&answer);
                assert!(integrity::is_authentic(&answer, &key));
                error(&answer)
            }
            other => panic!("{other:?}"),
        }
    }

    fn permit(&mut self, peer: SocketAddr) -> u16 {
        let request = self.request(METHOD_CREATE_PERMISSION, |m| name(m, peer));
        self.code(&request)
    }

    fn bind(&mut self, channel: u16, peer: SocketAddr) -> u16 {
        let request = self.request(METHOD_CHANNEL_BIND, |m| {
            m.add(ATTR_CHANNEL_NUMBER, &[(channel >> 8) as u8, channel as u8, 0, 0]);
            name(m, peer);
        });
        self.code(&request)
    }
}

fn plain(method: Method, class: MessageClass) -> Message {
    let mut message = Message::new();
    message.transaction_id = TransactionId([5; 12]);
    message.set_type(MessageType::new(method, class));
    message.write_header();
    message
}

fn name(message: &mut Message, peer: SocketAddr) {
    XorMappedAddress { ip: peer.ip(), port: peer.port() }.add_to_as(message, ATTR_XOR_PEER_ADDRESS).unwrap();
}

fn send(peer: SocketAddr, datagram: &[u8]) -> Vec<u8> {
    let mut message = plain(METHOD_SEND, CLASS_INDICATION);
    name(&mut message, peer);
    message.add(ATTR_DATA, datagram);
    message.raw
}

fn parse(bytes: &[u8]) -> Message {
    let mut message = Message::new();
    message.unmarshal_binary(bytes).unwrap();
    message
}

fn error(answer: &Message) -> u16 {
    let mut code = ErrorCodeAttribute::default();
    code.get_from(answer).map_or(0, |()| code.code.0)
}

#[test]
fn who_has_a_seat_reaches_our_media_and_hears_it() {
    let mut client = Client::inside();
    assert_eq!(client.bind(0x4001, media(40_000)), 0);
    let relayed = Act::Relay { peer: media(40_000), datagram: b"hello".as_slice().into() };
    assert_eq!(client.give(b"\x40\x01\x00\x05hello"), relayed);
    let mut out = Vec::new();
    assert!(client.session.handle_peer(client.now, media(40_000), b"answer", &mut out));
    assert_eq!(out, b"\x40\x01\x00\x06answer\0\0", "padded over a stream");
}

#[test]
fn without_a_channel_indications_carry_media() {
    let mut client = Client::inside();
    assert_eq!(client.permit(media(0)), 0);
    let indication = send(media(40_001), b"hi");
    let Act::Relay { peer, datagram } = client.give(&indication) else { panic!() };
    assert_eq!((peer, &*datagram), (media(40_001), b"hi".as_slice()));
    let mut out = Vec::new();
    assert!(client.session.handle_peer(client.now, media(40_001), b"answer", &mut out));
    let data = parse(&out);
    assert_eq!(data.get(ATTR_DATA).unwrap(), b"answer");
    assert_eq!(message::address(&data, ATTR_XOR_PEER_ADDRESS), Some(media(40_001)));
}

#[test]
fn it_is_never_an_open_relay() {
    let mut client = Client::inside();
    for stranger in ["203.0.113.5:40000", "127.0.0.1:40000", "127.0.0.1:22"] {
        let stranger: SocketAddr = stranger.parse().unwrap();
        assert_eq!((client.permit(stranger), client.bind(0x4000, stranger)), (403, 403), "{stranger}");
        assert_eq!(client.give(&send(stranger, b"x")), Act::Nothing);
    }
    assert_eq!(client.bind(0x4000, media(443)), 403, "another port of our own machine");
    assert_eq!(client.permit(media(0)), 0);
    assert_eq!(client.give(&send(media(443), b"x")), Act::Nothing);
    assert_eq!(client.permit("[2001:db8::1]:40000".parse().unwrap()), 443);
    let mut out = Vec::new();
    assert!(!client.session.handle_peer(client.now, "203.0.113.5:1".parse().unwrap(), b"x", &mut out));
}

#[test]
fn who_has_no_pass_is_not_let_in() {
    let mut client = Client::new();
    client.learn();
    let forged = issuer().integrity_key(&client.username, "guessed");
    let right = std::mem::replace(&mut client.key, forged);
    let request = client.allocate();
    let Act::Answer(answer) = client.give(&request) else { panic!() };
    assert_eq!(error(&parse(&answer)), 401);
    client.key = right;
    client.time = TIME.plus(Duration::from_secs(61));
    let request = client.allocate();
    let Act::Answer(answer) = client.give(&request) else { panic!() };
    assert_eq!(error(&parse(&answer)), 401, "a pass ends");
    for _ in 0..20 {
        if client.give(&request) == Act::Close {
            return;
        }
    }
    panic!("he may guess for ever");
}

#[test]
fn media_before_an_allocation_ends_the_connection() {
    for frame in [b"\x40\x00\x00\x01x".to_vec(), send(media(40_000), b"x")] {
        assert_eq!(Client::new().give(&frame), Act::Close);
    }
}

#[test]
fn an_allocation_ends_unless_it_is_refreshed_and_a_refresh_needs_no_new_pass() {
    let mut client = Client::inside();
    let first = client.session.expires_at();
    assert_eq!(first, client.now + Duration::from_secs(600));
    client.now += Duration::from_secs(300);
    client.time = TIME.plus(Duration::from_secs(300));
    let request = client.request(METHOD_REFRESH, |_| {});
    assert_eq!(client.code(&request), 0);
    assert_eq!(client.session.expires_at(), first + Duration::from_secs(300));
    let request = client.request(METHOD_REFRESH, |m| m.add(ATTR_LIFETIME, &[0; 4]));
    assert!(matches!(client.give(&request), Act::Finish(_)));
}

#[test]
fn permissions_and_channels_end_on_their_own() {
    let mut client = Client::inside();
    assert_eq!((client.permit(media(0)), client.bind(0x4000, media(40_000))), (0, 0));
    client.now += Duration::from_secs(301);
    assert_eq!(client.give(&send(media(40_001), b"x")), Act::Nothing);
    assert!(matches!(client.give(b"\x40\x00\x00\x01x"), Act::Relay { .. }));
    client.now += Duration::from_secs(300);
    assert_eq!(client.give(b"\x40\x00\x00\x01x"), Act::Nothing);
}

#[test]
fn a_channel_has_one_peer_and_a_peer_one_channel() {
    let mut client = Client::inside();
    assert_eq!(client.bind(0x4000, media(40_000)), 0);
    assert_eq!(client.bind(0x4000, media(40_000)), 0, "binding anew prolongs");
    assert_eq!(client.bind(0x4000, media(40_001)), 400);
    assert_eq!(client.bind(0x4001, media(40_000)), 400);
    assert_eq!(client.bind(0x5000, media(40_001)), 400, "no channel number");
}

#[test]
fn a_nonce_goes_stale_and_is_given_anew() {
    let mut client = Client::inside();
    client.now += Duration::from_secs(2 * 3_600);
    let request = client.request(METHOD_REFRESH, |_| {});
    let Act::Answer(answer) = client.give(&request) else { panic!() };
    assert_eq!(error(&parse(&answer)), 438);
    client.nonce = parse(&answer).get(ATTR_NONCE).unwrap();
    let request = client.request(METHOD_REFRESH, |_| {});
    assert_eq!(client.code(&request), 0);
}

#[test]
fn what_is_not_had_is_said() {
    let mut client = Client::inside();
    let request = client.allocate();
    assert_eq!(client.code(&request), 437, "one allocation a connection");
    let mut client = Client::new();
    client.learn();
    let request = client.request(METHOD_REFRESH, |_| {});
    assert_eq!(client.code(&request), 437);
    let tcp = client.request(METHOD_ALLOCATE, |m| m.add(ATTR_REQUESTED_TRANSPORT, &[6, 0, 0, 0]));
    assert_eq!(client.code(&tcp), 442);
    let ipv6 = client.request(METHOD_ALLOCATE, |m| {
        m.add(ATTR_REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
        m.add(ATTR_REQUESTED_ADDRESS_FAMILY, &[2, 0, 0, 0]);
    });
    assert_eq!(client.code(&ipv6), 440);
    client.places.addresses.push("2001:db8::7".parse::<IpAddr>().unwrap());
    assert_eq!(client.give(&ipv6), Act::Open { seat: seat(), is_ipv6: true });
    let key = client.key.clone();
    let refused = parse(&client.session.refused(Refusal::Quota));
    assert!(error(&refused) == 486 && integrity::is_authentic(&refused, &key));
    let even = client.request(METHOD_ALLOCATE, |m| m.add(ATTR_EVEN_PORT, &[0x80]));
    let Act::Answer(answer) = client.give(&even) else { panic!() };
    let answer = parse(&answer);
    assert_eq!((error(&answer), answer.get(ATTR_UNKNOWN_ATTRIBUTES).unwrap()), (420, vec![0, 0x18]));
}

#[test]
fn frames_come_out_whatever_pieces_the_stream_comes_in() {
    let stream =
        [plain(METHOD_ALLOCATE, CLASS_REQUEST).raw, b"\x40\x00\x00\x05hello\0\0\0".to_vec()].concat();
    for size in 1..stream.len() {
        let (mut frames, mut seen) = (Frames::default(), Vec::new());
        for piece in stream.chunks(size) {
            frames.push(piece, |frame| seen.push(frame.to_vec())).unwrap();
        }
        assert_eq!(seen, [stream[..20].to_vec(), b"\x40\x00\x00\x05hello".to_vec()]);
    }
}

#[test]
fn a_stream_of_something_else_is_told_at_once() {
    for other in
        ["GET / HTTP/1.1\r\n\r\n", "\0\x03\0\x08GET ", "\0\x03\0\x01\x21\x12\u{24}B", "\x40\0\x7f\x7f"]
    {
        assert_eq!(Frames::default().push(other.as_bytes(), |_| ()), Err(Broken), "{other:?}");
    }
    assert_eq!(
        ["", "\0", "\0\x03", "\0\x01", "G", "P"].map(|start| is_turn(start.as_bytes())),
        [None, None, Some(true), Some(false), Some(false), Some(false),]
    );
}

#[test]
fn fuzz_a_stream_of_noise_sends_nothing_anywhere_but_to_us() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let mut client = Client::inside();
        client.bind(0x4000, media(40_000));
        let mut frames = Frames::default();
        let _ = frames.push(bytes, |frame| {
            if let Act::Relay { peer, .. } = client.session.handle(client.now, TIME, &client.places, frame) {
                assert_eq!(peer, media(40_000));
            }
        });
    });
}
