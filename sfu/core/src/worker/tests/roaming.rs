//! Peers whose address changes under them, and others who pretend that it did.

use testkit::link::{Link, Shape};

use super::*;
use crate::Path;

const MOMENT: Duration = Duration::from_millis(200);

/// Two who see and hear each other.
fn two() -> Net {
    let mut net = meeting(2);
    net.clients.iter_mut().for_each(|client| client.voice = Some(20));
    view(&mut net, 1, 0, 180);
    view(&mut net, 0, 1, 180);
    // Clients check every two seconds: the next time is far.
    net.run(SECOND + MOMENT);
    net.events.clear();
    net.clients.iter_mut().for_each(|client| client.got.clear());
    net
}

/// Media that client 1 has sent and that never reached the worker.
fn stolen(net: &mut Net) -> Vec<Vec<u8>> {
    let sent = (0..40).flat_map(|_| net.intercept(1)).collect::<Vec<_>>();
    sent.into_iter().filter(|datagram| datagram[0] >= 128).collect()
}

fn elsewhere(port: u16) -> Path {
    Path { local: 0, remote: ([203, 0, 113, 66], port).into() }
}

/// What the worker sends to this path for `datagrams` that come from there.
fn answers(net: &mut Net, path: Path, datagrams: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    for mut datagram in datagrams {
        net.worker.handle_datagram(net.now, path, &mut datagram);
    }
    net.worker.flush(net.now);
    let sent = net.worker.transmits().iter().filter(|(to, _)| *to == path).map(|(_, b)| b.to_vec());
    let sent: Vec<_> = sent.collect();
    net.worker.transmits().clear();
    sent
}

#[test]
fn a_peer_whose_nat_gave_it_another_port_is_found_at_once() {
    let mut net = two();
    net.rebind(1);
    net.run(MOMENT);
    net.clients.iter_mut().for_each(|client| client.got.clear());
    net.run(SECOND);
    for client in &net.clients {
        let got = client.in_slot(VIDEO);
        assert!(got.len() > 20, "{} packets", got.len());
        assert!(got.windows(2).all(|w| w[1].sequence == w[0].sequence.wrapping_add(1)));
    }
    assert!(net.events.iter().all(|event| matches!(event, Event::Levels { .. })), "{:?}", net.events);
    assert_eq!(net.worker.metrics().moved, 1);
}

#[test]
fn who_only_receives_is_found_by_its_reports() {
    let mut net = two();
    net.clients[1].voice = None;
    net.clients[1].camera = false;
    net.run(MOMENT);
    net.rebind(1);
    net.run(MOMENT);
    net.clients[1].got.clear();
    net.run(SECOND);
    assert!(net.clients[1].in_slot(VIDEO).len() > 20);
}

#[test]
fn nothing_of_the_meeting_goes_to_who_only_repeats_packets() {
    let mut net = two();
    // As fresh as the peer's own.
    let media = stolen(&mut net);
    assert!(media.len() > 20);
    let heard = answers(&mut net, elsewhere(1), media.clone());
    assert_eq!(heard.len(), 1, "one question");
    assert!(heard[0].len() < 130 && heard[0][0] == 0);
    net.clients[1].got.clear();
    net.run(MOMENT);
    assert!(net.clients[1].in_slot(VIDEO).len() > 3, "the peer itself goes on");
    assert_eq!(answers(&mut net, elsewhere(1), media), Vec::<Vec<u8>>::new(), "a replay is worth nothing");
    assert_eq!(net.worker.metrics().moved, 0);
}

#[test]
fn an_answer_from_another_path_or_of_another_peer_moves_nobody() {
    let mut net = two();
    let media = stolen(&mut net);
    let question = answers(&mut net, elsewhere(1), media).remove(0);
    let right = crate::transport::ice::answer(&net.clients[1].offer.ice, &question).unwrap();
    assert!(answers(&mut net, elsewhere(2), vec![right.clone()]).is_empty());
    assert_eq!(net.worker.metrics().moved, 0);
    let mut forged = right.clone();
    let middle = forged.len() / 2;
    forged[middle] ^= 1;
    answers(&mut net, elsewhere(1), vec![forged]);
    assert_eq!(net.worker.metrics().moved, 0);
    answers(&mut net, elsewhere(1), vec![right]);
    assert_eq!(net.worker.metrics().moved, 1, "whoever can answer on the path is the peer");
}

#[test]
fn noise_from_anywhere_with_a_known_number_costs_nothing_but_a_count() {
    let mut net = two();
    let mut noise = stolen(&mut net).remove(0);
    noise[20] ^= 1;
    let before = net.worker.metrics().dropped;
    assert!(answers(&mut net, elsewhere(1), vec![noise; 100]).is_empty());
    assert_eq!(net.worker.metrics().dropped, before + 100);
}

#[test]
fn a_peer_far_away_is_found_before_its_next_check_too() {
    let mut net = two();
    let shape = Shape { delay: Duration::from_millis(180), ..Shape::default() };
    net.clients[1].downlink = Some(Link::new(shape));
    net.rebind(1);
    net.run(3 * MOMENT);
    assert_eq!(net.worker.metrics().moved, 1);
    net.clients[1].got.clear();
    net.run(3 * MOMENT);
    assert!(net.clients[1].in_slot(VIDEO).len() > 15);
}

#[test]
fn nothing_of_the_meeting_goes_to_who_repeats_a_check() {
    let mut net = two();
    let check = net.clients[1].check();
    let heard = answers(&mut net, elsewhere(1), vec![check.clone(); 500]);
    assert!(heard.iter().all(|datagram| datagram[0] <= 1), "answers and a question");
    assert!(heard.len() <= 101, "{} datagrams for 500", heard.len());
    let own = Path { local: 0, remote: net.clients[1].address };
    let checks = vec![net.clients[1].check(); 3];
    assert_eq!(answers(&mut net, own, checks).iter().filter(|datagram| datagram[0] == 1).count(), 3);
    net.clients[1].got.clear();
    net.run(SECOND);
    assert!(net.clients[1].in_slot(VIDEO).len() > 20, "the peer itself goes on");
    let heard = answers(&mut net, elsewhere(1), vec![check]);
    assert!(heard.iter().all(|datagram| datagram[0] <= 1));
    assert_eq!(net.worker.metrics().moved, 0);
}

#[test]
fn a_nominated_path_is_taken_though_the_first_question_is_lost() {
    let mut net = two();
    let check = net.clients[1].check();
    net.rebind(1);
    let path = Path { local: 0, remote: net.clients[1].address };
    // The answer and the question go astray.
    assert_eq!(answers(&mut net, path, vec![check]).len(), 2);
    net.clients[1].camera = false;
    net.clients[1].voice = None;
    net.clients[1].reticent = true;
    net.run(2 * MOMENT);
    assert_eq!(net.worker.metrics().moved, 1);
}
