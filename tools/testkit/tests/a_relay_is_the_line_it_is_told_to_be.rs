//! The relay between real sockets: as slow as said, and rebound as a translator of addresses does.

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use testkit::{
    link::Shape,
    relay::{Relay, Way},
};

const PATIENCE: Duration = Duration::from_secs(30);

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// A relay, who sends through it, who is reached, and from where the latter sees it come.
fn line() -> (Relay, UdpSocket, UdpSocket, SocketAddr) {
    let (near, far) = (socket(), socket());
    let relay = Relay::start((Ipv4Addr::LOCALHOST, 0).into(), far.local_addr().unwrap(), 1).unwrap();
    near.connect(relay.address()).unwrap();
    near.send(b"here").unwrap();
    let (_, from) = far.recv_from(&mut [0; 16]).unwrap();
    (relay, near, far, from)
}

#[test]
fn a_line_of_80_kbit_is_as_slow_as_that_and_the_way_back_is_free() {
    let (relay, near, far, from) = line();
    let mut buffer = [0; 2_048];
    relay.reshape(Way::Down, Shape::of_rate(80_000, Duration::ZERO));
    // Orders are obeyed one after the other.
    relay.measure().unwrap();
    let start = Instant::now();
    // 53 ms each.
    for _ in 0..15 {
        far.send_to(&[7; 500], from).unwrap();
    }
    for _ in 0..15 {
        assert_eq!(near.recv(&mut buffer).unwrap(), 500);
    }
    assert!(start.elapsed() > Duration::from_millis(700), "{:?}", start.elapsed());
    let [_, down] = relay.measure().unwrap();
    assert!(down.bytes == 15 * 528 && down.lost == 0, "{down:?}");
    assert!(down.longest_wait > Duration::from_millis(500), "{down:?}");
    near.send(b"back").unwrap();
    assert_eq!(far.recv(&mut buffer).unwrap(), 4);
}

#[test]
fn after_a_rebinding_the_same_client_comes_from_another_port() {
    let (relay, near, far, from) = line();
    relay.rebind();
    relay.measure().unwrap();
    near.send(b"again").unwrap();
    let (_, now) = far.recv_from(&mut [0; 16]).unwrap();
    assert_ne!(from, now);
    far.send_to(b"lost", from).unwrap();
    far.send_to(b"found", now).unwrap();
    assert_eq!(near.recv(&mut [0; 16]).unwrap(), 5);
}
