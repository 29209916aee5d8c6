//! What a browser's ICE agent says, and what the answer to its offer told it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use aws_lc_rs::hmac;
use base::id::{MeetingId, SeatId};
use rtc_stun::{
    attributes::{ATTR_MESSAGE_INTEGRITY, ATTR_USE_CANDIDATE, ATTR_USERNAME},
    fingerprint::FINGERPRINT,
    message::{BINDING_REQUEST, BINDING_SUCCESS, Getter, Message, MessageType, Setter, TransactionId},
    xoraddr::XorMappedAddress,
};
use sfu::{Config, SfuHandle};

/// Of the offer.
const OWN_UFRAG: &str = "RkRT";

/// A media plane of loopback, with everything switched on.
pub fn config() -> Config {
    Config {
        addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
        udp_port: 0,
        tcp_port: Some(0),
        turn: Some("tinh.example".to_owned()),
        workers: 1,
        ..Config::default()
    }
}

/// What the answer to a browser's offer says.
pub struct Answer {
    pub udp: Vec<SocketAddr>,
    pub tcp: Vec<SocketAddr>,
    pub ufrag: String,
    pub password: String,
}

/// What Chromium offers, but for the lines that `change` says otherwise; an empty one is left out.
pub fn sdp(change: impl Fn(&str) -> Option<String>) -> String {
    let lines = include_str!("../../core/testdata/chromium.sdp").lines();
    let changed = lines.map(|line| change(line).unwrap_or_else(|| line.to_owned()));
    changed.filter(|line| !line.is_empty()).map(|line| line + "\r\n").collect()
}

/// Takes a seat, as Chromium does.
pub async fn offer(sfu: &SfuHandle, seat: u128) -> Answer {
    offer_as(sfu, seat, &sdp(|_| None)).await
}

/// Takes a seat with this offer.
pub async fn offer_as(sfu: &SfuHandle, seat: u128, sdp: &str) -> Answer {
    let answer = sfu.offer(MeetingId::from_u128(1), SeatId::from_u128(seat), sdp).await.unwrap();
    Answer::read(&answer)
}

impl Answer {
    /// Reads what the hub answered.
    pub fn read(answer: &str) -> Self {
        let value = |key: &str| answer.lines().find_map(|line| line.strip_prefix(key)).unwrap().to_owned();
        let candidates = |protocol: &str| {
            let lines =
                answer.lines().filter(|line| line.starts_with("a=candidate:") && line.contains(protocol));
            let address = |line: &str| {
                let words: Vec<&str> = line.split(' ').collect();
                SocketAddr::new(words[4].parse().unwrap(), words[5].parse().unwrap())
            };
            lines.map(address).collect()
        };
        if let Some(tcp) = answer.lines().find(|line| line.contains(" tcp ")) {
            assert!(tcp.ends_with("typ host tcptype passive"));
        }
        Answer {
            udp: candidates(" udp "),
            tcp: candidates(" tcp "),
            ufrag: value("a=ice-ufrag:"),
            password: value("a=ice-pwd:"),
        }
    }
}

/// A message begun.
pub fn message(kind: MessageType) -> Message {
    let mut message = Message::new();
    message.set_type(kind);
    message.transaction_id = TransactionId([7; 12]);
    message.write_header();
    message
}

/// Adds MESSAGE-INTEGRITY.
pub fn sign(message: &mut Message, key: &[u8]) {
    // RFC 8489 §14.5: the length counts the integrity attribute before it exists.
    let length = message.length as u16 + 24;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let mut context = hmac::Context::with_key(&key);
    context.update(&message.raw[..2]);
    context.update(&length.to_be_bytes());
    context.update(&message.raw[4..]);
    message.add(ATTR_MESSAGE_INTEGRITY, context.sign().as_ref());
}

/// A nominating check.
pub fn check(ufrag: &str, password: &str) -> Vec<u8> {
    let mut check = message(BINDING_REQUEST);
    check.add(ATTR_USERNAME, format!("{ufrag}:{OWN_UFRAG}").as_bytes());
    check.add(ATTR_USE_CANDIDATE, &[]);
    sign(&mut check, password.as_bytes());
    FINGERPRINT.add_to(&mut check).unwrap();
    check.raw
}

/// The address that a check came from, as its answer says; nothing when it is none.
pub fn mapped(answer: &[u8]) -> Option<SocketAddr> {
    let mut message = Message::new();
    message.unmarshal_binary(answer).ok()?;
    let mut mapped = XorMappedAddress::default();
    mapped.get_from(&message).ok()?;
    (message.typ == BINDING_SUCCESS).then(|| SocketAddr::new(mapped.ip, mapped.port))
}
