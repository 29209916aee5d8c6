//! People with a seat who do what nobody should: they harm themselves at most.

use std::{
    collections::HashSet,
    io::{Read, Write},
    net::{TcpStream, UdpSocket},
    time::{Duration, Instant},
};

use base::{
    Timestamp,
    id::{MeetingId, SeatId},
    random::Seeded,
};
use sfu::{OfferError, Sfu, SfuHandle};
use sfu_core::{Path, Worker, WorkerConfig, sdp::Offer, transport::dtls::Certificate};

use crate::{
    browser::{Browser, certificate, converse, hello, until},
    floods::resident,
    stun::{Answer, check, config, offer, sdp},
};

fn dropped(sfu: &SfuHandle) -> u64 {
    sfu.metrics().media.dropped
}

#[tokio::test]
async fn what_was_heard_is_not_heard_again_and_what_is_forged_is_not_heard_at_all() {
    let (sfu, _events) = Sfu::start(&config()).unwrap();
    let mut alice = Browser::join(&sfu, 1).await;
    let mut bob = Browser::join(&sfu, 2).await;
    converse(&mut [&mut alice, &mut bob]);
    (0..20).for_each(|_| alice.ask_key());
    converse(&mut [&mut alice, &mut bob]);
    let before = dropped(&sfu);
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    let captured = alice.sealed[alice.sealed.len() - 30..].to_vec();
    let mut sent = 0;
    for packet in &captured {
        // By the one who sent it as well as from elsewhere, and with every part changed.
        alice.send(packet);
        stranger.send_to(packet, alice.hub()).unwrap();
        sent += 2;
        for place in [1, 3, 5, 9, 20, packet.len() / 2, packet.len() - 1] {
            let mut forged = packet.clone();
            forged[place] ^= 0x21;
            alice.send(&forged);
            sent += 1;
        }
        // Nothing waits in a buffer until it is full.
        alice.turn();
        bob.turn();
    }
    converse(&mut [&mut alice, &mut bob]);
    until(&mut [&mut alice, &mut bob], "all was counted", |_| dropped(&sfu) >= before + sent);
    assert!(bob.heard_each_once());
    assert!(bob.heard.iter().all(|heard| heard.from == 1 && heard.number < 10_000), "made-up words");
    sfu.shutdown();
}

#[tokio::test]
async fn two_who_chose_the_same_number_are_heard_apart() {
    let (sfu, _events) = Sfu::start(&config()).unwrap();
    let mut alice = Browser::join(&sfu, 1).await;
    let mut bob = Browser::join(&sfu, 2).await;
    let mut carol = Browser::join(&sfu, 3).await;
    (alice.ssrc, bob.ssrc, carol.ssrc) = (4_711, 4_711, 4_711);
    converse(&mut [&mut alice, &mut bob, &mut carol]);
    carol.heard.clear();
    converse(&mut [&mut alice, &mut bob, &mut carol]);
    let streams = |from| -> HashSet<u32> {
        carol.heard.iter().filter(|heard| heard.from == from).map(|heard| heard.slot).collect()
    };
    assert_eq!((streams(1).len(), streams(2).len()), (1, 1));
    assert!(streams(1).is_disjoint(&streams(2)));
    assert!(carol.heard_each_once());
    sfu.shutdown();
}

#[tokio::test]
async fn who_gives_his_camera_the_number_of_his_voice_is_heard_on() {
    let (sfu, _events) = Sfu::start(&config()).unwrap();
    let mut alice = Browser::join(&sfu, 1).await;
    let mut bob = Browser::join(&sfu, 2).await;
    converse(&mut [&mut alice, &mut bob]);
    for _ in 0..20 {
        alice.send_media(1, &[0x90; 900]);
        converse(&mut [&mut alice, &mut bob]);
    }
    assert!(bob.heard_each_once());
    sfu.shutdown();
}

#[tokio::test]
async fn ten_thousand_handshakes_begun_by_somebody_with_a_seat_cost_no_memory_and_nobody_his_voice() {
    let (sfu, _events) = Sfu::start(&config()).unwrap();
    let mut alice = Browser::join(&sfu, 1).await;
    let mut bob = Browser::join(&sfu, 2).await;
    converse(&mut [&mut alice, &mut bob]);
    let mallory = Browser::join(&sfu, 3).await;
    let lines: Vec<UdpSocket> = (0..500).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
    let (check, hub, certificate) = (mallory.check(), mallory.hub(), certificate());
    let before = resident();
    for _ in 0..20 {
        for line in &lines {
            line.send_to(&check, hub).unwrap();
            line.send_to(&hello(&certificate, Instant::now()), hub).unwrap();
        }
        converse(&mut [&mut alice, &mut bob]);
    }
    // New names for as many handshakes.
    for _ in 0..300 {
        offer(&sfu, 3).await;
    }
    converse(&mut [&mut alice, &mut bob]);
    let grown = resident().saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes for one seat");
    assert_eq!(sfu.live(), 3);
    assert!(bob.heard_each_once());
    sfu.shutdown();
}

