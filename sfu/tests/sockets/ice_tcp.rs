//! ICE over TCP: who connects reaches the worker of his peer, strangers reach nobody.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use base::id::SeatId;
use sfu::{Config, Sfu, SfuEvent, SfuHandle};
use tokio::sync::mpsc;

use crate::stun::{self, config, mapped, offer};

fn start() -> (SfuHandle, mpsc::Receiver<SfuEvent>) {
    Sfu::start(&Config { workers: 2, ..config() }).unwrap()
}

/// A framed check.
fn check(ufrag: &str, password: &str) -> Vec<u8> {
    let check = stun::check(ufrag, password);
    [&(check.len() as u16).to_be_bytes()[..], &check].concat()
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
    frame(stream).is_some_and(|bytes| mapped(&bytes) == Some(stream.local_addr().unwrap()))
}

/// The tests wait for sockets; nothing else runs on their runtime meanwhile.
#[tokio::test]
async fn one_port_leads_to_the_worker_of_every_peer() {
    let (sfu, _events) = start();
    let mut workers = Vec::new();
    for seat in 0..40 {
        let answer = offer(&sfu, seat).await;
        let mut stream = TcpStream::connect(answer.tcp[0]).unwrap();
        let check = check(&answer.ufrag, &answer.password);
        // In pieces, as a slow line would bring them.
        for part in check.chunks(41) {
            stream.write_all(part).unwrap();
        }
        assert!(is_answered(&mut stream));
        stream.write_all(&check).unwrap();
        assert!(is_answered(&mut stream), "the worker hears what comes after it took the connection over");
        workers.push(answer.udp[0].port());
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
    let mut peer = TcpStream::connect(answer.tcp[0]).unwrap();
    peer.write_all(&check(&answer.ufrag, &answer.password)).unwrap();
    assert!(is_answered(&mut peer));
    let forged = [check(&answer.ufrag, "guessed"), check("nobody", &answer.password), check("", "")];
    for greeting in forged {
        let mut stranger = TcpStream::connect(answer.tcp[0]).unwrap();
        stranger.write_all(&greeting).unwrap();
        assert_eq!(frame(&mut stranger), None);
    }
    peer.write_all(&check(&answer.ufrag, &answer.password)).unwrap();
    assert!(is_answered(&mut peer));
    // A peer that loses the thread loses its connection, and may come again.
    peer.write_all(&[0xff; 100]).unwrap();
    assert_eq!(frame(&mut peer), None);
    let mut again = TcpStream::connect(answer.tcp[0]).unwrap();
    again.write_all(&check(&answer.ufrag, &answer.password)).unwrap();
    assert!(is_answered(&mut again));
    sfu.shutdown();
}

#[tokio::test]
async fn a_connection_ends_with_its_peer() {
    let (sfu, _events) = start();
    let answer = offer(&sfu, 1).await;
    let mut peer = TcpStream::connect(answer.tcp[0]).unwrap();
    peer.write_all(&check(&answer.ufrag, &answer.password)).unwrap();
    assert!(is_answered(&mut peer));
    sfu.close(SeatId::from_u128(1));
    assert_eq!(frame(&mut peer), None);
    sfu.shutdown();
    assert!(TcpStream::connect(answer.tcp[0]).is_err(), "the port is free again");
}
