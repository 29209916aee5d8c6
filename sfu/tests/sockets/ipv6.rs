//! Both families of addresses, and addresses that are not this machine's own.

use std::{
    collections::HashSet,
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket},
    time::Duration,
};

use sfu::{Config, Sfu};

use crate::{
    browser::{Browser, converse},
    stun::{check, config, mapped, offer},
};

#[tokio::test]
async fn both_families_are_announced_in_the_order_of_the_configuration_and_both_answer() {
    let addresses = vec![IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)];
    let (sfu, _events) = Sfu::start(&Config { addresses: addresses.clone(), ..config() }).unwrap();
    let answer = offer(&sfu, 1).await;
    let hosts: Vec<IpAddr> = answer.udp.iter().map(|candidate| candidate.ip()).collect();
    assert_eq!(hosts, addresses);
    assert_eq!(answer.tcp.iter().map(|candidate| candidate.ip()).collect::<Vec<_>>(), addresses);
    let check = check(&answer.ufrag, &answer.password);
    for candidate in answer.udp {
        let socket = UdpSocket::bind((candidate.ip(), 0)).unwrap();
        socket.connect(candidate).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        socket.send(&check).unwrap();
        let mut buffer = [0; 1_500];
        let length = socket.recv(&mut buffer).unwrap();
        assert_eq!(mapped(&buffer[..length]), Some(socket.local_addr().unwrap()), "{candidate}");
    }
    for candidate in answer.tcp {
        let mut stream = TcpStream::connect(candidate).unwrap();
        stream.write_all(&[&(check.len() as u16).to_be_bytes()[..], &check].concat()).unwrap();
        let mut length = [0; 2];
        stream.read_exact(&mut length).unwrap();
        let mut bytes = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut bytes).unwrap();
        assert_eq!(mapped(&bytes), Some(stream.local_addr().unwrap()), "{candidate}");
    }
    sfu.shutdown();
}

#[tokio::test]
async fn voices_go_between_all_ways_of_both_families() {
    let addresses = vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    let (sfu, _events) = Sfu::start(&Config { addresses, workers: 2, ..config() }).unwrap();
    let mut old = Browser::join_at(&sfu, 1, false, SocketAddr::is_ipv4).await;
    let mut new = Browser::join_at(&sfu, 2, false, SocketAddr::is_ipv6).await;
    let mut walled = Browser::join_at(&sfu, 3, true, SocketAddr::is_ipv6).await;
    converse(&mut [&mut old, &mut new, &mut walled]);
    assert_eq!(walled.hub().ip(), IpAddr::V6(Ipv6Addr::LOCALHOST));
    assert!(walled.heard_each_once());
    sfu.shutdown();
}

#[tokio::test]
async fn behind_a_nat_its_addresses_are_announced_and_media_comes_in_by_our_own() {
    let nat: Vec<IpAddr> = vec!["198.51.100.7".parse().unwrap(), "2001:db8::7".parse().unwrap()];
    let (sfu, _events) = Sfu::start(&Config { addresses: nat.clone(), workers: 3, ..config() }).unwrap();
    let mut browsers = Vec::new();
    let mut ports = HashSet::new();
    // More than one worker takes of a meeting: it spans all of them.
    for seat in 1..=40 {
        let answer = offer(&sfu, seat).await;
        assert_eq!(answer.udp.iter().map(SocketAddr::ip).collect::<Vec<_>>(), nat);
        assert_eq!(answer.tcp.iter().map(SocketAddr::ip).collect::<Vec<_>>(), nat);
        ports.insert(answer.udp[0].port());
    }
    assert_eq!(ports.len(), 3, "every worker has a port of its own");
    // What the NAT does: another address, the same port.
    for (seat, is_tcp, own) in [
        (101, false, IpAddr::V4(Ipv4Addr::LOCALHOST)),
        (102, true, IpAddr::V4(Ipv4Addr::LOCALHOST)),
        (103, false, IpAddr::V6(Ipv6Addr::LOCALHOST)),
    ] {
        browsers.push(Browser::join_through(&sfu, seat, is_tcp, own).await);
    }
    let [first, second, third] = &mut browsers[..] else { unreachable!() };
    converse(&mut [first, second, third]);
    sfu.shutdown();
}