#[tokio::test]
async fn half_sent_frames_and_floods_of_them_hold_bounded_memory_and_end() {
    let (sfu, _events) = Sfu::start(&config()).unwrap();
    let mut alice = Browser::join_at(&sfu, 1, true, |_| true).await;
    let mut bob = Browser::join(&sfu, 2).await;
    converse(&mut [&mut alice, &mut bob]);
    let hub = alice.hub();
    let before = resident();
    let begun = Instant::now();
    // Strangers who promise a check and never send all of it.
    let mut strangers: Vec<TcpStream> = (0..400).map(|_| TcpStream::connect(hub).unwrap()).collect();
    for stranger in &mut strangers {
        stranger.write_all(&[&[7, 0xff, 0, 1][..], &[0; 1_500]].concat()).unwrap();
    }
    // One with a seat who sends frames of nothing as fast as they go, and then half of one.
    let mallory = Browser::join(&sfu, 3).await;
    let check = mallory.check();
    let mut flood = TcpStream::connect(hub).unwrap();
    flood.write_all(&[&(check.len() as u16).to_be_bytes()[..], &check].concat()).unwrap();
    let chunk = [&[0; 30_000][..], &[0, 1, 0xff].repeat(10_000)].concat();
    for _ in 0..50 {
        flood.write_all(&chunk).unwrap();
        converse(&mut [&mut alice, &mut bob]);
    }
    flood.write_all(&[8, 0, 0x80]).unwrap();
    let grown = resident().saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes for frames that never end");
    // The strangers have ten seconds.
    strangers.iter().for_each(|stranger| stranger.set_nonblocking(true).unwrap());
    until(&mut [&mut alice, &mut bob], "the strangers were shown out", |_| {
        let is_over = |stranger: &mut TcpStream| matches!(stranger.read(&mut [0]), Ok(0));
        strangers.retain_mut(|stranger| !is_over(stranger));
        strangers.is_empty()
    });
    assert!(begun.elapsed() > Duration::from_secs(5), "a slow line has some seconds");
    converse(&mut [&mut alice, &mut bob]);
    sfu.shutdown();
}

#[tokio::test]
async fn offers_beyond_reason_are_refused_with_the_reason_while_others_talk() {
    let (sfu, _events) = Sfu::start(&config()).unwrap();
    let mut alice = Browser::join(&sfu, 1).await;
    let mut bob = Browser::join(&sfu, 2).await;
    let whole = sdp(|_| None);
    let section = &whole[whole.rfind("m=video").unwrap()..];
    let lines = |count| format!("{whole}{}", section.repeat(count));
    let long = |length| sdp(|line| line.starts_with("a=msid").then(|| format!("a=x:{}", "y".repeat(length))));
    let refused = [
        (lines(1_000), OfferError::TooLong),
        (
            format!("{whole}{}", "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n".repeat(1_000)),
            OfferError::TooManySections,
        ),
        (long(200_000), OfferError::TooLong),
        ("\u{1F600}".repeat(30_000), OfferError::Unreadable),
    ];
    for (sdp, why) in refused {
        let answer = sfu.offer(MeetingId::from_u128(1), SeatId::from_u128(3), &sdp).await;
        assert_eq!(answer, Err(why));
    }
    converse(&mut [&mut alice, &mut bob]);
    assert_eq!(sfu.live(), 2);
    sfu.shutdown();
}

/// Nanoseconds of a core that this thread has used.
fn used() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

/// What a worker does with datagrams that come so often: nanoseconds of a core and bytes sent.
fn cost(worker: &mut Worker, pause: Duration, datagrams: Vec<(Path, Vec<u8>)>) -> (u64, usize) {
    let (before, mut now, mut sent) = (used(), Instant::now(), 0);
    for (path, mut datagram) in datagrams {
        now += pause;
        worker.handle_datagram(now, path, &mut datagram);
        sent += worker.transmits().iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        worker.transmits().clear();
    }
    (used() - before, sent)
}

#[test]
fn handshakes_begun_over_and_over_cost_no_more_than_a_few_checks_each_and_are_not_answered_with_more() {
    let (now, theirs) = (Instant::now(), certificate());
    let ours = Certificate::new(theirs.certificate.clone(), theirs.private_key.clone()).unwrap();
    let config = WorkerConfig {
        certificate: ours,
        candidates: vec!["192.0.2.1:40000".parse().unwrap()],
        tcp_port: None,
        max_peers: 10,
        unlimited: false,
        epoch: (now, Timestamp::now()),
    };
    let mut worker = Worker::new(config, Box::new(Seeded::new(1)));
    let offer = Offer::parse(&sdp(|_| None)).unwrap();
    let answer = worker.handle_offer(now, MeetingId::from_u128(1), SeatId::from_u128(1), &offer).unwrap();
    let answer = Answer::read(&answer);
    let check = check(&answer.ufrag, &answer.password);
    let path = |port: usize| Path { local: 0, remote: ([192, 0, 2, 9], 1_024 + port as u16).into() };
    let quiet = (0..10_000).map(|_| (path(0), check.clone())).collect();
    let flood = (0..10_000).flat_map(|n| {
        let hello = hello(&theirs, now);
        [(path(n), check.clone()), (path(n), hello)]
    });
    let flood: Vec<_> = flood.collect();
    let came: usize = flood.iter().map(|(_, datagram)| datagram.len()).sum();
    let (quiet, _) = cost(&mut worker, Duration::from_millis(20), quiet);
    let (loud, sent) = cost(&mut worker, Duration::ZERO, flood);
    eprintln!(
        "{quiet} ns quiet, {loud} ns loud, {came} bytes came, {sent} went, {} members",
        worker.members()
    );
    assert!(loud < 10 * quiet, "{loud} ns instead of {quiet}");
    assert!(sent < came, "{came} bytes came and {sent} went");
}
