//! Floods from people without a seat: they get nothing back, cost no memory, and keep nobody else from his media.

use std::{
    net::{SocketAddr, UdpSocket},
    time::Duration,
};

use sfu::{Sfu, SfuHandle};

use crate::stun::{check, config, mapped, offer};

/// A DTLS 1.2 record that begins a handshake (RFC 6347 §4.2.2), as long as browsers' are; nobody who answers it
/// to an address that has proved nothing could be sure whom he answers.
pub fn client_hello() -> Vec<u8> {
    let body = 230_u16;
    let mut record = vec![22, 0xFE, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0];
    record.extend((body + 12).to_be_bytes());
    record.extend([1, 0, 0, body as u8, 0, 0, 0, 0, 0, 0, 0, body as u8]);
    record.extend([0xFE, 0xFD]);
    record.resize(record.len() + usize::from(body) - 2, 0x5A);
    record
}

/// Somebody whose checks are answered.
struct Peer {
    socket: UdpSocket,
    check: Vec<u8>,
}

impl Peer {
    async fn join(sfu: &SfuHandle, seat: u128) -> Self {
        let answer = offer(sfu, seat).await;
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(answer.udp[0]).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        Self { socket, check: check(&answer.ufrag, &answer.password) }
    }

    /// Whether a check is answered; a datagram that a full buffer loses is sent again, as ICE does.
    fn is_answered(&self) -> bool {
        (0..20).any(|_| {
            self.socket.send(&self.check).unwrap();
            let mut buffer = [0; 1_500];
            self.socket.recv(&mut buffer).is_ok_and(|length| mapped(&buffer[..length]).is_some())
        })
    }
}

/// Bytes of memory this process, and so the media plane in it, has.
pub fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4_096
}

#[tokio::test]
async fn ten_thousand_half_open_handshakes_get_no_answer_and_disturb_nobody() {
    let (sfu, _events) = Sfu::start(&config()).unwrap();
    let peer = Peer::join(&sfu, 1).await;
    assert!(peer.is_answered());
    let hub: SocketAddr = peer.socket.peer_addr().unwrap();
    let strangers: Vec<UdpSocket> = (0..500).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
    let before = resident();
    for round in 0..20 {
        for (number, stranger) in strangers.iter().enumerate() {
            let guessed = format!("Aguess{}", round * strangers.len() + number);
            stranger.send_to(&check(&guessed, "a password nobody has"), hub).unwrap();
            stranger.send_to(&client_hello(), hub).unwrap();
        }
        assert!(peer.is_answered(), "in round {round}");
    }
    for stranger in &strangers {
        stranger.set_nonblocking(true).unwrap();
        assert!(stranger.recv(&mut [0; 1_500]).is_err(), "an address that has proved nothing gets nothing");
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes for strangers");
    assert!(peer.is_answered());
    sfu.shutdown();
}

#[tokio::test]
async fn who_knows_a_peers_name_but_not_its_password_neither_moves_nor_ends_it() {
    let (sfu, mut events) = Sfu::start(&config()).unwrap();
    let peer = Peer::join(&sfu, 1).await;
    assert!(peer.is_answered());
    let hub = peer.socket.peer_addr().unwrap();
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut forged = peer.check.clone();
    // All that the password covers; the fingerprint behind it protects nothing.
    for place in 0..forged.len() - 8 {
        forged[place] ^= 0x40;
        stranger.send_to(&forged, hub).unwrap();
        forged[place] ^= 0x40;
    }
    for first in 0..=255_u8 {
        stranger.send_to(&[&[first][..], &[0; 200]].concat(), hub).unwrap();
    }
    assert!(peer.is_answered());
    stranger.set_nonblocking(true).unwrap();
    assert!(stranger.recv(&mut [0; 1_500]).is_err());
    assert!(events.try_recv().is_err(), "nothing happened to anybody");
    sfu.shutdown();
}
