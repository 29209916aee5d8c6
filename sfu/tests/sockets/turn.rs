//! The relay: who has a pass reaches his worker through it, who has none gets nothing and keeps nobody out.

use std::{net::SocketAddr, time::Duration};

use base::id::SeatId;
use md5::{Digest, Md5};
use rtc_stun::{attributes::*, error_code::ErrorCodeAttribute, message::*, xoraddr::XorMappedAddress};
use sfu::{Pass, Sfu, Turn};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    task::JoinHandle,
    time::timeout,
};

use crate::stun::{self, check, config, mapped, message, offer};

/// A connection to the relay, from inside TLS.
struct Client {
    stream: DuplexStream,
    serving: JoinHandle<()>,
}

fn remote() -> SocketAddr {
    "192.0.2.9:51000".parse().unwrap()
}

impl Client {
    fn connect(turn: &Turn) -> Self {
        let (near, far) = tokio::io::duplex(64 << 10);
        let turn = turn.clone();
        Self { stream: near, serving: tokio::spawn(async move { turn.serve(far, remote()).await }) }
    }

    /// The next message or channel data, or nothing when the connection was closed.
    async fn next(&mut self) -> Option<Vec<u8>> {
        let mut frame = vec![0; 4];
        self.stream.read_exact(&mut frame).await.ok()?;
        let counted = usize::from(u16::from_be_bytes([frame[2], frame[3]]));
        let rest = if frame[0] < 0x40 { counted + 16 } else { counted.next_multiple_of(4) };
        frame.resize(4 + rest, 0);
        self.stream.read_exact(&mut frame[4..]).await.ok()?;
        Some(frame)
    }

    async fn ask(&mut self, request: &[u8]) -> Message {
        self.stream.write_all(request).await.unwrap();
        let bytes = timeout(Duration::from_secs(20), self.next()).await.unwrap().unwrap();
        let mut answer = Message::new();
        answer.unmarshal_binary(&bytes).unwrap();
        answer
    }

    /// Lets itself in with a pass; what the Allocate request was answered.
    async fn allocate(&mut self, pass: &Pass) -> (Message, Signer) {
        let asked = self.ask(&message(MessageType::new(METHOD_ALLOCATE, CLASS_REQUEST)).raw).await;
        assert_eq!(code(&asked), 401);
        let signer = Signer {
            username: pass.username.clone(),
            nonce: asked.get(ATTR_NONCE).unwrap(),
            key: Md5::digest(format!("{}:tinh.example:{}", pass.username, pass.password)).to_vec(),
        };
        let request = signer.request(METHOD_ALLOCATE, |m| m.add(ATTR_REQUESTED_TRANSPORT, &[17, 0, 0, 0]));
        (self.ask(&request).await, signer)
    }
}

struct Signer {
    username: String,
    nonce: Vec<u8>,
    key: Vec<u8>,
}

impl Signer {
    fn request(&self, method: Method, add: impl FnOnce(&mut Message)) -> Vec<u8> {
        let mut request = message(MessageType::new(method, CLASS_REQUEST));
        add(&mut request);
        request.add(ATTR_USERNAME, self.username.as_bytes());
        request.add(ATTR_REALM, b"tinh.example");
        request.add(ATTR_NONCE, &self.nonce);
        stun::sign(&mut request, &self.key);
        request.raw
    }

    fn bind(&self, peer: SocketAddr) -> Vec<u8> {
        self.request(METHOD_CHANNEL_BIND, |m| {
            m.add(ATTR_CHANNEL_NUMBER, &[0x40, 0, 0, 0]);
            XorMappedAddress { ip: peer.ip(), port: peer.port() }
                .add_to_as(m, ATTR_XOR_PEER_ADDRESS)
                .unwrap();
        })
    }
}

