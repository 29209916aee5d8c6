//! ICE over TCP with real sockets: who connects reaches the worker of his peer, strangers reach nobody.

use std::{
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream},
};

use aws_lc_rs::hmac;
use base::id::{MeetingId, SeatId};
use rtc_stun::{
    attributes::{ATTR_MESSAGE_INTEGRITY, ATTR_USE_CANDIDATE, ATTR_USERNAME},
    fingerprint::FINGERPRINT,
    message::{BINDING_REQUEST, BINDING_SUCCESS, Getter, Message, Setter, TransactionId},
    xoraddr::XorMappedAddress,
};
use sfu::{Config, Sfu, SfuEvent, SfuHandle};
use tokio::sync::mpsc;

/// Of the offer.
const OWN_UFRAG: &str = "RkRT";

fn start() -> (SfuHandle, mpsc::Receiver<SfuEvent>) {
    let addresses = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
    let config = Config { addresses, udp_port: 0, tcp_port: Some(0), workers: 2, ..Config::default() };
    Sfu::start(&config).unwrap()
}

/// What the answer to a browser's offer says: the TCP candidate, user fragment and password.
struct Answer {
    at: SocketAddr,
    udp_port: String,
    ufrag: String,
    password: String,
}

async fn offer(sfu: &SfuHandle, seat: u128) -> Answer {
    let text = include_str!("../core/testdata/chromium.sdp");
    let sdp: String = text.lines().map(|line| format!("{line}\r\n")).collect();
    let answer = sfu.offer(MeetingId::from_u128(1), SeatId::from_u128(seat), &sdp).await.unwrap();
    let value = |key: &str| answer.lines().find_map(|line| line.strip_prefix(key)).unwrap().to_owned();
    let words = |protocol: &str| {
        let is_it = |line: &&str| line.starts_with("a=candidate:") && line.contains(protocol);
        let line = answer.lines().find(is_it).unwrap();
        line.split(' ').map(str::to_owned).collect::<Vec<_>>()
    };
    let tcp = words(" tcp ");
    assert!(tcp.ends_with(&["typ", "host", "tcptype", "passive"].map(str::to_owned)));
    Answer {
        at: format!("{}:{}", tcp[4], tcp[5]).parse().unwrap(),
        udp_port: words(" udp ")[5].clone(),
        ufrag: value("a=ice-ufrag:"),
        password: value("a=ice-pwd:"),
    }
}

/// A framed check.
fn check(ufrag: &str, password: &str) -> Vec<u8> {
    let mut message = Message::new();
    message.set_type(BINDING_REQUEST);
    message.transaction_id = TransactionId([7; 12]);
    message.write_header();
    message.add(ATTR_USERNAME, format!("{ufrag}:{OWN_UFRAG}").as_bytes());
    message.add(ATTR_USE_CANDIDATE, &[]);
    // RFC 8489 §14.5: the length counts the integrity attribute before it exists.
    let length = message.length as u16 + 24;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(&message.raw[..2]);
    context.update(&length.to_be_bytes());
    context.update(&message.raw[4..]);
    message.add(ATTR_MESSAGE_INTEGRITY, context.sign().as_ref());
    FINGERPRINT.add_to(&mut message).unwrap();
    let mut framed = (message.raw.len() as u16).to_be_bytes().to_vec();
    framed.extend(message.raw);
    framed
}

/// The next frame, or nothing when the connection was closed.
fn frame(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).ok()?;
    let mut frame = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut frame).ok()?;
    Some(frame)
}

fn is_answered(stream: &mut TcpStream) -> bool {
    let Some(bytes) = frame(stream) else { return false };
    let mut message = Message::new();
    message.unmarshal_binary(&bytes).unwrap();
    let mut mapped = XorMappedAddress::default();
    mapped.get_from(&message).unwrap();
    let own = stream.local_addr().unwrap();
    message.typ == BINDING_SUCCESS && (mapped.ip, mapped.port) == (own.ip(), own.port())
}

/// The tests wait for sockets; nothing else runs on their runtime meanwhile.
#[tokio::test]
async fn one_port_leads_to_the_worker_of_every_peer() {
    let (sfu, _events) = start();
    let mut workers = Vec::new();
    for seat in 0..40 {
        let answer = offer(&sfu, seat).await;
        let mut stream = TcpStream::connect(answer.at).unwrap();
        let check = check(&answer.ufrag, &answer.password);
        // In pieces, as a slow line would bring them.
        for part in check.chunks(41) {
            stream.write_all(part).unwrap();
        }
        assert!(is_answered(&mut stream));
        stream.write_all(&check).unwrap();
        assert!(is_answered(&mut stream), "the worker hears what comes after it took the connection over");
        workers.push(answer.udp_port);
    }
    workers.sort();
    workers.dedup();
    assert_eq!(workers.len(), 2);
    sfu.shutdown();
}

#[tokio::test]
async fn who_cannot_prove_to_be_a_peer_is_shown_out_and_peers_are_not_disturbed() {
    let (sfu, _events) = start();
    let answer = offer(&sfu, 1).await;
    let mut peer = TcpStream::connect(answer.at).unwrap();
    peer.write_all(&check(&answer.ufrag, &answer.password)).unwrap();
    assert!(is_answered(&mut peer));
    let forged = [check(&answer.ufrag, "guessed"), check("nobody", &answer.password), check("", "")];
    for greeting in forged {
        let mut stranger = TcpStream::connect(answer.at).unwrap();
        stranger.write_all(&greeting).unwrap();
        assert_eq!(frame(&mut stranger), None);
    }
    peer.write_all(&check(&answer.ufrag, &answer.password)).unwrap();
    assert!(is_answered(&mut peer));
    // A peer that loses the thread loses its connection, and may come again.
    peer.write_all(&[0xff; 100]).unwrap();
    assert_eq!(frame(&mut peer), None);
    let mut again = TcpStream::connect(answer.at).unwrap();
    again.write_all(&check(&answer.ufrag, &answer.password)).unwrap();
    assert!(is_answered(&mut again));
    sfu.shutdown();
}

#[tokio::test]
async fn a_connection_ends_with_its_peer() {
    let (sfu, _events) = start();
    let answer = offer(&sfu, 1).await;
    let mut peer = TcpStream::connect(answer.at).unwrap();
    peer.write_all(&check(&answer.ufrag, &answer.password)).unwrap();
    assert!(is_answered(&mut peer));
    sfu.close(SeatId::from_u128(1));
    assert_eq!(frame(&mut peer), None);
    sfu.shutdown();
    assert!(TcpStream::connect(answer.at).is_err(), "the port is free again");
}
