use std::{
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpStream, UdpSocket},
    time::Duration,
};

use sfu::{Config, Sfu};

use crate::stun::{check, config, mapped, offer};

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