/// The answer's error; 0 for success.
fn code(answer: &Message) -> u16 {
    let mut error = ErrorCodeAttribute::default();
    error.get_from(answer).map_or(0, |()| error.code.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_reaches_the_worker_through_the_relay_and_its_answer_comes_back() {
    let (sfu, _events) = Sfu::start(&config()).unwrap();
    let turn = sfu.turn().unwrap().clone();
    let answer = offer(&sfu, 1).await;
    let mut client = Client::connect(&turn);
    let (allocated, signer) = client.allocate(&turn.pass(SeatId::from_u128(1))).await;
    assert_eq!((code(&allocated), turn.live()), (0, 1));
    let mut relayed = XorMappedAddress::default();
    relayed.get_from_as(&allocated, ATTR_XOR_RELAYED_ADDRESS).unwrap();
    let bound = client.ask(&signer.bind(answer.udp[0])).await;
    assert_eq!(code(&bound), 0);
    let check = check(&answer.ufrag, &answer.password);
    let mut data = [&[0x40, 0], &(check.len() as u16).to_be_bytes()[..], &check].concat();
    data.resize(data.len().next_multiple_of(4), 0);
    client.stream.write_all(&data).await.unwrap();
    let back = timeout(Duration::from_secs(20), client.next()).await.unwrap().unwrap();
    assert_eq!(mapped(&back[4..]), Some(SocketAddr::new(relayed.ip, relayed.port)));
    // It ends with its connection.
    drop(client.stream);
    client.serving.await.unwrap();
    assert_eq!(turn.live(), 0);
    sfu.shutdown();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_on_the_machine_or_beyond_is_reached() {
    let (sfu, _events) = Sfu::start(&config()).unwrap();
    let turn = sfu.turn().unwrap().clone();
    let other = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut client = Client::connect(&turn);
    let (_, signer) = client.allocate(&turn.pass(SeatId::from_u128(1))).await;
    for peer in [other.local_addr().unwrap(), "198.51.100.1:53".parse().unwrap()] {
        let refused = client.ask(&signer.bind(peer)).await;
        assert_eq!(code(&refused), 403, "{peer}");
    }
    sfu.shutdown();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_strangers_keeps_nobody_with_a_seat_elsewhere_out_and_a_seat_takes_no_more_than_its_share()
{
    let (sfu, _events) = Sfu::start(&config()).unwrap();
    let turn = sfu.turn().unwrap().clone();
    let pass = turn.pass(SeatId::from_u128(1));
    let mut inside = Client::connect(&turn);
    assert_eq!(code(&inside.allocate(&pass).await.0), 0);
    // Strangers of one address that say nothing: those beyond the limit are shown out at once.
    let mut crowd: Vec<Client> = (0..200).map(|_| Client::connect(&turn)).collect();
    let mut shown_out = 0;
    for client in &mut crowd {
        let waits = timeout(Duration::from_millis(50), client.next()).await;
        shown_out += usize::from(waits == Ok(None));
        if shown_out >= 100 {
            break;
        }
    }
    assert!(shown_out >= 100, "only {shown_out} of 200 were shown out");
    // Whoever is inside is still served.
    let again = message(MessageType::new(METHOD_REFRESH, CLASS_REQUEST)).raw;
    assert_eq!(code(&inside.ask(&again).await), 401);
    drop(crowd);
    let mut all = vec![inside];
    let mut refused = 0;
    while refused == 0 {
        assert!(all.len() < 100, "a seat may have any number");
        let mut client = Client::connect(&turn);
        // The crowd's places become free as their ends are noticed.
        let asked = message(MessageType::new(METHOD_ALLOCATE, CLASS_REQUEST)).raw;
        if client.stream.write_all(&asked).await.is_err() || client.next().await.is_none() {
            tokio::task::yield_now().await;
            continue;
        }
        refused = code(&client.allocate(&pass).await.0);
        all.push(client);
    }
    assert_eq!((refused, all.len()), (486, 9), "eight are a seat's share");
    sfu.shutdown();
}
